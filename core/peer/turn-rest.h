/* SPDX-License-Identifier: Apache-2.0 */
/** Passwords for a TURN server that shares a secret with us and keeps no accounts (the "TURN REST
 * API" of draft-uberti-behave-turn-rest; coturn's use-auth-secret). [any] */
#ifndef AULA_PEER_TURN_REST_H
#define AULA_PEER_TURN_REST_H

#include <glib.h>

enum { AULA_TURN_USER_BYTES = 320, AULA_TURN_PASSWORD_BYTES = 32 };

typedef struct {
	char user[AULA_TURN_USER_BYTES];         /* "1700000000:anna": good until, and for whom */
	char password[AULA_TURN_PASSWORD_BYTES]; /* base64(HMAC-SHA1(secret, user)) */
} aula_turn_credentials;

/** `name` is cut to fit, and stripped of what a TURN server or its log may trip over. */
void aula_turn_rest_make(GBytes *secret, const char *name, int64_t expires_s,
	aula_turn_credentials *ret_credentials);

#endif
