/* SPDX-License-Identifier: Apache-2.0 */
#include "web/compress.h"

#include <brotli/encode.h>
#include <glib.h>
#include <zlib.h>

/* Where more effort ceases to pay for pages and scripts; done once per file, on a thread that
 * serves others too. */
enum { GZIP_LEVEL = 6, BROTLI_QUALITY = 6, GZIP_WINDOW = 15 + 16 };

static bool
gzip(const void *bytes, size_t length, uint8_t *out, size_t *inout_length)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)bytes,
		.avail_in = (uInt)length,
		.next_out = out,
		.avail_out = (uInt)*inout_length };

	if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) !=
		Z_OK)
		return false;
	bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
	*inout_length = stream.total_out;
	deflateEnd(&stream);
	return done;
}

void *
aula_web_compress(const void *bytes, size_t length, aula_web_encoding encoding, size_t *ret_length)
{
	if (length == 0)
		return NULL;
	/* The room is one byte less than the original: what does not fit is no gain. */
	size_t size = length - 1;
	g_autofree uint8_t *out = g_malloc(length);
	bool done = encoding == AULA_WEB_BROTLI
			    ? BrotliEncoderCompress(BROTLI_QUALITY, BROTLI_DEFAULT_WINDOW,
				      BROTLI_MODE_TEXT, length, bytes, &size, out) == BROTLI_TRUE
			    : gzip(bytes, length, out, &size);
	if (!done)
		return NULL;
	*ret_length = size;
	return g_realloc(g_steal_pointer(&out), MAX(size, 1));
}
