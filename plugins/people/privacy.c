/* SPDX-License-Identifier: Apache-2.0 */
/* All that is kept of a person, in the tables of every module: told, and erased. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "requests.h"
#include "secret.h"

enum { TABLES_MOST = 64, SQL_BYTES = 1000, NAME_BYTES = 32 };

/* -- the tables -- */

static bool
table_at(const struct people *people, size_t index, const char **ret_module,
	aula_personal *ret_table)
{
	const aula_host *host = people->host;

	return index < TABLES_MOST && host->privacy->table(host, index, ret_module, ret_table);
}

/* -- export: one page of one table at a time -- */

/* Where one is: `next` of the page before, "table.row". False: that is none. */
static bool
read_place(const char *after, size_t *ret_table, int64_t *ret_row)
{
	char end;

	*ret_table = 0;
	*ret_row = 0;
	return after == NULL ||
	       (sscanf(after, "%2zu.%9" SCNd64 "%c", ret_table, ret_row, &end) == 2 &&
		       *ret_row >= 0);
}

static json_t *
value_of(const aula_sql_value *value)
{
	switch (value->type) {
	case AULA_SQL_BOOL:
		return json_boolean(value->is);
	case AULA_SQL_INT:
		return json_integer(value->integer);
	case AULA_SQL_NUMBER:
		return json_real(value->number);
	case AULA_SQL_TEXT:
		return json_stringn(value->text, value->length);
	default:
		return json_null();
	}
}

/* A row as {"at_us":…}, by the names in `told`. */
static json_t *
row_of(const aula_store_result *result, size_t row, const char *told)
{
	json_t *object = json_object();
	char name[64];

	for (size_t column = 0; column < result->column_count; column++) {
		size_t length = strcspn(told, ",");
		snprintf(name, sizeof name, "%.*s", (int)length, told);
		json_object_set_new(object, name, value_of(aula_result_value(result, row, column)));
		told += length;
		told += strspn(told, ", ");
	}
	return object;
}

static void read_page(struct ask *ask);

static void
on_page(struct ask *ask, const aula_store_result *result)
{
	const char *module;
	aula_personal table;

	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	if (result->row_count == 0 || !table_at(ask->people, ask->table, &module, &table)) {
		ask->table++;
		ask->row = 0;
		read_page(ask);
		return;
	}
	json_t *rows = json_array(), *reply;
	size_t count = result->row_count < PAGE_MOST ? result->row_count : PAGE_MOST;
	char next[NAME_BYTES];
	for (size_t i = 0; i < count; i++)
		json_array_append_new(rows, row_of(result, i, table.told));
	if (result->row_count > PAGE_MOST)
		snprintf(next, sizeof next, "%zu.%" PRId64, ask->table, ask->row + PAGE_MOST);
	else
		snprintf(next, sizeof next, "%zu.0", ask->table + 1);
	reply = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "login", ask->login, "module", module,
		"table", table.table, "summary", table.summary, "rows", rows, "next", next);
	ask_answer(ask, AULA_OK, reply, NULL);
}

static void
read_page(struct ask *ask)
{
	char sql[SQL_BYTES];
	const char *module;
	aula_personal table;

	if (!table_at(ask->people, ask->table, &module, &table)) {
		ask_answer(
			ask, AULA_OK, json_pack("{s:s, s:[]}", "login", ask->login, "rows"), NULL);
		return;
	}
	snprintf(sql, sizeof sql,
		"SELECT %s FROM %s WHERE %s = $1 ORDER BY %s LIMIT CAST($2 AS BIGINT)"
		" OFFSET CAST($3 AS BIGINT)",
		table.told, table.table, table.person, table.told);
	aula_statement page = AULA_SQL(sql, aula_sql_text(ask->login), aula_sql_int(PAGE_MOST + 1),
		aula_sql_int(ask->row));
	ask->run = on_page;
	ask_read(ask, &page);
}

static void
begin_export(struct ask *ask)
{
	const struct export_args *args = ask->args;

	if (args->after == NULL)
		ask_note(ask, "people.export", ask->login, NULL);
	read_page(ask);
}

static void
on_person_to_export(struct ask *ask, const aula_store_result *result)
{
	if (person_take(ask, result))
		begin_export(ask);
}

aula_code
run_export(void *self, aula_call *call, const void *args)
{
	const struct export_args *export = args;
	struct ask *ask;
	aula_code code;
	size_t table;
	int64_t row;

	if (!read_place(export->after, &table, &row)) {
		call->field = "after";
		call->error = "This is no `next` of a page.";
		return AULA_INVALID;
	}
	ask = ask_begin(self, call, args, sizeof *export, ACCOUNT, &code);
	if (ask == NULL)
		return code;
	ask->table = table;
	ask->row = row;
	if (export->login == NULL || strcmp(export->login, ask->who.login) == 0) {
		ask->login = strdup(ask->who.login);
		begin_export(ask);
	} else if ((ask->who.holds & MAY_MANAGE) == 0) {
		ask_answer(ask, AULA_FORBIDDEN, NULL, "Of others this needs people.manage.");
	} else {
		person_find(ask, export->login, on_person_to_export);
	}
	return AULA_OK;
}

/* -- erase -- */

static void
on_erased(struct ask *ask, const aula_store_result *result)
{
	const aula_host *host = ask->people->host;

	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	host->privacy->erased(host, ask->login);
	ask_note(ask, "people.erase", ask->login, ask->name);
	json_t *told = json_pack("{s:s, s:s}", "subject", ask->login, "name", ask->name);
	host->events->emit(host, AULA_EVENT_PLUGIN, (aula_room){ 0 }, (aula_handle){ 0 },
		"people.erased", told);
	json_decref(told);
	ask_answer(ask, AULA_OK, json_pack("{s:s, s:s}", "login", ask->login, "renamed", ask->name),
		NULL);
}

/* "name, note" into "name = '', note = ''". */
static void
append_emptied(char *sql, size_t room, const char *columns)
{
	while (*columns != '\0') {
		size_t length = strcspn(columns, ","), used = strlen(sql);
		snprintf(sql + used, room - used, ", %.*s = ''", (int)length, columns);
		columns += length;
		columns += strspn(columns, ", ");
	}
}

/* False: the table stays as it is. */
static bool
make_erasure(const aula_personal *table, char *sql, size_t room)
{
	if (table->kept)
		return false;
	if (table->emptied == NULL) {
		snprintf(sql, room, "DELETE FROM %s WHERE %s = $1", table->table, table->person);
		return true;
	}
	snprintf(sql, room, "UPDATE %s SET %s = $2", table->table, table->person);
	append_emptied(sql, room, table->emptied);
	snprintf(sql + strlen(sql), room - strlen(sql), " WHERE %s = $1", table->person);
	return true;
}

/* All tables in one transaction, the account last: what refers to it goes before. */
static void
erase_all(struct ask *ask)
{
	static const char account[] = "people_users";
	char(*sql)[SQL_BYTES] = calloc(TABLES_MOST + 1, sizeof *sql);
	aula_statement *erase = calloc(TABLES_MOST + 1, sizeof *erase);
	const aula_sql_value values[] = { aula_sql_text(ask->login), aula_sql_text(ask->name) };
	const char *module;
	aula_personal table;
	size_t count = 0;

	if (sql == NULL || erase == NULL) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		goto done;
	}
	for (size_t i = 0; table_at(ask->people, i, &module, &table); i++) {
		if (strcmp(table.table, account) == 0 ||
			!make_erasure(&table, sql[count], sizeof *sql))
			continue;
		erase[count] = (aula_statement){ .text = sql[count],
			.values = values,
			.value_count = table.emptied != NULL ? 2 : 1 };
		count++;
	}
	erase[count++] = (aula_statement){ .text = "DELETE FROM people_users WHERE login = $1",
		.values = values,
		.value_count = 1,
		.least = 1 };
	ask->run = on_erased;
	ask_write(ask, erase, count);
done:
	free(sql);
	free(erase);
}

static void
on_person_to_erase(struct ask *ask, const aula_store_result *result)
{
	char random[SECRET_BYTES + 1];

	if (!person_take(ask, result))
		return;
	if (!secret_make(random) || asprintf(&ask->name, "erased-%.12s", random) < 0) {
		ask->name = NULL;
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		return;
	}
	erase_all(ask);
}

aula_code
run_erase(void *self, aula_call *call, const void *args)
{
	const struct erase_args *erase = args;
	aula_code code;

	if (strcmp(erase->login, erase->confirm) != 0) {
		call->field = "confirm";
		call->error = "To erase somebody, say their login twice: it cannot be undone.";
		return AULA_INVALID;
	}
	struct ask *ask = ask_begin(self, call, args, sizeof *erase, ACCOUNT, &code);
	if (ask == NULL)
		return code;
	if (strcmp(erase->login, ask->who.login) == 0)
		ask_answer(ask, AULA_WRONG_STATE, NULL,
			"Nobody erases themselves: somebody else who may does it.");
	else
		person_find(ask, erase->login, on_person_to_erase);
	return AULA_OK;
}
