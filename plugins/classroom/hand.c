/* SPDX-License-Identifier: Apache-2.0 */
#include "hand.h"

#include <stdlib.h>
#include <string.h>

#include "notify.h"

enum {
	HANDS_MOST = 1000,
	HANDS_TOLD = 50, /* nobody calls up more at a time; the rest is counted */
	TELL_INTERVAL_MS = 250,
};

static struct hand *
of_handle(const struct room *room, aula_handle handle)
{
	struct hand *one;

	TAILQ_FOREACH(one, &room->hands, others)
	{
		if (AULA_SAME(one->handle, handle))
			return one;
	}
	return NULL;
}

struct hand *
hand_find(const struct room *room, const aula_key *id)
{
	struct hand *one;

	TAILQ_FOREACH(one, &room->hands, others)
	{
		if (key_names(id, one->id))
			return one;
	}
	return NULL;
}

/* -- telling -- */

json_t *
hand_list(const struct room *room)
{
	const aula_host *host = room->classroom->host;
	json_t *list = json_array();
	const struct hand *one;

	TAILQ_FOREACH(one, &room->hands, others)
	{
		if (json_array_size(list) == HANDS_TOLD)
			break;
		json_t *item = json_pack("{s:O, s:I}", "id", one->id, "seconds",
			(json_int_t)((host->timers->now_us() - one->since_us) / 1000000));
		if (one->display != NULL)
			json_object_set_new(item, "display", json_string(one->display));
		json_array_append_new(list, item);
	}
	return list;
}

static void
tell(void *data)
{
	struct room *room = data;
	json_t *event = notify_event(room);

	room->hand_timer = (aula_timer){ 0 };
	json_object_set_new(event, "hands", hand_list(room));
	json_object_set_new(event, "hands_count", json_integer((json_int_t)room->hand_count));
	notify_moderators(room, event);
}

static void
tell_soon(struct room *room)
{
	const aula_host *host = room->classroom->host;

	if (AULA_NONE(room->hand_timer))
		room->hand_timer = host->timers->start(host, TELL_INTERVAL_MS, 0, tell, room);
}

static void
drop(struct room *room, struct hand *hand)
{
	TAILQ_REMOVE(&room->hands, hand, others);
	room->hand_count--;
	json_decref(hand->id);
	free(hand->display);
	free(hand);
}

/* -- up and down -- */

aula_code
hand_raise(struct room *room, aula_handle handle, json_t *id, const char *display)
{
	const aula_host *host = room->classroom->host;

	if (of_handle(room, handle) != NULL)
		return AULA_OK;
	if (room->hand_count >= HANDS_MOST)
		return AULA_FULL;
	struct hand *hand = calloc(1, sizeof *hand);
	if (hand == NULL)
		return AULA_INTERNAL;
	hand->handle = handle;
	hand->id = json_incref(id);
	hand->display = display != NULL ? strdup(display) : NULL;
	hand->since_us = host->timers->now_us();
	TAILQ_INSERT_TAIL(&room->hands, hand, others);
	room->hand_count++;
	if (AULA_HAS(host->rooms, did))
		host->rooms->did(host, handle, "hand");
	tell_soon(room);
	return AULA_OK;
}

bool
hand_lower(struct room *room, aula_handle handle, bool tell_owner)
{
	struct hand *hand = of_handle(room, handle);

	if (hand == NULL)
		return false;
	drop(room, hand);
	tell_soon(room);
	if (tell_owner) {
		json_t *event = notify_event(room);
		json_object_set_new(event, "hand", json_string("lowered"));
		notify_one(room, handle, event);
	}
	return true;
}

void
hand_forget(struct room *room, aula_handle handle)
{
	hand_lower(room, handle, false);
}

void
hand_finish(struct room *room)
{
	const aula_host *host = room->classroom->host;

	while (!TAILQ_EMPTY(&room->hands))
		drop(room, TAILQ_FIRST(&room->hands));
	if (!AULA_NONE(room->hand_timer))
		host->timers->stop(host, room->hand_timer);
	room->hand_timer = (aula_timer){ 0 };
}
