/* SPDX-License-Identifier: Apache-2.0 */
/** A request over HTTP that is done once however often it is sent: the header Idempotency-Key
 * (draft-ietf-httpapi-idempotency-key-header-07). The same key of the same person brings the answer
 * of the first time, also from another process on the same database. [control]
 *
 * The database holds no key and no answer that could be read without it: an answer may let somebody
 * in (a link, a token), so it is sealed by the key, which is as hard to guess as its maker made it.
 */
#ifndef PEOPLE_ONCE_H
#define PEOPLE_ONCE_H

#include "job.h"

enum {
	ONCE_KEY_LEAST = 16, /* bytes; a UUID has 36 */
	ONCE_KEY_MOST = 255,
	ONCE_KEYS_MOST = 1000,               /* of one person, at a time */
	ONCE_ANSWER_MOST = 256 * 1024,       /* bytes; of a longer one only that it was */
	ONCE_ANSWERS_MOST = 8 * 1024 * 1024, /* bytes of one person */
	ONCE_HOURS = 24,
};

struct once;

/** The key of the header, with or without the quotes that RFC 8941 wants. NULL: it is none that
 * serves. Caller frees. */
char *once_key(const char *header);

/** Has `run` called for a job whose `who` is known, or answers it from the first time. Takes the
 * key. */
void once_begin(struct job *job, char *key, void (*run)(struct job *job));

/** Keeps the answer of a job that has such a key (or, of one that was refused, forgets the key) and
 * calls `sent`; the job has none any more then. */
void once_end(struct job *job, aula_code code, const json_t *reply,
	void (*sent)(struct job *job, void *data), void *data);

void once_free(struct once *once);

#endif
