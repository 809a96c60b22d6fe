/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "code.h"
#include "requests.h"

enum { LINES_MOST = 1000, LOGINS_OF_A_READ = 90 /* a statement takes 100 values */ };

/* -- the code -- */

static void
on_code(struct ask *ask, const aula_store_result *result)
{
	if (result->code != AULA_OK) {
		ask_done(ask, result);
		return;
	}
	ask_note(ask, "course.code", ask->course.id, NULL);
	ask_answer(ask, AULA_OK, json_pack("{s:s}", "code", aula_result_text(result, 0, 0)), NULL);
}

static void
renew_code(struct ask *ask, const aula_store_result *course)
{
	char code[CODE_BYTES + 1];
	(void)course;

	if (!code_make(code)) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		return;
	}
	aula_statement set[] = { AULA_SQL(
		"UPDATE courses_courses SET code = $2, joinable = $3 WHERE id = $1 RETURNING code",
		aula_sql_int(ask->course.id), aula_sql_text(code), aula_sql_bool(true)) };
	set[0].least = 1;
	ask->run = on_code;
	ask_write(ask, set, 1);
}

aula_code
run_code(void *self, aula_call *call, const void *args)
{
	const struct course_args *course = args;

	return access_begin(
		self, call, args, sizeof *course, A_COURSE, course->course, true, renew_code);
}

static void
on_joined(struct ask *ask, const aula_store_result *result)
{
	if (result->code == AULA_NOT_FOUND) {
		ask_refuse(ask, AULA_NOT_FOUND, "code", "There is no course of this code.");
	} else if (result->code != AULA_OK) {
		ask_done(ask, result);
	} else {
		int64_t id = aula_result_int(result, 0, 0);
		ask_note(ask, "course.join", id, NULL);
		ask_answer(ask, AULA_OK,
			json_pack("{s:I, s:s}", "course", (json_int_t)id, "title",
				aula_result_text(result, 0, 1)),
			NULL);
	}
}

aula_code
run_join(void *self, aula_call *call, const void *args)
{
	const struct join_args *join = args;
	char normal[CODE_BYTES + 1];
	aula_code code;

	if (!code_read(join->code, normal)) {
		call->field = "code";
		call->error = "There is no course of this code.";
		return AULA_NOT_FOUND;
	}
	struct ask *ask = ask_begin(self, call, args, sizeof *join, &code);
	if (ask == NULL)
		return code;
	aula_statement add[] = {
		AULA_SQL("INSERT INTO courses_people (course, login, teaches, since_us)"
			 " SELECT c.id, CAST($2 AS TEXT), CAST($3 AS BOOLEAN), CAST($4 AS BIGINT)"
			 " FROM courses_courses c WHERE c.code = $1 AND c.joinable AND NOT "
			 "c.archived"
			 " AND (SELECT COUNT(*) FROM courses_people WHERE course = c.id) < $5"
			 " AND (SELECT COUNT(*) FROM courses_people WHERE login = $2) < $6"
			 " ON CONFLICT (course, login) DO NOTHING",
			aula_sql_text(normal), aula_sql_text(ask->who.login), aula_sql_bool(false),
			aula_sql_int(wall_us()), aula_sql_int(PEOPLE_MOST),
			aula_sql_int(COURSES_MOST)),
		/* Who was in it already is welcome as well. */
		AULA_SQL("UPDATE courses_courses SET title = title WHERE code = $1 AND EXISTS"
			 " (SELECT 1 FROM courses_people p WHERE p.course = courses_courses.id"
			 " AND p.login = $2) RETURNING id, title",
			aula_sql_text(normal), aula_sql_text(ask->who.login)),
	};
	add[1].least = 1;
	ask->run = on_joined;
	ask_write(ask, add, 2);
	return AULA_OK;
}

/* -- by who manages the course: while it works `ask->rows` are those to enrol -- */

static void
blame(struct ask *ask, const json_t *row, const char *error)
{
	json_array_append_new(
		ask->bad, json_pack("{s:O, s:O, s:s}", "line", json_object_get(row, "line"),
				  "login", json_object_get(row, "login"), "error", error));
}

static const char *
login_of(const json_t *row)
{
	return json_string_value(json_object_get(row, "login"));
}

/* False: there are too many. */
static bool
read_logins(struct ask *ask)
{
	const struct enrol_args *args = ask->args;
	const char *at = args->list != NULL ? args->list : "";
	json_t *seen = json_object();
	char login[LOGIN_MOST + 2]; /* longer than any login: then there is none of that name */
	size_t line = 0;

	/* Of the body: the list of `args` lived for the request only. */
	const json_t *logins = json_object_get(ask->body, "logins");
	for (size_t i = 0; i < json_array_size(logins); i++) {
		const char *one = json_string_value(json_array_get(logins, i));
		size_t number = 1; /* so that "login" is a name here */
		if (list_next(&one, &number, login, sizeof login) &&
			json_object_get(seen, login) == NULL)
			json_array_append_new(ask->rows,
				json_pack("{s:I, s:s}", "line", (json_int_t)i + 1, "login", login));
		json_object_set_new(seen, login, json_true());
	}
	while (json_array_size(ask->rows) <= LINES_MOST &&
		list_next(&at, &line, login, sizeof login)) {
		if (json_object_get(seen, login) == NULL)
			json_array_append_new(ask->rows,
				json_pack("{s:I, s:s}", "line", (json_int_t)line, "login", login));
		json_object_set_new(seen, login, json_true());
	}
	json_decref(seen);
	return json_array_size(ask->rows) <= LINES_MOST;
}

static void
on_enrolled(struct ask *ask, const aula_store_result *result)
{
	char detail[64];

	if (result->code != AULA_OK) {
		ask_answer(ask, result->code == AULA_NOT_FOUND ? AULA_FULL : result->code, NULL,
			result->code == AULA_NOT_FOUND ? "The course has too many people." : NULL);
		return;
	}
	snprintf(detail, sizeof detail, "%zu as %s", json_array_size(ask->rows),
		((const struct enrol_args *)ask->args)->part);
	ask_note(ask, "course.enrol", ask->course.id, detail);
	ask_answer(
		ask, AULA_OK, json_pack("{s:O, s:O}", "people", ask->rows, "bad", ask->bad), NULL);
}

static void
write_enrolments(struct ask *ask)
{
	const struct enrol_args *args = ask->args;
	size_t count = json_array_size(ask->rows), index;
	aula_sql_value(*values)[4] = calloc(count + 1, sizeof *values);
	aula_statement *statements = calloc(count + 1, sizeof *statements);
	bool teaches = strcmp(args->part, "teacher") == 0;
	int64_t now_us = wall_us();
	json_t *row;

	ask->run = on_enrolled;
	if (values == NULL || statements == NULL) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
	} else {
		/* Who teaches is not made a student by a list with everybody's name on it. */
		json_array_foreach(ask->rows, index, row)
		{
			values[index][0] = aula_sql_int(ask->course.id);
			values[index][1] = aula_sql_text(login_of(row));
			values[index][2] = aula_sql_bool(teaches);
			values[index][3] = aula_sql_int(now_us);
			statements[index] = (aula_statement){
				.text = teaches ? "INSERT INTO courses_people (course, login, "
						  "teaches,"
						  " since_us) VALUES ($1, $2, $3, $4) ON CONFLICT"
						  " (course, login) DO UPDATE SET teaches = "
						  "excluded.teaches"
						: "INSERT INTO courses_people (course, login, "
						  "teaches,"
						  " since_us) VALUES ($1, $2, $3, $4) ON CONFLICT"
						  " (course, login) DO NOTHING",
				.values = values[index],
				.value_count = 4
			};
		}
		values[count][0] = aula_sql_int(ask->course.id);
		values[count][1] = aula_sql_int(PEOPLE_MOST);
		statements[count] = (aula_statement){
			.text = "UPDATE courses_courses SET title = title WHERE id = $1 AND (SELECT"
				" COUNT(*) FROM courses_people WHERE course = $1) <= $2",
			.values = values[count],
			.value_count = 2,
			.least = 1
		};
		ask_write(ask, statements, count + 1);
	}
	free(values);
	free(statements);
}

/* `known`: login to role. */
static void
judge(struct ask *ask)
{
	const struct enrol_args *args = ask->args;
	const aula_host *host = ask->courses->host;
	bool teaches = strcmp(args->part, "teacher") == 0;

	for (size_t i = json_array_size(ask->rows); i-- > 0;) {
		const json_t *row = json_array_get(ask->rows, i);
		const char *role = json_string_value(json_object_get(ask->reply, login_of(row)));
		uint64_t holds = 0;
		const char *error = NULL;
		if (role == NULL)
			error = "There is no such account.";
		else if (teaches && (host->tokens->role(host, role, &holds) != AULA_OK ||
					    (holds & MAY_MANAGE) == 0))
			error = "This account's role may not manage courses.";
		if (error == NULL)
			continue;
		blame(ask, row, error);
		json_array_remove(ask->rows, i);
	}
	if (json_array_size(ask->rows) > 0)
		write_enrolments(ask);
	else
		ask_answer(ask, AULA_OK,
			json_pack("{s:O, s:O}", "people", ask->rows, "bad", ask->bad), NULL);
}

static void find_known(struct ask *ask);

static void
on_known(struct ask *ask, const aula_store_result *result)
{
	if (result->code != AULA_OK) {
		ask_done(ask, result);
		return;
	}
	for (size_t i = 0; i < result->row_count; i++)
		json_object_set_new(ask->reply, aula_result_text(result, i, 0),
			json_string(aula_result_text(result, i, 1)));
	ask->step += LOGINS_OF_A_READ;
	if (ask->step < json_array_size(ask->rows))
		find_known(ask);
	else
		judge(ask);
}

static void
find_known(struct ask *ask)
{
	char text[128 + LOGINS_OF_A_READ * 8];
	aula_sql_value values[LOGINS_OF_A_READ];
	size_t count = 0,
	       length = (size_t)snprintf(text, sizeof text,
		       "SELECT login, role FROM people_users WHERE active AND login IN (NULL");

	for (size_t i = ask->step; i < json_array_size(ask->rows) && count < LOGINS_OF_A_READ;
		i++) {
		values[count++] = aula_sql_text(login_of(json_array_get(ask->rows, i)));
		length += (size_t)snprintf(text + length, sizeof text - length, ", $%zu", count);
	}
	snprintf(text + length, sizeof text - length, ")");
	aula_statement find = { .text = text, .values = values, .value_count = count };
	ask->run = on_known;
	ask_read(ask, &find);
}

static void
enrol(struct ask *ask, const aula_store_result *course)
{
	(void)course;
	ask->rows = json_array();
	ask->bad = json_array();
	ask->reply = json_object();
	if (!read_logins(ask))
		ask_refuse(ask, AULA_TOO_LARGE, "list",
			"There are more than 1000 lines; send it in parts.");
	else
		find_known(ask);
}

aula_code
run_enrol(void *self, aula_call *call, const void *args)
{
	const struct enrol_args *enrolment = args;

	return access_begin(
		self, call, args, sizeof *enrolment, A_COURSE, enrolment->course, true, enrol);
}

/* -- out of it, and who is in it -- */

static void
on_left(struct ask *ask, const aula_store_result *result)
{
	const char *login = ((const struct leave_args *)ask->args)->login;

	if (result->code == AULA_OK)
		ask_note(ask, "course.leave", ask->course.id,
			login != NULL ? login : ask->who.login);
	ask_answer(ask, result->code, NULL,
		result->code == AULA_NOT_FOUND ? "They are not in this course." : NULL);
}

static void
leave(struct ask *ask, const aula_store_result *course)
{
	const char *login = ((const struct leave_args *)ask->args)->login;
	(void)course;

	if (login != NULL && strcmp(login, ask->who.login) != 0 && !ask->course.manages) {
		ask_answer(ask, AULA_FORBIDDEN, NULL,
			"Only who teaches or manages the course may take others out of it.");
		return;
	}
	aula_statement forget[] = { AULA_SQL(
		"DELETE FROM courses_people WHERE course = $1 AND login = $2",
		aula_sql_int(ask->course.id),
		aula_sql_text(login != NULL ? login : ask->who.login)) };
	forget[0].least = 1;
	ask->run = on_left;
	ask_write(ask, forget, 1);
}

aula_code
run_leave(void *self, aula_call *call, const void *args)
{
	const struct leave_args *left = args;

	return access_begin(self, call, args, sizeof *left, A_COURSE, left->course, false, leave);
}

static void
on_people(struct ask *ask, const aula_store_result *result)
{
	const struct people_args *args = ask->args;
	size_t count = result->row_count;

	if (result->code != AULA_OK) {
		ask_done(ask, result);
		return;
	}
	json_t *people = json_array(), *reply = json_pack("{s:o}", "people", people);
	if (count > (size_t)args->limit)
		count = (size_t)args->limit;
	for (size_t i = 0; i < count; i++)
		json_array_append_new(people,
			json_pack("{s:s, s:s, s:s, s:I}", "login", aula_result_text(result, i, 0),
				"name", aula_result_text(result, i, 1), "part",
				aula_result_bool(result, i, 2) ? "teacher" : "student", "since_s",
				(json_int_t)(aula_result_int(result, i, 3) / 1000000)));
	if (result->row_count > count)
		json_object_set_new(
			reply, "next", json_string(aula_result_text(result, count - 1, 0)));
	ask_answer(ask, AULA_OK, reply, NULL);
}

static void
list_people(struct ask *ask, const aula_store_result *course)
{
	const struct people_args *args = ask->args;
	aula_statement find = AULA_SQL("SELECT p.login, COALESCE(u.name, p.login), p.teaches, "
				       "p.since_us FROM courses_people p"
				       " LEFT JOIN people_users u ON u.login = p.login WHERE "
				       "p.course = $1 AND p.login > $2"
				       " ORDER BY p.login LIMIT $3",
		aula_sql_int(ask->course.id), aula_sql_text(args->after),
		aula_sql_int(args->limit + 1));
	(void)course;

	ask->run = on_people;
	ask_read(ask, &find);
}

aula_code
run_people(void *self, aula_call *call, const void *args)
{
	const struct people_args *people = args;

	return access_begin(
		self, call, args, sizeof *people, A_COURSE, people->course, true, list_people);
}
