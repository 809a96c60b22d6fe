/* SPDX-License-Identifier: Apache-2.0 */
/** A Redis of the test's own, and parties that share it, each with a control loop. */
#ifndef TEST_BUS_PARTY_H
#define TEST_BUS_PARTY_H

#include <glib.h>
#include <pthread.h>

#include "bus/courier.h"

enum { PATIENCE_US = 30 * 1000 * 1000 };

typedef struct {
	char *folder;
	int port;
	GPid pid;
} redis;

void redis_init(redis *server);
void redis_start(redis *server);
void redis_kill(redis *server);
void redis_finish(redis *server);

typedef struct {
	aula_loop *control;
	aula_courier *courier;
	pthread_mutex_t lock; /* of what is below; GLib's is not seen by the thread sanitizer */
	GArray *read;         /* of int: what came by the field "n" */
	int own;
	bool begun, counts_zero, called;
	void (*call)(aula_courier *courier, void *data);
} party;

/** `url` NULL: in this process. */
void party_init(party *one, const char *url);
void party_finish(party *one);
/** Runs `call` on control, and waits for its end. */
void party_call(party *one, void (*call)(aula_courier *courier, void *data));
/** Waits until so many have been read, and what was appended has gone. */
void party_until(party *one, size_t wanted);
/** Reads an entry: for `follow` and `serve`, with the party. */
void take(void *data, const aula_bus_entry *entry);
size_t read_so_far(party *one);
/** Reads a flag under the lock. */
bool was(party *one, const bool *what);

#endif
