/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_BASE_SCHEMA_H
#define AULA_BASE_SCHEMA_H

#include <jansson.h>

#include "aula/code.h"
#include "aula/schema.h"

/** A table of fields; `stride` is the size of a row where it was compiled. */
typedef struct {
	const aula_field *rows;
	size_t count, stride;
} aula_schema;

const aula_field *aula_schema_row(const aula_schema *schema, size_t index);

/** What was wrong. */
typedef struct {
	char path[96];     /* "streams[2].mid" */
	char expected[96]; /* "an integer from 1 to 9", for people */
} aula_schema_fault;

/** Memory of the lists that a fill makes; freed by aula_arena_free. Zero-initialised is empty. */
typedef struct aula_arena {
	struct aula_arena_block *blocks;
} aula_arena;
void *aula_arena_take(aula_arena *arena, size_t size); /* zeroed, aligned for anything */
void aula_arena_free(aula_arena *arena);

/** Fills `out` from `document` (an object or NULL, borrowed; texts and JSON keep pointing into it).
 * MISSING or INVALID: `out` is unspecified and `ret_fault` says what. */
aula_code aula_schema_fill(const aula_schema *schema, json_t *document, void *out,
	aula_arena *arena, aula_schema_fault *ret_fault);

/** The name of the first key of `document` that is in no row; NULL if all are known. */
const char *aula_schema_stranger(const aula_schema *schema, json_t *document);

/** True when the table makes sense: names, types, bounds, no duplicates; else `ret_why` (static).
 */
bool aula_schema_check(const aula_schema *schema, size_t struct_size, const char **ret_why);

/** The table as JSON, for --describe. New reference. */
json_t *aula_schema_describe(const aula_schema *schema);

#endif
