/* SPDX-License-Identifier: Apache-2.0 */
/** One address to which signed JSON is posted; the connection is kept. [events] */
#ifndef POST_H
#define POST_H

#include <stddef.h>
#include <stdint.h>

#include "aula/code.h"

struct post;

/** `ca_file`: NULL, the system's. NULL: see `problem`, one sentence of at most `room` bytes. */
struct post *post_new(const char *url, const char *secret_file, const char *ca_file,
	int64_t timeout_ms, char *problem, size_t room);
/** NULL is fine. */
void post_free(struct post *post);

/** Posts once. INVALID: refused for good (400, 413, 415, 422). UNAVAILABLE: anything else but 2xx;
 * `problem` says what. The signature is HMAC-SHA256 of "ID.TIMESTAMP.BODY" (Standard Webhooks). */
aula_code post_send(struct post *post, const char *id, const char *body, size_t length,
	char *problem, size_t room);

#endif
