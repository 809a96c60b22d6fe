/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_PEER_COUNTERS_H
#define AULA_PEER_COUNTERS_H

#include <stdint.h>

/** What a port counts since its start. */
typedef struct {
	uint64_t datagrams_in, bytes_in, datagrams_out, bytes_out, sends, receives;
	uint64_t garbage;     /* neither STUN, DTLS nor media, or from an address that nobody has */
	uint64_t unauthentic; /* SRTP or STUN that failed its integrity check */
	uint64_t replayed;
	uint64_t oversized;    /* longer than we take, or past the bound of what may wait */
	uint64_t send_blocked; /* datagrams that the kernel, or a TCP queue at its bound, refused */
	uint64_t exhausted;    /* packets dropped because the pool was at its bound */
	uint64_t streams_refused; /* TCP connections closed because there were too many */
} aula_port_counters;

#endif
