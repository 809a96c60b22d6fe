/* SPDX-License-Identifier: Apache-2.0 */
#include "store/audit-check.h"

#include <string.h>

#include "store/audit.h"

enum { PAGE = 1000, CHAIN_SHOWN = 8 };
enum { CHAIN, NUMBER, AT, ACT, ACTOR, NAME, ROLE, ADDRESS, ROOM, TARGET, DETAIL, PREVIOUS, HASH };

typedef struct {
	aula_database *database;
	GString *faults, *problem;
	char *chain, *hash; /* of the line before */
	int64_t number;
	size_t lines;
} walk;

static const aula_sql_value nothing = { .type = AULA_SQL_TEXT, .text = "" };

static const char *
text_of(const aula_sql_value *value)
{
	return value->type == AULA_SQL_TEXT ? value->text : "";
}

static void
blame(walk *on, const char *chain, int64_t number, const char *what)
{
	g_string_append_printf(on->faults, "line %" G_GINT64_FORMAT " of chain %.*s: %s\n", number,
		CHAIN_SHOWN, chain, what);
}

/* The first line of a chain follows the last of another, or none. */
static aula_code
check_first(walk *on, const char *chain, const char *previous)
{
	aula_statement find = AULA_SQL(
		"SELECT 1 FROM aula_audit WHERE hash = $1 LIMIT 1", aula_sql_text(previous));
	aula_rows rows = { 0 };

	if (strspn(previous, "0") == strlen(previous))
		return AULA_OK;
	aula_code code = aula_database_run(on->database, &find, 1, &rows, on->problem);
	if (code == AULA_OK && rows.row_count == 0)
		blame(on, chain, 1,
			"the line that it followed, of an older chain, is gone or was changed");
	aula_rows_clear(&rows);
	return code;
}

static aula_code
check_line(walk *on, const aula_sql_value *row)
{
	const char *chain = text_of(&row[CHAIN]), *previous = text_of(&row[PREVIOUS]);
	int64_t number = row[NUMBER].integer;
	aula_audit_line line = { .act = text_of(&row[ACT]),
		.actor = text_of(&row[ACTOR]),
		.name = text_of(&row[NAME]),
		.role = text_of(&row[ROLE]),
		.address = text_of(&row[ADDRESS]),
		.room = text_of(&row[ROOM]),
		.target = text_of(&row[TARGET]),
		.detail = text_of(&row[DETAIL]) };
	g_autofree char *hash = aula_audit_hash(previous, chain, number, row[AT].integer, &line);
	bool begins = g_strcmp0(chain, on->chain) != 0;
	int64_t expected = begins ? 1 : on->number + 1;
	aula_code code = AULA_OK;

	if (number != expected)
		blame(on, chain, expected, "is missing");
	else if (begins)
		code = check_first(on, chain, previous);
	else if (strcmp(previous, on->hash) != 0)
		blame(on, chain, number, "does not follow the line before it");
	if (strcmp(hash, text_of(&row[HASH])) != 0)
		blame(on, chain, number, "was changed");
	g_free(on->chain);
	g_free(on->hash);
	on->chain = g_strdup(chain);
	on->hash = g_strdup(text_of(&row[HASH]));
	on->number = number;
	on->lines++;
	return code;
}

static aula_code
check_page(walk *on, size_t *ret_count)
{
	aula_statement page = AULA_SQL(
		"SELECT chain, number, at_us, act, actor, name, role, address, room, target, "
		"detail, "
		"previous, hash FROM aula_audit WHERE chain > $1 OR (chain = $1 AND number > $2) "
		"ORDER BY chain, number LIMIT $3",
		on->chain != NULL ? aula_sql_text(on->chain) : nothing, aula_sql_int(on->number),
		aula_sql_int(PAGE));
	aula_rows rows = { 0 };
	aula_code code = aula_database_run(on->database, &page, PAGE, &rows, on->problem);

	*ret_count = rows.row_count;
	for (size_t i = 0; i < rows.row_count && code == AULA_OK; i++)
		code = check_line(
			on, &g_array_index(rows.values, aula_sql_value, i * rows.column_count));
	aula_rows_clear(&rows);
	return code;
}

bool
aula_audit_check(
	const aula_database_options *options, size_t *ret_lines, GString *faults, GError **error)
{
	g_autoptr(GString) problem = g_string_new(NULL);
	g_autoptr(aula_database) database = aula_database_new(options, error);
	walk on = { .database = database, .faults = faults, .problem = problem };
	size_t count = 1;

	if (database == NULL)
		return false;
	aula_code code = aula_database_open(database, problem);
	while (code == AULA_OK && count > 0)
		code = check_page(&on, &count);
	g_free(on.chain);
	g_free(on.hash);
	if (code != AULA_OK)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s",
			aula_database_name(database), problem->str);
	*ret_lines = on.lines;
	return code == AULA_OK;
}
