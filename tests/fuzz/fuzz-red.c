/* SPDX-License-Identifier: Apache-2.0 */
/* One payload of redundant audio: its primary block is not empty and is its end. */
#include "fuzz.h"

#include "wire/red.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	const uint8_t *primary;
	size_t primary_length;

	if (!aula_red_primary(data, length, &primary, &primary_length))
		return 0;
	HOLDS(primary_length > 0 && primary_length < length);
	HOLDS(primary > data && primary + primary_length == data + length);
	return 0;
}
