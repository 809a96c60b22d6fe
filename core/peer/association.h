/* SPDX-License-Identifier: Apache-2.0 */
/** What one peer and we have agreed on in secret: DTLS with whoever was signalled, then SRTP with
 * its keys (RFC 5763). No socket, no timer of its own. */
#ifndef AULA_PEER_ASSOCIATION_H
#define AULA_PEER_ASSOCIATION_H

#include <jansson.h>

#include "peer/dtls.h"
#include "peer/seal.h"
#include "peer/unseal.h"
#include "wire/sdp.h"

enum {
	AULA_ASSOCIATION_EARLY_MOST = 16
}; /* a ClientHello in two datagrams, repeated for a while */

typedef enum {
	AULA_ASSOCIATION_WAITING, /* for a description, or for aula_association_start() */
	AULA_ASSOCIATION_HANDSHAKE,
	AULA_ASSOCIATION_UP, /* `seal` and `unseal` are there */
	AULA_ASSOCIATION_DOWN,
} aula_association_state;

typedef struct aula_association aula_association;

/** `send` takes each DTLS datagram, and must not call back. NULL: no memory. */
aula_association *aula_association_new(aula_dtls_context *context,
	void (*send)(void *data, const uint8_t *datagram, size_t length), void *data);
/** Says close_notify if it is up. NULL is fine. */
void aula_association_free(aula_association *association);

/** With whom, and who begins: `setup` is ours, ACTIVE or PASSIVE. A second time it must be the
 * same; false: it is not, or it is incomplete. */
bool aula_association_describe(
	aula_association *association, const aula_sdp_transport *remote, aula_setup setup);
/** There is a way to send by. Shakes hands if it is described; as server that needs no way, so
 * `can_send` may be false. What came early is handled now. */
void aula_association_start(aula_association *association, bool can_send);
/** Handles a DTLS datagram, or keeps it for later; false: it is dropped, as too many wait. */
bool aula_association_receive(
	aula_association *association, const uint8_t *datagram, size_t length);
/** A packet under the keys came from the other side: it has what we sent of the handshake. */
void aula_association_settle(aula_association *association);
/** As aula_dtls_timeout_us() and aula_dtls_tick(). */
int64_t aula_association_timeout_us(aula_association *association);
void aula_association_tick(aula_association *association);

aula_association_state aula_association_state_of(const aula_association *association);
/** Why it is down, for people. Static. */
const char *aula_association_why(const aula_association *association);
/** NULL before it is up. */
aula_seal *aula_association_seal(const aula_association *association);
aula_unseal *aula_association_unseal(const aula_association *association);

/** {"state": "connected", "role": "client", "srtp_profile": 7, "srtp_name":
 * "SRTP_AEAD_AES_128_GCM"}: the number is that of
 * RFC 5764 section 4.1.2; 0 before it is up. New reference. */
json_t *aula_association_stats(const aula_association *association);

#endif
