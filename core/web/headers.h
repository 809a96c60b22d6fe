/* SPDX-License-Identifier: Apache-2.0 */
/** What a request says in its headers, as far as the library tells. [web, while it begins] */
#ifndef AULA_WEB_HEADERS_H
#define AULA_WEB_HEADERS_H

#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>

#include "aula/host.h"

/** A header's text in `room`, or NULL when it did not come or is too long to mean anything. */
const char *aula_web_header(struct lws *wsi, enum lws_token_indexes token, char *room, int size);
/** Of the headers named in `names` (lower case, NULL-terminated; NULL: none) those that came, in
 * order; returns how many. Names are borrowed, values are taken by the caller (g_free). */
size_t aula_web_headers_read(
	struct lws *wsi, const char *const *names, aula_http_header *ret_headers);
/** "GET", "POST", …; "" for what is not known. Static. */
const char *aula_web_header_method(struct lws *wsi);
/** How many bytes of body are announced; -1: it is not said (it comes in chunks), -2: nonsense. */
int64_t aula_web_header_body_bytes(struct lws *wsi);
/** Whether a proxy says that it passed the request on. */
bool aula_web_header_is_forwarded(struct lws *wsi);
/** The query as it was sent, near enough: the library has decoded it and cut it at "&". "" when
 * there is none; it ends before a part that is too long. Taken by the caller (g_free). */
char *aula_web_header_query(struct lws *wsi);

#endif
