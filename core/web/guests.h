/* SPDX-License-Identifier: Apache-2.0 */
/** How many connections there are, in all and by address. [any] */
#ifndef AULA_WEB_GUESTS_H
#define AULA_WEB_GUESTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "host/hits.h"
#include "web/network.h"

typedef struct aula_web_guests aula_web_guests;

typedef enum {
	AULA_WEB_WELCOME,
	AULA_WEB_OVER,    /**< past a bound: let it in to tell it so (503) */
	AULA_WEB_REFUSED, /**< so far past it that it is not even told; do not call leave */
} aula_web_verdict;

/** `most` in all; `address_most` of one IPv4 address or IPv6 network of 64 bits, 0: no bound. Of
 * loopback and `proxies` (borrowed) any number. `hits`: told of those past a bound; may be NULL. */
aula_web_guests *aula_web_guests_new(
	int64_t most, int64_t address_most, const aula_web_networks *proxies, aula_hits *hits);
/** Other bounds, for those who come. */
void aula_web_guests_bound(aula_web_guests *guests, int64_t most, int64_t address_most,
	const aula_web_networks *proxies);
void aula_web_guests_free(aula_web_guests *guests);
aula_web_verdict aula_web_guests_enter(
	aula_web_guests *guests, const struct sockaddr_storage *address);
void aula_web_guests_leave(aula_web_guests *guests, const struct sockaddr_storage *address);
/** How many there are. */
int64_t aula_web_guests_count(aula_web_guests *guests);
/** True for 127.0.0.0/8, ::1 and the former written as IPv6. */
bool aula_web_is_loopback(const struct sockaddr_storage *address);

#endif
