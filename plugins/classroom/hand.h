/* SPDX-License-Identifier: Apache-2.0 */
/** Who wants to speak: a queue in the order of asking, which moderators see. */
#ifndef CLASSROOM_HAND_H
#define CLASSROOM_HAND_H

#include "room.h"

struct hand {
	TAILQ_ENTRY(hand) others; /* in the room, the first to ask first */
	aula_handle handle;
	json_t *id;
	char *display;
	int64_t since_us;
};

/** Raises it; it is up already: nothing. FULL: too many are. */
aula_code hand_raise(struct room *room, aula_handle handle, json_t *id, const char *display);
/** Lowers it; false: it was not up. Its owner is told when `tell_owner`. */
bool hand_lower(struct room *room, aula_handle handle, bool tell_owner);
/** The hand of the one called `id` on the wire; NULL. */
struct hand *hand_find(const struct room *room, const aula_key *id);
/** The handle goes. */
void hand_forget(struct room *room, aula_handle handle);
/** The end of the room. */
void hand_finish(struct room *room);

/** [{"id":7,"display":"Ada","seconds":12}, …], the first `names_most`. New reference. */
json_t *hand_list(const struct room *room);

#endif
