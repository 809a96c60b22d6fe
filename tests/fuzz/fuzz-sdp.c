/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a session description. What was read can be written, what was written can be read, and
 * from then on nothing changes. */
#include "fuzz.h"

#include <string.h>

#include "wire/sdp.h"

static void
check_lines(const char *text)
{
	for (const char *at = text; *at; at++) {
		HOLDS((*at >= ' ' && *at <= '~') || *at == '\r' || *at == '\n');
		HOLDS((*at != '\n' || (at > text && at[-1] == '\r')) &&
			(*at != '\r' || at[1] == '\n'));
		HOLDS(*at != '\n' || !at[1] || at[2] == '=');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	size_t line = 0;
	const char *why = NULL;
	aula_sdp *sdp = aula_sdp_parse((const char *)data, length, &line, &why);

	if (!sdp) {
		HOLDS(line > 0 && why && *why);
		return 0;
	}
	HOLDS(sdp->media_count <= AULA_SDP_MEDIA_MOST);
	char *text = aula_sdp_write(sdp);
	check_lines(text);
	aula_sdp *again = aula_sdp_parse(text, strlen(text), &line, &why);
	HOLDS(again && again->media_count == sdp->media_count);
	for (size_t i = 0; i < sdp->media_count; i++) {
		HOLDS(!strcmp(again->media[i].mid, sdp->media[i].mid));
		HOLDS(again->media[i].format_count == sdp->media[i].format_count ||
			sdp->media[i].format_count == 0);
	}
	char *text_again = aula_sdp_write(again);
	HOLDS(!strcmp(text, text_again));
	free(text_again);
	aula_sdp_free(again);
	free(text);
	aula_sdp_free(sdp);
	return 0;
}
