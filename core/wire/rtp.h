/* SPDX-License-Identifier: Apache-2.0 */
/** RTP headers (RFC 3550 section 5.1) and header extensions (RFC 8285). */
#ifndef AULA_WIRE_RTP_H
#define AULA_WIRE_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/codec.h"

enum { AULA_RTP_HEADER_BYTES = 12, AULA_RTP_HEADER_MOST = 12 + 15 * 4 + 4 + 256 };

/** Where an extension element's data lies in the packet; length 0 and offset 0: absent. */
typedef struct {
	uint16_t offset;
	uint8_t length;
} aula_rtp_element;

typedef struct {
	uint8_t payload_type;
	bool marker;
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	uint16_t header_length;  /* with CSRCs and extensions */
	uint16_t payload_length; /* without padding */
	uint8_t padding_length;
	aula_rtp_element elements[AULA_EXTENSION_COUNT]; /* found by `map` */
} aula_rtp;

/** RFC 7983: true when a datagram on the shared port is RTP or RTCP / RTCP / DTLS / STUN. */
bool aula_is_media(const uint8_t *data, size_t length);
bool aula_is_rtcp(const uint8_t *data, size_t length);
bool aula_is_dtls(const uint8_t *data, size_t length);
bool aula_is_stun(const uint8_t *data, size_t length);

/** Reads a header; `map` may be NULL (then no element is looked for). False: malformed. */
bool aula_rtp_parse(
	const uint8_t *data, size_t length, const aula_extension_map *map, aula_rtp *ret_rtp);

/** One element to write. */
typedef struct {
	uint8_t id;     /* 1-255 */
	uint8_t length; /* 1-255 */
	const uint8_t *data;
} aula_rtp_write;

/** Writes a header without CSRCs; one-byte form if ids and lengths allow it, else two-byte. Returns
 * its length, 0 if `size` is too small. Elements of id 0 are skipped. */
size_t aula_rtp_header_write(uint8_t *out, size_t size, const aula_rtp *rtp,
	const aula_rtp_write *elements, size_t count);

/** The audio level element (RFC 6464) of a parsed packet. False: it has none. `ret_voice` may be
 * NULL.
 */
bool aula_rtp_audio_level(
	const uint8_t *data, const aula_rtp *rtp, int8_t *ret_level_dbov, bool *ret_voice);

#endif
