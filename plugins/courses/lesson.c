/* SPDX-License-Identifier: Apache-2.0 */
/* Lessons have places 1, 2, 3 … in their course. Who moves two at once may leave them in another
 * order than meant, never without one. */
#include "access.h"
#include "requests.h"

static void
on_lesson_added(struct ask *ask, const aula_store_result *result)
{
	if (result->code == AULA_NOT_FOUND)
		ask_answer(ask, AULA_FULL, NULL, "The course has too many lessons.");
	else if (result->code != AULA_OK)
		ask_done(ask, result);
	else
		ask_answer(ask, AULA_OK,
			json_pack("{s:I}", "lesson", (json_int_t)aula_result_int(result, 0, 0)),
			NULL);
}

static void
add_lesson(struct ask *ask, const aula_store_result *course)
{
	const struct lesson_args *args = ask->args;
	aula_statement add[] = { AULA_SQL(
		"INSERT INTO courses_lessons (course, place, title, description)"
		" SELECT CAST($1 AS BIGINT), COUNT(*) + 1, CAST($2 AS TEXT), CAST($3 AS TEXT)"
		" FROM courses_lessons WHERE course = $1 HAVING COUNT(*) < $4 RETURNING id",
		aula_sql_int(ask->course.id), aula_sql_text(args->title),
		aula_sql_text(args->description), aula_sql_int(LESSONS_MOST)) };
	(void)course;

	add[0].least = 1;
	ask->run = on_lesson_added;
	ask_write(ask, add, 1);
}

aula_code
run_lesson_add(void *self, aula_call *call, const void *args)
{
	const struct lesson_args *lesson = args;

	return access_begin(
		self, call, args, sizeof *lesson, A_COURSE, lesson->course, true, add_lesson);
}

static void
edit_lesson(struct ask *ask, const aula_store_result *course)
{
	const struct lesson_args *args = ask->args;
	int64_t old = aula_result_int(course, 0, SEEN_MORE),
		count = aula_result_int(course, 0, SEEN_MORE + 1),
		place = args->place == 0      ? old
			: args->place > count ? count
					      : args->place;
	aula_statement change[] = {
		AULA_SQL("UPDATE courses_lessons SET title = COALESCE(CAST($2 AS TEXT), title),"
			 " description = COALESCE(CAST($3 AS TEXT), description) WHERE id = $1",
			aula_sql_int(args->lesson), aula_sql_text(args->title),
			aula_sql_text(args->description)),
		AULA_SQL("UPDATE courses_lessons SET place = CASE WHEN id = $2 THEN $4"
			 " WHEN place > $3 AND place <= $4 THEN place - 1"
			 " WHEN place >= $4 AND place < $3 THEN place + 1 ELSE place END"
			 " WHERE course = $1",
			aula_sql_int(ask->course.id), aula_sql_int(args->lesson), aula_sql_int(old),
			aula_sql_int(place)),
	};

	change[0].least = 1;
	ask->run = ask_done;
	ask_write(ask, change, place != old ? 2 : 1);
}

aula_code
run_lesson_edit(void *self, aula_call *call, const void *args)
{
	const struct lesson_args *lesson = args;

	return access_begin(
		self, call, args, sizeof *lesson, A_LESSON, lesson->lesson, true, edit_lesson);
}

static void
remove_lesson(struct ask *ask, const aula_store_result *course)
{
	const struct lesson_args *args = ask->args;
	aula_statement forget[] = {
		AULA_SQL("DELETE FROM courses_lessons WHERE id = $1", aula_sql_int(args->lesson)),
		AULA_SQL("UPDATE courses_lessons SET place = place - 1 WHERE course = $1"
			 " AND place > $2",
			aula_sql_int(ask->course.id),
			aula_sql_int(aula_result_int(course, 0, SEEN_MORE))),
	};

	forget[0].least = 1;
	ask->run = ask_done;
	ask_write(ask, forget, 2);
}

aula_code
run_lesson_remove(void *self, aula_call *call, const void *args)
{
	const struct lesson_args *lesson = args;

	return access_begin(
		self, call, args, sizeof *lesson, A_LESSON, lesson->lesson, true, remove_lesson);
}
