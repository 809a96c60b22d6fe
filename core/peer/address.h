/* SPDX-License-Identifier: Apache-2.0 */
/** A numeric IPv4 or IPv6 address with a port. Nothing here asks a name server. */
#ifndef AULA_PEER_ADDRESS_H
#define AULA_PEER_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef union {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} aula_address;

enum { AULA_ADDRESS_TEXT_BYTES = 64 };

/** "192.0.2.1" or "2001:db8::1". False: neither. */
bool aula_address_parse(const char *text, uint16_t port, aula_address *ret_address);
socklen_t aula_address_length(const aula_address *address);
uint16_t aula_address_port(const aula_address *address);
void aula_address_set_port(aula_address *address, uint16_t port);
/** 0.0.0.0 or :: */
bool aula_address_is_wild(const aula_address *address);
/** Same host and port; an address that is not set (AF_UNSPEC) equals only its like. */
bool aula_address_equal(const aula_address *a, const aula_address *b);
/** Same host, or for IPv6 the same /64, which one customer has to themselves. */
bool aula_address_same_site(const aula_address *a, const aula_address *b);
uint32_t aula_address_hash(const aula_address *address);
/** "192.0.2.1:5004" or "[2001:db8::1]:5004" into `out` of AULA_ADDRESS_TEXT_BYTES; returns it. */
const char *aula_address_text(const aula_address *address, char *out);

#endif
