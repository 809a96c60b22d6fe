/* SPDX-License-Identifier: Apache-2.0 */
/** Tables of typed fields. One table checks, fills, documents and describes itself,
 * for configuration and for requests alike. */
#ifndef AULA_SCHEMA_H
#define AULA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/** A switch that may also be absent. */
typedef int8_t aula_tristate; /* -1 absent, 0 false, 1 true */
#define AULA_UNSET ((aula_tristate)-1)

/** A name that may be a positive integer or a text (rooms, members). Absent: both zero. */
typedef struct {
	int64_t number;   /**< > 0 when it was given as an integer, else 0 */
	const char *text; /**< not NULL when it was given as a text */
} aula_key;

/** Several values of one field, in the order given. */
typedef struct {
	const void *items; /**< array of the row's struct, or of `const char *` */
	size_t count;
} aula_list;

/** What a field may hold, and the C type it is stored as. */
typedef enum {
	AULA_TYPE_BOOL = 1, /**< bool */
	AULA_TYPE_TRISTATE, /**< aula_tristate */
	AULA_TYPE_INT,      /**< int64_t */
	AULA_TYPE_NUMBER,   /**< double; `min` and `max` bound it as integers */
	AULA_TYPE_TEXT,     /**< const char *, UTF-8; NULL when absent and without fallback */
	AULA_TYPE_KEY,      /**< aula_key; `max` bounds a text's bytes */
	AULA_TYPE_TEXTS,    /**< aula_list of const char *; `max` bounds their number */
	AULA_TYPE_ROWS, /**< aula_list of structs filled from `fields`; `max` bounds their number */
	AULA_TYPE_JSON, /**< json_t *, borrowed; an object; NULL when absent */
} aula_type;

enum {
	AULA_REQUIRED = 1u << 0, /**< absence is MISSING */
	AULA_SECRET = 1u << 1,   /**< its value is never logged or shown */
	AULA_PATH = 1u << 2, /**< settings: a path; a relative one is taken from the state folder */
	AULA_LIVE = 1u << 3, /**< settings: a change is applied while the server runs */
};

/** One field: its name on the outside, its place in a struct on the inside. Written with
 * the macros below. Texts, lists and JSON point into what was read and live as long. */
typedef struct aula_field {
	const char *name;
	aula_type type;
	uint32_t flags;
	size_t offset;    /**< bytes from the start of the struct filled */
	int64_t fallback; /**< when absent: bool, tristate, int, number; may lie outside the range
			   */
	const char *fallback_text; /**< when absent: text */
	int64_t min, max;          /**< int, number: inclusive; text: bytes; lists: how many */
	const char *const
		*choices; /**< text: NULL-terminated list of what is allowed; NULL: anything */
	const struct aula_field *fields; /**< rows: the table of one item */
	size_t field_count;
	size_t item_size;    /**< rows: bytes of the struct of one item */
	const char *summary; /**< one sentence, with the unit */
} aula_field;

/* 0, or no compile: member `m` of `T` must have type `want`. */
#define AULA_IS(T, m, want) \
	(0 * sizeof(struct { \
		char wrong_type_for_this_field[_Generic(((T *)0)->m, want : 1, default : -1)]; \
	}))
#define AULA_AT(T, m, want) offsetof(T, m) + AULA_IS(T, m, want)

#define AULA_BOOL(T, m, key, ...) \
	{ \
		.name = (key), .type = AULA_TYPE_BOOL, .offset = AULA_AT(T, m, bool), __VA_ARGS__ \
	}
#define AULA_SWITCH(T, m, key, ...) \
	{ \
		.name = (key), .type = AULA_TYPE_TRISTATE, .offset = AULA_AT(T, m, aula_tristate), \
		.fallback = AULA_UNSET, __VA_ARGS__ \
	}
#define AULA_INT(T, m, key, lo, hi, ...) \
	{ \
		.name = (key), .type = AULA_TYPE_INT, .offset = AULA_AT(T, m, int64_t), \
		.min = (lo), .max = (hi), __VA_ARGS__ \
	}
#define AULA_NUMBER(T, m, key, lo, hi, ...) \
	{ \
		.name = (key), .type = AULA_TYPE_NUMBER, .offset = AULA_AT(T, m, double), \
		.min = (lo), .max = (hi), __VA_ARGS__ \
	}
#define AULA_TEXT(T, m, key, most, ...) \
	{ \
		.name = (key), .type = AULA_TYPE_TEXT, .offset = AULA_AT(T, m, const char *), \
		.max = (most), __VA_ARGS__ \
	}
#define AULA_KEY(T, m, key, most, ...) \
	{ \
		.name = (key), .type = AULA_TYPE_KEY, .offset = AULA_AT(T, m, aula_key), \
		.max = (most), __VA_ARGS__ \
	}
#define AULA_TEXTS(T, m, key, most, ...) \
	{ \
		.name = (key), .type = AULA_TYPE_TEXTS, .offset = AULA_AT(T, m, aula_list), \
		.max = (most), __VA_ARGS__ \
	}
#define AULA_ROWS(T, m, key, most, table, R, ...) \
	{ \
		.name = (key), .type = AULA_TYPE_ROWS, .offset = AULA_AT(T, m, aula_list), \
		.max = (most), .fields = (table), .field_count = sizeof(table) / sizeof *(table), \
		.item_size = sizeof(R), __VA_ARGS__ \
	}
#define AULA_JSON(T, m, key, ...) \
	{ \
		.name = (key), .type = AULA_TYPE_JSON, .offset = AULA_AT(T, m, json_t *), \
		__VA_ARGS__ \
	}

#endif
