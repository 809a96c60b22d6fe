/* SPDX-License-Identifier: Apache-2.0 */
/** What a client asks for in its headers: encoding, range, known version. Pure. [any] */
#ifndef AULA_WEB_NEGOTIATE_H
#define AULA_WEB_NEGOTIATE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
	AULA_WEB_IDENTITY,
	AULA_WEB_GZIP,
	AULA_WEB_BROTLI,
	AULA_WEB_ENCODING_COUNT_,
} aula_web_encoding;

/** The word of `encoding` in Content-Encoding. Static. */
const char *aula_web_encoding_word(aula_web_encoding encoding);

/** The best encoding that `accept`, an Accept-Encoding header or NULL, allows: Brotli before gzip
 * before none; a weight of zero refuses (RFC 9110 section 12.5.3). */
aula_web_encoding aula_web_encoding_choose(const char *accept);

typedef enum {
	AULA_WEB_RANGE_NONE, /**< all of it: no header, one not understood, or several ranges */
	AULA_WEB_RANGE_ONE,
	AULA_WEB_RANGE_UNSATISFIABLE, /**< 416 */
} aula_web_range;

/** Reads a Range header (RFC 9110 section 14.2) for something of `size` bytes. ONE: the first and
 * the last byte, both inclusive. */
aula_web_range aula_web_range_parse(
	const char *header, int64_t size, int64_t *ret_first, int64_t *ret_last);

/** True when `etag`, quoted, is in the list of an If-None-Match header, or the list is "*". */
bool aula_web_etag_listed(const char *header, const char *etag);

#endif
