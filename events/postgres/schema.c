/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400, AHEAD_DAYS = 3, SQL_BYTES = 4096 };

/* Two servers may come at once: whoever holds this number makes the tables. */
#define ALONE "SELECT pg_advisory_xact_lock(4991478110247131);"

#define COLUMNS \
	"(\"time\" timestamptz NOT NULL, epoch timestamptz NOT NULL, seq bigint NOT NULL," \
	" type integer NOT NULL, name text NOT NULL, session_id bigint, handle_id bigint," \
	" room text, user_id text, event jsonb NOT NULL"

/* A unique key of a partitioned table has to name the column that cuts it; one (epoch, seq) has
 * one time, so it is as good as without. */
#define TABLE \
	"CREATE TABLE IF NOT EXISTS aula_events " COLUMNS ", PRIMARY KEY (epoch, seq, \"time\"))"

#define INDEXES \
	"CREATE INDEX IF NOT EXISTS aula_events_people ON aula_events (room, \"time\")" \
	" WHERE name IN ('joined', 'left', 'speaking', 'hangup');" \
	"CREATE INDEX IF NOT EXISTS aula_events_stats ON aula_events (user_id, \"time\")" \
	" WHERE name = 'stats';"

/* Who was where, from when to when. Who did not leave because the server died was there until the
 * last event of that server; whose server still runs is there (left_at is NULL). */
#define ATTENDANCE \
	"CREATE OR REPLACE VIEW aula_attendance AS SELECT room, user_id, epoch, session_id," \
	" handle_id, plugin, joined_at, coalesce(left_at, CASE WHEN epoch < (SELECT max(epoch)" \
	" FROM aula_events) THEN (SELECT l.\"time\" FROM aula_events l WHERE l.epoch = s.epoch" \
	" ORDER BY l.seq DESC LIMIT 1) END) AS left_at, reason FROM (SELECT room, user_id, epoch," \
	" session_id, handle_id, name, event->>'plugin' AS plugin, \"time\" AS joined_at," \
	" lead(\"time\") OVER w AS left_at, lead(event->>'reason') OVER w AS reason" \
	" FROM aula_events WHERE name IN ('joined', 'left') AND type = 2 AND room IS NOT NULL" \
	" WINDOW w AS (PARTITION BY epoch, session_id, handle_id, room ORDER BY seq)) s" \
	" WHERE name = 'joined';"

/* One row a stretch of speech. Who leaves or hangs up in the middle has spoken until then, and who
 * spoke when the server died until its last event; without an end: speaking now. */
#define TALK \
	"CREATE OR REPLACE VIEW aula_talk AS SELECT room, user_id, epoch, session_id, handle_id," \
	" mid, began_at, ended_at, ended_at - began_at AS lasted FROM (SELECT room, user_id," \
	" epoch, session_id, handle_id, mid, began_at, coalesce(least(next_at, gone_at)," \
	" CASE WHEN epoch < (SELECT max(epoch) FROM aula_events) THEN (SELECT l.\"time\"" \
	" FROM aula_events l WHERE l.epoch = s.epoch ORDER BY l.seq DESC LIMIT 1) END)" \
	" AS ended_at FROM (SELECT room, user_id, epoch, session_id, handle_id, name," \
	" event->>'mid' AS mid, event->>'speaking' AS speaking, \"time\" AS began_at," \
	" lead(\"time\") OVER (PARTITION BY room, epoch, session_id, handle_id," \
	" event->>'mid' ORDER BY seq) AS next_at," \
	" min(\"time\") FILTER (WHERE name <> 'speaking') OVER (PARTITION BY room, epoch," \
	" session_id, handle_id ORDER BY seq DESC) AS gone_at FROM aula_events" \
	" WHERE name IN ('speaking', 'left', 'hangup') AND type IN (2, 16, 32)) s" \
	" WHERE name = 'speaking' AND speaking = 'true') t;" \
	"CREATE OR REPLACE VIEW aula_talk_time AS SELECT room, user_id, date_trunc('day'," \
	" began_at) AS day, count(*) AS times, sum(lasted) AS talked FROM aula_talk GROUP BY 1, " \
	"2, 3;"

#define QUALITY \
	"CREATE OR REPLACE VIEW aula_quality AS SELECT room, user_id, date_trunc('hour', " \
	"\"time\")" \
	" AS hour, count(*) AS samples, avg((event #>> '{summary,quality}')::float8) AS quality," \
	" min((event #>> '{summary,quality}')::float8) AS worst_quality," \
	" percentile_cont(0.95) WITHIN GROUP (ORDER BY nullif((event #>> " \
	"'{summary,rtt_ms}')::float8, 0))" \
	" AS rtt_ms_p95, avg((event #>> '{summary,in,loss}')::float8) AS loss_in," \
	" avg((event #>> '{summary,out,loss}')::float8) AS loss_out" \
	" FROM aula_events WHERE name = 'stats' AND type = 32 GROUP BY 1, 2, 3;"

/* One row a poll: how many could answer, and how many did. */
#define POLLS \
	"CREATE OR REPLACE VIEW aula_poll_turnout AS SELECT room, (event->>'id')::bigint AS id," \
	" max(event->>'title') AS title, min(\"time\") FILTER (WHERE name = 'poll.opened') AS " \
	"opened_at," \
	" max(\"time\") FILTER (WHERE name = 'poll.closed') AS closed_at, " \
	"(array_agg((event->>'answered')::bigint" \
	" ORDER BY epoch DESC, seq DESC))[1] AS answered, (array_agg((event->>'present')::bigint" \
	" ORDER BY epoch DESC, seq DESC))[1] AS present, (array_agg((event->>'answered')::float8 " \
	"/" \
	" nullif((event->>'present')::float8, 0) ORDER BY epoch DESC, seq DESC))[1] AS turnout" \
	" FROM aula_events WHERE name IN ('poll.opened', 'poll.answered', 'poll.closed') AND " \
	"type = 64" \
	" GROUP BY 1, 2;"

/* The views of an older server are replaced. Count up with each change of one; columns are only
 * added, at their ends. */
#define SHAPE "aula views 2"
#define VIEWS ATTENDANCE TALK QUALITY POLLS "COMMENT ON VIEW aula_poll_turnout IS '" SHAPE "';"

aula_code
schema_prepare(struct schema *schema, struct link *link)
{
	int made = 0;

	memset(schema, 0, sizeof *schema);
	aula_code code = link_ask(link, "SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'",
		&schema->hypertable);
	if (code == AULA_OK)
		code = link_ask(link,
			"SELECT 1 WHERE obj_description(to_regclass('aula_poll_turnout'), "
			"'pg_class') = '" SHAPE "'",
			&made);
	/* One who may only write finds what another has made, perhaps an older server. */
	if (code == AULA_OK && !made)
		code = link_ask(link,
			"SELECT 1 FROM pg_class WHERE oid = to_regclass('aula_events') AND NOT "
			"pg_has_role(relowner, 'USAGE')",
			&schema->foreign);
	if (code == AULA_OK && !made && !schema->foreign)
		code = link_run(
			link, schema->hypertable ? ALONE TABLE
				      ";SELECT create_hypertable('aula_events', 'time',"
				      " chunk_time_interval => interval '1 day', if_not_exists => "
				      "true);" INDEXES VIEWS
						 : ALONE TABLE
				      " PARTITION BY RANGE (\"time\");" INDEXES VIEWS);
	if (code == AULA_OK)
		code = link_run(
			link, "CREATE TEMP TABLE aula_staging " COLUMNS ") ON COMMIT DELETE ROWS");
	return code == AULA_OK ? AULA_OK : AULA_UNAVAILABLE;
}

static void
day_text(int64_t day, const char *format, char *text, size_t room)
{
	time_t when = (time_t)(day * DAY_S);
	struct tm parts;

	gmtime_r(&when, &parts);
	strftime(text, room, format, &parts);
}

static aula_code
make_days(struct link *link, int64_t day)
{
	char sql[SQL_BYTES], name[16], from[32], to[32];
	int length = snprintf(sql, sizeof sql, ALONE);

	for (int64_t one = day; one <= day + AHEAD_DAYS; one++) {
		day_text(one, "%Y%m%d", name, sizeof name);
		day_text(one, "%Y-%m-%d 00:00:00+00", from, sizeof from);
		day_text(one + 1, "%Y-%m-%d 00:00:00+00", to, sizeof to);
		length += snprintf(sql + length, sizeof sql - (size_t)length,
			"CREATE TABLE IF NOT EXISTS aula_events_%s PARTITION OF aula_events FOR"
			" VALUES FROM ('%s') TO ('%s');",
			name, from, to);
	}
	return link_run(link, sql);
}

/* What another has to make. */
static aula_code
find_day(struct link *link, int64_t day)
{
	char sql[SQL_BYTES], name[16];
	int found = 0;

	day_text(day, "%Y%m%d", name, sizeof name);
	snprintf(sql, sizeof sql,
		"SELECT 1 FROM pg_class WHERE oid = to_regclass('aula_events') AND (relkind = 'r'"
		" OR to_regclass('aula_events_%s') IS NOT NULL)",
		name);
	aula_code code = link_ask(link, sql, &found);
	return code == AULA_OK && !found ? AULA_UNAVAILABLE : code;
}

static aula_code
drop_days(const struct schema *schema, struct link *link, int64_t keep_days)
{
	char sql[SQL_BYTES], name[16];
	int64_t day = (int64_t)time(NULL) / DAY_S - keep_days;

	day_text(day, "%Y%m%d", name, sizeof name);
	if (schema->hypertable)
		snprintf(sql, sizeof sql, "SELECT drop_chunks('aula_events', interval '%lld days')",
			(long long)keep_days);
	else
		snprintf(sql, sizeof sql,
			ALONE "DO $$ DECLARE old text; BEGIN FOR old IN SELECT c.relname FROM "
			      "pg_inherits i"
			      " JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent ="
			      " 'aula_events'::regclass AND c.relname < 'aula_events_%s' LOOP"
			      " EXECUTE format('DROP TABLE %%I', old); END LOOP; END $$",
			name);
	return link_run(link, sql);
}

aula_code
schema_day(struct schema *schema, struct link *link, int64_t day, int64_t keep_days)
{
	int64_t today = (int64_t)time(NULL) / DAY_S;
	aula_code code = AULA_OK;

	for (unsigned i = 0; i < SCHEMA_DAYS_MOST; i++)
		if (schema->days[i] == day)
			return AULA_OK;
	if (schema->foreign)
		code = find_day(link, day);
	else if (!schema->hypertable)
		code = make_days(link, day);
	if (code == AULA_OK && !schema->foreign && keep_days > 0 && schema->kept_day != today &&
		(code = drop_days(schema, link, keep_days)) == AULA_OK)
		schema->kept_day = today;
	if (code != AULA_OK)
		return AULA_UNAVAILABLE;
	schema->days[schema->next++ % SCHEMA_DAYS_MOST] = day;
	return AULA_OK;
}
