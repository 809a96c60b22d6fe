/* SPDX-License-Identifier: Apache-2.0 */
/** The URIs of STUN and TURN servers (RFC 7064, RFC 7065). */
#ifndef AULA_WIRE_ICE_URI_H
#define AULA_WIRE_ICE_URI_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
	AULA_ICE_URI_STUN,
	AULA_ICE_URI_TURN_UDP,
	AULA_ICE_URI_TURN_TCP,
	AULA_ICE_URI_TURNS, /* TLS over TCP */
} aula_ice_uri_kind;

typedef struct {
	aula_ice_uri_kind kind;
	char host[254]; /* a name or a numeric address, without brackets */
	uint16_t port;  /* filled: 3478, or 5349 for turns */
} aula_ice_uri;

/** "stun:HOST[:PORT]", "turn:HOST[:PORT][?transport=udp|tcp]", "turns:HOST[:PORT][?transport=tcp]".
 * NULL, or a static sentence that says what is wrong. [any] */
const char *aula_ice_uri_parse(const char *text, aula_ice_uri *ret_uri);

#endif
