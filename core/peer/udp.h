/* SPDX-License-Identifier: Apache-2.0 */
/** One UDP socket for many peers: received in batches, sent in segments (UDP_GRO, UDP_SEGMENT). */
#ifndef AULA_PEER_UDP_H
#define AULA_PEER_UDP_H

#include <sys/uio.h>

#include "peer/address.h"
#include "peer/counters.h"
#include "runtime/loop.h"

typedef struct aula_udp aula_udp;

/** Receive buffers, shared by the sockets of one loop. */
typedef struct aula_udp_inbox aula_udp_inbox;

typedef struct {
	/** One datagram, borrowed and writable. `local` is the address that it was sent to, without
	 * a port. */
	void (*on_udp_datagram)(void *data, aula_udp *udp, const aula_address *remote,
		const aula_address *local, uint8_t *datagram, size_t length);
} aula_udp_listener;

aula_udp_inbox *aula_udp_inbox_new(void);
void aula_udp_inbox_free(aula_udp_inbox *inbox);

/** Binds `address`; with port 0 the kernel chooses, and `address` is told which. `offload`: use
 * UDP_SEGMENT and UDP_GRO where the kernel has them. NULL with a sentence. */
aula_udp *aula_udp_new(aula_loop *loop, aula_address *address, bool offload, aula_udp_inbox *inbox,
	aula_port_counters *counters, const aula_udp_listener *listener, void *data,
	GError **error);
void aula_udp_free(aula_udp *udp);

/** Sends datagrams to `remote`, from `local` if the socket has several addresses. Runs of equal
 * length leave as one. What the kernel refuses is counted and dropped: a late packet is worth less
 * than the next. */
void aula_udp_send(aula_udp *udp, const aula_address *remote, const aula_address *local,
	const struct iovec *datagrams, size_t count);

#endif
