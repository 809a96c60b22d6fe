/* SPDX-License-Identifier: Apache-2.0 */
/** The sockets of one loop: one UDP port for all its peers, and ICE-TCP on the same number.
 * Receives in batches, finds the connection by remote address or by STUN username, sends in
 * segments. */
#ifndef AULA_PEER_PORT_H
#define AULA_PEER_PORT_H

#include "peer/certificate.h"
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
	int64_t connect_ms; /* to be up within this time of its remote description */
} aula_port_options;

/** Counters since the start. */
typedef struct {
	uint64_t datagrams_in, bytes_in, datagrams_out, bytes_out, sends, receives;
	uint64_t garbage;     /* neither STUN, DTLS nor media, or from an address that nobody has */
	uint64_t unauthentic; /* SRTP or STUN that failed its integrity check */
	uint64_t replayed, oversized, send_blocked;
} aula_port_counters;

/** [control or loop, before it runs] NULL with a sentence that names the address. */
aula_port *aula_port_new(aula_loop *loop, const aula_port_options *options,
	const aula_certificate *certificate, GError **error);
/** [loop, or after it ended] All its connections must be freed. */
void aula_port_free(aula_port *port);
uint16_t aula_port_number(const aula_port *port);
aula_loop *aula_port_loop(const aula_port *port);
const aula_port_counters *aula_port_counted(const aula_port *port);

#endif
