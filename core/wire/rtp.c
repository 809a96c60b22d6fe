/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/rtp.h"

#include <string.h>

#include "wire/bytes.h"

enum {
	ONE_BYTE_PROFILE = 0xbede, /* RFC 8285 section 4.2 */
	TWO_BYTE_PROFILE =
		0x1000, /* RFC 8285 section 4.3; the lower four bits are the application's */
	EXTENSION_HEADER_BYTES = 4,
	STUN_HEADER_BYTES = 20,
	DTLS_HEADER_BYTES = 13,
	RTCP_LEAST = 8,
};

bool
aula_is_media(const uint8_t *data, size_t length)
{
	return length >= RTCP_LEAST && data[0] >= 128 && data[0] <= 191;
}

bool
aula_is_rtcp(const uint8_t *data, size_t length)
{
	/* RFC 5761 section 4: these would be payload types 64-95 with the marker. */
	return aula_is_media(data, length) && data[1] >= 192 && data[1] <= 223;
}

bool
aula_is_dtls(const uint8_t *data, size_t length)
{
	return length >= DTLS_HEADER_BYTES && data[0] >= 20 && data[0] <= 63;
}

bool
aula_is_stun(const uint8_t *data, size_t length)
{
	return length >= STUN_HEADER_BYTES && data[0] <= 3;
}

static void
note_element(const aula_extension_map *map, uint8_t id, size_t offset, size_t length, aula_rtp *rtp)
{
	const uint8_t *found = memchr(map->id, id, sizeof(map->id));

	if (found && length > 0)
		rtp->elements[found - map->id] =
			(aula_rtp_element){ .offset = (uint16_t)offset, .length = (uint8_t)length };
}

/* An element that reaches beyond the end is no reason to drop the packet: RFC 8285 lets a receiver
 * ignore what it does not understand, so the walk just ends. */
static void
read_one_byte_elements(
	const uint8_t *data, size_t at, size_t end, const aula_extension_map *map, aula_rtp *rtp)
{
	while (at < end) {
		uint8_t id = data[at] >> 4;
		size_t length = (size_t)(data[at] & 15) + 1;

		if (data[at] == 0) { /* padding */
			at++;
			continue;
		}
		if (id == 15 || at + 1 + length > end)
			return;
		if (id != 0)
			note_element(map, id, at + 1, length, rtp);
		at += 1 + length;
	}
}

static void
read_two_byte_elements(
	const uint8_t *data, size_t at, size_t end, const aula_extension_map *map, aula_rtp *rtp)
{
	while (at < end) {
		if (data[at] == 0) {
			at++;
			continue;
		}
		if (at + 2 > end || at + 2 + data[at + 1] > end)
			return;
		note_element(map, data[at], at + 2, data[at + 1], rtp);
		at += 2 + (size_t)data[at + 1];
	}
}

static void
read_elements(
	const uint8_t *data, size_t at, size_t end, const aula_extension_map *map, aula_rtp *rtp)
{
	uint16_t profile = aula_get16(data + at);

	at += EXTENSION_HEADER_BYTES;
	if (profile == ONE_BYTE_PROFILE)
		read_one_byte_elements(data, at, end, map, rtp);
	else if ((profile & 0xfff0) == TWO_BYTE_PROFILE)
		read_two_byte_elements(data, at, end, map, rtp);
}

bool
aula_rtp_parse(const uint8_t *data, size_t length, const aula_extension_map *map, aula_rtp *ret_rtp)
{
	if (length < AULA_RTP_HEADER_BYTES || length > UINT16_MAX || data[0] >> 6 != 2)
		return false;

	size_t extension = AULA_RTP_HEADER_BYTES + (size_t)(data[0] & 15) * 4;
	size_t header = extension;
	if (data[0] & 0x10) {
		if (extension + EXTENSION_HEADER_BYTES > length)
			return false;
		header += EXTENSION_HEADER_BYTES + (size_t)aula_get16(data + extension + 2) * 4;
	}
	if (header > length)
		return false;
	uint8_t padding = 0;
	if (data[0] & 0x20) {
		padding = data[length - 1];
		if (padding == 0 || padding > length - header)
			return false;
	}
	*ret_rtp = (aula_rtp){
		.payload_type = data[1] & 0x7f,
		.marker = data[1] >> 7,
		.sequence = aula_get16(data + 2),
		.timestamp = aula_get32(data + 4),
		.ssrc = aula_get32(data + 8),
		.header_length = (uint16_t)header,
		.payload_length = (uint16_t)(length - header - padding),
		.padding_length = padding,
	};
	if (map && header > extension)
		read_elements(data, extension, header, map, ret_rtp);
	return true;
}

/* The bytes that the elements need without padding; 0: none. */
static size_t
elements_length(const aula_rtp_write *elements, size_t count, bool *ret_two_byte)
{
	size_t present = 0, bytes = 0;
	bool two_byte = false;

	for (size_t i = 0; i < count; i++) {
		if (elements[i].id == 0)
			continue;
		present++;
		bytes += elements[i].length;
		two_byte |=
			elements[i].id > 14 || elements[i].length > 16 || elements[i].length == 0;
	}
	*ret_two_byte = two_byte;
	return bytes + present * (two_byte ? 2 : 1);
}

static uint8_t *
write_elements(uint8_t *at, const aula_rtp_write *elements, size_t count, bool two_byte)
{
	for (size_t i = 0; i < count; i++) {
		const aula_rtp_write *element = &elements[i];

		if (element->id == 0)
			continue;
		if (two_byte) {
			*at++ = element->id;
			*at++ = element->length;
		} else {
			*at++ = (uint8_t)(element->id << 4 | (element->length - 1));
		}
		if (element->length > 0)
			memcpy(at, element->data, element->length);
		at += element->length;
	}
	return at;
}

size_t
aula_rtp_header_write(uint8_t *out, size_t size, const aula_rtp *rtp,
	const aula_rtp_write *elements, size_t count)
{
	bool two_byte;
	size_t bytes = elements_length(elements, count, &two_byte);
	size_t words = (bytes + 3) / 4;
	size_t length = AULA_RTP_HEADER_BYTES + (words ? EXTENSION_HEADER_BYTES + words * 4 : 0);

	if (length > size || words > UINT16_MAX)
		return 0;
	out[0] = (uint8_t)(2 << 6 | (rtp->padding_length > 0) << 5 | (words > 0) << 4);
	out[1] = (uint8_t)(rtp->marker << 7 | (rtp->payload_type & 0x7f));
	aula_put16(out + 2, rtp->sequence);
	aula_put32(out + 4, rtp->timestamp);
	aula_put32(out + 8, rtp->ssrc);
	if (words == 0)
		return length;
	aula_put16(out + 12, two_byte ? TWO_BYTE_PROFILE : ONE_BYTE_PROFILE);
	aula_put16(out + 14, (uint16_t)words);
	uint8_t *end = write_elements(
		out + AULA_RTP_HEADER_BYTES + EXTENSION_HEADER_BYTES, elements, count, two_byte);
	memset(end, 0, (size_t)(out + length - end));
	return length;
}

bool
aula_rtp_audio_level(
	const uint8_t *data, const aula_rtp *rtp, int8_t *ret_level_dbov, bool *ret_voice)
{
	const aula_rtp_element *element = &rtp->elements[AULA_EXTENSION_AUDIO_LEVEL];

	if (element->length == 0)
		return false;
	*ret_level_dbov = (int8_t) - (data[element->offset] & 0x7f);
	if (ret_voice)
		*ret_voice = data[element->offset] >> 7;
	return true;
}
