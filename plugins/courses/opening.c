/* SPDX-License-Identifier: Apache-2.0 */
#include "opening.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "class.h"
#include "requests.h"

enum { SYNC_MS = 2000, OPEN_MOST = 2000 };
#define LONGEST_US (INT64_C(72) * 3600 * 1000000) /* from when it opens until it closes */

/* A class whose room is open. A moderator may close that too: then it is opened anew. */
struct live {
	LIST_ENTRY(live) others;
	int64_t id;
	aula_room room;
	bool stays;
};

static struct live *
live_find(struct courses *courses, int64_t id)
{
	struct live *one;

	LIST_FOREACH(one, &courses->live, others)
	{
		if (one->id == id)
			return one;
	}
	return NULL;
}

static struct live *
live_open(struct courses *courses, int64_t id, const char *name, const char *title)
{
	const aula_host *host = courses->host;
	struct live *live = calloc(1, sizeof *live);

	if (live == NULL)
		return NULL;
	*live = (struct live){ .id = id, .stays = true };
	aula_code code = host->rooms->open(host, &(aula_key){ .text = name },
		&(aula_room_options){
			.size = sizeof(aula_room_options), .description = title, .lasting = true },
		&live->room);
	if (code == AULA_EXISTS) { /* made by somebody else: it serves as well */
		live->room = host->rooms->find(host, &(aula_key){ .text = name });
	} else if (code != AULA_OK) {
		host->log(host, AULA_LOG_WARNING, "a class has no room class=%" PRId64 " code=%d",
			id, (int)code);
		free(live);
		return NULL;
	}
	LIST_INSERT_HEAD(&courses->live, live, others);
	return live;
}

static void
live_close(struct courses *courses, struct live *live)
{
	aula_room room = live->room;

	LIST_REMOVE(live, others);
	free(live);
	courses->host->rooms->close(courses->host, room, "the class is over");
}

void
opening_closed(struct courses *courses, aula_room room)
{
	struct live *one;

	LIST_FOREACH(one, &courses->live, others)
	{
		if (AULA_SAME(one->room, room)) {
			LIST_REMOVE(one, others);
			free(one);
			return;
		}
	}
}

static void
bring_in_line(struct courses *courses, const aula_store_result *result)
{
	struct live *one, *next;

	LIST_FOREACH(one, &courses->live, others)
	{
		one->stays = false;
	}
	for (size_t i = 0; i < result->row_count; i++) {
		struct class class = class_read(result, i, 0);
		char name[ROOM_BYTES], title[CLASS_TITLE_BYTES];
		one = live_find(courses, class.id);
		class_room(&class, name);
		class_title(&class, aula_result_text(result, i, CLASS_COLUMN_COUNT),
			aula_result_text(result, i, CLASS_COLUMN_COUNT + 1), title);
		if (one != NULL)
			one->stays = true;
		else
			live_open(courses, class.id, name, title);
	}
	for (one = LIST_FIRST(&courses->live); one != NULL; one = next) {
		next = LIST_NEXT(one, others);
		if (!one->stays)
			live_close(courses, one);
	}
}

static void
on_timetable(void *data, const aula_store_result *result)
{
	struct courses *courses = data;

	courses->syncing = false;
	/* While the database is away a class goes on. */
	if (result->code == AULA_OK && !courses->again)
		bring_in_line(courses, result);
	if (courses->again) {
		courses->again = false;
		opening_sync(courses);
	}
}

void
opening_sync(struct courses *courses)
{
	const aula_host *host = courses->host;
	int64_t now_us = wall_us();

	if (courses->syncing) {
		courses->again = true;
		return;
	}
	aula_statement find = AULA_SQL(
		"SELECT " CLASS_COLUMNS
		", c.title, l.title FROM courses_classes x JOIN courses_courses c ON c.id = "
		"x.course LEFT JOIN courses_lessons l ON l.id = x.lesson WHERE x.opens_us > $1 AND "
		"x.opens_us <= $2 AND x.until_us > $2 ORDER BY x.opens_us DESC LIMIT $3",
		aula_sql_int(now_us - LONGEST_US), aula_sql_int(now_us), aula_sql_int(OPEN_MOST));
	courses->syncing = host->store->read(host, &find, on_timetable, courses) == AULA_OK;
}

static void
tick(void *data)
{
	opening_sync(data);
}

void
opening_start(struct courses *courses)
{
	opening_sync(courses);
	courses->host->timers->start(courses->host, SYNC_MS, SYNC_MS, tick, courses);
}

void
opening_stop(struct courses *courses)
{
	for (struct live *one; (one = LIST_FIRST(&courses->live)) != NULL;) {
		LIST_REMOVE(one, others);
		free(one);
	}
}

/* -- by a teacher -- */

static void
write_state(struct ask *ask, const struct class *class)
{
	aula_statement set[] = { AULA_SQL("UPDATE courses_classes SET state = $2, opens_us = $3,"
					  " until_us = $4 WHERE id = $1",
		aula_sql_int(class->id), aula_sql_int(class->state),
		class->opens_us != 0 ? aula_sql_int(class->opens_us) : aula_sql_null(),
		aula_sql_int(class->until_us)) };

	set[0].least = 1;
	ask_write(ask, set, 1);
}

static void
on_state(struct ask *ask, const aula_store_result *result)
{
	if (result->code == AULA_OK)
		opening_sync(ask->courses);
	ask_done(ask, result);
}

static void
change_state(struct ask *ask, const aula_store_result *course, bool open)
{
	struct class class = class_read(course, 0, SEEN_MORE);
	char detail[32];

	if (open)
		class_open(&class, wall_us(), ask->courses->config);
	else
		class_close(&class);
	snprintf(detail, sizeof detail, "class %" PRId64, class.id);
	ask_note(ask, open ? "class.open" : "class.close", ask->course.id, detail);
	write_state(ask, &class);
}

static void
open_class(struct ask *ask, const aula_store_result *course)
{
	ask->run = on_state;
	change_state(ask, course, true);
}

static void
close_class(struct ask *ask, const aula_store_result *course)
{
	ask->run = on_state;
	change_state(ask, course, false);
}

aula_code
run_class_open(void *self, aula_call *call, const void *args)
{
	const struct class_args *class = args;

	return access_begin(
		self, call, args, sizeof *class, A_CLASS, class->class, true, open_class);
}

aula_code
run_class_close(void *self, aula_call *call, const void *args)
{
	const struct class_args *class = args;

	return access_begin(
		self, call, args, sizeof *class, A_CLASS, class->class, true, close_class);
}

/* -- in -- */

/* Who manages the course comes as what they are; a teacher who takes the course of another comes as
 * one who takes it. */
static const char *
role_in_class(const struct ask *ask)
{
	return !ask->course.manages && (ask->who.holds & MAY_MANAGE) != 0
		       ? ask->courses->config->student_role
		       : ask->who.role;
}

static void
let_in(struct ask *ask)
{
	const struct class_args *args = ask->args;
	const aula_host *host = ask->courses->host;
	const char *role = role_in_class(ask);
	const char *room = ask->room;
	int64_t expires_s = wall_us() / 1000000 + ask->courses->config->token_min * 60;

	if (live_find(ask->courses, args->class) == NULL &&
		live_open(ask->courses, args->class, room, ask->title) == NULL) {
		ask_answer(ask, AULA_FULL, NULL, "There are too many classes at a time.");
		return;
	}
	const char *token =
		host->tokens->mint(host, &(aula_identity){ .size = sizeof(aula_identity),
						 .subject = ask->who.login,
						 .name = ask->who.name,
						 .role = role,
						 .room = room,
						 .expires_s = expires_s });
	if (token == NULL)
		ask_answer(ask, AULA_INTERNAL, NULL,
			"The server has no such role as its configuration names.");
	else
		ask_answer(ask, AULA_OK,
			json_pack("{s:b, s:s, s:s, s:s, s:I, s:b}", "open", 1, "room", room, "role",
				role, "token", token, "expires_s", (json_int_t)expires_s, "manages",
				ask->course.manages),
			NULL);
}

static void
on_opened(struct ask *ask, const aula_store_result *result)
{
	if (result->code != AULA_OK) {
		ask_done(ask, result);
		return;
	}
	opening_sync(ask->courses);
	let_in(ask);
}

static void
enter(struct ask *ask, const aula_store_result *course)
{
	const struct class_args *args = ask->args;
	struct class class = class_read(course, 0, SEEN_MORE);
	int64_t now_us = wall_us();

	class_room(&class, ask->room);
	class_title(&class, aula_result_text(course, 0, SEEN_TITLE),
		aula_result_text(course, 0, SEEN_MORE + CLASS_COLUMN_COUNT), ask->title);
	if (class_is_open(&class, now_us)) {
		let_in(ask);
	} else if (args->open && ask->course.manages) {
		ask->run = on_opened;
		change_state(ask, course, true);
	} else {
		json_t *reply = json_pack("{s:b, s:o, s:I, s:b}", "open", 0, "class",
			class_describe(&class, now_us), "now_s", (json_int_t)(now_us / 1000000),
			"manages", ask->course.manages);
		ask_answer(ask, AULA_OK, reply, NULL);
	}
}

aula_code
run_enter(void *self, aula_call *call, const void *args)
{
	const struct class_args *class = args;

	return access_begin(self, call, args, sizeof *class, A_CLASS, class->class, false, enter);
}
