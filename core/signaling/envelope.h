/* SPDX-License-Identifier: Apache-2.0 */
/** One request as text, taken apart and checked as far as its form goes. Replies in the same form.
 * [pure] */
#ifndef AULA_SIGNALING_ENVELOPE_H
#define AULA_SIGNALING_ENVELOPE_H

#include <stdint.h>

#include "signaling/error.h"

enum {
	AULA_JSON_DEPTH_MOST = 32,
	AULA_JSON_VALUES_MOST = 8192, /* reading costs 0.1 us each */
	AULA_TRANSACTION_BYTES_MOST = 256,
};

typedef struct {
	json_t *request;          /* the whole object */
	const char *verb;         /* as written; borrowed from `request`, as is all below */
	const char *transaction;  /* NULL: not known */
	uint64_t session, handle; /* 0: not given */
} aula_envelope;

/** Takes the first JSON text of `text`. False: `ret_refusal` says why, and what is known of the
 * request is filled all the same. `*ret_used` bytes were read; it is `length` when nothing more can
 * be read. `ret_envelope` is to be cleared in both cases. */
bool aula_envelope_open(const char *text, size_t length, size_t *ret_used,
	aula_envelope *ret_envelope, aula_refusal *ret_refusal);
void aula_envelope_clear(aula_envelope *envelope);

/** Whether nothing but white space is left. */
bool aula_envelope_is_blank(const char *text, size_t length);

/** {"janus": verb, "session_id"?: .., "transaction"?: .., "sender"?: ..}; 0 and NULL leave a key
 * out. New reference. */
json_t *aula_envelope_reply(
	const char *verb, uint64_t session, const char *transaction, uint64_t sender);

/* Fields of a request's object. Each says what is wrong with `key` in `refusal`. */
bool aula_envelope_text(json_t *object, const char *key, bool required, const char **ret_text,
	aula_refusal *refusal);
bool aula_envelope_object(
	json_t *object, const char *key, bool required, json_t **ret_object, aula_refusal *refusal);
bool aula_envelope_number(
	json_t *object, const char *key, uint64_t *ret_number, aula_refusal *refusal);

#endif
