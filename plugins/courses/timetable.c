/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "class.h"
#include "code.h"
#include "opening.h"
#include "requests.h"

static const char no_lesson[] =
	"There is no such lesson in the course, or it has too many classes.";

static aula_sql_value
lesson_value(int64_t lesson)
{
	return lesson > 0 ? aula_sql_int(lesson) : aula_sql_null();
}

static aula_sql_value
time_value(int64_t time_us)
{
	return time_us != 0 ? aula_sql_int(time_us) : aula_sql_null();
}

/* -- add -- */

static void
on_class_added(struct ask *ask, const aula_store_result *result)
{
	if (result->code == AULA_NOT_FOUND) {
		ask_answer(ask, AULA_NOT_FOUND, NULL, no_lesson);
	} else if (result->code != AULA_OK) {
		ask_done(ask, result);
	} else {
		opening_sync(ask->courses);
		ask_answer(ask, AULA_OK,
			json_pack("{s:I}", "class", (json_int_t)aula_result_int(result, 0, 0)),
			NULL);
	}
}

static void
add_class(struct ask *ask, const aula_store_result *course)
{
	const struct class_args *args = ask->args;
	struct class class = { .starts_us = args->starts_s * 1000000,
		.ends_us = (args->starts_s + args->minutes * 60) * 1000000,
		.manual = args->manual == 1 };
	char door[CODE_BYTES + 1];
	(void)course;

	if (!code_make(door)) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		return;
	}
	class_schedule(&class, ask->courses->config);
	aula_statement add[] = { AULA_SQL(
		"INSERT INTO courses_classes (course, title, lesson, starts_us, ends_us, manual, "
		"state,"
		" opens_us, until_us, door) SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 "
		"AS "
		"BIGINT),"
		" CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BOOLEAN), CAST($7 AS BIGINT),"
		" CAST($8 AS BIGINT), CAST($9 AS BIGINT), CAST($11 AS TEXT) WHERE (SELECT COUNT(*) "
		"FROM "
		"courses_classes"
		" WHERE course = $1) < $10 AND (CAST($3 AS BIGINT) IS NULL OR EXISTS (SELECT 1 FROM"
		" courses_lessons WHERE id = $3 AND course = $1)) RETURNING id",
		aula_sql_int(ask->course.id), aula_sql_text(args->title),
		lesson_value(args->lesson), aula_sql_int(class.starts_us),
		aula_sql_int(class.ends_us), aula_sql_bool(class.manual), aula_sql_int(class.state),
		time_value(class.opens_us), aula_sql_int(class.until_us),
		aula_sql_int(CLASSES_MOST), aula_sql_text(door)) };
	add[0].least = 1;
	ask->run = on_class_added;
	ask_write(ask, add, 1);
}

aula_code
run_class_add(void *self, aula_call *call, const void *args)
{
	const struct class_args *class = args;

	return access_begin(
		self, call, args, sizeof *class, A_COURSE, class->course, true, add_class);
}

/* -- edit, remove -- */

static void
on_class_changed(struct ask *ask, const aula_store_result *result)
{
	if (result->code == AULA_OK)
		opening_sync(ask->courses);
	ask_answer(ask, result->code, NULL, result->code == AULA_NOT_FOUND ? no_lesson : NULL);
}

static void
edit_class(struct ask *ask, const aula_store_result *course)
{
	const struct class_args *args = ask->args;
	struct class class = class_read(course, 0, SEEN_MORE);
	int64_t opens_us = class.opens_us, until_us = class.until_us,
		length_us = args->minutes > 0 ? args->minutes * 60000000
					      : class.ends_us - class.starts_us;
	bool opened = class.state == OPENED && class_is_open(&class, wall_us());

	if (args->starts_s > 0)
		class.starts_us = args->starts_s * 1000000;
	class.ends_us = class.starts_us + length_us;
	if (args->manual != AULA_UNSET)
		class.manual = args->manual == 1;
	if (args->lesson >= 0)
		class.lesson = args->lesson;
	class_schedule(&class, ask->courses->config);
	if (opened) { /* nobody is thrown out because the timetable is mended */
		class.state = OPENED;
		class.opens_us = opens_us;
		class.until_us = until_us > class.until_us ? until_us : class.until_us;
	}
	aula_statement change[] = { AULA_SQL(
		"UPDATE courses_classes SET title = COALESCE(CAST($3 AS TEXT), title), lesson = $4,"
		" starts_us = $5, ends_us = $6, manual = $7, state = $8, opens_us = $9,"
		" until_us = $10 WHERE id = $1 AND (CAST($4 AS BIGINT) IS NULL OR EXISTS (SELECT 1"
		" FROM courses_lessons WHERE id = $4 AND course = $2))",
		aula_sql_int(args->class), aula_sql_int(ask->course.id), aula_sql_text(args->title),
		lesson_value(class.lesson), aula_sql_int(class.starts_us),
		aula_sql_int(class.ends_us), aula_sql_bool(class.manual), aula_sql_int(class.state),
		time_value(class.opens_us), aula_sql_int(class.until_us)) };
	change[0].least = 1;
	ask->run = on_class_changed;
	ask_write(ask, change, 1);
}

aula_code
run_class_edit(void *self, aula_call *call, const void *args)
{
	const struct class_args *class = args;

	return access_begin(
		self, call, args, sizeof *class, A_CLASS, class->class, true, edit_class);
}

static void
remove_class(struct ask *ask, const aula_store_result *course)
{
	const struct class_args *args = ask->args;
	aula_statement forget[] = { AULA_SQL(
		"DELETE FROM courses_classes WHERE id = $1", aula_sql_int(args->class)) };
	(void)course;

	ask->run = on_class_changed;
	ask_write(ask, forget, 1);
}

aula_code
run_class_remove(void *self, aula_call *call, const void *args)
{
	const struct class_args *class = args;

	return access_begin(
		self, call, args, sizeof *class, A_CLASS, class->class, true, remove_class);
}

/* -- list: by time, then by id; `next` is both -- */

static void
on_classes(struct ask *ask, const aula_store_result *result)
{
	enum { COURSE_TITLE = CLASS_COLUMN_COUNT, LESSON_TITLE, TEACHES };
	const struct classes_args *args = ask->args;
	size_t count = result->row_count;
	int64_t now_us = wall_us();

	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	json_t *classes = json_array(), *reply = json_pack("{s:o, s:I}", "classes", classes,
						"now_s", (json_int_t)(now_us / 1000000));
	if (count > (size_t)args->limit)
		count = (size_t)args->limit;
	for (size_t i = 0; i < count; i++) {
		struct class class = class_read(result, i, 0);
		json_t *said = class_describe(&class, now_us);
		const char *lesson = aula_result_text(result, i, LESSON_TITLE);
		json_object_set_new(said, "course_title",
			json_string(aula_result_text(result, i, COURSE_TITLE)));
		if (lesson != NULL)
			json_object_set_new(said, "lesson_title", json_string(lesson));
		json_object_set_new(
			said, "teaches", json_boolean(aula_result_bool(result, i, TEACHES)));
		json_array_append_new(classes, said);
	}
	if (result->row_count > count) {
		struct class last = class_read(result, count - 1, 0);
		char next[48];
		snprintf(next, sizeof next, "%" PRId64 ".%" PRId64, last.starts_us, last.id);
		json_object_set_new(reply, "next", json_string(next));
	}
	ask_answer(ask, AULA_OK, reply, NULL);
}

#define LISTED \
	"SELECT " CLASS_COLUMNS ", c.title, l.title, p.teaches FROM courses_classes x" \
	" JOIN courses_courses c ON c.id = x.course" \
	" LEFT JOIN courses_lessons l ON l.id = x.lesson"
#define LISTED_WHEN \
	" AND (x.ends_us > $3 OR (x.state = 1 AND x.until_us > $3)) AND x.starts_us < $4" \
	" AND (x.starts_us > $5 OR (x.starts_us = $5 AND x.id > $6))" \
	" ORDER BY x.starts_us, x.id LIMIT $7"

static const char of_course[] =
	LISTED " LEFT JOIN courses_people p ON p.course = x.course AND p.login = $1"
	       " WHERE x.course = $2" LISTED_WHEN;
static const char of_person[] =
	LISTED " JOIN courses_people p ON p.course = x.course"
	       " WHERE p.login = $1 AND CAST($2 AS BIGINT) = 0 AND NOT c.archived" LISTED_WHEN;

static void
list_classes(struct ask *ask, const aula_store_result *course)
{
	const struct classes_args *args = ask->args;
	int64_t after_us = INT64_MIN, after_id = 0,
		from_us = args->from_s >= 0 ? args->from_s * 1000000 : wall_us();
	(void)course;

	if (args->after != NULL &&
		sscanf(args->after, "%" SCNd64 ".%" SCNd64, &after_us, &after_id) != 2) {
		ask_refuse(ask, AULA_INVALID, "after", "It must be `next` of the page before.");
		return;
	}
	aula_statement find = AULA_SQL(args->course != 0 ? of_course : of_person,
		aula_sql_text(ask->who.login), aula_sql_int(args->course), aula_sql_int(from_us),
		aula_sql_int(args->to_s * 1000000), aula_sql_int(after_us), aula_sql_int(after_id),
		aula_sql_int(args->limit + 1));
	ask->run = on_classes;
	ask_read(ask, &find);
}

aula_code
run_classes(void *self, aula_call *call, const void *args)
{
	const struct classes_args *classes = args;
	aula_code code;

	if (classes->course != 0)
		return access_begin(self, call, args, sizeof *classes, A_COURSE, classes->course,
			false, list_classes);
	struct ask *ask = ask_begin(self, call, args, sizeof *classes, &code);
	if (ask == NULL)
		return code;
	list_classes(ask, NULL);
	return AULA_OK;
}
