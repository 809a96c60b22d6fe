/* SPDX-License-Identifier: Apache-2.0 */
/** Writes events to PostgreSQL: table `aula_events`, a partition a day, and views on it. A batch is
 * one transaction: COPY into a staging table, from there what is not there yet by (epoch, seq). So
 * what comes twice is there once. While the database is away the core keeps events on disk. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aula/event.h"
#include "aula/module.h"
#include "link.h"
#include "rows.h"
#include "schema.h"

enum { URL_MOST = 2000, PATH_MOST = 4000, PASSWORD_MOST = 1000, PROBLEM_BYTES = 300 };

struct config {
	const char *url, *password_file;
	int64_t connect_ms, statement_ms, keep_days;
	aula_list types; /* of const char * */
};

static const char *const type_words[] = { AULA_EVENT_WORDS, NULL };

// clang-format off
static const aula_field config_fields[] = {
	AULA_TEXT(struct config, url, "url", URL_MOST, .min = 1,
		.summary = "Where the database is; absent: nowhere, and no events are kept for it. postgresql://USER@HOST:PORT/DATABASE?sslmode=verify-full, or any other form that libpq takes. "
			"No password belongs here."),
	AULA_TEXT(struct config, password_file, "password_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File whose first line is the password."),
	AULA_INT(struct config, connect_ms, "connect_ms", 100, 60000, .fallback = 5000,
		.summary = "Milliseconds in which the database must answer a new connection."),
	AULA_INT(struct config, statement_ms, "statement_ms", 100, 600000, .fallback = 10000,
		.summary = "Milliseconds that one statement may take; after that the database counts as away."),
	AULA_INT(struct config, keep_days, "keep_days", 0, 36500,
		.summary = "Days after which events are deleted, whole days at once; 0: never."),
	AULA_TEXTS(struct config, types, "types", 16, .choices = type_words,
		.summary = "Types of events to write; none: all but jsep."),
};
// clang-format on

/* Made on [control]; after `start` only the thread of events touches what is below `config`. */
struct writer {
	const aula_host *host;
	const struct config *config;
	char *password; /* NULL: none */
	struct link *link;
	struct schema schema;
	char problem[PROBLEM_BYTES]; /* that was told; empty: it works */
};

/* -- the database -- */

static aula_code
fail(struct writer *writer, aula_code code, const char *problem)
{
	if (strcmp(problem, writer->problem) != 0)
		writer->host->log(writer->host, AULA_LOG_WARNING,
			"events cannot be written to the database: %s", problem);
	snprintf(writer->problem, sizeof writer->problem, "%s", problem);
	return code;
}

static aula_code
give_up(struct writer *writer, aula_code code)
{
	fail(writer, code, link_problem(writer->link));
	if (code == AULA_INVALID && link_run(writer->link, "ROLLBACK") == AULA_OK)
		return code;
	link_close(writer->link);
	writer->link = NULL;
	return code;
}

static aula_code
ready(struct writer *writer)
{
	char problem[PROBLEM_BYTES] = "there is no memory";

	if (writer->link != NULL)
		return AULA_OK;
	writer->link = link_open(writer->config->url, writer->password, writer->config->connect_ms,
		writer->config->statement_ms, problem, sizeof problem);
	if (writer->link == NULL)
		return fail(writer, AULA_UNAVAILABLE, problem);
	aula_code code = schema_prepare(&writer->schema, writer->link);
	return code == AULA_OK ? AULA_OK : give_up(writer, code);
}

/* Who was erased elsewhere is nobody here: rows have another name, and of what they say only what
 * the views count. */
#define ERASE \
	"UPDATE aula_events e SET user_id = g.now, event = CASE WHEN e.name LIKE 'poll.%' THEN" \
	" e.event ELSE coalesce((SELECT jsonb_object_agg(k, v) FROM jsonb_each(CASE" \
	" jsonb_typeof(e.event) WHEN 'object' THEN e.event ELSE '{}' END) AS kept (k, v) WHERE k" \
	" IN ('plugin', 'reason', 'mid', 'speaking', 'summary')), '{}') END" \
	" FROM (SELECT event->>'subject' AS was, event->>'name' AS now FROM aula_staging" \
	" WHERE type = 64 AND name = 'people.erased') g WHERE e.user_id = g.was;" \
	"UPDATE aula_events SET event = event - 'subject' WHERE type = 64 AND" \
	" name = 'people.erased' AND event ? 'subject';"

static aula_code
store(struct writer *writer, const char *rows, size_t length)
{
	aula_code code = link_run(writer->link, "BEGIN");
	bool erases = memmem(rows, length, "\tpeople.erased\t", 15) != NULL;

	if (erases && writer->schema.foreign) {
		writer->host->log(writer->host, AULA_LOG_ERROR,
			"somebody was erased; whoever owns aula_events has to do it there, as "
			"events/README.md says");
		erases = false;
	}
	if (code == AULA_OK)
		code = link_copy(writer->link, "COPY aula_staging FROM STDIN", rows, length);
	if (code == AULA_OK)
		code = link_run(writer->link, "INSERT INTO aula_events SELECT * FROM aula_staging "
					      "ON CONFLICT DO NOTHING");
	if (code == AULA_OK && erases)
		code = link_run(writer->link, ERASE);
	if (code == AULA_OK)
		code = link_run(writer->link, "COMMIT");
	return code == AULA_OK ? AULA_OK : give_up(writer, code);
}

static aula_code
write_rows(struct writer *writer, FILE *out, const aula_event_text *events, size_t count)
{
	int64_t day, last = -1;

	for (size_t i = 0; i < count; i++) {
		aula_code code = rows_write(out, &events[i], &day);
		if (code != AULA_OK)
			return code;
		if (day == last)
			continue;
		code = schema_day(&writer->schema, writer->link, day, writer->config->keep_days);
		if (code != AULA_OK)
			return give_up(writer, code);
		last = day;
	}
	return AULA_OK;
}

static aula_code
deliver(void *self, const aula_event_text *events, size_t count)
{
	struct writer *writer = self;
	char *rows = NULL;
	size_t length;
	aula_code code = ready(writer);

	if (code != AULA_OK)
		return code;
	FILE *out = open_memstream(&rows, &length);
	if (out == NULL)
		return AULA_UNAVAILABLE;
	code = write_rows(writer, out, events, count);
	if (fclose(out) != 0 && code == AULA_OK)
		code = AULA_UNAVAILABLE;
	if (code == AULA_OK)
		code = store(writer, rows, length);
	free(rows);
	if (code == AULA_OK)
		writer->problem[0] = '\0';
	return code;
}

static uint32_t
mask(void *self)
{
	const struct writer *writer = self;

	if (writer->config->url == NULL)
		return 0;
	return aula_event_mask(writer->config->types, ~(uint32_t)AULA_EVENT_JSEP);
}

/* -- life -- */

static bool
read_password(struct writer *writer)
{
	char line[PASSWORD_MOST + 2];

	if (writer->config->password_file == NULL)
		return true;
	FILE *file = fopen(writer->config->password_file, "re");
	if (file == NULL)
		return false;
	if (fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		writer->password = strdup(line);
	}
	explicit_bzero(line, sizeof line);
	fclose(file);
	return writer->password != NULL;
}

static void
stop(void *self)
{
	struct writer *writer = self;

	link_close(writer->link);
	if (writer->password != NULL)
		explicit_bzero(writer->password, strlen(writer->password));
	free(writer->password);
	free(writer);
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct writer *writer = calloc(1, sizeof *writer);

	if (writer == NULL)
		return AULA_INTERNAL;
	writer->host = host;
	writer->config = config;
	if (!read_password(writer)) {
		host->log(host, AULA_LOG_ERROR,
			"the password of the database cannot be read path=%s",
			writer->config->password_file);
		stop(writer);
		return AULA_UNAVAILABLE;
	}
	*ret_self = writer;
	return AULA_OK;
}

static const aula_event_ops events = {
	.size = sizeof events,
	.mask = mask,
	.deliver = deliver,
};

// clang-format off
AULA_MODULE(
	.name = "postgres",
	.summary = "Writes events to PostgreSQL, with views that say who was there, who talked, and how well it went.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.start = start,
	.stop = stop,
	.events = &events);
// clang-format on
