/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/red.h"

enum { BLOCK_HEADER_BYTES = 4, LAST_HEADER_BYTES = 1, MORE = 0x80 };

bool
aula_red_primary(const uint8_t *payload, size_t length, const uint8_t **ret_primary,
	size_t *ret_primary_length)
{
	size_t at = 0, redundant = 0;

	while (at < length && payload[at] & MORE) {
		if (at + BLOCK_HEADER_BYTES > length)
			return false;
		redundant += (size_t)(payload[at + 2] & 3) << 8 | payload[at + 3];
		at += BLOCK_HEADER_BYTES;
	}
	at += LAST_HEADER_BYTES + redundant;
	if (at >= length)
		return false;
	*ret_primary = payload + at;
	*ret_primary_length = length - at;
	return true;
}
