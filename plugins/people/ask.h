/* SPDX-License-Identifier: Apache-2.0 */
/** A request that waits for the database or for a hash, whichever way it came: over HTTP, or from a
 * handle. [control] */
#ifndef PEOPLE_ASK_H
#define PEOPLE_ASK_H

#include "courier.h"
#include "hasher.h"
#include "job.h"

struct ask {
	LIST_ENTRY(ask) others;
	struct people *people;
	struct job *job; /* NULL: a handle asks, who gets the answer by `ticket` */
	aula_handle handle;
	aula_ticket ticket;
	struct who who;
	json_t *body; /* what `args` points into */
	void *args;
	struct hashing *hashing; /* NULL: none */
	struct errand *errand;   /* NULL: none */
	void (*run)(struct ask *ask, const aula_store_result *result);
	void (*hashed)(struct ask *ask, bool good, const char *hash);
	void (*sent)(struct ask *ask, const struct courier_news *news);
	/* What the steps of one request hand on. */
	char *login, *name, *role;
	char secret[SECRET_BYTES + 1];
	bool found;
	/* session.c */
	char guarded[64]; /* what the guard has counted it by */
	const char *act;  /* what else is done, for the audit log; static; NULL: nothing */
	const char *how;  /* static */
	/* single.c, issuer.c */
	TAILQ_ENTRY(ask) waits;
	void (*known)(struct ask *ask, bool good);
	json_t *tokens, *claims;
	struct claimed *claimed;
	/* import.c */
	json_t *rows, *bad, *listed;
	size_t asked;
	/* privacy.c */
	size_t table;
	int64_t row;
};

enum {
	OVER_HTTP = 1u << 0, /* it sets a cookie, or asks by one */
	ACCOUNT = 1u << 1,   /* only for somebody */
};

/** Begins one for the present request. `args` (of `size` bytes, copied) may be NULL. NULL: refused;
 * `run` of the row is to return `*ret_code`. Afterwards it returns OK. */
struct ask *ask_begin(struct people *people, aula_call *call, const void *args, size_t size,
	uint32_t flags, aula_code *ret_code);
/** Begins one for a job that is not served yet. NULL: no memory. */
struct ask *ask_begin_job(struct job *job);
/** Ends it without an answer. */
void ask_free(struct ask *ask);
/** Answers and ends it. Takes `reply`, which may be NULL; so may `error`. */
void ask_answer(struct ask *ask, aula_code code, json_t *reply, const char *error);

/** Ask the database or the hasher; then `run` or `hashed` follows, also when it could not be asked.
 * For the hasher that is an answer. */
void ask_read(struct ask *ask, const aula_statement *statement);
void ask_write(struct ask *ask, const aula_statement *statements, size_t count);
void ask_hash(struct ask *ask, const char *password, const char *hash);
/** Asks another server; then `sent` follows, also when it could not be sent. */
void ask_send(struct ask *ask, const struct courier_load *load,
	void (*sent)(struct ask *ask, const struct courier_news *news));

/** Whether who asks may give that role, or take it: nobody gives what they may not do themselves.
 * NOT_FOUND: there is none. FORBIDDEN. */
bool may_give(const struct ask *ask, const char *role, aula_code *ret_code);

/* manage.c */

/** Reads the role of somebody whom who asks may manage; then `run` follows, with that or nothing.
 */
void person_find(struct ask *ask, const char *login,
	void (*run)(struct ask *ask, const aula_store_result *result));
/** In that `run`: whether there is such a person, and who asks may do all that they may. False: it
 * has been answered. */
bool person_take(struct ask *ask, const aula_store_result *result);

/** Into the audit log. `target`, `detail`: NULL is fine. */
void ask_note(const struct ask *ask, const char *act, const char *target, const char *detail);

#endif
