/* SPDX-License-Identifier: Apache-2.0 */
/* One RTP packet; extension number i of codec.h has the identifier i + 1. Its header is written
 * anew, and then says the same. */
#include "fuzz.h"

#include <string.h>

#include "wire/rtp.h"

static void
check_same(const uint8_t *data, const aula_rtp *rtp, const uint8_t *copy, const aula_rtp *again)
{
	HOLDS(again->payload_type == rtp->payload_type && again->marker == rtp->marker);
	HOLDS(again->sequence == rtp->sequence && again->timestamp == rtp->timestamp);
	HOLDS(again->ssrc == rtp->ssrc && again->padding_length == rtp->padding_length);
	HOLDS(again->payload_length == rtp->payload_length);
	for (int i = 0; i < AULA_EXTENSION_COUNT; i++) {
		const aula_rtp_element *element = &rtp->elements[i];

		HOLDS(again->elements[i].length == element->length);
		HOLDS(!memcmp(
			copy + again->elements[i].offset, data + element->offset, element->length));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	aula_extension_map map = { 0 };
	aula_rtp_write elements[AULA_EXTENSION_COUNT] = { 0 };
	aula_rtp rtp, again;

	for (int i = 0; i < AULA_EXTENSION_COUNT; i++)
		map.id[i] = (uint8_t)(i + 1);
	HOLDS(!aula_is_rtcp(data, length) || aula_is_media(data, length));
	HOLDS(aula_is_media(data, length) + aula_is_dtls(data, length) +
			aula_is_stun(data, length) <=
		1);
	if (!aula_rtp_parse(data, length, &map, &rtp))
		return 0;
	HOLDS(rtp.header_length >= AULA_RTP_HEADER_BYTES);
	HOLDS((size_t)rtp.header_length + rtp.payload_length + rtp.padding_length == length);
	for (int i = 0; i < AULA_EXTENSION_COUNT; i++) {
		const aula_rtp_element *element = &rtp.elements[i];

		HOLDS(element->offset + element->length <= rtp.header_length);
		if (element->length > 0)
			elements[i] = (aula_rtp_write){ .id = map.id[i],
				.length = element->length,
				.data = data + element->offset };
	}
	uint8_t *copy = malloc(length + 4096);
	HOLDS(copy);
	size_t header =
		aula_rtp_header_write(copy, length + 4096, &rtp, elements, AULA_EXTENSION_COUNT);
	HOLDS(header > 0 && header % 4 == 0);
	HOLDS(aula_rtp_header_write(copy, header - 1, &rtp, elements, AULA_EXTENSION_COUNT) == 0);
	memcpy(copy + header, data + rtp.header_length, length - rtp.header_length);
	HOLDS(aula_rtp_parse(copy, header + length - rtp.header_length, &map, &again));
	HOLDS(again.header_length == header);
	check_same(data, &rtp, copy, &again);
	int8_t level = 1;
	bool voice;
	HOLDS(!aula_rtp_audio_level(data, &rtp, &level, &voice) || level <= 0);
	free(copy);
	return 0;
}
