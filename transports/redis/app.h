/* SPDX-License-Identifier: Apache-2.0 */
/** A back end that speaks through Redis: to the core a client, whose sessions live until it lets
 * them go or falls silent. All [control]. */
#ifndef AULA_TRANSPORTS_REDIS_APP_H
#define AULA_TRANSPORTS_REDIS_APP_H

#include "aula/module.h"

enum { NAME_BYTES = 64, ID_BYTES = 128 };

struct app {
	struct app *next;
	void *transport;
	aula_client client;
	char name[NAME_BYTES + 1];
	int64_t heard_us;
	json_t *waiting;   /* transaction -> {id, destroys}: of requests that are not answered */
	json_t *sequences; /* number of a session -> that of its last message */
};

/** What is to be told with a text of the core's. */
struct note {
	char id[ID_BYTES + 1];     /* of the request that it answers; "": it answers none */
	char session[24], seq[24]; /* "": of no session */
};

/** NULL: no memory. */
struct app *app_new(void *transport, const char *name);
void app_free(struct app *app);

/** Whether `text` may be the name of an application: letters, digits, ".", "_", "-". */
bool app_is_name(const char *text);

/** A request is on its way to the core: remembers whose answer is whose. `id` may be "". Gives the
 * request `id` as its transaction if it has none. */
void app_ask(struct app *app, json_t *request, const char *id);
/** The core says something to it. */
void app_told(struct app *app, const json_t *message, struct note *ret_note);
/** Nothing is open that it would miss. */
bool app_is_idle(const struct app *app);

#endif
