/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/path.h"

#include "peer/full.h"

bool
aula_path_equal(const aula_path *a, const aula_path *b)
{
	return a->udp == b->udp && a->stream == b->stream && a->full == b->full &&
	       aula_address_equal(&a->remote, &b->remote) &&
	       aula_address_equal(&a->local, &b->local);
}

void
aula_path_send(const aula_path *path, const struct iovec *datagrams, size_t count)
{
	if (path->stream != NULL)
		aula_tcp_stream_send(path->stream, datagrams, count);
	else if (path->udp != NULL)
		aula_udp_send(path->udp, &path->remote, &path->local, datagrams, count);
	else if (path->full != NULL)
		aula_full_send(path->full, datagrams, count);
}
