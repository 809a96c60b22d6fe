/* SPDX-License-Identifier: Apache-2.0 */
/* A list of people from a spreadsheet: who can be added is, and of every other line it is said why
 * not. While it works `ask->rows` are those to add and `ask->bad` the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ask.h"
#include "csv.h"
#include "requests.h"
#include "secret.h"

enum { LINES_MOST = 1000, LOGINS_OF_A_READ = 90 /* a statement takes 100 values */ };

static const char *const columns[] = { "login", "name", "role", "department" };
enum { LOGIN, NAME, ROLE, DEPARTMENT, COLUMNS };
/* No login, but a key of `ask->listed` beside them. */
#define OWN "#own"

static const size_t column_bytes[] = { LOGIN_MOST, NAME_MOST, ROLE_MOST, GROUP_MOST };

static void
blame(struct ask *ask, size_t line, const char *field, const char *error)
{
	json_t *fault = json_pack("{s:i, s:s}", "line", (int)line, "error", error);

	if (field != NULL)
		json_object_set_new(fault, "field", json_string(field));
	json_array_append_new(ask->bad, fault);
}

/* Which value is which; false: `*ret_error` says what the first line lacks. */
static bool
read_header(struct csv *csv, int ret_places[COLUMNS], const char **ret_error)
{
	struct csv_record record;

	*ret_error =
		"The first line must name the columns: login, name, role and perhaps department.";
	for (size_t c = 0; c < COLUMNS; c++)
		ret_places[c] = -1;
	if (!csv_next(csv, &record) || record.fault != NULL)
		return false;
	for (size_t i = 0; i < record.count; i++)
		for (size_t c = 0; c < COLUMNS; c++)
			if (strcasecmp(record.values[i], columns[c]) == 0)
				ret_places[c] = (int)i;
	return ret_places[LOGIN] >= 0 && ret_places[NAME] >= 0 && ret_places[ROLE] >= 0;
}

/* True: it names a column and a sentence. */
static bool
find_fault(struct ask *ask, const char *const values[COLUMNS], json_t *seen, const char **ret_field,
	const char **ret_error)
{
	char login[LOGIN_MOST + 1];
	aula_code code;

	for (size_t c = 0; c < COLUMNS; c++) {
		*ret_field = columns[c];
		*ret_error = "It is too long.";
		if (strlen(values[c]) > column_bytes[c])
			return true;
		*ret_error = "It is missing.";
		if (*values[c] == '\0' && c != DEPARTMENT)
			return true;
	}
	*ret_field = columns[LOGIN];
	*ret_error = "A login is made of a-z, 0-9 and . _ @ + -";
	if (!login_normal(values[LOGIN], login))
		return true;
	*ret_error = "It is on an earlier line as well.";
	if (json_object_get(seen, login) != NULL)
		return true;
	json_object_set_new(seen, login, json_true());
	*ret_field = columns[ROLE];
	*ret_error = "There is no such role, or you may not give it.";
	return !may_give(ask, values[ROLE], &code);
}

static void
read_line(struct ask *ask, const struct csv_record *record, const int places[COLUMNS], json_t *seen)
{
	const char *values[COLUMNS], *field = NULL, *error = record->fault;
	char login[LOGIN_MOST + 1];

	for (size_t c = 0; c < COLUMNS; c++)
		values[c] = places[c] >= 0 && (size_t)places[c] < record->count
				    ? record->values[places[c]]
				    : "";
	if (error != NULL || find_fault(ask, values, seen, &field, &error)) {
		blame(ask, record->line, field, error);
		return;
	}
	login_normal(values[LOGIN], login);
	json_array_append_new(
		ask->rows, json_pack("{s:i, s:s, s:s, s:s, s:s}", "line", (int)record->line,
				   "login", login, "name", values[NAME], "role", values[ROLE],
				   "department", values[DEPARTMENT]));
}

/* False: it has been answered. */
static bool
read_list(struct ask *ask, const char *text)
{
	char *copy = strdup(text);
	json_t *seen = json_object();
	struct csv csv;
	struct csv_record record;
	int places[COLUMNS];
	const char *error = NULL;
	size_t count = 0;

	if (copy == NULL) {
		error = "There is no memory.";
	} else {
		csv_begin(&csv, copy, strlen(copy));
		if (read_header(&csv, places, &error)) {
			error = NULL;
			while (error == NULL && csv_next(&csv, &record)) {
				if (++count > LINES_MOST)
					error = "There are more than 1000 lines; send it in parts.";
				else
					read_line(ask, &record, places, seen);
			}
		}
	}
	json_decref(seen);
	free(copy);
	if (error != NULL)
		ask_answer(ask, AULA_INVALID, NULL, error);
	return error == NULL;
}

static void
answer_report(struct ask *ask, bool applied)
{
	ask_answer(ask, AULA_OK,
		json_pack("{s:b, s:O, s:O}", "applied", applied, "people", ask->rows, "bad",
			ask->bad),
		NULL);
}

/* -- into the database -- */

static void
on_imported(struct ask *ask, const aula_store_result *result)
{
	char detail[64];

	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL,
			result->code == AULA_EXISTS
				? "Somebody else added one of them just now; try again."
				: NULL);
		return;
	}
	snprintf(detail, sizeof detail, "%zu people", json_array_size(ask->rows));
	ask_note(ask, "people.import", NULL, detail);
	answer_report(ask, true);
}

static const char *
text_of(const json_t *row, size_t column)
{
	return json_string_value(json_object_get(row, columns[column]));
}

struct import_values {
	char id[SECRET_BYTES + 1];
	aula_sql_value person[6], link[3];
};

static bool
fill_values(struct ask *ask, json_t *row, struct import_values *values)
{
	int64_t now_us = wall_us();
	char text[SECRET_BYTES + 1];

	if (!secret_make(text) || !secret_hash(text, values->id))
		return false;
	json_object_set_new(row, "link", json_string(text));
	for (size_t c = 0; c < COLUMNS; c++)
		values->person[c] = aula_sql_text(text_of(row, c));
	values->person[4] = aula_sql_bool(true);
	values->person[5] = aula_sql_int(now_us);
	values->link[0] = aula_sql_text(values->id);
	values->link[1] = values->person[LOGIN];
	values->link[2] =
		aula_sql_int(now_us + ask->people->config->link_hours * INT64_C(3600) * 1000000);
	return true;
}

static void
write_rows(struct ask *ask)
{
	size_t count = json_array_size(ask->rows), index;
	struct import_values *values = calloc(count, sizeof *values);
	aula_statement *statements = calloc(2 * count, sizeof *statements);
	bool good = values != NULL && statements != NULL;
	json_t *row;

	json_array_foreach(ask->rows, index, row)
	{
		if (!good || !fill_values(ask, row, &values[index])) {
			good = false;
			break;
		}
		statements[2 * index] = (aula_statement){
			.text = "INSERT INTO people_users (login, name, role, department, active,"
				" created_us) VALUES ($1, $2, $3, $4, $5, $6)",
			.values = values[index].person,
			.value_count = 6
		};
		statements[2 * index + 1] =
			(aula_statement){ .text = "INSERT INTO people_links (id, login, expires_us)"
						  " VALUES ($1, $2, $3)",
				.values = values[index].link,
				.value_count = 3 };
	}
	ask->run = on_imported;
	if (good)
		ask_write(ask, statements, 2 * count);
	else
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
	free(values);
	free(statements);
}

/* What the database has against a line; NULL: nothing. `taken`: logins; `own`: the department of
 * who asks, NULL: any will do. */
static const char *
objection(const json_t *row, const json_t *taken, const char *own, const char **ret_field)
{
	*ret_field = columns[LOGIN];
	if (json_object_get(taken, text_of(row, LOGIN)) != NULL)
		return "This login is taken.";
	*ret_field = columns[DEPARTMENT];
	if (own != NULL && (*own == '\0' || strcmp(own, text_of(row, DEPARTMENT)) != 0))
		return "You may add people to your own department only.";
	return NULL;
}

static void
judge(struct ask *ask)
{
	const struct import_args *args = ask->args;
	bool anywhere = (ask->who.holds & MAY_EVERYWHERE) != 0;
	const char *own = json_string_value(json_object_get(ask->listed, OWN));

	for (size_t i = json_array_size(ask->rows); i-- > 0;) {
		json_t *row = json_array_get(ask->rows, i);
		if (!anywhere && own != NULL && *text_of(row, DEPARTMENT) == '\0')
			json_object_set_new(row, columns[DEPARTMENT], json_string(own));
		const char *field, *error = objection(row, ask->listed,
					   anywhere      ? NULL
					   : own != NULL ? own
							 : "",
					   &field);
		if (error == NULL)
			continue;
		blame(ask, (size_t)json_integer_value(json_object_get(row, "line")), field, error);
		json_array_remove(ask->rows, i);
	}
	if (args->apply && json_array_size(ask->rows) > 0)
		write_rows(ask);
	else
		answer_report(ask, args->apply);
}

static void find_known(struct ask *ask);

static void
on_known(struct ask *ask, const aula_store_result *result)
{
	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	for (size_t i = 0; i < result->row_count; i++)
		if (aula_result_int(result, i, 0) == 0)
			json_object_set_new(
				ask->listed, OWN, json_string(aula_result_text(result, i, 1)));
		else
			json_object_set_new(
				ask->listed, aula_result_text(result, i, 1), json_true());
	ask->asked += LOGINS_OF_A_READ;
	if (ask->asked < json_array_size(ask->rows))
		find_known(ask);
	else
		judge(ask);
}

/* The department of who asks (0), and which of the next logins there are (1). */
static void
find_known(struct ask *ask)
{
	char text[256 + LOGINS_OF_A_READ * 8];
	aula_sql_value values[LOGINS_OF_A_READ + 1] = { aula_sql_text(ask->who.login) };
	size_t count = 1,
	       length = (size_t)snprintf(text, sizeof text,
		       "SELECT 0, department FROM people_users WHERE login = $1"
		       " UNION ALL SELECT 1, login FROM people_users WHERE login IN (NULL");

	for (size_t i = ask->asked; i < json_array_size(ask->rows) && count <= LOGINS_OF_A_READ;
		i++) {
		values[count++] = aula_sql_text(text_of(json_array_get(ask->rows, i), LOGIN));
		length += (size_t)snprintf(text + length, sizeof text - length, ", $%zu", count);
	}
	snprintf(text + length, sizeof text - length, ")");
	aula_statement find = { .text = text, .values = values, .value_count = count };
	ask->run = on_known;
	ask_read(ask, &find);
}

aula_code
run_import(void *self, aula_call *call, const void *args)
{
	const struct import_args *import = args;
	aula_code code;
	struct ask *ask = ask_begin(self, call, args, sizeof *import, ACCOUNT, &code);

	if (ask == NULL)
		return code;
	ask->rows = json_array();
	ask->bad = json_array();
	ask->listed = json_object();
	if (read_list(ask, import->csv))
		find_known(ask);
	return AULA_OK;
}
