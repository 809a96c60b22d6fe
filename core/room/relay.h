/* SPDX-License-Identifier: Apache-2.0 */
/** What modules say to themselves on other servers, room by room: numbered by who says it, so that
 * whoever hears it does so once and in order, notices what is missing, and asks for it. Knows
 * nothing of Redis: entries go out by a function and come in by another, and may be lost, come
 * twice, or late. Time is an argument. All [control]. */
#ifndef AULA_ROOM_RELAY_H
#define AULA_ROOM_RELAY_H

#include <jansson.h>

#include "aula/bus.h"

typedef struct aula_relay aula_relay;

enum { AULA_RELAY_SLOTS = 1024 };

typedef struct {
	const char *node;  /* what this server calls itself; no other ever does; copied */
	int64_t expiry_us; /* who was not heard of for so long is gone */
	/** One entry to all servers, in the order of the calls; what is refused is asked for later.
	 */
	aula_code (*send)(void *data, const aula_bus_field *fields, size_t count);
	/** Whether a room of that name is open here: else it is nobody's business. */
	bool (*has_room)(void *data, const char *room);
	/** Another server said something in a room that is open here. */
	void (*on_relay_said)(void *data, const char *node, const char *room, const char *module,
		const json_t *said);
	/** Somebody wants to know all that is to be known of the room: to be said. */
	void (*on_relay_wanted)(void *data, const char *room);
	/** A server is gone, for now or for good. */
	void (*on_relay_gone)(void *data, const char *node);
	void *data;
} aula_relay_options;

aula_relay *aula_relay_new(const aula_relay_options *options, int64_t now_us);
/** Says nothing any more. NULL is fine. */
void aula_relay_free(aula_relay *relay);

/** Once the rooms of the start are open: asks the others for what is to be known. */
void aula_relay_start(aula_relay *relay);
/** Tells the others that this server stops. */
void aula_relay_stop(aula_relay *relay);
/** A room was opened, or closed, since then. */
void aula_relay_open(aula_relay *relay, const char *room);
void aula_relay_close(aula_relay *relay, const char *room);

/** Says something to `module` of the others in the room; copies. INVALID: it is no JSON. */
aula_code aula_relay_say(
	aula_relay *relay, const char *room, const char *module, const json_t *said);
/** An entry has come, be it what it may. */
void aula_relay_take(aula_relay *relay, const aula_bus_entry *entry);
/** About once a second. `up`: entries go out at present; while they do not, nobody is gone. */
void aula_relay_tick(aula_relay *relay, int64_t now_us, bool up);

/** Below AULA_RELAY_SLOTS, and no other server's, soon after two have met. */
unsigned aula_relay_slot(const aula_relay *relay);

typedef struct {
	size_t nodes;           /* others that are there */
	uint64_t said, refused; /* by us; of those, found the bus full */
	uint64_t heard, again;  /* in their order; what had come before */
	uint64_t asked, missed; /* for what was missing; could not be had again */
} aula_relay_counts;
void aula_relay_count(const aula_relay *relay, aula_relay_counts *ret_counts);

#endif
