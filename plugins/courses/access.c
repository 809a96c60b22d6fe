/* SPDX-License-Identifier: Apache-2.0 */
#include "access.h"

#include <string.h>

static const char *const finds[THINGS] = {
	[A_COURSE] = SEEN_COLUMNS " FROM courses_courses c" SEEN_PART " WHERE c.id = $2",
	[A_LESSON] = SEEN_COLUMNS
	", x.place, (SELECT COUNT(*) FROM courses_lessons y WHERE y.course = x.course) FROM "
	"courses_lessons x JOIN courses_courses c ON c.id = x.course" SEEN_PART " WHERE x.id = $2",
	[A_CLASS] = SEEN_COLUMNS
	", " CLASS_COLUMNS ", l.title"
	" FROM courses_classes x JOIN courses_courses c ON c.id = x.course LEFT JOIN"
	" courses_lessons l ON l.id = x.lesson" SEEN_PART " WHERE x.id = $2",
};

static struct seen
look(const struct ask *ask, const aula_store_result *result, size_t row)
{
	const aula_sql_value *part = aula_result_value(result, row, SEEN_TEACHES);
	const char *department = aula_result_text(result, row, SEEN_DEPARTMENT),
		   *own = aula_result_text(result, row, SEEN_OWN);
	bool teaches = part->type != AULA_SQL_NULL && aula_result_bool(result, row, SEEN_TEACHES);
	uint64_t holds = ask->who.holds;

	return (struct seen){ .id = aula_result_int(result, row, SEEN_ID),
		.teaches = teaches,
		.takes = part->type != AULA_SQL_NULL && !teaches,
		.manages = (holds & MAY_MANAGE) != 0 &&
			   (teaches || (holds & MAY_EVERYWHERE) != 0 ||
				   ((holds & MAY_DEPARTMENT) != 0 && own != NULL && *own != '\0' &&
					   strcmp(own, department) == 0)) };
}

static void
on_found(struct ask *ask, const aula_store_result *result)
{
	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	if (result->row_count == 1)
		ask->course = look(ask, result, 0);
	if (!ask->course.manages && !ask->course.teaches && !ask->course.takes)
		ask_answer(
			ask, AULA_NOT_FOUND, NULL, "There is no such course, or it is not yours.");
	else if (ask->to_manage && !ask->course.manages)
		ask_answer(ask, AULA_FORBIDDEN, NULL,
			"Only who teaches or manages the course may do this.");
	else
		ask->next(ask, result);
}

aula_code
access_begin(struct courses *courses, aula_call *call, const void *args, size_t size,
	enum thing thing, int64_t id, bool to_manage,
	void (*next)(struct ask *ask, const aula_store_result *course))
{
	aula_code code;
	struct ask *ask = ask_begin(courses, call, args, size, &code);

	if (ask == NULL)
		return code;
	ask->to_manage = to_manage;
	ask->next = next;
	ask->run = on_found;
	aula_statement find =
		AULA_SQL(finds[thing], aula_sql_text(ask->who.login), aula_sql_int(id));
	ask_read(ask, &find);
	return AULA_OK;
}

json_t *
course_describe(const struct ask *ask, const aula_store_result *result, size_t row)
{
	struct seen seen = look(ask, result, row);
	json_t *course = json_pack("{s:I, s:s, s:s, s:s, s:b, s:b}", "id", (json_int_t)seen.id,
		"title", aula_result_text(result, row, SEEN_TITLE), "description",
		aula_result_text(result, row, SEEN_DESCRIPTION), "department",
		aula_result_text(result, row, SEEN_DEPARTMENT), "archived",
		aula_result_bool(result, row, SEEN_ARCHIVED), "manages", seen.manages);

	if (seen.teaches || seen.takes)
		json_object_set_new(
			course, "part", json_string(seen.teaches ? "teacher" : "student"));
	if (seen.manages && aula_result_bool(result, row, SEEN_JOINABLE))
		json_object_set_new(
			course, "code", json_string(aula_result_text(result, row, SEEN_CODE)));
	return course;
}
