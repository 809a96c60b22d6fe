/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "access.h"
#include "class.h"
#include "code.h"
#include "opening.h"
#include "requests.h"

enum { TEACHERS_SHOWN = 50, CLASSES_SHOWN = 50 };

/* -- add -- */

static void
on_added(struct ask *ask, const aula_store_result *result)
{
	if (result->code == AULA_OK && result->row_count == 1) {
		int64_t id = aula_result_int(result, 0, 0);
		ask_note(ask, "course.add", id, ((const struct course_args *)ask->args)->title);
		ask_answer(ask, AULA_OK, json_pack("{s:I}", "course", (json_int_t)id), NULL);
	} else {
		bool refused = result->code == AULA_NOT_FOUND;
		ask_answer(ask, refused ? AULA_FORBIDDEN : result->code, NULL,
			refused ? "You may make courses of your own department only, and not too "
				  "many."
				: NULL);
	}
}

/* The second statement finds the course by its code, for it has no id before the first is done. */
aula_code
run_add(void *self, aula_call *call, const void *args)
{
	const struct course_args *course = args;
	char join[CODE_BYTES + 1];
	aula_code code;

	if (!code_make(join))
		return AULA_INTERNAL;
	struct ask *ask = ask_begin(self, call, args, sizeof *course, &code);
	if (ask == NULL)
		return code;
	aula_sql_value login = aula_sql_text(ask->who.login), now = aula_sql_int(wall_us());
	aula_statement add[] = {
		AULA_SQL("INSERT INTO courses_courses (title, description, department, code, "
			 "joinable,"
			 " archived, created_us)"
			 " SELECT CAST($3 AS TEXT), CAST($4 AS TEXT), w.department, CAST($6 AS "
			 "TEXT),"
			 " CAST($7 AS BOOLEAN), CAST($7 AS BOOLEAN), CAST($8 AS BIGINT)"
			 " FROM (SELECT COALESCE(CAST($5 AS TEXT), (SELECT department FROM "
			 "people_users"
			 " WHERE login = $2), '') AS department) w WHERE ($1 OR w.department = "
			 "COALESCE("
			 "(SELECT department FROM people_users WHERE login = $2), ''))"
			 " AND (SELECT COUNT(*) FROM courses_people WHERE login = $2) < $9",
			aula_sql_bool((ask->who.holds & MAY_EVERYWHERE) != 0), login,
			aula_sql_text(course->title), aula_sql_text(course->description),
			aula_sql_text(course->department), aula_sql_text(join),
			aula_sql_bool(false), now, aula_sql_int(COURSES_MOST)),
		AULA_SQL("INSERT INTO courses_people (course, login, teaches, since_us)"
			 " SELECT id, CAST($2 AS TEXT), CAST($3 AS BOOLEAN), CAST($4 AS BIGINT)"
			 " FROM courses_courses WHERE code = $1 RETURNING course",
			aula_sql_text(join), login, aula_sql_bool(true), now),
	};
	add[0].least = 1;
	ask->run = on_added;
	ask_write(ask, add, 2);
	return AULA_OK;
}

/* -- edit, remove -- */

static void
edit(struct ask *ask, const aula_store_result *course)
{
	const struct course_args *args = ask->args;

	if (args->department != NULL && (ask->who.holds & MAY_EVERYWHERE) == 0 &&
		strcmp(args->department, aula_result_text(course, 0, SEEN_DEPARTMENT)) != 0) {
		ask_refuse(ask, AULA_FORBIDDEN, "department",
			"You may not move courses between departments.");
		return;
	}
	aula_statement change[] = { AULA_SQL(
		"UPDATE courses_courses SET title = COALESCE(CAST($2 AS TEXT), title),"
		" description = COALESCE(CAST($3 AS TEXT), description),"
		" department = COALESCE(CAST($4 AS TEXT), department),"
		" archived = COALESCE(CAST($5 AS BOOLEAN), archived),"
		" joinable = COALESCE(CAST($6 AS BOOLEAN), joinable) WHERE id = $1",
		aula_sql_int(ask->course.id), aula_sql_text(args->title),
		aula_sql_text(args->description), aula_sql_text(args->department),
		args->archived == AULA_UNSET ? aula_sql_null() : aula_sql_bool(args->archived == 1),
		args->joinable == AULA_UNSET ? aula_sql_null()
					     : aula_sql_bool(args->joinable == 1)) };
	change[0].least = 1;
	ask_note(ask, "course.edit", ask->course.id, args->title);
	ask->run = ask_done;
	ask_write(ask, change, 1);
}

aula_code
run_edit(void *self, aula_call *call, const void *args)
{
	const struct course_args *course = args;

	return access_begin(self, call, args, sizeof *course, A_COURSE, course->course, true, edit);
}

static void
on_removed(struct ask *ask, const aula_store_result *result)
{
	if (result->code == AULA_OK)
		ask_note(ask, "course.remove", ask->course.id, NULL);
	opening_sync(ask->courses);
	ask_done(ask, result);
}

static void
remove_course(struct ask *ask, const aula_store_result *course)
{
	aula_statement forget[] = { AULA_SQL(
		"DELETE FROM courses_courses WHERE id = $1", aula_sql_int(ask->course.id)) };
	(void)course;

	ask->run = on_removed;
	ask_write(ask, forget, 1);
}

aula_code
run_remove(void *self, aula_call *call, const void *args)
{
	const struct course_args *course = args;

	return access_begin(
		self, call, args, sizeof *course, A_COURSE, course->course, true, remove_course);
}

/* -- get: one look after the other -- */

static json_t *
describe_teacher(const aula_store_result *result, size_t row)
{
	return json_pack("{s:s, s:s}", "login", aula_result_text(result, row, 0), "name",
		aula_result_text(result, row, 1));
}

static json_t *
describe_lesson(const aula_store_result *result, size_t row)
{
	return json_pack("{s:I, s:I, s:s, s:s}", "id", (json_int_t)aula_result_int(result, row, 0),
		"place", (json_int_t)row + 1, "title", aula_result_text(result, row, 1),
		"description", aula_result_text(result, row, 2));
}

static json_t *
describe_class(const aula_store_result *result, size_t row)
{
	struct class class = class_read(result, row, 0);

	return class_describe(&class, wall_us());
}

/* $1 is the course, $2 now, $3 how many at most. */
static const struct part {
	const char *name, *find;
	int64_t most;
	json_t *(*describe)(const aula_store_result *result, size_t row);
} parts_of_course[] = {
	{ "teachers",
		"SELECT p.login, COALESCE(u.name, p.login) FROM courses_people p LEFT JOIN "
		"people_users u"
		" ON u.login = p.login WHERE p.course = $1 AND p.teaches AND CAST($2 AS BIGINT) > 0"
		" ORDER BY p.login LIMIT $3",
		TEACHERS_SHOWN, describe_teacher },
	{ "lessons",
		"SELECT id, title, description FROM courses_lessons WHERE course = $1 AND CAST($2 "
		"AS BIGINT) > 0"
		" ORDER BY place, id LIMIT $3",
		LESSONS_MOST, describe_lesson },
	{ "classes",
		"SELECT " CLASS_COLUMNS
		" FROM courses_classes x WHERE x.course = $1 AND x.until_us > $2"
		" ORDER BY x.starts_us, x.id LIMIT $3",
		CLASSES_SHOWN, describe_class },
};
enum { PARTS = sizeof parts_of_course / sizeof *parts_of_course };

static void
find_part(struct ask *ask)
{
	const struct part *part = &parts_of_course[ask->step];
	aula_statement find = AULA_SQL(part->find, aula_sql_int(ask->course.id),
		aula_sql_int(wall_us()), aula_sql_int(part->most));

	ask_read(ask, &find);
}

static void
on_part(struct ask *ask, const aula_store_result *result)
{
	json_t *rows = json_array(), *reply = ask->reply;

	if (result->code != AULA_OK) {
		json_decref(rows);
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	for (size_t i = 0; i < result->row_count; i++)
		json_array_append_new(rows, parts_of_course[ask->step].describe(result, i));
	json_object_set_new(reply, parts_of_course[ask->step].name, rows);
	if (++ask->step < PARTS) {
		find_part(ask);
		return;
	}
	ask->reply = NULL;
	ask_answer(ask, AULA_OK, reply, NULL);
}

static void
get(struct ask *ask, const aula_store_result *course)
{
	ask->reply = json_pack("{s:o}", "course", course_describe(ask, course, 0));
	ask->run = on_part;
	find_part(ask);
}

aula_code
run_get(void *self, aula_call *call, const void *args)
{
	const struct course_args *course = args;

	return access_begin(self, call, args, sizeof *course, A_COURSE, course->course, false, get);
}

/* -- list -- */

static void
on_listed(struct ask *ask, const aula_store_result *result)
{
	const struct list_args *args = ask->args;
	size_t count = result->row_count;

	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	json_t *courses = json_array(),
	       *reply = json_pack("{s:o, s:b, s:b}", "courses", courses, "may_add",
		       (ask->who.holds & MAY_MANAGE) != 0, "oversees",
		       (ask->who.holds & MAY_MANAGE) != 0 &&
			       (ask->who.holds & (MAY_DEPARTMENT | MAY_EVERYWHERE)) != 0);
	if (count > (size_t)args->limit)
		count = (size_t)args->limit;
	for (size_t i = 0; i < count; i++)
		json_array_append_new(courses, course_describe(ask, result, i));
	if (result->row_count > count)
		json_object_set_new(
			reply, "next", json_integer(aula_result_int(result, count - 1, SEEN_ID)));
	ask_answer(ask, AULA_OK, reply, NULL);
}

aula_code
run_list(void *self, aula_call *call, const void *args)
{
	const struct list_args *list = args;
	aula_code code;

	if (strcmp(list->scope, "managed") == 0 && (call->holds & MAY_MANAGE) == 0) {
		call->field = "scope";
		call->error = "You manage no courses.";
		return AULA_FORBIDDEN;
	}
	struct ask *ask = ask_begin(self, call, args, sizeof *list, &code);
	if (ask == NULL)
		return code;
	aula_sql_value login = aula_sql_text(ask->who.login), after = aula_sql_int(list->after),
		       limit = aula_sql_int(list->limit + 1);
	aula_statement mine = AULA_SQL(SEEN_COLUMNS
		" FROM courses_people p JOIN courses_courses c ON c.id = p.course"
		" WHERE p.login = $1 AND p.course > $2 ORDER BY p.course LIMIT $3",
		login, after, limit);
	aula_statement managed = AULA_SQL(SEEN_COLUMNS
		" FROM courses_courses c" SEEN_PART " WHERE c.id > $2 AND ($4 OR p.teaches"
		" OR ($5 AND c.department <> '' AND c.department ="
		" (SELECT department FROM people_users WHERE login = $1)))"
		" ORDER BY c.id LIMIT $3",
		login, after, limit, aula_sql_bool((ask->who.holds & MAY_EVERYWHERE) != 0),
		aula_sql_bool((ask->who.holds & MAY_DEPARTMENT) != 0));
	ask->run = on_listed;
	ask_read(ask, strcmp(list->scope, "mine") == 0 ? &mine : &managed);
	return AULA_OK;
}
