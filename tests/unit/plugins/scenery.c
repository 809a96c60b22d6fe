/* SPDX-License-Identifier: Apache-2.0 */
#include "scenery.h"

#include <stdio.h>
#include <string.h>

struct stage *
scenery_stage(const aula_host *host)
{
	return ((const prop_host *)(const void *)host)->stage;
}

static unsigned
module_of(const aula_host *host)
{
	return ((const prop_host *)(const void *)host)->troupe->number;
}

actor *
scenery_find(const struct stage *stage, aula_handle handle)
{
	if (AULA_NONE(handle) || handle.id > stage->handles->len)
		return NULL;
	actor *one = g_ptr_array_index(stage->handles, handle.id - 1);
	return one->gone ? NULL : one;
}

actor *
scenery_actor(const struct stage *stage, aula_handle handle)
{
	actor *one = scenery_find(stage, handle);

	g_assert_nonnull(one);
	return one;
}

static void
say(const aula_host *host, aula_log_level level, const char *format, ...)
{
	va_list values;
	(void)host, (void)level;

	va_start(values, format);
	g_autofree char *line = g_strdup_vprintf(format, values);
	va_end(values);
	g_test_message("%s", line);
}

/* -- handles -- */

static aula_code
get_identity(const aula_host *host, aula_handle handle, aula_identity *ret_identity, size_t size)
{
	const actor *one = scenery_find(scenery_stage(host), handle);

	g_assert_cmpuint(size, ==, sizeof *ret_identity);
	if (one == NULL)
		return AULA_GONE;
	*ret_identity = one->identity;
	return AULA_OK;
}

static uint64_t
get_holds(const aula_host *host, aula_handle handle)
{
	const actor *one = scenery_find(scenery_stage(host), handle);
	return one != NULL ? one->holds : 0;
}

static void *
get_state(const aula_host *host, aula_handle handle)
{
	const actor *one = scenery_find(scenery_stage(host), handle);
	return one != NULL && one->in->number == module_of(host) ? one->state : NULL;
}

static uint64_t
get_number(const aula_host *host, aula_handle handle)
{
	return scenery_find(scenery_stage(host), handle) != NULL ? handle.id : 0;
}

static aula_code
push(const aula_host *host, aula_handle handle, json_t *data, json_t *jsep)
{
	actor *one = scenery_find(scenery_stage(host), handle);

	g_assert_true(json_is_object(data));
	if (one == NULL || one->ending) {
		json_decref(jsep);
		return AULA_GONE;
	}
	json_t *event = json_deep_copy(data);
	if (jsep != NULL)
		json_object_set_new(event, "jsep", jsep);
	g_queue_push_tail(&one->events, event);
	return AULA_OK;
}

static const aula_handles handles = { .size = sizeof handles,
	.identity = get_identity,
	.holds = get_holds,
	.state = get_state,
	.number = get_number,
	.push = push };

/* -- rooms: the core's own -- */

static aula_code
room_open(const aula_host *host, const aula_key *name, const aula_room_options *options,
	aula_room *ret_room)
{
	return aula_room_open(scenery_stage(host)->rooms, name, options, ret_room);
}

static aula_room
room_find(const aula_host *host, const aula_key *name)
{
	return aula_room_find(scenery_stage(host)->rooms, name);
}

static void
room_close(const aula_host *host, aula_room room, const char *reason)
{
	aula_room_close(scenery_stage(host)->rooms, room, reason);
}

static aula_code
room_join(const aula_host *host, aula_room room, aula_handle handle, const aula_join *join,
	aula_member *ret_member)
{
	const actor *one = scenery_actor(scenery_stage(host), handle);
	aula_seat seat = { .handle = handle,
		.module = module_of(host),
		.session = one->session,
		.subject = one->identity.subject,
		.name = one->identity.name,
		.role = one->identity.role,
		.only = one->identity.room };

	g_assert_cmpuint(join->size, ==, sizeof *join);
	return aula_room_join(scenery_stage(host)->rooms, room, &seat, join, ret_member);
}

static void
room_leave(const aula_host *host, aula_handle handle)
{
	aula_room_leave(scenery_stage(host)->rooms, handle);
}

static aula_code
room_remove(const aula_host *host, aula_member member, const char *reason)
{
	return aula_room_remove(scenery_stage(host)->rooms, member, reason);
}

static aula_room
room_of(const aula_host *host, aula_handle handle)
{
	return aula_room_of(scenery_stage(host)->rooms, handle);
}

static aula_member
room_member_of(const aula_host *host, aula_handle handle)
{
	return aula_room_member_of(scenery_stage(host)->rooms, handle);
}

static aula_code
room_member(const aula_host *host, aula_member member, aula_member_info *ret_info, size_t size)
{
	g_assert_cmpuint(size, ==, sizeof *ret_info);
	return aula_room_member(scenery_stage(host)->rooms, member, module_of(host), ret_info);
}

static aula_member
room_member_named(const aula_host *host, aula_room room, const aula_key *name)
{
	return aula_room_member_named(scenery_stage(host)->rooms, room, name);
}

static size_t
room_members(const aula_host *host, aula_room room, uint64_t *cursor, aula_member *ret_members,
	size_t most)
{
	return aula_room_members(scenery_stage(host)->rooms, room, cursor, ret_members, most);
}

static size_t
room_count(const aula_host *host, aula_room room, bool hidden)
{
	return aula_room_count(scenery_stage(host)->rooms, room, hidden);
}

static void
room_broadcast(const aula_host *host, aula_room room, json_t *data, aula_handle except)
{
	scenery_stage(host)->broadcasts++;
	aula_room_broadcast(scenery_stage(host)->rooms, room, module_of(host), false, data, except);
}

static void
room_broadcast_hidden(const aula_host *host, aula_room room, json_t *data)
{
	scenery_stage(host)->broadcasts++;
	aula_room_broadcast(
		scenery_stage(host)->rooms, room, module_of(host), true, data, (aula_handle){ 0 });
}

static const char *
room_name(const aula_host *host, aula_room room, int64_t *ret_number)
{
	return aula_room_name(scenery_stage(host)->rooms, room, ret_number);
}

static bool
room_lasting(const aula_host *host, aula_room room)
{
	return aula_room_is_lasting(scenery_stage(host)->rooms, room);
}

static const char *
room_description(const aula_host *host, aula_room room)
{
	return aula_room_description(scenery_stage(host)->rooms, room);
}

static void
room_did(const aula_host *host, aula_handle handle, const char *what)
{
	struct stage *stage = scenery_stage(host);
	aula_deed deed = { .size = sizeof deed,
		.room = aula_room_of(stage->rooms, handle),
		.member = aula_room_member_of(stage->rooms, handle),
		.what = what };

	if (!AULA_NONE(deed.room))
		scenery_did(stage, &deed);
}

static const aula_rooms rooms = { .size = sizeof rooms,
	.open = room_open,
	.find = room_find,
	.close = room_close,
	.join = room_join,
	.leave = room_leave,
	.remove = room_remove,
	.room_of = room_of,
	.member_of = room_member_of,
	.member = room_member,
	.member_named = room_member_named,
	.members = room_members,
	.count = room_count,
	.broadcast = room_broadcast,
	.broadcast_hidden = room_broadcast_hidden,
	.name = room_name,
	.lasting = room_lasting,
	.did = room_did,
	.description = room_description };

/* -- time -- */

static struct stage *clock_of; /* now_us takes no host */

static int64_t
now_us(void)
{
	return clock_of->now_us;
}

static aula_timer
start_timer(const aula_host *host, int64_t delay_ms, int64_t repeat_ms, void (*fire)(void *data),
	void *data)
{
	struct stage *stage = scenery_stage(host);
	prop_timer *one = g_new0(prop_timer, 1);

	*one = (prop_timer){ ++stage->last_timer, stage->now_us + delay_ms * 1000, repeat_ms * 1000,
		fire, data };
	g_ptr_array_add(stage->timers, one);
	return (aula_timer){ one->id };
}

static void
stop_timer(const aula_host *host, aula_timer timer)
{
	struct stage *stage = scenery_stage(host);

	for (guint i = 0; i < stage->timers->len; i++) {
		prop_timer *one = g_ptr_array_index(stage->timers, i);
		if (one->id != timer.id)
			continue;
		g_free(one);
		g_ptr_array_remove_index(stage->timers, i);
		return;
	}
}

bool
scenery_run_timers(struct stage *stage)
{
	for (guint i = 0; i < stage->timers->len; i++) {
		prop_timer *one = g_ptr_array_index(stage->timers, i);
		if (one->at_us > stage->now_us)
			continue;
		prop_timer due = *one;
		if (one->repeat_us > 0) {
			one->at_us += one->repeat_us;
		} else {
			g_free(one);
			g_ptr_array_remove_index(stage->timers, i);
		}
		due.fire(due.data);
		return true;
	}
	return false;
}

int64_t
scenery_next_timer(const struct stage *stage)
{
	int64_t next_us = INT64_MAX;

	for (guint i = 0; i < stage->timers->len; i++)
		next_us = MIN(
			next_us, ((const prop_timer *)g_ptr_array_index(stage->timers, i))->at_us);
	return next_us;
}

guint
scenery_timer_count(const struct stage *stage)
{
	return stage->timers->len;
}

static const aula_timers timers = {
	.size = sizeof timers, .now_us = now_us, .start = start_timer, .stop = stop_timer
};

static void
emit(const aula_host *host, uint32_t type, aula_room room, aula_handle handle, const char *name,
	json_t *data)
{
	(void)host, (void)room, (void)handle;
	g_assert_cmpuint(type, ==, AULA_EVENT_PLUGIN);
	g_assert_nonnull(name);
	g_assert_true(json_is_object(data));
}

static const aula_events events = { .size = sizeof events, .emit = emit };

void
scenery_host_init(prop_host *host, struct stage *stage, struct troupe *troupe)
{
	clock_of = stage;
	*host = (prop_host){ .host = { .size = sizeof(aula_host),
				     .log = say,
				     .handles = &handles,
				     .rooms = &rooms,
				     .peers = &scenery_peers,
				     .media = &scenery_media,
				     .timers = &timers,
				     .events = &events,
				     .feeds = &scenery_feeds },
		.stage = stage,
		.troupe = troupe };
}
