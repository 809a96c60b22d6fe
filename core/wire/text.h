/* SPDX-License-Identifier: Apache-2.0 */
/** A stretch of somebody else's text, and cutting it into fields. Copies nothing, ends at no zero
 * byte. All [any]. */
#ifndef AULA_WIRE_TEXT_H
#define AULA_WIRE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	const char *at; /* borrowed */
	size_t length;
} aula_text;

aula_text aula_text_of(const char *string);
/** Takes the field up to `separator` (or the end) off the front of `rest`. */
aula_text aula_text_cut(aula_text *rest, char separator);
/** Takes the next word off the front of `rest`; runs of spaces and tabs part words. Length 0: none
 * is left. */
aula_text aula_text_word(aula_text *rest);
/** The next line, without its CR LF, LF or CR. */
aula_text aula_text_line(aula_text *rest);
bool aula_text_is(aula_text text, const char *string);
/** The same without regard to the case of ASCII letters. */
bool aula_text_like(aula_text text, const char *string);
/** Takes `prefix` off the front. False, and nothing is taken: it does not begin so. */
bool aula_text_skip(aula_text *text, const char *prefix);
/** The text as a decimal number of at most `most`. False: it is none, or larger. */
bool aula_text_number(aula_text text, uint64_t most, uint64_t *ret_number);
/** Copies into `out` of `size` bytes, zero-terminated. False, and nothing is copied: too long, or
 * not clean (see below). */
bool aula_text_copy(aula_text text, char *out, size_t size);

/** True when a byte is one that no line may have (RFC 8866 leaves the tab, which nobody writes). */
bool aula_text_has_control(aula_text text);
/** True when every byte is a printable character of ASCII or a space; so it is UTF-8, too. */
bool aula_text_is_clean(aula_text text);
/** RFC 8866 section 9: `token`, at least one character. */
bool aula_text_is_token(aula_text text);
/** RFC 8839 section 5.1 `ice-char`, and the "-", "_", "=" and "#" that some write. */
bool aula_text_is_ice(aula_text text);

#endif
