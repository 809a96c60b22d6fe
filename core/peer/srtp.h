/* SPDX-License-Identifier: Apache-2.0 */
/** SRTP protection profiles and the keys that DTLS hands out for them (RFC 5764). What goes out is
 * protected by a seal, what comes in is opened by an unseal. */
#ifndef AULA_PEER_SRTP_H
#define AULA_PEER_SRTP_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** In our order of preference. X(identifier, OpenSSL's name, code of RFC 5764 and 7714, bytes of
 * the master key, of the master salt, of the tag, is it an AEAD) */
#define AULA_SRTP_PROFILES(X) \
	X(AES128_GCM, "SRTP_AEAD_AES_128_GCM", 7, 16, 12, 16, true) \
	X(AES256_GCM, "SRTP_AEAD_AES_256_GCM", 8, 32, 12, 16, true) \
	X(AES128_CM_SHA1_80, "SRTP_AES128_CM_SHA1_80", 1, 16, 14, 10, false)

typedef enum {
#define X(id, ...) AULA_SRTP_##id,
	AULA_SRTP_PROFILES(X)
#undef X
		AULA_SRTP_PROFILE_COUNT,
} aula_srtp_profile;

typedef struct {
	const char *name;
	uint16_t code;
	uint8_t key_bytes, salt_bytes, tag_bytes;
	bool aead;
} aula_srtp_profile_facts;

enum {
	AULA_SRTP_MASTER_MOST = 32 + 14,
	AULA_SRTP_OVERHEAD_MOST = 16 + 4, /* tag, and the index of SRTCP */
};

/** One direction's master key, followed by its master salt. */
typedef struct {
	uint8_t bytes[AULA_SRTP_MASTER_MOST];
} aula_srtp_master;

const aula_srtp_profile_facts *aula_srtp_facts(aula_srtp_profile profile);
/** By its code; AULA_SRTP_PROFILE_COUNT if unknown. */
aula_srtp_profile aula_srtp_find(uint16_t code);

#endif
