/* SPDX-License-Identifier: Apache-2.0 */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/backlog.h"
#include "store/lock.h"

enum { PAGES_AT_ONCE = 1024, BUSY_MS = 10000 };

static const char sqlite_scheme[] = "sqlite:";

static bool
fail(GError **error, const char *file, const char *what)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", file, what);
	return false;
}

static bool
fail_errno(GError **error, const char *file)
{
	return fail(error, file, g_strerror(errno));
}

/* -- SQLite -- */

static bool
copy_pages(sqlite3 *from, sqlite3 *to, const char *file, GError **error)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int step;

	if (backup == NULL)
		return fail(error, file, sqlite3_errmsg(to));
	do {
		step = sqlite3_backup_step(backup, PAGES_AT_ONCE);
		if (step == SQLITE_BUSY || step == SQLITE_LOCKED)
			sqlite3_sleep(20);
	} while (step == SQLITE_OK || step == SQLITE_BUSY || step == SQLITE_LOCKED);
	sqlite3_backup_finish(backup);
	return step == SQLITE_DONE ? true : fail(error, file, sqlite3_errmsg(to));
}

/* A file that somebody hands us may be anything. */
static bool
is_ours(sqlite3 *handle, const char *file, GError **error)
{
	sqlite3_stmt *check = NULL;
	bool whole = false, ours = false;

	if (sqlite3_prepare_v2(handle, "PRAGMA quick_check", -1, &check, NULL) == SQLITE_OK &&
		sqlite3_step(check) == SQLITE_ROW)
		whole = strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
	sqlite3_finalize(check);
	ours = whole &&
	       sqlite3_exec(handle, "SELECT 1 FROM aula_migrations", NULL, NULL, NULL) == SQLITE_OK;
	return ours    ? true
	       : whole ? fail(error, file, "this is no database of ours")
		       : fail(error, file, "this is no whole SQLite database");
}

/* Copies the database in `from` to a new file that then takes the place of `to`. */
static bool
copy_file(const char *from, const char *to, GError **error)
{
	g_autofree char *draft = g_strconcat(to, ".new", NULL);
	sqlite3 *source = NULL, *target = NULL;
	bool good = false;

	unlink(draft);
	if (sqlite3_open_v2(from, &source, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK &&
		sqlite3_open_v2(from, &source, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		fail(error, from, sqlite3_errmsg(source));
	} else if (sqlite3_open_v2(draft, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			   NULL) != SQLITE_OK) {
		fail(error, draft, sqlite3_errmsg(target));
	} else {
		sqlite3_busy_timeout(source, BUSY_MS);
		good = is_ours(source, from, error) && copy_pages(source, target, draft, error);
	}
	sqlite3_close(source);
	sqlite3_close(target);
	int fd = good ? open(draft, O_RDWR | O_CLOEXEC) : -1;
	if (good && (fd < 0 || fsync(fd) != 0 || rename(draft, to) != 0))
		good = fail_errno(error, to);
	if (fd >= 0)
		close(fd);
	if (!good)
		unlink(draft);
	return good;
}

static bool
restore_sqlite(const char *path, const char *file, GError **error)
{
	g_autofree char *log = g_strconcat(path, "-wal", NULL);
	g_autofree char *shared = g_strconcat(path, "-shm", NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_mkdir_with_parents(folder, 0700);
	/* The log of what is replaced must never be read into what replaces it; before that it may
	 * be needed. So what is there is closed first, by opening it. */
	sqlite3 *before = NULL;
	if (access(path, F_OK) == 0 &&
		sqlite3_open_v2(path, &before, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		sqlite3_exec(before, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	sqlite3_close(before);
	if (!copy_file(file, path, error))
		return false;
	unlink(log);
	unlink(shared);
	return true;
}

/* -- PostgreSQL, by its own programs -- */

/* The URI without the password, which goes by the environment: arguments are for all to read. */
static char *
conninfo(const char *uri, char **ret_password)
{
	PQconninfoOption *options = PQconninfoParse(uri, NULL);
	GString *text = g_string_new(NULL);

	for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL;
		option++) {
		if (option->val == NULL)
			continue;
		if (strcmp(option->keyword, "password") == 0) {
			g_free(*ret_password);
			*ret_password = g_strdup(option->val);
			continue;
		}
		g_string_append_printf(text, "%s='", option->keyword);
		for (const char *c = option->val; *c != '\0'; c++) {
			if (*c == '\'' || *c == '\\')
				g_string_append_c(text, '\\');
			g_string_append_c(text, *c);
		}
		g_string_append(text, "' ");
	}
	PQconninfoFree(options);
	return g_string_free(text, FALSE);
}

static bool
run_program(const char **arguments, char *password, GError **error)
{
	g_auto(GStrv) environment = g_get_environ();
	g_autofree char *said = NULL;
	int status = 0;

	if (password != NULL)
		environment = g_environ_setenv(environment, "PGPASSWORD", password, TRUE);
	if (!g_spawn_sync(NULL, (char **)arguments, environment, G_SPAWN_SEARCH_PATH, NULL, NULL,
		    NULL, &said, &status, error)) {
		g_prefix_error(error, "%s (package postgresql-client): ", arguments[0]);
		return false;
	}
	if (g_spawn_check_wait_status(status, NULL))
		return true;
	g_strchomp(said);
	return fail(error, arguments[0], said);
}

static bool
run_postgres(const aula_database_options *options, const char **arguments, GError **error)
{
	g_autofree char *password = g_strdup(options->password);
	g_autofree char *target = conninfo(options->url, &password);

	for (const char **argument = arguments; *argument != NULL; argument++)
		if (**argument == '\0')
			*argument = target;
	return run_program(arguments, password, error);
}

static bool
dump_postgres(const aula_database_options *options, const char *file, GError **error)
{
	g_autofree char *draft = g_strconcat(file, ".new", NULL);
	const char *arguments[] = { "pg_dump", "--format=custom", "--no-owner", "--no-privileges",
		"--file", draft, "--dbname", "", NULL };

	if (!run_postgres(options, arguments, error)) {
		unlink(draft);
		return false;
	}
	return rename(draft, file) == 0 || fail_errno(error, file);
}

static bool
restore_postgres(const aula_database_options *options, const char *file, GError **error)
{
	const char *arguments[] = { "pg_restore", "--clean", "--if-exists", "--no-owner",
		"--no-privileges", "--single-transaction", "--exit-on-error", "--dbname", "", file,
		NULL };

	return run_postgres(options, arguments, error);
}

/* -- both -- */

bool
aula_backup_write(const aula_database_options *options, const char *file, GError **error)
{
	if (!g_str_has_prefix(options->url, sqlite_scheme))
		return dump_postgres(options, file, error);
	return copy_file(options->url + strlen(sqlite_scheme), file, error);
}

bool
aula_backup_restore(
	const aula_database_options *options, const char *folder, const char *file, GError **error)
{
	if (access(file, R_OK) != 0)
		return fail_errno(error, file);
	int lock = aula_lock_take(folder, error);
	if (lock < 0)
		return false;
	bool good = g_str_has_prefix(options->url, sqlite_scheme)
			    ? restore_sqlite(options->url + strlen(sqlite_scheme), file, error)
			    : restore_postgres(options, file, error);
	good = good && aula_backlog_put_aside(folder, error);
	aula_lock_drop(lock);
	return good;
}

size_t
aula_backup_waiting(const char *folder)
{
	return aula_backlog_count_waiting(folder);
}
