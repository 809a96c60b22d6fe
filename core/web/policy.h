/* SPDX-License-Identifier: Apache-2.0 */
/** What pages may do, and whose pages may speak to us. Pure. [any] */
#ifndef AULA_WEB_POLICY_H
#define AULA_WEB_POLICY_H

#include <stdbool.h>
#include <stddef.h>

/** Header lines that every answer carries, each with its line end. Static. */
const char *aula_web_policy_lines(void);

/** The sources that allow the inline import maps of an HTML page, " 'sha256-…'" each; "" if there
 * are none. Any other inline script stays forbidden. Taken by the caller (g_free). */
char *aula_web_policy_hashes(const char *html, size_t length);

/** The Content-Security-Policy for a page. `host`: the Host header, or NULL; one that is no host is
 * ignored. `hashes`: of aula_web_policy_hashes. `connect`: more sources to connect to; may be NULL.
 * Taken by the caller (g_free). */
char *aula_web_policy_content(const char *host, const char *hashes, const char *const *connect);

/** May a page of `origin` (NULL: the client is no browser) open a WebSocket at `host`? `origins` as
 * in aula_web_options. */
bool aula_web_policy_origin(const char *origin, const char *host, const char *const *origins);

/** Header lines that tell the page of `origin` (NULL: none) that it may read an answer, and of
 * its headers those in `exposes` (may be NULL). Taken by the caller (g_free); NULL for no origin. */
char *aula_web_policy_cors(const char *origin, const char *exposes);

/** True for a Host header that names this machine to itself: localhost, 127.x.y.z, [::1]. */
bool aula_web_policy_is_here(const char *host);

/** True for what may stand in a Host header: a name or an address, with or without port. */
bool aula_web_policy_is_host(const char *host);

#endif
