/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/rtx.h"

#include <string.h>

#include "wire/bytes.h"

size_t
aula_rtx_wrap(uint8_t *out, size_t size, uint16_t original_sequence, const uint8_t *payload,
	size_t payload_length)
{
	if (size < AULA_RTX_BYTES || payload_length > size - AULA_RTX_BYTES)
		return 0;
	aula_put16(out, original_sequence);
	if (payload_length > 0)
		memcpy(out + AULA_RTX_BYTES, payload, payload_length);
	return AULA_RTX_BYTES + payload_length;
}

size_t
aula_rtx_unwrap(uint8_t *data, size_t length, uint8_t payload_type, uint32_t ssrc, aula_rtp *rtp)
{
	if (rtp->payload_length <= AULA_RTX_BYTES)
		return 0;
	uint8_t *payload = data + rtp->header_length;

	rtp->payload_type = payload_type & 0x7f;
	rtp->ssrc = ssrc;
	rtp->sequence = aula_get16(payload);
	rtp->payload_length -= AULA_RTX_BYTES;
	data[1] = (uint8_t)(rtp->marker << 7 | rtp->payload_type);
	aula_put16(data + 2, rtp->sequence);
	aula_put32(data + 8, ssrc);
	memmove(payload, payload + AULA_RTX_BYTES, length - rtp->header_length - AULA_RTX_BYTES);
	return length - AULA_RTX_BYTES;
}
