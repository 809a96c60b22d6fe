/* SPDX-License-Identifier: Apache-2.0 */
/** Base64url without padding (RFC 7515 appendix C), strictly: one spelling for one text. [pure] */
#ifndef AULA_SIGNALING_BASE64URL_H
#define AULA_SIGNALING_BASE64URL_H

#include <glib.h>
#include <stdint.h>

/** The bytes that `text` stands for; NULL when it is not base64url. Caller frees. */
uint8_t *aula_base64url_decode(const char *text, size_t length, size_t *ret_length);
void aula_base64url_append(GString *out, const void *data, size_t length);

#endif
