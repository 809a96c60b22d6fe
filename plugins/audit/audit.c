/* SPDX-License-Identifier: Apache-2.0 */
/* Lets those who may search the audit log, which the core keeps. */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "aula/module.h"

enum { TEXT_BYTES_MOST = 128, PAGE_MOST = 500, NUMBER_UNAVAILABLE = 426, NUMBER_OTHER = 499 };

/* Bit i of a mask is row i. */
static const aula_capability capabilities[] = {
	{ "audit.read", "Search the log of who did what." },
};
enum { MAY_READ = 1u << 0 };

struct search_args {
	const char *act, *actor, *room, *target;
	int64_t since_us, until_us, limit;
};

struct asked {
	LIST_ENTRY(asked) others;
	struct audit *audit;
	aula_ticket ticket;
	int64_t limit;
};

struct audit {
	const aula_host *host;
	LIST_HEAD(, asked) asked;
};

static void
asked_free(struct asked *asked)
{
	LIST_REMOVE(asked, others);
	free(asked);
}

static json_t *
line_of(const aula_store_result *result, size_t row)
{
	static const char *const names[] = { "act", "actor", "name", "role", "address", "room",
		"target", "detail", "chain", "hash" };
	json_t *line = json_pack("{s:I, s:I}", "at_us", (json_int_t)aula_result_int(result, row, 0),
		"number", (json_int_t)aula_result_int(result, row, 1));

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		json_object_set_new(
			line, names[i], json_string(aula_result_text(result, row, i + 2)));
	return line;
}

static void
on_found(void *data, const aula_store_result *result)
{
	struct asked *asked = data;
	const aula_host *host = asked->audit->host;
	json_t *lines = json_array();
	size_t most = (size_t)asked->limit;

	for (size_t i = 0; i < result->row_count && i < most; i++)
		json_array_append_new(lines, line_of(result, i));
	json_t *reply = json_pack("{s:s, s:o, s:b}", "audit", "found", "lines", lines, "more",
		result->row_count > most);
	host->handles->answer(host, asked->ticket,
		&(aula_late_answer){ .size = sizeof(aula_late_answer),
			.code = result->code,
			.reply = reply,
			.error_number = result->code == AULA_UNAVAILABLE ? NUMBER_UNAVAILABLE
									 : NUMBER_OTHER });
	json_decref(reply);
	asked_free(asked);
}

static aula_code
run_search(void *self, aula_call *call, const void *args)
{
	struct audit *audit = self;
	const aula_host *host = audit->host;
	const struct search_args *search = args;
	aula_statement find = AULA_SQL("SELECT at_us, number, act, actor, name, role, address, "
				       "room, target, detail, chain, hash"
				       " FROM aula_audit WHERE at_us >= $1 AND at_us < $2"
				       " AND (CAST($3 AS TEXT) IS NULL OR act = $3) AND (CAST($4 "
				       "AS TEXT) IS NULL OR actor = $4)"
				       " AND (CAST($5 AS TEXT) IS NULL OR room = $5) AND (CAST($6 "
				       "AS TEXT) IS NULL OR target = $6)"
				       " ORDER BY at_us DESC, number DESC LIMIT $7",
		aula_sql_int(search->since_us),
		aula_sql_int(search->until_us > 0 ? search->until_us : INT64_MAX),
		aula_sql_text(search->act), aula_sql_text(search->actor),
		aula_sql_text(search->room), aula_sql_text(search->target),
		aula_sql_int(search->limit + 1));
	struct asked *asked = calloc(1, sizeof *asked);

	if (asked == NULL)
		return AULA_INTERNAL;
	aula_code code = host->handles->later(host, call, &asked->ticket);
	if (code != AULA_OK) {
		free(asked);
		return code;
	}
	asked->audit = audit;
	asked->limit = search->limit;
	LIST_INSERT_HEAD(&audit->asked, asked, others);
	code = host->store->read(host, &find, on_found, asked);
	/* Not OK: the core answers with that, and the ticket is void. */
	if (code != AULA_OK)
		asked_free(asked);
	return code;
}

// clang-format off
static const aula_field search_fields[] = {
	AULA_TEXT(struct search_args, act, "act", TEXT_BYTES_MOST,
		.summary = "Only this act; \"room.destroy\" is one."),
	AULA_TEXT(struct search_args, actor, "actor", TEXT_BYTES_MOST,
		.summary = "Only what this person did, by the subject of their token."),
	AULA_TEXT(struct search_args, room, "in_room", TEXT_BYTES_MOST,
		.summary = "Only what was done in the room of this name."),
	AULA_TEXT(struct search_args, target, "target", TEXT_BYTES_MOST,
		.summary = "Only what was done to this."),
	AULA_INT(struct search_args, since_us, "since_us", 0, INT64_MAX,
		.summary = "Not before this time, in microseconds since 1970."),
	AULA_INT(struct search_args, until_us, "until_us", 0, INT64_MAX,
		.summary = "Before this time: `at_us` of the last line of a page leads to the next; 0: until now."),
	AULA_INT(struct search_args, limit, "limit", 1, PAGE_MOST, .fallback = 100,
		.summary = "How many lines at most, the latest first."),
};

static const aula_request requests[] = {
	{ "search", MAY_READ, AULA_HTTP, AULA_TABLE(search_fields), sizeof(struct search_args), run_search,
		"Lines of the audit log, the latest first." },
};
// clang-format on

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct audit *audit = calloc(1, sizeof *audit);
	(void)config;

	if (audit == NULL)
		return AULA_INTERNAL;
	audit->host = host;
	LIST_INIT(&audit->asked);
	if (!AULA_HAS(host, store) || !AULA_HAS(host->handles, later)) {
		host->log(host, AULA_LOG_ERROR, "needs a core with a store");
		free(audit);
		return AULA_UNSUPPORTED;
	}
	*ret_self = audit;
	return AULA_OK;
}

static void
stop(void *self)
{
	struct audit *audit = self;

	for (struct asked *one; (one = LIST_FIRST(&audit->asked)) != NULL;)
		asked_free(one);
	free(audit);
}

static const char *const packages[] = { "aula.plugin.audit", NULL };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "audit",
	.error_fallback = NUMBER_OTHER,
};

// clang-format off
AULA_MODULE(
	.name = "audit",
	.summary = "Lets those who may search the log of who did what to whom.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.capabilities = capabilities,
	.capability_count = sizeof capabilities / sizeof *capabilities,
	.requests = requests,
	.request_count = sizeof requests / sizeof *requests,
	.start = start,
	.stop = stop,
	.plugin = &plugin);
// clang-format on
