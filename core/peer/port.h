/* SPDX-License-Identifier: Apache-2.0 */
/** The sockets of one loop: one UDP port for all its peers, and ICE-TCP on the same number.
 * Receives in batches, finds the connection by remote address or by STUN username, sends in
 * segments. */
#ifndef AULA_PEER_PORT_H
#define AULA_PEER_PORT_H

#include "base/packet.h"
#include "peer/certificate.h"
#include "peer/counters.h"
#include "runtime/loop.h"

typedef struct aula_port aula_port;

typedef struct {
	const char *const
		*addresses;  /* NULL-terminated; addresses to bind ("0.0.0.0", "::", "127.0.0.1") */
	uint16_t number;     /* the port number, UDP and TCP; 0: any (tests) */
	bool tcp;            /* ICE-TCP passive (RFC 6544) */
	bool segmentation;   /* UDP_SEGMENT and UDP_GRO where the kernel has them */
	size_t packets_most; /* bound of the packet pool */
	int64_t consent_ms; /* without a valid check for this long the connection is down (RFC 7675:
			       30 s) */
	/** Full ICE: no sockets here, but an agent for each peer. NULL: lite. */
	const struct aula_agents_options *agents;
	int64_t connect_ms; /* to be up within this time of its remote description */
} aula_port_options;

/** [control or loop, before it runs] NULL with a sentence that names the address. */
aula_port *aula_port_new(aula_loop *loop, const aula_port_options *options,
	const aula_certificate *certificate, GError **error);
/** [loop, or after it ended] All its connections must be freed. Packets may still be out. */
void aula_port_free(aula_port *port);
uint16_t aula_port_number(const aula_port *port);
aula_loop *aula_port_loop(const aula_port *port);
const aula_port_counters *aula_port_counted(const aula_port *port);

/* -- for the connections on it, all [loop] -- */

struct aula_path;
struct aula_tcp_stream;

/** Who takes what a port receives: the first member of a lite transport. */
typedef struct aula_receiver {
	/** Our password for the name of a check, NULL if it is not valid any more. */
	const char *(*password)(struct aula_receiver *self, const char *ufrag, size_t length);
	/** A valid check came by `path`; it is answered already. */
	void (*on_port_checked)(struct aula_receiver *self, const struct aula_path *path,
		const char *ufrag, size_t length, bool nominates);
	/** A stream that it claimed is closed. */
	void (*on_port_stream_closed)(
		struct aula_receiver *self, const struct aula_tcp_stream *stream);
	/** A datagram that is not STUN, borrowed and writable; `data` is this one's. */
	void (*on_port_datagram)(void *data, uint8_t *datagram, size_t length);
	void *data;
} aula_receiver;

aula_port_counters *aula_port_count(aula_port *port);
const aula_port_options *aula_port_options_of(const aula_port *port);
aula_pool *aula_port_packets(aula_port *port);
/** NULL: its transports are lite. */
struct aula_agents *aula_port_agents(aula_port *port);
struct aula_demux *aula_port_demux(aula_port *port);
struct aula_outbox *aula_port_outbox(aula_port *port);
struct aula_dtls_context *aula_port_dtls(aula_port *port);

#endif
