/* SPDX-License-Identifier: Apache-2.0 */
#include "first.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "secret.h"

enum { AGAIN_MS = 100 };

struct first {
	struct people *people;
	char text[SECRET_BYTES + 1];
};

static bool
write_link(const char *path, const char *url)
{
	unlink(path);
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = file >= 0 && dprintf(file, "%s\n", url) == (int)strlen(url) + 1;

	if (file >= 0)
		close(file);
	return good;
}

/* To who started the server by hand; what a log keeps is read by too many. */
static void
tell(const aula_host *host, const char *url, const char *path)
{
	if (!write_link(path, url))
		host->log(host, AULA_LOG_ERROR,
			"the link for the first account cannot be written file=\"%s\" said=\"%s\"",
			path, strerror(errno));
	else
		host->log(host, AULA_LOG_INFO,
			"nobody has a password yet: the link in this file sets that of \"admin\" "
			"file=\"%s\"",
			path);
	if (isatty(STDOUT_FILENO)) {
		printf("Nobody has a password yet. Set that of the first account, \"admin\":\n"
		       "  %s\n",
			url);
		fflush(stdout);
	}
}

/* The listener may not be up yet. */
static void
try_to_tell(void *data)
{
	struct first *first = data;
	const aula_host *host = first->people->host;
	char *url = link_url(host, first->text);

	if (url != NULL)
		tell(host, url, first->people->config->first_link_file);
	else
		host->timers->start(host, AGAIN_MS, 0, try_to_tell, first);
	free(url);
}

static void
on_made(void *data, const aula_store_result *result)
{
	struct first *first = data;
	const aula_host *host = first->people->host;

	if (result->code == AULA_OK)
		try_to_tell(first);
	else
		host->log(host, AULA_LOG_ERROR, "the first account could not be made said=\"%s\"",
			result->problem != NULL ? result->problem : "");
}

static void
on_counted(void *data, const aula_store_result *result)
{
	struct first *first = data;
	const aula_host *host = first->people->host;
	int64_t now_us = wall_us();
	char id[SECRET_BYTES + 1];

	if (result->code != AULA_OK || result->row_count > 0 || !secret_make(first->text) ||
		!secret_hash(first->text, id))
		return;
	aula_statement make[] = {
		AULA_SQL("INSERT INTO people_users (login, name, role, department, active, "
			 "created_us)"
			 " VALUES ('admin', 'Admin', 'admin', '', $1, $2)"
			 " ON CONFLICT (login) DO NOTHING",
			aula_sql_bool(true), aula_sql_int(now_us)),
		{ .text = "DELETE FROM people_links WHERE login = 'admin'" },
		AULA_SQL(
			"INSERT INTO people_links (id, login, expires_us) VALUES ($1, 'admin', $2)",
			aula_sql_text(id),
			aula_sql_int(now_us + first->people->config->link_hours * 3600 * 1000000)),
	};
	host->store->write(host, 0, make, sizeof make / sizeof *make, on_made, first);
}

struct first *
first_new(struct people *people)
{
	const aula_host *host = people->host;
	struct first *first = calloc(1, sizeof *first);
	aula_statement find = {
		.text = "SELECT 1 FROM people_users WHERE hash IS NOT NULL LIMIT 1"
	};

	if (first == NULL)
		return NULL;
	first->people = people;
	host->store->read(host, &find, on_counted, first);
	return first;
}

void
first_free(struct first *first)
{
	if (first != NULL)
		explicit_bzero(first->text, sizeof first->text);
	free(first);
}
