/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of the store share: databases of both kinds, the real ones; a keeper on a control
 * thread; and a way to ask it and wait for the answer. */
#ifndef TEST_STORE_BENCH_H
#define TEST_STORE_BENCH_H

#include <glib.h>
#include <pthread.h>

#include "store/keeper.h"

/** A folder, and in it a database that can be started, killed and frozen. */
typedef struct {
	char *folder, *url;
	char *server; /* PostgreSQL: its folder; NULL for SQLite */
	GPid pid;     /* 0: does not run */
} place;

/** `kind`: "sqlite" or "postgres". PostgreSQL runs, when it returns. */
void place_init(place *where, const char *kind);
void place_finish(place *where);
bool place_is_postgres(const place *where);
/** PostgreSQL comes and goes. */
void place_start(place *where);
void place_kill(place *where, int signal);

/** What a `done` was told, kept. */
typedef struct {
	aula_code code;
	bool waits;
	int64_t changed;
	size_t row_count, column_count;
	GPtrArray *cells; /* of char *: "NULL", "i:7", "d:0.5", "t:text", "b:00ff" */
} answer;
void answer_free(answer *told);
const char *answer_cell(const answer *told, size_t row, size_t column);

/** What one thread hands another. GLib's own queue has locks that a thread sanitizer does not see.
 */
typedef struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	GQueue items;
} mailbox;

typedef struct {
	place *where;
	aula_keeper *keeper;
	aula_loop *loop;
	GThread *thread;
	mailbox answers; /* of answer */
} bench;

/** Opens the store of a place; `steps` (may be NULL) are migrated first. */
void bench_open(bench *on, place *where, const aula_migration *steps, size_t count);
void bench_open_with(bench *on, place *where, const aula_migration *steps, size_t count,
	void (*adjust)(aula_keeper_options *options));
void bench_close(bench *on);

/** Asks on the control thread. The answers come in `bench_next`, in order. */
aula_code bench_write(bench *on, uint32_t flags, const aula_statement *statements, size_t count);
aula_code bench_read(bench *on, const aula_statement *statement);
answer *bench_next(bench *on);

/** Asks and waits. A write of one statement; a read whose first cell is an integer. */
aula_code bench_do(bench *on, uint32_t flags, aula_statement statement);
int64_t bench_count(bench *on, const char *sql);
/** Waits until `sql` gives `expected`, up to 20 s. */
void bench_until(bench *on, const char *sql, int64_t expected);
void bench_until_ready(bench *on, bool ready);

#endif
