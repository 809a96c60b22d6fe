/* SPDX-License-Identifier: Apache-2.0 */
/* One candidate attribute, as it comes with a trickle request. */
#include "fuzz.h"

#include <string.h>

#include "wire/sdp.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	aula_candidate candidate, again;
	char text[512];

	if (!aula_candidate_parse((const char *)data, length, &candidate))
		return 0;
	int written = aula_candidate_write(&candidate, text, sizeof(text));
	HOLDS(written > 0 && (size_t)written < sizeof(text) && strlen(text) == (size_t)written);
	HOLDS(aula_candidate_parse(text, (size_t)written, &again));
	HOLDS(!memcmp(&candidate, &again, sizeof(candidate)));
	HOLDS(aula_candidate_write(&candidate, text, 0) == written);
	return 0;
}
