/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAITING_MOST = 10000, SEQUENCES_MOST = 100000 };

struct app *
app_new(void *transport, const char *name)
{
	struct app *app = calloc(1, sizeof *app);

	if (app == NULL)
		return NULL;
	app->transport = transport;
	snprintf(app->name, sizeof app->name, "%s", name);
	app->waiting = json_object();
	app->sequences = json_object();
	return app;
}

void
app_free(struct app *app)
{
	json_decref(app->waiting);
	json_decref(app->sequences);
	free(app);
}

bool
app_is_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= NAME_BYTES &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       length;
}

/* Of what is kept for an application the oldest goes. */
static void
make_place(json_t *table, size_t most)
{
	while (json_object_size(table) >= most)
		json_object_del(table, json_object_iter_key(json_object_iter(table)));
}

void
app_ask(struct app *app, json_t *request, const char *id)
{
	const char *transaction = json_string_value(json_object_get(request, "transaction"));
	const char *verb = json_string_value(json_object_get(request, "janus"));

	if (transaction == NULL && *id != '\0') {
		json_object_set_new(request, "transaction", json_string(id));
		transaction = id;
	}
	if (transaction == NULL)
		return;
	make_place(app->waiting, WAITING_MOST);
	json_object_set_new(app->waiting, transaction,
		json_pack("{s:s, s:b}", "id", id, "destroys",
			verb != NULL && strcmp(verb, "destroy") == 0));
}

/* An error may be about a session that is none, as after a restart: it would begin to count anew.
 */
static bool
is_known(const struct app *app, json_int_t session)
{
	char number[24];

	snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, session);
	return json_object_get(app->sequences, number) != NULL;
}

static void
count(struct app *app, json_int_t session, bool over, struct note *note)
{
	snprintf(note->session, sizeof note->session, "%" JSON_INTEGER_FORMAT, session);
	json_int_t seq = json_integer_value(json_object_get(app->sequences, note->session)) + 1;
	snprintf(note->seq, sizeof note->seq, "%" JSON_INTEGER_FORMAT, seq);
	if (over) {
		json_object_del(app->sequences, note->session);
		return;
	}
	if (seq == 1)
		make_place(app->sequences, SEQUENCES_MOST);
	json_object_set_new(app->sequences, note->session, json_integer(seq));
}

void
app_told(struct app *app, const json_t *message, struct note *ret_note)
{
	const char *word = json_string_value(json_object_get(message, "janus"));
	const char *transaction = json_string_value(json_object_get(message, "transaction"));
	const json_t *asked = json_object_get(app->waiting, transaction);
	bool over = word != NULL && strcmp(word, "timeout") == 0;

	*ret_note = (struct note){ 0 };
	if (asked != NULL) {
		snprintf(ret_note->id, sizeof ret_note->id, "%s",
			json_string_value(json_object_get(asked, "id")));
		over |= json_is_true(json_object_get(asked, "destroys")) && word != NULL &&
			strcmp(word, "success") == 0;
		/* After an "ack" comes the answer. */
		if (word == NULL || strcmp(word, "ack") != 0)
			json_object_del(app->waiting, transaction);
	}
	json_int_t session = json_integer_value(json_object_get(message, "session_id"));
	bool fails = word != NULL && strcmp(word, "error") == 0;
	if (session != 0 && (!fails || is_known(app, session)))
		count(app, session, over, ret_note);
}

bool
app_is_idle(const struct app *app)
{
	return json_object_size(app->sequences) == 0;
}
