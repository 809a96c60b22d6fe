/* SPDX-License-Identifier: Apache-2.0 */
#include "calendar.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "class.h"
#include "code.h"
#include "ical.h"
#include "requests.h"

#define PATH "/calendar"
#define DAY_US (INT64_C(86400) * 1000000)

enum {
	CODES = 3, /* 150 random bits */
	SECRET_BYTES = CODES * CODE_BYTES,
	ADDRESSES_MOST = 10, /* of one person; the oldest serve no more */
	WAITING_MOST = 100,
	HOLD_MS = 30000,
	EVENTS_MOST = 1000,
	BEFORE_DAYS = 30,
	AHEAD_DAYS = 365,
};

static void
hash_of(const char *secret, char ret_hash[65])
{
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, secret, -1);

	memcpy(ret_hash, hash, 65);
}

/* -- the request: an address more -- */

static void
on_address(struct ask *ask, const aula_store_result *result)
{
	const aula_host *host = ask->courses->host;
	const char *base = host->http->url(host);

	if (result->code != AULA_OK) {
		ask_done(ask, result);
		return;
	}
	const char *secret = json_string_value(json_object_get(ask->reply, "secret"));
	g_autofree char *url =
		g_strdup_printf("%s" PATH "/%s.ics", base != NULL ? base : "", secret);
	ask_answer(ask, AULA_OK, json_pack("{s:s}", "url", url), NULL);
}

aula_code
run_calendar(void *self, aula_call *call, const void *args)
{
	char secret[SECRET_BYTES + 1] = "", code[CODE_BYTES + 1], hash[65];
	aula_code refused;
	struct ask *ask = ask_begin(self, call, NULL, 0, &refused);

	(void)args;
	if (ask == NULL)
		return refused;
	for (int i = 0; i < CODES; i++) {
		if (!code_make(code)) {
			ask_answer(ask, AULA_INTERNAL, NULL, NULL);
			return AULA_OK;
		}
		memcpy(secret + i * CODE_BYTES, code, sizeof code);
	}
	hash_of(secret, hash);
	aula_statement add[] = {
		AULA_SQL("DELETE FROM courses_calendars WHERE login = $1 AND id NOT IN (SELECT id "
			 "FROM"
			 " courses_calendars WHERE login = $1 ORDER BY made_us DESC LIMIT $2)",
			aula_sql_text(ask->who.login), aula_sql_int(ADDRESSES_MOST - 1)),
		AULA_SQL("INSERT INTO courses_calendars (id, login, made_us) VALUES ($1, $2, $3)",
			aula_sql_text(hash), aula_sql_text(ask->who.login),
			aula_sql_int(wall_us())),
	};
	ask->reply = json_pack("{s:s}", "secret", secret);
	ask->run = on_address;
	ask_write(ask, add, 2);
	return AULA_OK;
}

/* -- the file -- */

/* Who asks for one: the listener and we hold it. */
struct visit {
	LIST_ENTRY(visit) others; /* [control] */
	struct courses *courses;
	aula_exchange *exchange;
	char *method, *path, *address;
	atomic_int holders;
	bool listed;
};

static void
visit_unref(struct visit *visit)
{
	if (atomic_fetch_sub(&visit->holders, 1) != 1)
		return;
	free(visit->method);
	free(visit->path);
	free(visit->address);
	free(visit);
}

static void
visit_answer(struct visit *visit, int status, const char *type, const char *body)
{
	const aula_http *http = visit->courses->host->http;
	const aula_http_header headers[] = { { "Cache-Control", "private, no-store" } };

	if (visit->listed)
		LIST_REMOVE(visit, others);
	http->answer(visit->exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
					      .status = status,
					      .type = type,
					      .body = body,
					      .length = strlen(body),
					      .headers = headers,
					      .header_count = 1 });
	http->drop(visit->exchange);
	visit_unref(visit);
}

static void
visit_refuse(struct visit *visit, int status, const char *sentence)
{
	visit_answer(visit, status, "text/plain; charset=utf-8", sentence);
}

/* "https://aula.school.example:8443" into "aula.school.example". */
static char *
host_of(const char *url)
{
	const char *from = url != NULL ? strstr(url, "://") : NULL;

	return from != NULL ? g_strndup(from + 3, strcspn(from + 3, ":/")) : g_strdup("aula");
}

static void
on_timetable(void *data, const aula_store_result *result)
{
	enum { COURSE_TITLE = CLASS_COLUMN_COUNT, LESSON_TITLE, NAME };
	struct visit *visit = data;
	const aula_host *host = visit->courses->host;

	if (result->code != AULA_OK) {
		visit_refuse(visit, 503, "The timetable cannot be read now.\n");
		return;
	}
	/* One row at least is there for an address that serves: that of no class. */
	if (result->row_count == 0) {
		visit_refuse(visit, 404, "There is no such calendar, or no longer.\n");
		return;
	}
	const char *base = host->http->url(host);
	g_autofree char *name = host_of(base);
	GString *out = g_string_new(NULL);
	ical_begin(out, aula_result_text(result, 0, NAME));
	for (size_t i = 0; i < result->row_count; i++) {
		struct class class = class_read(result, i, 0);
		char title[CLASS_TITLE_BYTES];
		if (class.id == 0)
			continue;
		class_title(&class, aula_result_text(result, i, COURSE_TITLE),
			aula_result_text(result, i, LESSON_TITLE), title);
		g_autofree char *url =
			base != NULL ? g_strdup_printf("%s/course/#%" PRId64, base, class.course)
				     : NULL;
		ical_event(out,
			&(struct ical_event){ .id = class.id,
				.starts_us = class.starts_us,
				.ends_us = class.ends_us,
				.title = title,
				.url = url },
			name, wall_us());
	}
	ical_end(out);
	visit_answer(visit, 200, "text/calendar; charset=utf-8", out->str);
	g_string_free(out, TRUE);
}

/* "/k2….ics" */
static bool
read_secret(const char *path, char ret_secret[SECRET_BYTES + 1])
{
	if (strlen(path) != 1 + SECRET_BYTES + 4 || path[0] != '/' ||
		strcmp(path + 1 + SECRET_BYTES, ".ics") != 0)
		return false;
	memcpy(ret_secret, path + 1, SECRET_BYTES);
	ret_secret[SECRET_BYTES] = '\0';
	return true;
}

static void
serve(void *data)
{
	struct visit *visit = data;
	struct courses *courses = visit->courses;
	const aula_host *host = courses->host;
	char secret[SECRET_BYTES + 1], hash[65];
	int64_t now_us = wall_us();

	if (host->requests->admit(host, visit->address, NULL) != NULL) {
		visit_refuse(visit, 429, "Too many requests; try again later.\n");
		return;
	}
	if (strcmp(visit->method, "GET") != 0) {
		visit_refuse(visit, 405, "A calendar is asked for by GET.\n");
		return;
	}
	if (!read_secret(visit->path, secret)) {
		visit_refuse(visit, 404, "There is no such calendar, or no longer.\n");
		return;
	}
	hash_of(secret, hash);
	aula_statement find = AULA_SQL(
		"SELECT " CLASS_COLUMNS ", c.title, l.title, u.name FROM courses_calendars k"
		" JOIN people_users u ON u.login = k.login AND u.active"
		" LEFT JOIN courses_people p ON p.login = k.login"
		" LEFT JOIN courses_courses c ON c.id = p.course AND NOT c.archived"
		" LEFT JOIN courses_classes x ON x.course = c.id AND x.ends_us > $2 AND "
		"x.starts_us < $3"
		" LEFT JOIN courses_lessons l ON l.id = x.lesson"
		" WHERE k.id = $1 ORDER BY x.starts_us, x.id LIMIT $4",
		aula_sql_text(hash), aula_sql_int(now_us - BEFORE_DAYS * DAY_US),
		aula_sql_int(now_us + AHEAD_DAYS * DAY_US), aula_sql_int(EVENTS_MOST));
	LIST_INSERT_HEAD(&courses->visits, visit, others);
	visit->listed = true;
	aula_code code = host->store->read(host, &find, on_timetable, visit);
	if (code != AULA_OK)
		on_timetable(visit,
			&(aula_store_result){ .size = sizeof(aula_store_result), .code = code });
}

static bool
asked(void *self, aula_exchange *exchange, const aula_http_request *request, void **ret_data)
{
	struct courses *courses = self;
	struct visit *visit = calloc(1, sizeof *visit);

	if (visit == NULL)
		return false;
	*visit = (struct visit){ .courses = courses,
		.exchange = exchange,
		.method = strdup(request->method),
		.path = strdup(request->path),
		.address = strdup(request->address) };
	atomic_init(&visit->holders, 2);
	if (visit->method == NULL || visit->path == NULL || visit->address == NULL) {
		atomic_store(&visit->holders, 1);
		visit_unref(visit);
		return false;
	}
	*ret_data = visit;
	courses->host->timers->post(courses->host, serve, visit);
	return true;
}

static void
closed(void *self, aula_exchange *exchange, void *data)
{
	(void)self, (void)exchange;
	visit_unref(data);
}

static const aula_exchange_ops exchange_ops = {
	.size = sizeof exchange_ops,
	.asked = asked,
	.closed = closed,
};

aula_code
calendar_start(struct courses *courses)
{
	const aula_host *host = courses->host;
	const aula_route_limits limits = { .size = sizeof limits,
		.max_body_bytes = 1024,
		.max_waiting = WAITING_MOST,
		.max_hold_ms = HOLD_MS };
	aula_code code = host->http->route(host, PATH, &exchange_ops, courses, &limits);

	if (code != AULA_OK)
		host->log(host, AULA_LOG_ERROR, "the listener does not take path=" PATH);
	return code;
}

void
calendar_stop(struct courses *courses)
{
	for (struct visit *visit; (visit = LIST_FIRST(&courses->visits)) != NULL;)
		visit_refuse(visit, 503, "The server stops.\n");
}
