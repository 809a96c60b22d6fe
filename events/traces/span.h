/* SPDX-License-Identifier: Apache-2.0 */
/** A stretch of a join, as OpenTelemetry has it; and the header by which a client says of what it
 * is a part. */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_BYTES = 16, SPAN_BYTES = 8, SPAN_TEXT_BYTES = 128 };

struct span {
	uint8_t trace[TRACE_BYTES], id[SPAN_BYTES], parent[SPAN_BYTES]; /* parent all 0: none */
	const char *name;                                               /* static */
	bool server;              /* it is what a client asked for; else a part of that */
	int64_t begin_us, end_us; /* since 1970 */
	uint64_t session, handle; /* 0: none */
	char plugin[SPAN_TEXT_BYTES], room[SPAN_TEXT_BYTES], error[SPAN_TEXT_BYTES]; /* "": none */
};

/** What a client's span is. */
struct traceparent {
	uint8_t trace[TRACE_BYTES], span[SPAN_BYTES];
	bool sampled;
};

/** "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", of any version but ff (W3C Trace
 * Context, section 3.2). False: it is none, and whoever got it begins a trace. */
bool traceparent_parse(const char *text, size_t length, struct traceparent *ret_parent);

/** Writes `bytes` as small hexadecimal digits and a zero byte. */
void hex_write(const uint8_t *bytes, size_t count, char *ret_text);

/** Bytes by chance, not all of them 0. */
void id_make(uint8_t *ret_bytes, size_t count);

#endif
