/* SPDX-License-Identifier: Apache-2.0 */
/* Who may see it asks; first the store is told all, then it adds up. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keep.h"

struct asked {
	LIST_ENTRY(asked) others;
	struct attendance *attendance;
	aula_ticket ticket;
	char *room;
	char *person; /* who must have been in the room; NULL: nobody */
	int64_t from_us, to_us, offset, limit;
	bool all; /* page after page */
	json_t *reply, *people;
	GString *csv; /* NULL: JSON */
};

enum {
	PERSON,
	DISPLAY,
	ROLE,
	JOINED,
	LEFT,
	THERE,
	STAYS,
	PRESENT,
	SPOKE,
	IDLE,
	HANDS,
	ANSWERS,
	MESSAGES,
};

/* Guests have no name in common, so each stay of one is somebody. A stay that a server did not end
 * has ended when that was seen last. Who is there twice at a time is counted once. */
static const char add_up[] =
	"SELECT person, MAX(display), MAX(role), MIN(joined_us), MAX(end_us), MAX(there),"
	" CAST(COUNT(*) AS BIGINT),"
	" CASE WHEN CAST(SUM(end_us - joined_us) AS BIGINT) < MAX(end_us) - MIN(joined_us) THEN"
	" CAST(SUM(end_us - joined_us) AS BIGINT) ELSE MAX(end_us) - MIN(joined_us) END,"
	" CAST(SUM(spoke_us) AS BIGINT), CAST(SUM(idle_us + CASE WHEN end_us - active_us > $5"
	" THEN end_us - active_us - $5 ELSE 0 END) AS BIGINT), CAST(SUM(hands) AS BIGINT),"
	" CAST(SUM(answers) AS BIGINT), CAST(SUM(messages) AS BIGINT) FROM (SELECT person, display,"
	" role, joined_us, active_us, idle_us, spoke_us, hands, answers, messages,"
	" CASE WHEN left_us > 0 THEN left_us ELSE seen_us END AS end_us,"
	" CAST(CASE WHEN left_us = 0 AND seen_us > $4 THEN 1 ELSE 0 END AS BIGINT) AS there,"
	" CAST(CASE WHEN person = '' THEN life ELSE 0 END AS BIGINT) AS one_life,"
	" CAST(CASE WHEN person = '' THEN id ELSE 0 END AS BIGINT) AS one_id FROM attendance_stays"
	" WHERE room = $1 AND joined_us >= $2 AND joined_us < $3) AS stays"
	" GROUP BY person, one_life, one_id ORDER BY MIN(joined_us), person, one_life, one_id"
	" LIMIT $6 OFFSET $7";

static void
asked_free(struct asked *asked)
{
	LIST_REMOVE(asked, others);
	asked->attendance->asked_count--;
	g_free(asked->room);
	g_free(asked->person);
	json_decref(asked->reply);
	json_decref(asked->people);
	if (asked->csv != NULL)
		g_string_free(asked->csv, TRUE);
	g_free(asked);
}

void
report_stop(struct attendance *attendance)
{
	for (struct asked *one; (one = LIST_FIRST(&attendance->asked)) != NULL;)
		asked_free(one);
}

static void
answer(struct asked *asked, aula_code code, const char *sentence)
{
	const aula_host *host = asked->attendance->host;

	if (code == AULA_UNAVAILABLE && sentence == NULL)
		sentence = "The database is away at present.";
	host->handles->answer(host, asked->ticket,
		&(aula_late_answer){ .size = sizeof(aula_late_answer),
			.code = code,
			.reply = asked->reply,
			.error = sentence });
	asked_free(asked);
}

/* -- one person -- */

static json_t *
row_json(const aula_store_result *result, size_t row)
{
#define INT(column) (json_int_t) aula_result_int(result, row, column)
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"person", aula_result_text(result, row, PERSON), "display",
		aula_result_text(result, row, DISPLAY), "role", aula_result_text(result, row, ROLE),
		"joined_us", INT(JOINED), "left_us", INT(LEFT), "there", (int)INT(THERE), "stays",
		INT(STAYS), "present_s", INT(PRESENT) / 1000000, "spoke_s", INT(SPOKE) / 1000000,
		"idle_s", INT(IDLE) / 1000000, "hands", INT(HANDS), "answers", INT(ANSWERS),
		"messages", INT(MESSAGES));
#undef INT
}

/* RFC 4180. What a spreadsheet would take for a formula is told by a leading apostrophe. */
static void
add_cell(GString *csv, const char *text)
{
	g_string_append_c(csv, '"');
	if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL)
		g_string_append_c(csv, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			g_string_append_c(csv, '"');
		g_string_append_c(csv, *text);
	}
	g_string_append(csv, "\",");
}

static void
add_time(GString *csv, int64_t at_us)
{
	time_t at = (time_t)(at_us / 1000000);
	struct tm parts;
	char text[32];

	gmtime_r(&at, &parts);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	g_string_append_printf(csv, "%s,", text);
}

static void
add_row_csv(GString *csv, const aula_store_result *result, size_t row)
{
#define INT(column) (long long)aula_result_int(result, row, column)
	add_cell(csv, aula_result_text(result, row, PERSON));
	add_cell(csv, aula_result_text(result, row, DISPLAY));
	add_cell(csv, aula_result_text(result, row, ROLE));
	add_time(csv, aula_result_int(result, row, JOINED));
	add_time(csv, aula_result_int(result, row, LEFT));
	g_string_append_printf(csv, "%s,%lld,%lld,%lld,%lld,%lld,%lld,%lld\r\n",
		INT(THERE) != 0 ? "yes" : "no", INT(STAYS), INT(PRESENT) / 1000000,
		INT(SPOKE) / 1000000, INT(IDLE) / 1000000, INT(HANDS), INT(ANSWERS), INT(MESSAGES));
#undef INT
}

/* -- page by page -- */

static void read_page(struct asked *asked);

static void
finish(struct asked *asked, bool more)
{
	json_object_set_new(asked->reply, "more", json_boolean(more));
	if (asked->csv != NULL)
		json_object_set_new(asked->reply, "csv", json_string(asked->csv->str));
	else
		json_object_set(asked->reply, "people", asked->people);
	answer(asked, AULA_OK, NULL);
}

static void
on_page(void *data, const aula_store_result *result)
{
	struct asked *asked = data;
	size_t most = (size_t)asked->limit;

	if (result->code != AULA_OK) {
		answer(asked, result->code, NULL);
		return;
	}
	for (size_t i = 0; i < result->row_count && i < most; i++) {
		if (asked->csv != NULL)
			add_row_csv(asked->csv, result, i);
		else
			json_array_append_new(asked->people, row_json(result, i));
	}
	asked->offset += asked->limit;
	bool more = result->row_count > most;
	if (more && asked->all && asked->offset < EXPORT_MOST)
		read_page(asked);
	else
		finish(asked, more);
}

static void
read_page(struct asked *asked)
{
	const struct attendance *attendance = asked->attendance;
	const aula_host *host = attendance->host;
	aula_statement page = AULA_SQL(add_up, aula_sql_text(asked->room),
		aula_sql_int(asked->from_us), aula_sql_int(asked->to_us),
		aula_sql_int(wall_us() - (int64_t)LOST_MS * 1000),
		aula_sql_int(attendance->config->idle_after_s * 1000000),
		aula_sql_int(asked->limit + 1), aula_sql_int(asked->offset));

	aula_code code = host->store->read(host, &page, on_page, asked);
	if (code != AULA_OK)
		answer(asked, code, NULL);
}

static void
on_access(void *data, const aula_store_result *result)
{
	struct asked *asked = data;

	if (result->code != AULA_OK)
		answer(asked, result->code, NULL);
	else if (result->row_count == 0)
		answer(asked, AULA_FORBIDDEN,
			"Only those who have been in this room see who else was.");
	else
		read_page(asked);
}

static void
on_up_to_date(void *data, const aula_store_result *result)
{
	struct asked *asked = data;
	const aula_host *host = asked->attendance->host;

	if (result->code != AULA_OK || asked->person == NULL) {
		if (result->code != AULA_OK)
			answer(asked, result->code, NULL);
		else
			read_page(asked);
		return;
	}
	aula_statement find =
		AULA_SQL("SELECT id FROM attendance_stays WHERE person = $1 AND room = $2 LIMIT 1",
			aula_sql_text(asked->person), aula_sql_text(asked->room));
	aula_code code = host->store->read(host, &find, on_access, asked);
	if (code != AULA_OK)
		answer(asked, code, NULL);
}

/* -- requests -- */

/* Who asks, and whether for some rooms only. */
static aula_code
check_who(const struct attendance *attendance, aula_call *call, char **ret_person)
{
	const aula_host *host = attendance->host;
	aula_identity who = { .size = sizeof who };

	if ((call->holds & (MAY_READ | MAY_READ_ALL)) == 0)
		return AULA_FORBIDDEN;
	if (host->handles->identity(host, call->from, &who, sizeof who) != AULA_OK)
		return AULA_GONE;
	*ret_person = NULL;
	if ((call->holds & MAY_READ_ALL) != 0)
		return AULA_OK;
	if (*who.subject == '\0') {
		call->error = "A guest sees nobody's attendance: come with a token that names you.";
		return AULA_FORBIDDEN;
	}
	*ret_person = g_strdup(who.subject);
	return AULA_OK;
}

static aula_code
ask(struct attendance *attendance, aula_call *call, const aula_key *room, struct asked **ret_asked)
{
	const aula_host *host = attendance->host;
	char *person;

	aula_code code = check_who(attendance, call, &person);
	if (code != AULA_OK)
		return code;
	if (attendance->asked_count >= IN_FLIGHT_MOST) {
		g_free(person);
		return AULA_FULL;
	}
	struct asked *asked = g_new0(struct asked, 1);
	asked->attendance = attendance;
	asked->person = person;
	asked->room = room->text != NULL ? g_strdup(room->text)
					 : g_strdup_printf("%lld", (long long)room->number);
	asked->people = json_array();
	asked->reply = json_pack("{s:s, s:s}", "attendance", call->name, "room", asked->room);
	LIST_INSERT_HEAD(&attendance->asked, asked, others);
	attendance->asked_count++;
	code = host->handles->later(host, call, &asked->ticket);
	if (code != AULA_OK)
		asked_free(asked);
	*ret_asked = asked;
	return code;
}

static aula_code
begin(struct asked *asked, int64_t from_us, int64_t to_us)
{
	asked->from_us = from_us;
	asked->to_us = to_us > 0 ? to_us : INT64_MAX;
	aula_code code = keep_up_to_date(asked->attendance, on_up_to_date, asked);
	if (code != AULA_OK)
		answer(asked, code, NULL);
	return AULA_OK;
}

aula_code
run_list(void *self, aula_call *call, const void *args)
{
	const struct list_args *list = args;
	struct asked *asked;

	aula_code code = ask(self, call, &list->room, &asked);
	if (code != AULA_OK)
		return code;
	asked->offset = list->offset;
	asked->limit = list->limit;
	return begin(asked, list->from_us, list->to_us);
}

aula_code
run_export(void *self, aula_call *call, const void *args)
{
	const struct export_args *export = args;
	struct asked *asked;

	aula_code code = ask(self, call, &export->room, &asked);
	if (code != AULA_OK)
		return code;
	asked->limit = PAGE_MOST - 1;
	asked->all = true;
	if (strcmp(export->format, "csv") == 0)
		asked->csv =
			g_string_new("person,name,role,joined,left,there,stays,present_seconds,"
				     "spoke_seconds,idle_seconds,hands,answers,messages\r\n");
	return begin(asked, export->from_us, export->to_us);
}
