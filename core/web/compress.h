/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_WEB_COMPRESS_H
#define AULA_WEB_COMPRESS_H

#include <stddef.h>

#include "web/negotiate.h"

/** `bytes` in an encoding other than identity. NULL when that is not smaller. Taken by the caller
 * (g_free). [any] */
void *aula_web_compress(
	const void *bytes, size_t length, aula_web_encoding encoding, size_t *ret_length);

#endif
