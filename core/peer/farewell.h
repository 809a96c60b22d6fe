/* SPDX-License-Identifier: Apache-2.0 */
/** All that is left to do of DTLS 1.2 once its keys are handed out: see that the other side ends
 * it, and end it ourselves (RFC 5246 section 7.2, RFC 6347 section 4.1). Takes what it needs out of
 * an SSL that can then be freed: 150 bytes in place of 40 kB.
 *
 * It needs no window against replays: a goodbye that is authentic is the last word, whenever it
 * comes, and all else is passed over. */
#ifndef AULA_PEER_FAREWELL_H
#define AULA_PEER_FAREWELL_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aula_farewell aula_farewell;

enum { AULA_FAREWELL_BYTES_MOST = 64 };

typedef enum {
	AULA_FAREWELL_NOT_YET,
	AULA_FAREWELL_CLOSED,
	AULA_FAREWELL_ALERT
} aula_farewell_news;

/** The handshake of `ssl` is done. NULL: its cipher is none of AES-GCM and ChaCha20, or no memory;
 * keep the SSL then. */
aula_farewell *aula_farewell_new(SSL *ssl);
/** NULL is fine. */
void aula_farewell_free(aula_farewell *farewell);

/** Looks for an alert that ends it in a datagram of any content. */
aula_farewell_news aula_farewell_read(
	const aula_farewell *farewell, const uint8_t *datagram, size_t length);
/** Writes a close_notify; returns its length, 0: that failed. Each is a record of its own. */
size_t aula_farewell_write(aula_farewell *farewell, uint8_t out[AULA_FAREWELL_BYTES_MOST]);

#endif
