/* SPDX-License-Identifier: Apache-2.0 */
/* One packet of a retransmission stream: unwrapped, and wrapped again. */
#include "fuzz.h"

#include <string.h>

#include "wire/rtx.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	aula_rtp rtp, again;

	if (!aula_rtp_parse(data, length, NULL, &rtp))
		return 0;
	uint16_t payload_length = rtp.payload_length;
	uint8_t *copy = malloc(length), *wrapped = malloc(length);
	HOLDS(copy && wrapped);
	memcpy(copy, data, length);
	size_t left = aula_rtx_unwrap(copy, length, 96, 0x01020304, &rtp);
	HOLDS(left == (payload_length > AULA_RTX_BYTES ? length - AULA_RTX_BYTES : 0));
	if (left > 0) {
		HOLDS(aula_rtp_parse(copy, left, NULL, &again));
		HOLDS(again.payload_type == 96 && again.ssrc == 0x01020304);
		HOLDS(again.sequence == rtp.sequence && again.marker == rtp.marker);
		HOLDS(again.payload_length == rtp.payload_length);
		size_t size = aula_rtx_wrap(wrapped, length, again.sequence,
			copy + again.header_length, again.payload_length);
		HOLDS(size == payload_length);
		HOLDS(!memcmp(wrapped, data + rtp.header_length, size));
	}
	free(wrapped);
	free(copy);
	return 0;
}
