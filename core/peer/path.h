/* SPDX-License-Identifier: Apache-2.0 */
/** Where a datagram came from, which is where an answer goes: a UDP socket and two addresses, a TCP
 * stream, or an ICE agent that chooses itself. A value; valid as long as what it names. */
#ifndef AULA_PEER_PATH_H
#define AULA_PEER_PATH_H

#include "peer/tcp.h"
#include "peer/udp.h"

typedef struct aula_path {
	aula_udp *udp; /* one of these, or none */
	aula_tcp_stream *stream;
	struct aula_full *full; /* has no addresses here */
	aula_address remote, local;
} aula_path;

static inline bool
aula_path_is_set(const aula_path *path)
{
	return path->udp != NULL || path->stream != NULL || path->full != NULL;
}
bool aula_path_equal(const aula_path *a, const aula_path *b);
/** Sends datagrams, each one an entry of `datagrams`. */
void aula_path_send(const aula_path *path, const struct iovec *datagrams, size_t count);

#endif
