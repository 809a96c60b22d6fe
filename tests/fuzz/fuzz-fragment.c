/* SPDX-License-Identifier: Apache-2.0 */
/* A fragment of a description, as a client of WHIP sends it; what was read, written and read again,
 * is the same. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "whip/ice.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct ice_fragment fragment, again;
	const char *why = NULL;
	char *text = malloc(length + 1), *written = NULL;
	size_t size;

	HOLDS(text != NULL);
	memcpy(text, data, length);
	text[length] = '\0';
	if (ice_fragment_read(text, length, &fragment, &why)) {
		FILE *out = open_memstream(&written, &size);
		HOLDS(out != NULL);
		if (*fragment.ufrag != '\0')
			fprintf(out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", fragment.ufrag,
				fragment.pwd);
		for (size_t i = 0; i < json_array_size(fragment.candidates); i++)
			fprintf(out, "a=%s\r\n",
				json_string_value(json_object_get(
					json_array_get(fragment.candidates, i), "candidate")));
		if (fragment.ended)
			fputs("a=end-of-candidates\r\n", out);
		fclose(out);
		HOLDS(ice_fragment_read(written, size, &again, &why));
		HOLDS(strcmp(fragment.ufrag, again.ufrag) == 0);
		HOLDS(strcmp(fragment.pwd, again.pwd) == 0);
		HOLDS(fragment.ended == again.ended);
		HOLDS(json_array_size(fragment.candidates) == json_array_size(again.candidates));
		ice_fragment_clear(&again);
		free(written);
		ice_fragment_clear(&fragment);
	} else {
		HOLDS(why != NULL);
	}
	/* The same bytes as a description. */
	written = ice_renewed(text, "ufrag", "pwd");
	free(written);
	written = ice_fragment_write(text);
	free(written);
	ice_refuses(text);
	free(text);
	return 0;
}
