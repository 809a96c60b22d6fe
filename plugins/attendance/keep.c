/* SPDX-License-Identifier: Apache-2.0 */
#include "keep.h"

#include <stdlib.h>
#include <time.h>

enum {
	DAY_MS = 24 * 3600 * 1000,
	BATCH_MOST = 500,
	COLUMNS = 16,
};

// clang-format off
static const aula_migration steps[] = {
	{ "attendance",
		"CREATE TABLE attendance_stays (life BIGINT NOT NULL, id BIGINT NOT NULL, room TEXT NOT NULL, person TEXT NOT NULL,"
		" display TEXT NOT NULL, role TEXT NOT NULL, joined_us BIGINT NOT NULL, left_us BIGINT NOT NULL, seen_us BIGINT NOT NULL,"
		" active_us BIGINT NOT NULL, idle_us BIGINT NOT NULL, spoke_us BIGINT NOT NULL, hands BIGINT NOT NULL,"
		" answers BIGINT NOT NULL, messages BIGINT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (life, id));"
		"CREATE INDEX attendance_stays_room ON attendance_stays (room, joined_us);"
		"CREATE INDEX attendance_stays_person ON attendance_stays (person, room)" },
};

const aula_personal keep_personal[KEEP_PERSONAL] = {
	{ "attendance_stays", "person", "room, display, role, joined_us, left_us, seen_us, active_us, idle_us, spoke_us, hands, answers, messages, reason, life, id", NULL,
		"display", false,
		"When they were in which class, and how long they spoke or did nothing there; as long as `history_days` says." },
};
// clang-format on

static const char add_stay[] =
	"INSERT INTO attendance_stays (life, id, room, person, display, role, joined_us, left_us,"
	" seen_us, active_us, idle_us, spoke_us, hands, answers, messages, reason)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
	" ON CONFLICT (life, id) DO UPDATE SET left_us = excluded.left_us, seen_us = "
	"excluded.seen_us,"
	" active_us = excluded.active_us, idle_us = excluded.idle_us, spoke_us = "
	"excluded.spoke_us,"
	" hands = excluded.hands, answers = excluded.answers, messages = excluded.messages,"
	" reason = excluded.reason";

int64_t
wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* -- saving -- */

static void
fill(aula_sql_value *values, const struct attendance *attendance, const struct stay *stay,
	int64_t now_us)
{
	int64_t seen_us = stay->left_us != 0 ? stay->left_us : now_us;
	const aula_sql_value row[COLUMNS] = { aula_sql_int(attendance->started_us),
		aula_sql_int(stay->id), aula_sql_text(stay->room), aula_sql_text(stay->person),
		aula_sql_text(stay->display), aula_sql_text(stay->role),
		aula_sql_int(stay->joined_us), aula_sql_int(stay->left_us), aula_sql_int(seen_us),
		aula_sql_int(stay->speaking_us != 0 ? now_us : stay->active_us),
		aula_sql_int(stay->idle_us), aula_sql_int(stay_spoke_us(stay, now_us)),
		aula_sql_int(stay->hands), aula_sql_int(stay->answers),
		aula_sql_int(stay->messages), aula_sql_text(stay->reason) };

	memcpy(values, row, sizeof row);
}

static void
take_out(struct attendance *attendance, struct stay *stay)
{
	TAILQ_REMOVE(&attendance->changed, stay, others);
	stay->changed = false;
	if (stay->left_us == 0)
		return;
	attendance->waiting--;
	stay_free(stay);
}

/* False: the store takes no more at present. */
static bool
save_batch(struct attendance *attendance)
{
	const aula_host *host = attendance->host;
	g_autofree aula_sql_value *values = g_new(aula_sql_value, BATCH_MOST * COLUMNS);
	g_autofree aula_statement *statements = g_new0(aula_statement, BATCH_MOST);
	struct stay *stay;
	size_t count = 0;

	TAILQ_FOREACH(stay, &attendance->changed, others)
	{
		if (count == BATCH_MOST)
			break;
		fill(&values[count * COLUMNS], attendance, stay, wall_us());
		statements[count] = (aula_statement){
			.text = add_stay, .values = &values[count * COLUMNS], .value_count = COLUMNS
		};
		count++;
	}
	if (count > 0 && host->store->write(host, AULA_STORE_MAY_WAIT, statements, count, NULL,
				 NULL) != AULA_OK)
		return false;
	while (count-- > 0)
		take_out(attendance, TAILQ_FIRST(&attendance->changed));
	return true;
}

void
keep_all(struct attendance *attendance)
{
	while (!TAILQ_EMPTY(&attendance->changed) && save_batch(attendance))
		;
}

static void save_some(void *data);

static void
save_after(struct attendance *attendance, int64_t ms)
{
	const aula_host *host = attendance->host;

	if (AULA_NONE(attendance->save))
		attendance->save = host->timers->start(host, ms, 0, save_some, attendance);
}

/* A few at a time: a class of 10,000 may come at once. */
static void
save_some(void *data)
{
	struct attendance *attendance = data;

	attendance->save = (aula_timer){ 0 };
	bool taken = save_batch(attendance);
	if (!TAILQ_EMPTY(&attendance->changed))
		save_after(attendance, taken ? 20 : SAVE_MS);
}

static void
drop_oldest(struct attendance *attendance)
{
	struct stay *stay = TAILQ_FIRST(&attendance->changed);
	const aula_host *host = attendance->host;

	while (stay != NULL && stay->left_us == 0)
		stay = TAILQ_NEXT(stay, others);
	if (stay == NULL)
		return;
	host->log(host, AULA_LOG_ERROR, "attendance is lost: the store takes no more room=\"%s\"",
		stay->room);
	take_out(attendance, stay);
}

void
keep_soon(struct attendance *attendance, struct stay *stay)
{
	if (!attendance->keeps) {
		if (stay->left_us != 0)
			stay_free(stay);
		return;
	}
	if (stay->left_us != 0 && ++attendance->waiting > WAITING_MOST)
		drop_oldest(attendance);
	if (!stay->changed)
		TAILQ_INSERT_TAIL(&attendance->changed, stay, others);
	stay->changed = true;
	save_after(attendance, SAVE_MS);
}

static aula_code
see(struct attendance *attendance, aula_store_done done, void *data)
{
	const aula_host *host = attendance->host;
	aula_statement seen =
		AULA_SQL("UPDATE attendance_stays SET seen_us = $1 WHERE life = $2 AND left_us = 0",
			aula_sql_int(wall_us()), aula_sql_int(attendance->started_us));

	return host->store->write(host, 0, &seen, 1, done, data);
}

aula_code
keep_up_to_date(struct attendance *attendance, aula_store_done done, void *data)
{
	GHashTableIter walk;
	void *stay;

	if (!attendance->keeps)
		return AULA_UNAVAILABLE;
	g_hash_table_iter_init(&walk, attendance->there);
	while (g_hash_table_iter_next(&walk, NULL, &stay))
		if (((struct stay *)stay)->speaking_us != 0)
			keep_soon(attendance, stay);
	keep_all(attendance);
	return see(attendance, done, data);
}

/* -- start, and what is too old -- */

static void
see_now(void *data)
{
	struct attendance *attendance = data;

	if (g_hash_table_size(attendance->there) > 0)
		see(attendance, NULL, NULL);
}

static void
forget_old(void *data)
{
	const struct attendance *attendance = data;
	const aula_host *host = attendance->host;
	int64_t days = attendance->config->history_days;
	aula_statement forget = AULA_SQL("DELETE FROM attendance_stays WHERE joined_us < $1",
		aula_sql_int(wall_us() - days * 86400 * 1000000));

	if (days > 0)
		host->store->write(host, 0, &forget, 1, NULL, NULL);
}

aula_code
keep_start(struct attendance *attendance)
{
	const aula_host *host = attendance->host;

	if (!AULA_HAS(host, store))
		return AULA_OK;
	aula_code code = host->store->migrate(host, steps, sizeof steps / sizeof *steps);
	attendance->keeps = code == AULA_OK;
	if (code == AULA_UNAVAILABLE) /* a server without a store */
		return AULA_OK;
	if (code == AULA_OK) {
		forget_old(attendance);
		host->timers->start(host, DAY_MS, DAY_MS, forget_old, attendance);
		host->timers->start(host, SEEN_MS, SEEN_MS, see_now, attendance);
	}
	return code;
}
