/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a trace, as a client sends it; what was read is what stands there, and is read the
 * same when it is written anew. */
#include "fuzz.h"

#include <string.h>

#include "traces/span.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct traceparent parent, again;
	char trace[2 * TRACE_BYTES + 1], span[2 * SPAN_BYTES + 1], text[64];

	if (!traceparent_parse((const char *)data, length, &parent))
		return 0;
	hex_write(parent.trace, TRACE_BYTES, trace);
	hex_write(parent.span, SPAN_BYTES, span);
	HOLDS(strspn(trace, "0") < strlen(trace) && strspn(span, "0") < strlen(span));
	HOLDS(memcmp(data + 3, trace, strlen(trace)) == 0);
	HOLDS(memcmp(data + 36, span, strlen(span)) == 0);
	int size = snprintf(text, sizeof text, "00-%s-%s-%02x", trace, span, parent.sampled);
	HOLDS(traceparent_parse(text, (size_t)size, &again));
	HOLDS(memcmp(parent.trace, again.trace, TRACE_BYTES) == 0);
	HOLDS(memcmp(parent.span, again.span, SPAN_BYTES) == 0);
	HOLDS(parent.sampled == again.sampled);
	return 0;
}
