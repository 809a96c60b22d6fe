/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/unseal.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "peer/srtp-key.h"

enum {
	RTP_CLEAR_BYTES = 12,
	RTCP_CLEAR_BYTES = 8,
	INDEX_BYTES = 4,
	RTP_WINDOW = 1024,
	RTCP_WINDOW = 128,
	WORD_BITS = 64,
};

#define ENCRYPTED (1u << 31) /* the E flag before the index of SRTCP */

/* What one SSRC has sent. Made by its first authentic packet, so nobody else makes or pushes out
 * any. In a list ordered by last use, which changes rarely: a peer has few sources. */
typedef struct source {
	struct source *next;
	uint32_t ssrc; /* as in the packet */
	uint64_t rtp_highest, rtcp_highest;
	uint64_t rtp_bits[RTP_WINDOW / WORD_BITS], rtcp_bits[RTCP_WINDOW / WORD_BITS];
} source;

struct aula_unseal {
	const aula_srtp_profile_facts *facts;
	aula_srtp_key rtp, rtcp;
	source *sources; /* latest first */
	unsigned source_count;
};

aula_unseal *
aula_unseal_new(aula_srtp_profile profile, const aula_srtp_master *master)
{
	aula_unseal *unseal = g_new0(aula_unseal, 1);

	unseal->facts = aula_srtp_facts(profile);
	if (aula_srtp_key_init(&unseal->rtp, unseal->facts, master, AULA_SRTP_KEY_RTP, false) &&
		aula_srtp_key_init(&unseal->rtcp, unseal->facts, master, AULA_SRTP_KEY_RTCP, false))
		return unseal;
	aula_unseal_free(unseal);
	return NULL;
}

void
aula_unseal_free(aula_unseal *unseal)
{
	if (unseal == NULL)
		return;
	for (source *next; unseal->sources != NULL; unseal->sources = next) {
		next = unseal->sources->next;
		g_free(unseal->sources);
	}
	aula_srtp_key_finish(&unseal->rtp);
	aula_srtp_key_finish(&unseal->rtcp);
	g_free(unseal);
}

/* -- replay -- */

static bool
is_new(uint64_t highest, const uint64_t *bits, unsigned size, uint64_t index)
{
	unsigned place = (unsigned)(index % size);

	if (index > highest)
		return true;
	return index + size > highest && (bits[place / WORD_BITS] >> place % WORD_BITS & 1) == 0;
}

static void
note(uint64_t *highest, uint64_t *bits, unsigned size, uint64_t index)
{
	if (index > *highest + size)
		*highest = index - size; /* the loop below clears all */
	while (*highest < index) {
		++*highest;
		bits[*highest % size / WORD_BITS] &= ~(UINT64_C(1) << *highest % WORD_BITS);
	}
	bits[index % size / WORD_BITS] |= UINT64_C(1) << index % WORD_BITS;
}

/* The rollover counter and sequence that are nearest to what came last (RFC 3711 section 3.3.1).
 * Before the first half round there is no round before it. */
static uint64_t
guess_index(uint64_t highest, uint16_t sequence)
{
	const uint64_t round = 1 << 16, half = round / 2;
	uint64_t index = (highest & ~(round - 1)) | sequence;

	if (highest <= half)
		return sequence;
	if (index > highest + half)
		return index - round;
	return index + half < highest ? index + round : index;
}

/* -- sources -- */

/* Of an authentic packet or, if it has sent none, `fresh`. */
static source *
find(aula_unseal *unseal, const uint8_t *ssrc, source *fresh)
{
	uint32_t wanted;
	source **at = &unseal->sources;

	memcpy(&wanted, ssrc, sizeof(wanted));
	while (*at != NULL && (*at)->ssrc != wanted)
		at = &(*at)->next;
	if (*at == NULL) {
		*fresh = (source){ .ssrc = wanted };
		return fresh;
	}
	source *found = *at;
	*at = found->next;
	found->next = unseal->sources;
	unseal->sources = found;
	return found;
}

/* Of the one used longest ago. */
static void
forget_last(aula_unseal *unseal)
{
	source **at = &unseal->sources;

	while ((*at)->next != NULL)
		at = &(*at)->next;
	g_free(*at);
	*at = NULL;
	unseal->source_count--;
}

static void
keep(aula_unseal *unseal, const source *fresh)
{
	if (unseal->source_count == AULA_UNSEAL_SOURCES)
		forget_last(unseal);
	source *kept = g_new(source, 1);
	*kept = *fresh;
	kept->next = unseal->sources;
	unseal->sources = kept;
	unseal->source_count++;
}

/* -- opening -- */

static bool
decrypt_aead(aula_srtp_key *key, const uint8_t *iv, const uint8_t *clear, size_t clear_length,
	const uint8_t *more, size_t more_length, uint8_t *text, size_t length)
{
	EVP_CIPHER_CTX *cipher = key->cipher;
	int written;

	EVP_DecryptInit_ex(cipher, NULL, NULL, NULL, iv);
	EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, 16, text + length);
	EVP_DecryptUpdate(cipher, NULL, &written, clear, (int)clear_length);
	if (more_length > 0)
		EVP_DecryptUpdate(cipher, NULL, &written, more, (int)more_length);
	if (length > 0)
		EVP_DecryptUpdate(cipher, text, &written, text, (int)length);
	return EVP_DecryptFinal_ex(cipher, text + length, &written) == 1;
}

static bool
is_signed(const aula_srtp_key *key, const uint8_t *data, size_t length, const uint8_t *more,
	const uint8_t *tag, size_t tag_bytes)
{
	uint8_t expected[AULA_SRTP_OVERHEAD_MOST];

	aula_srtp_key_sign(key, data, length, more, expected, tag_bytes);
	return CRYPTO_memcmp(expected, tag, tag_bytes) == 0;
}

/* 0: it is longer than the packet. */
static size_t
header_length(const uint8_t *packet, size_t length)
{
	size_t header = RTP_CLEAR_BYTES + 4u * (packet[0] & 15);

	if ((packet[0] & 0x10) != 0) {
		if (header + 4 > length)
			return 0;
		header += 4 + 4u * (size_t)(packet[header + 2] << 8 | packet[header + 3]);
	}
	return header <= length ? header : 0;
}

static bool
open_rtp(aula_unseal *unseal, uint8_t *packet, size_t length, uint64_t packet_index)
{
	uint8_t iv[AULA_SRTP_IV_BYTES], index[AULA_SRTP_INDEX_BYTES];
	size_t header = header_length(packet, length);

	if (header == 0)
		return false;
	for (size_t i = 0; i < sizeof(index); i++)
		index[i] = (uint8_t)(packet_index >> (40 - 8 * i));
	aula_srtp_key_iv(&unseal->rtp, unseal->facts->aead, packet + 8, index, iv);
	if (unseal->facts->aead)
		return decrypt_aead(&unseal->rtp, iv, packet, header, NULL, 0, packet + header,
			length - header);
	if (!is_signed(
		    &unseal->rtp, packet, length, index, packet + length, unseal->facts->tag_bytes))
		return false;
	aula_srtp_key_cipher(&unseal->rtp, iv, packet + header, packet + header, length - header);
	return true;
}

aula_unseal_verdict
aula_unseal_rtp(aula_unseal *unseal, uint8_t *packet, size_t *length)
{
	source fresh, *from = find(unseal, packet + 8, &fresh);

	if (*length < RTP_CLEAR_BYTES + (size_t)unseal->facts->tag_bytes)
		return AULA_UNSEAL_FORGED;
	size_t plain = *length - unseal->facts->tag_bytes;
	uint64_t index = guess_index(from->rtp_highest, (uint16_t)(packet[2] << 8 | packet[3]));
	if (!is_new(from->rtp_highest, from->rtp_bits, RTP_WINDOW, index))
		return AULA_UNSEAL_REPLAYED;
	if (!open_rtp(unseal, packet, plain, index))
		return AULA_UNSEAL_FORGED;
	note(&from->rtp_highest, from->rtp_bits, RTP_WINDOW, index);
	if (from == &fresh)
		keep(unseal, from);
	*length = plain;
	return AULA_UNSEALED;
}

/* `word` is the flag and the index, which come behind the text, and there before or after the tag.
 */
static bool
open_rtcp(aula_unseal *unseal, uint8_t *packet, size_t length, const uint8_t *word)
{
	uint8_t iv[AULA_SRTP_IV_BYTES], index[AULA_SRTP_INDEX_BYTES] = { 0 };
	uint8_t *text = packet + RTCP_CLEAR_BYTES;

	memcpy(index + 2, word, INDEX_BYTES);
	index[2] &= 0x7f;
	aula_srtp_key_iv(&unseal->rtcp, unseal->facts->aead, packet + 4, index, iv);
	if (unseal->facts->aead)
		return decrypt_aead(&unseal->rtcp, iv, packet, RTCP_CLEAR_BYTES, word, INDEX_BYTES,
			text, length - RTCP_CLEAR_BYTES);
	if (!is_signed(&unseal->rtcp, packet, length, word, word + INDEX_BYTES,
		    unseal->facts->tag_bytes))
		return false;
	aula_srtp_key_cipher(&unseal->rtcp, iv, text, text, length - RTCP_CLEAR_BYTES);
	return true;
}

aula_unseal_verdict
aula_unseal_rtcp(aula_unseal *unseal, uint8_t *packet, size_t *length)
{
	source fresh, *from = find(unseal, packet + 4, &fresh);
	size_t tag_bytes = unseal->facts->tag_bytes;
	uint8_t word[INDEX_BYTES + AULA_SRTP_OVERHEAD_MOST];
	uint32_t flagged;

	if (*length < RTCP_CLEAR_BYTES + INDEX_BYTES + tag_bytes)
		return AULA_UNSEAL_FORGED;
	size_t plain = *length - INDEX_BYTES - tag_bytes;
	/* index and tag; an AEAD has its tag before the index (RFC 7714 section 9.1) */
	memcpy(word, packet + plain + (unseal->facts->aead ? tag_bytes : 0), INDEX_BYTES);
	if (!unseal->facts->aead)
		memcpy(word + INDEX_BYTES, packet + plain + INDEX_BYTES, tag_bytes);
	memcpy(&flagged, word, sizeof(flagged));
	flagged = ntohl(flagged);
	if ((flagged & ENCRYPTED) == 0)
		return AULA_UNSEAL_FORGED;
	uint64_t index = flagged & ~ENCRYPTED;
	if (!is_new(from->rtcp_highest, from->rtcp_bits, RTCP_WINDOW, index))
		return AULA_UNSEAL_REPLAYED;
	if (!open_rtcp(unseal, packet, plain, word))
		return AULA_UNSEAL_FORGED;
	note(&from->rtcp_highest, from->rtcp_bits, RTCP_WINDOW, index);
	if (from == &fresh)
		keep(unseal, from);
	*length = plain;
	return AULA_UNSEALED;
}
