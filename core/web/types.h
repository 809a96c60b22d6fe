/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_WEB_TYPES_H
#define AULA_WEB_TYPES_H

#include <stdbool.h>

/** A media type and what the server does with it. Static. */
typedef struct {
	const char *suffix; /**< with its dot, lower case */
	const char *type;
	bool compress; /**< text: gets smaller */
} aula_web_type;

/** The type of a file name; application/octet-stream if unknown. [any] */
const aula_web_type *aula_web_type_of(const char *name);

#endif
