/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <errno.h>
#include <libpq-fe.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	GRACE_MS = 1000, /* the server gives up a statement before we give up the server */
	PIECE_BYTES = 1 << 20,
	PROBLEM_BYTES = 300,
};

struct link {
	PGconn *connection;
	int64_t statement_ms;
	char problem[PROBLEM_BYTES];
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* The first line of what libpq says. */
static void
tell(char *problem, size_t room, const char *message)
{
	snprintf(problem, room, "%s",
		message != NULL && *message != '\0' ? message : "it does not answer in time");
	problem[strcspn(problem, "\n")] = '\0';
}

static aula_code
fail(struct link *link, const PGresult *result)
{
	const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

	tell(link->problem, sizeof link->problem,
		result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(link->connection));
	return state != NULL && (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0)
		       ? AULA_INVALID
		       : AULA_UNAVAILABLE;
}

static int
await(PGconn *connection, short events, int64_t until_ms)
{
	struct pollfd one = { .fd = PQsocket(connection), .events = events };
	int64_t left_ms = until_ms - now_ms();

	if (one.fd < 0 || left_ms <= 0)
		return 0;
	int ready = poll(&one, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
	return ready > 0 || (ready < 0 && errno == EINTR);
}

static int
flush(struct link *link, int64_t until_ms)
{
	int left;

	while ((left = PQflush(link->connection)) > 0)
		if (!await(link->connection, POLLIN | POLLOUT, until_ms) ||
			!PQconsumeInput(link->connection))
			return 0;
	return left == 0;
}

/* The next result; false: it did not come. NULL in `*ret_result`: there is no further one. */
static int
receive(struct link *link, int64_t until_ms, PGresult **ret_result)
{
	if (!flush(link, until_ms))
		return 0;
	while (PQisBusy(link->connection))
		if (!await(link->connection, POLLIN, until_ms) || !PQconsumeInput(link->connection))
			return 0;
	*ret_result = PQgetResult(link->connection);
	return 1;
}

static int
is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_EMPTY_QUERY || status == PGRES_COPY_IN;
}

/* All results; the first that failed decides. Ends early where the server waits for a COPY. */
static aula_code
receive_all(struct link *link, int64_t until_ms, int *ret_rows)
{
	aula_code code = AULA_OK;
	PGresult *result;

	for (;;) {
		if (!receive(link, until_ms, &result))
			return fail(link, NULL);
		if (result == NULL)
			return code;
		if (code == AULA_OK && !is_good(result))
			code = fail(link, result);
		if (ret_rows != NULL)
			*ret_rows = PQntuples(result);
		int copies = PQresultStatus(result) == PGRES_COPY_IN;
		PQclear(result);
		if (copies)
			return code;
	}
}

static aula_code
ask(struct link *link, const char *sql, int *ret_rows, int64_t until_ms)
{
	if (!PQsendQuery(link->connection, sql))
		return fail(link, NULL);
	return receive_all(link, until_ms, ret_rows);
}

static int64_t
deadline_ms(const struct link *link)
{
	return now_ms() + link->statement_ms + GRACE_MS;
}

aula_code
link_run(struct link *link, const char *sql)
{
	return ask(link, sql, NULL, deadline_ms(link));
}

aula_code
link_ask(struct link *link, const char *sql, int *ret_found)
{
	return ask(link, sql, ret_found, deadline_ms(link));
}

static int
put(struct link *link, const char *bytes, size_t length, int64_t until_ms)
{
	int done;

	while ((done = PQputCopyData(link->connection, bytes, (int)length)) == 0)
		if (!await(link->connection, POLLOUT, until_ms))
			return 0;
	return done > 0;
}

aula_code
link_copy(struct link *link, const char *sql, const char *bytes, size_t length)
{
	int64_t until_ms = deadline_ms(link);
	aula_code code = ask(link, sql, NULL, until_ms);
	int ended;

	if (code != AULA_OK)
		return code;
	while (length > 0) {
		size_t piece = length < PIECE_BYTES ? length : PIECE_BYTES;
		if (!put(link, bytes, piece, until_ms) || !flush(link, until_ms))
			return fail(link, NULL);
		bytes += piece;
		length -= piece;
	}
	while ((ended = PQputCopyEnd(link->connection, NULL)) == 0)
		if (!await(link->connection, POLLOUT, until_ms))
			return fail(link, NULL);
	return ended < 0 ? fail(link, NULL) : receive_all(link, until_ms, NULL);
}

/* -- life -- */

static int
connect_until(PGconn *connection, int64_t until_ms)
{
	for (;;) {
		PostgresPollingStatusType status = PQconnectPoll(connection);
		if (status == PGRES_POLLING_OK)
			return 1;
		if (status == PGRES_POLLING_FAILED ||
			!await(connection, status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
				until_ms))
			return 0;
	}
}

struct link *
link_open(const char *url, const char *password, int64_t connect_ms, int64_t statement_ms,
	char *problem, size_t room)
{
	const char *keywords[] = { "dbname", "fallback_application_name", "client_encoding",
		password != NULL ? "password" : NULL, NULL };
	const char *values[] = { url, "aula-events", "UTF8", password, NULL };
	char wishes[200];
	struct link *link = calloc(1, sizeof *link);

	if (link == NULL)
		return NULL;
	link->statement_ms = statement_ms;
	link->connection = PQconnectStartParams(keywords, values, 1);
	if (link->connection == NULL || PQstatus(link->connection) == CONNECTION_BAD ||
		!connect_until(link->connection, now_ms() + connect_ms)) {
		tell(problem, room, PQerrorMessage(link->connection));
		link_close(link);
		return NULL;
	}
	PQsetnonblocking(link->connection, 1);
	snprintf(wishes, sizeof wishes,
		"SET statement_timeout = %lld; SET client_min_messages = warning;"
		"SET idle_in_transaction_session_timeout = 60000; SET TimeZone = 'UTC'",
		(long long)statement_ms);
	if (link_run(link, wishes) != AULA_OK) {
		tell(problem, room, link->problem);
		link_close(link);
		return NULL;
	}
	return link;
}

void
link_close(struct link *link)
{
	if (link == NULL)
		return;
	PQfinish(link->connection);
	free(link);
}

const char *
link_problem(const struct link *link)
{
	return link->problem;
}
