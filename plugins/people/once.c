/* SPDX-License-Identifier: Apache-2.0 */
#include "once.h"

#include <ctype.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "seal.h"

enum { STUCK_S = 120 /* an answer comes sooner, or its server has died */ };

struct once {
	char *key, *id, *fingerprint;
	void (*run)(struct job *job);
	/* Once it is answered: */
	void (*sent)(struct job *job, void *data);
	void *data;
};

void
once_free(struct once *once)
{
	if (once == NULL)
		return;
	explicit_bzero(once->key, strlen(once->key));
	g_free(once->key);
	g_free(once->id);
	g_free(once->fingerprint);
	g_free(once);
}

char *
once_key(const char *header)
{
	size_t length = strlen(header);

	if (length >= 2 && header[0] == '"' && header[length - 1] == '"') {
		header++;
		length -= 2;
	}
	if (length < ONCE_KEY_LEAST || length > ONCE_KEY_MOST)
		return NULL;
	for (size_t i = 0; i < length; i++)
		if (!isgraph((unsigned char)header[i]) || strchr("\"\\", header[i]) != NULL)
			return NULL;
	return strndup(header, length);
}

/* Of texts one after the other, the ends included. */
static char *
hash_of(const char *const *texts, size_t count)
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (size_t i = 0; i < count; i++)
		g_checksum_update(sum, (const guchar *)texts[i], (gssize)strlen(texts[i]) + 1);
	char *hash = g_strdup(g_checksum_get_string(sum));
	g_checksum_free(sum);
	return hash;
}

static void
refuse(struct job *job, aula_code code, const char *error)
{
	once_free(job->once);
	job->once = NULL;
	job_answer(job, code, NULL, NULL, error);
}

/* -- the second time -- */

static json_t *
open_answer(const struct once *once, const aula_sql_value *sealed)
{
	unsigned char key[SEAL_KEY_BYTES];
	unsigned char *plain = malloc(sealed->length + 1);
	json_t *reply = NULL;

	if (plain != NULL && seal_key(once->key, once->id, key) &&
		seal_open(key, sealed->bytes, sealed->length, plain))
		reply = json_loadb((const char *)plain, sealed->length - SEAL_MORE_BYTES, 0, NULL);
	free(plain);
	return reply;
}

static void
repeat(struct job *job, const aula_store_result *result)
{
	const aula_sql_value *sealed = aula_result_value(result, 0, 1);
	json_t *reply = sealed->type == AULA_SQL_BYTES ? open_answer(job->once, sealed) : NULL;

	if (reply == NULL) {
		refuse(job, AULA_WRONG_STATE,
			"This was done before; its answer was too long to be kept.");
		return;
	}
	once_free(job->once);
	job->once = NULL;
	job->repeated = true;
	job_answer(job, AULA_OK, reply, NULL, NULL);
	json_decref(reply);
}

static void
on_found(struct ask *ask, const aula_store_result *result)
{
	struct job *job = ask->job;

	ask_free(ask);
	if (result->code != AULA_OK) {
		refuse(job, result->code, NULL);
	} else if (result->row_count == 0) {
		job->retry_after_s = 60;
		refuse(job, AULA_TOO_FAST, "Too many keys of yours are remembered already.");
	} else if (strcmp(aula_result_text(result, 0, 0), job->once->fingerprint) != 0) {
		refuse(job, AULA_EXISTS, "This key was used for another request.");
	} else if (aula_result_bool(result, 0, 2)) {
		repeat(job, result);
	} else if (wall_us() - aula_result_int(result, 0, 3) > STUCK_S * INT64_C(1000000)) {
		refuse(job, AULA_WRONG_STATE,
			"A server ended while it did this, so nobody knows whether it was done: "
			"look, and ask with another key.");
	} else {
		job->retry_after_s = 1;
		refuse(job, AULA_WRONG_STATE, "The same request is being done.");
	}
}

static void
find_answer(struct job *job)
{
	struct ask *ask = ask_begin_job(job);
	aula_statement find =
		AULA_SQL("SELECT fingerprint, answer, done, asked_us FROM people_answers"
			 " WHERE id = $1",
			aula_sql_text(job->once->id));

	if (ask == NULL) {
		refuse(job, AULA_INTERNAL, NULL);
		return;
	}
	ask->run = on_found;
	ask_read(ask, &find);
}

/* -- the first time -- */

static void
on_reserved(struct ask *ask, const aula_store_result *result)
{
	struct job *job = ask->job;

	ask_free(ask);
	if (result->code == AULA_OK)
		job->once->run(job);
	else if (result->code == AULA_EXISTS || result->code == AULA_NOT_FOUND)
		find_answer(job);
	else
		refuse(job, result->code, NULL);
}

void
once_begin(struct job *job, char *key, void (*run)(struct job *job))
{
	const char *const whose[] = { job->who.login, key };
	g_autofree char *body = json_dumps(job->document, JSON_COMPACT | JSON_SORT_KEYS);
	const char *const what[] = { job->path, body != NULL ? body : "" };
	struct ask *ask = ask_begin_job(job);

	job->once = g_new(struct once, 1);
	*job->once = (struct once){
		.key = key, .id = hash_of(whose, 2), .fingerprint = hash_of(what, 2), .run = run
	};
	if (ask == NULL) {
		refuse(job, AULA_INTERNAL, NULL);
		return;
	}
	aula_statement reserve = AULA_SQL(
		"INSERT INTO people_answers (id, login, asked_us, fingerprint, done, bytes)"
		" SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT),"
		" CAST($4 AS TEXT), CAST($5 AS BOOLEAN), 0 FROM"
		" (SELECT COUNT(*) AS keys, COALESCE(SUM(bytes), 0) AS held"
		" FROM people_answers WHERE login = $2) mine WHERE keys < CAST($6 AS BIGINT) AND "
		"held < CAST($7 AS BIGINT)",
		aula_sql_text(job->once->id), aula_sql_text(job->who.login),
		aula_sql_int(wall_us()), aula_sql_text(job->once->fingerprint),
		aula_sql_bool(false), aula_sql_int(ONCE_KEYS_MOST),
		aula_sql_int(ONCE_ANSWERS_MOST));
	reserve.least = 1;
	ask->run = on_reserved;
	ask_write(ask, &reserve, 1);
}

/* -- its answer -- */

/* False: there is none to keep, too long. Caller frees. */
static unsigned char *
close_answer(const struct once *once, const json_t *reply, size_t *ret_length)
{
	g_autofree char *text = json_dumps(reply, JSON_COMPACT);
	size_t length = text != NULL ? strlen(text) : 0;
	unsigned char key[SEAL_KEY_BYTES];

	if (length == 0 || length > ONCE_ANSWER_MOST)
		return NULL;
	unsigned char *sealed = g_malloc(length + SEAL_MORE_BYTES);
	*ret_length = length + SEAL_MORE_BYTES;
	if (seal_key(once->key, once->id, key) && seal_close(key, text, length, sealed))
		return sealed;
	g_free(sealed);
	return NULL;
}

static void
on_kept(struct ask *ask, const aula_store_result *result)
{
	struct job *job = ask->job;
	const aula_host *host = ask->people->host;
	struct once *once = job->once;

	ask_free(ask);
	if (result->code != AULA_OK)
		host->log(host, AULA_LOG_WARNING,
			"the answer to a request with a key was not kept: asked again with it, "
			"that will be refused said=\"%s\"",
			result->problem);
	job->once = NULL;
	once->sent(job, once->data);
	once_free(once);
}

void
once_end(struct job *job, aula_code code, const json_t *reply,
	void (*sent)(struct job *job, void *data), void *data)
{
	struct once *once = job->once;
	struct ask *ask = ask_begin_job(job);
	size_t length = 0;

	once->sent = sent;
	once->data = data;
	if (ask == NULL) {
		job->once = NULL;
		sent(job, data);
		once_free(once);
		return;
	}
	/* What was refused was not done, and a cookie is not set by an old answer: both may be
	 * asked again. */
	bool keeps = code == AULA_OK && *job->set_cookie == '\0';
	unsigned char *sealed = keeps ? close_answer(once, reply, &length) : NULL;
	aula_statement forget =
		AULA_SQL("DELETE FROM people_answers WHERE id = $1", aula_sql_text(once->id));
	aula_statement keep =
		AULA_SQL("UPDATE people_answers SET done = $2, answer = $3, bytes = $4"
			 " WHERE id = $1",
			aula_sql_text(once->id), aula_sql_bool(true),
			sealed != NULL ? aula_sql_bytes(sealed, length) : aula_sql_null(),
			aula_sql_int((int64_t)length));
	ask->run = on_kept;
	ask_write(ask, keeps ? &keep : &forget, 1);
	g_free(sealed);
}
