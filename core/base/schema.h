/* SPDX-License-Identifier: Apache-2.0 */
/** What a table of fields does: it fills a struct, checks itself, tells about itself. */
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

/** "an integer from 1 to 9": what a value of this field must be. Writes to `out`, returns it. */
const char *aula_schema_expected(const aula_field *field, char *out, size_t size);

/** "integer", "text", ...: the word for a type that aula_schema_check() accepted. Static. */
const char *aula_schema_type_word(aula_type type);

/** Lower snake case, of at most 63 bytes. */
bool aula_schema_name_is_good(const char *name);

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
 * A JSON null counts as absent. `out` has the size that aula_schema_check() was given; every field
 * is written, padding is not. MISSING or INVALID: `out` is unspecified and `ret_fault` says what.
 */
aula_code aula_schema_fill(const aula_schema *schema, json_t *document, void *out,
	aula_arena *arena, aula_schema_fault *ret_fault);

/** The name of the first key of `document` that is in no row; NULL if all are known. */
const char *aula_schema_stranger(const aula_schema *schema, json_t *document);

/** True when the table makes sense: names, types, bounds, places inside the struct and apart, no
 * duplicates, at most four levels of rows; else `ret_why` names the field (it lives until the next
 * check on this thread). */
bool aula_schema_check(const aula_schema *schema, size_t struct_size, const char **ret_why);

/** What a filled struct holds in this field; null: nothing. New reference. */
json_t *aula_schema_value(const aula_field *field, const void *filled);
/** Bytes of the field in a struct. */
size_t aula_schema_field_bytes(const aula_field *field);
/** Takes over from `fresh` what differs in fields that are AULA_LIVE, if `live`; what it points to
 * must then live as long. Appends "prefix.name" of those taken over to `applied`, of the others
 * that differ to `restart`. Returns how many were taken over. */
unsigned aula_schema_apply(const aula_schema *schema, const char *prefix, void *filled,
	const void *fresh, bool live, json_t *applied, json_t *restart);

/** The table as JSON, for --describe. New reference. */
json_t *aula_schema_describe(const aula_schema *schema);

#endif
