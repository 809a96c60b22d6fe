/* SPDX-License-Identifier: Apache-2.0 */
/** What headers and addresses say. Pure. */
#ifndef WHIP_TEXT_H
#define WHIP_TEXT_H

#include <jansson.h>
#include <stdbool.h>

/** Whether a Content-Type header is of `type`, whatever its parameters. NULL: it is not. */
bool text_is_type(const char *header, const char *type);
/** Whether an Accept header (RFC 9110 section 12.5.1) allows `type`; NULL: anything is allowed. */
bool text_accepts(const char *header, const char *type);
/** The token of "Bearer TOKEN" (RFC 6750 section 2.1), in the header's own text; NULL: it is none.
 */
const char *text_bearer(const char *header);

typedef enum { MATCH_NONE, MATCH_OTHER, MATCH_THIS, MATCH_ANY } text_match;

/** What an If-Match header (RFC 9110 section 13.1.1) says of an entity tag; NULL: nothing. "*" may
 * stand in quotes, as RFC 9725 writes it. */
text_match text_matches(const char *header, const char *etag);

/** Takes a path apart: "/room", "/room/rest". False: it is neither. Caller frees both; `*ret_rest`
 * is NULL when there is none. */
bool text_path(const char *path, char **ret_room, char **ret_rest);
/** Whether it is of the form of a session's id. */
bool text_is_id(const char *text);

/** A name on the wire: an integer where it is one, else a text. NULL: it is no text. */
json_t *text_key(const char *text);

/** The value of `name` in a query, decoded, "" when it has none; NULL: it is not there. Caller
 * frees. */
char *text_query(const char *query, const char *name);
/** The words of a text with commas, without empty ones, as an array of texts. New reference. */
json_t *text_words(const char *text);

#endif
