/* SPDX-License-Identifier: Apache-2.0 */
/** What is served over plain HTTP: dynamic pages, then files. Turns a request into an answer; knows
 * no socket. */
#ifndef AULA_WEB_SITE_H
#define AULA_WEB_SITE_H

#include "web/files.h"
#include "web/web.h"

typedef struct aula_web_site aula_web_site;

/** A request. Headers that did not come are NULL. */
typedef struct {
	const char *method; /**< "GET", "HEAD"; anything else is 405 */
	const char *path;   /**< decoded */
	const char *query;  /**< "" if none */
	const char *host, *if_none_match, *if_modified_since, *range, *if_range, *accept_encoding;
	const char *accept;
	const char *address;            /**< of the client */
	bool local;                     /**< see aula_web_page */
	const char *const *csp_connect; /**< see aula_web_options; NULL: none */
	bool body;                      /**< it announces one */
} aula_web_request;

/** An answer: a head, and a body in memory or in a file. */
typedef struct {
	char *head; /**< from the status line to the empty line */
	size_t head_length;
	const char *bytes;   /**< of `file` or of `copy`; NULL: read the file's descriptor */
	int64_t at, end;     /**< what is still to be sent of it; equal: nothing */
	aula_web_file *file; /**< held; may be NULL */
	char *copy;          /**< held; may be NULL */
	bool close;          /**< end the connection after it */
} aula_web_reply;

/** Takes `files`, which may be NULL: there are none. */
aula_web_site *aula_web_site_new(aula_web_files *files);
void aula_web_site_free(aula_web_site *site);
/** [control, before the first answer] */
void aula_web_site_page_add(aula_web_site *site, const char *path, aula_web_page page, void *data);

/** [web] Answers. Finish the reply. */
void aula_web_site_answer(
	aula_web_site *site, const aula_web_request *request, aula_web_reply *ret_reply);

/** [any] An answer of one sentence. `extra`: header lines, or NULL. */
void aula_web_reply_error(
	aula_web_reply *ret_reply, int status, const char *sentence, const char *extra);
/** [any] What a module answers. `extra`: as above. */
void aula_web_reply_answer(
	aula_web_reply *ret_reply, const aula_http_answer *answer, const char *extra);
void aula_web_reply_finish(aula_web_reply *reply);

#endif
