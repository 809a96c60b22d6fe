/* SPDX-License-Identifier: Apache-2.0 */
/** A connection to Redis that is made again as often as it breaks, and a queue of commands for it.
 * It finds the master by sentinels, and follows the redirections of a cluster: so all that is sent
 * over one line to a cluster must be about keys of one slot. All on the loop it was made on. */
#ifndef AULA_BUS_CORD_H
#define AULA_BUS_CORD_H

#include "bus/place.h"
#include "runtime/loop.h"

struct redisReply;
typedef struct aula_cord aula_cord;

/** Called once, with what Redis says: an error of the command too. NULL: the line broke and does
 * not repeat, or it is being freed. */
typedef void (*aula_cord_done)(void *data, const struct redisReply *reply);

typedef struct {
	const aula_place *place; /* borrowed; outlives the line */
	const char *password;    /* instead of that of the place; NULL: that */
	/* Commands that were not answered when the connection broke are sent again over the next;
	 * so are those given with `keep` that were answered in the last ten seconds, as a server
	 * that takes over may not have got them. Else their `done` is called with NULL. */
	bool repeats;
	/* When no connection can be made, all that waits is called with NULL. */
	bool impatient;
	int64_t connect_ms, reply_ms; /* how long a connection, and an answer, may take */
	/** The line is up, or down: `why` is for people, and NULL when it is up. Told once for each
	 * change. */
	void (*on_cord_state)(void *data, bool up, const char *why);
	void *data;
} aula_cord_options;

/** Begins to connect. */
aula_cord *aula_cord_new(aula_loop *loop, const aula_cord_options *options);
/** Calls what waits with NULL. NULL is fine. */
void aula_cord_free(aula_cord *cord);

/** Sends a command; copies it. `done` may be NULL. */
void aula_cord_send(aula_cord *cord, bool keep, int count, const char *const *words,
	const size_t *lengths, aula_cord_done done, void *data);

/** How many commands wait for their answer. */
size_t aula_cord_waiting(const aula_cord *cord);

#endif
