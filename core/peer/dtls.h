/* SPDX-License-Identifier: Apache-2.0 */
/** DTLS 1.2 by OpenSSL over datagrams that are handed in and out (RFC 8842, RFC 5764). Knows no
 * socket and sets no timer. */
#ifndef AULA_PEER_DTLS_H
#define AULA_PEER_DTLS_H

#include "peer/certificate.h"
#include "peer/srtp.h"

typedef struct aula_dtls aula_dtls;
typedef struct aula_dtls_context aula_dtls_context;

/** What the connections of one loop share. NULL with a sentence. */
aula_dtls_context *aula_dtls_context_new(const aula_certificate *certificate, GError **error);
void aula_dtls_context_free(aula_dtls_context *context);

typedef enum {
	AULA_DTLS_IDLE,
	AULA_DTLS_HANDSHAKE,
	AULA_DTLS_UP,    /* keys are there */
	AULA_DTLS_ENDED, /* closed by the other side, or failed: aula_dtls_why() */
} aula_dtls_state;

/** `send` takes each datagram as it is made, and must not call back. NULL: no memory. */
aula_dtls *aula_dtls_new(aula_dtls_context *context,
	void (*send)(void *data, const uint8_t *datagram, size_t length), void *data);
/** Forgets without a goodbye. NULL is fine. */
void aula_dtls_free(aula_dtls *dtls);

/** Begins the handshake as client (`active`; sends at once) or as server. */
void aula_dtls_start(aula_dtls *dtls, bool active);
/** Handles a datagram after `start`. */
void aula_dtls_receive(aula_dtls *dtls, const uint8_t *datagram, size_t length);
/** Time until aula_dtls_tick() is due; negative: not at all. */
int64_t aula_dtls_timeout_us(aula_dtls *dtls);
/** Repeats a flight that was not answered. */
void aula_dtls_tick(aula_dtls *dtls);
/** It is up, its keys are taken, and the other side showed that it has them too, so nothing of the
 * handshake will be asked for again: gives back nearly all of its memory. Happens by itself when
 * nothing came for a while. After it aula_dtls_matches() and aula_dtls_keys() are false. */
void aula_dtls_settle(aula_dtls *dtls);
/** Sends close_notify if it is up. */
void aula_dtls_close(aula_dtls *dtls);

aula_dtls_state aula_dtls_state_of(const aula_dtls *dtls);
/** Why it ended, for people. Static. */
const char *aula_dtls_why(const aula_dtls *dtls);

/** Is the other side's certificate the one whose digest was signalled (RFC 8122)? False as well for
 * a hash that is unknown. Once it is up. */
bool aula_dtls_matches(
	const aula_dtls *dtls, const char *hash, const uint8_t *fingerprint, size_t length);
/** Profile and keys of both directions (RFC 5764 section 4.2); false if none was agreed on. */
bool aula_dtls_keys(const aula_dtls *dtls, aula_srtp_profile *ret_profile,
	aula_srtp_master *ret_ours, aula_srtp_master *ret_theirs);

#endif
