/* SPDX-License-Identifier: Apache-2.0 */
/** One request of the Admin API as a row, and one such request on its way. All [control]. */
#ifndef AULA_ADMIN_VERB_H
#define AULA_ADMIN_VERB_H

#include "base/schema.h"
#include "signaling/envelope.h"
#include "signaling/switchboard.h"

typedef struct aula_admin aula_admin;

/** What a request is about; a verb may be asked at several levels. */
enum {
	AULA_ADMIN_SERVER = 1,
	AULA_ADMIN_SESSION = 2,
	AULA_ADMIN_HANDLE = 4,
};

/** Where a reply goes: a client of the Admin API, or one of the Janus API (then `session` is its
 * own). The client may be gone by then. */
typedef struct {
	aula_client client;
	bool inside;
	uint64_t session;
} aula_admin_asker;

typedef struct {
	aula_admin *admin;
	aula_switchboard *board;
	json_t *request;             /* the whole of it, borrowed */
	aula_session *session;       /* levels SESSION and HANDLE; else NULL */
	aula_attachment *attachment; /* level HANDLE; else NULL */
	json_t *reply;               /* an object to fill */
	aula_refusal refusal;        /* filled when `run` returns false */
	bool later;                  /* see aula_admin_later_new() */
	aula_admin_asker asker;
} aula_admin_call;

typedef struct {
	const char *name;
	unsigned at;
	const aula_field *fields;
	size_t field_count, args_size;
	/** False: `call->refusal` says why. NULL: this server has no use for the verb, and
	 * `summary` says why not. */
	bool (*run)(aula_admin_call *call, const void *args);
	const char *summary;
	bool acts; /* it changes something, so the audit log has it */
} aula_admin_verb;

/** A table; the tables of all files, ended by one without rows. */
typedef struct {
	const aula_admin_verb *rows;
	size_t count;
} aula_admin_table;

extern const aula_admin_table aula_admin_janus_verbs, aula_admin_server_verbs,
	aula_admin_people_verbs, aula_admin_handle_verbs, aula_admin_limits_verbs;
const aula_admin_table *const *aula_admin_tables(void);

/** The row of that name, whatever its case; NULL. */
const aula_admin_verb *aula_admin_find(const char *name);

/** The rows as --describe prints requests. New reference. */
json_t *aula_admin_describe(void);

/** A reply that comes when something else has answered. */
typedef struct aula_admin_later aula_admin_later;
/** Takes over the call's reply, which is not sent when `run` returns. */
aula_admin_later *aula_admin_later_new(aula_admin_call *call);
json_t *aula_admin_later_reply(aula_admin_later *later);
/** Sends the reply, or `refusal` when it is not NULL; frees it. */
void aula_admin_later_send(aula_admin_later *later, const aula_refusal *refusal);

#endif
