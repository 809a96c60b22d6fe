/* SPDX-License-Identifier: Apache-2.0 */
/** Connectivity checks as an ICE-lite agent answers them (RFC 8445 section 7.3, RFC 8489), by
 * libnice's STUN library. No clock, no socket. */
#ifndef AULA_PEER_STUN_H
#define AULA_PEER_STUN_H

#include "peer/address.h"

typedef struct aula_stun aula_stun;

enum { AULA_STUN_REPLY_BYTES = 256 };

/** Large (libnice keeps a table in it); one a loop. */
aula_stun *aula_stun_new(void);
void aula_stun_free(aula_stun *stun);

/** The part before the colon of a Binding request's USERNAME, in the message. False: not a whole
 * STUN message, not a Binding request, or without such a name. */
bool aula_stun_name(
	const uint8_t *data, size_t length, const char **ret_name, size_t *ret_name_length);

typedef enum {
	AULA_STUN_VALID,   /* a valid check; the reply is a success response */
	AULA_STUN_REFUSED, /* a request at fault; the reply says what is wrong, if it has a length
			    */
	AULA_STUN_OTHER,   /* an indication or a response, whole; nothing to reply */
	AULA_STUN_BROKEN,
} aula_stun_verdict;

typedef struct {
	bool nominates; /* USE-CANDIDATE */
	uint8_t bytes[AULA_STUN_REPLY_BYTES];
	size_t length; /* 0: no reply */
} aula_stun_reply;

/** Judges a message from `from` and makes the reply: 400 without credentials, 401 when they are
 * wrong, 420 for attributes that must be known and are not, 487 when the other side believes to be
 * controlled as well. `pwd`: our password for the name in it; NULL: nobody has that name. */
aula_stun_verdict aula_stun_check(aula_stun *stun, const uint8_t *data, size_t length,
	const aula_address *from, const char *pwd, aula_stun_reply *ret_reply);

#endif
