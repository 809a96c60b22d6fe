/* SPDX-License-Identifier: Apache-2.0 */
#include "store/audit.h"

#include <string.h>
#include <sys/random.h>

#include "base/log.h"

enum { ID_BYTES = 16, HASH_DIGITS = 64 };

// clang-format off
static const aula_migration steps[] = {
	{ "audit",
		"CREATE TABLE aula_audit (chain TEXT NOT NULL, number BIGINT NOT NULL, at_us BIGINT NOT NULL,"
		" act TEXT NOT NULL, actor TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL,"
		" room TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,"
		" PRIMARY KEY (chain, number));"
		"CREATE INDEX aula_audit_at ON aula_audit (at_us)" },
};
// clang-format on

#define TOLD "at_us, act, actor, name, role, address, room, target, detail, chain, number"
#define KEPT \
	.told = TOLD, .untold = "previous, hash", .kept = true, \
	.summary = "What they did, and what was done to them. It stays when they are erased, for " \
		   "others answer for it."

const aula_personal aula_audit_personal[AULA_AUDIT_PERSONAL] = {
	{ .table = "aula_audit", .person = "actor", KEPT },
	{ .table = "aula_audit", .person = "target", KEPT },
};

struct aula_audit_log {
	aula_keeper *keeper;
	unsigned owner;
	char chain[2 * ID_BYTES + 1];
	int64_t number; /* of the last line */
	char previous[HASH_DIGITS + 1];
	int64_t lost;
};

static const char *
or_nothing(const char *text)
{
	return text != NULL ? text : "";
}

/* -- hashes -- */

/* A line feed inside must not be taken for the end of a text: it is told apart by the length. */
static void
mix(GChecksum *sum, const char *text)
{
	g_autofree char *length = g_strdup_printf("%zu:", strlen(text));

	g_checksum_update(sum, (const guchar *)length, -1);
	g_checksum_update(sum, (const guchar *)text, -1);
	g_checksum_update(sum, (const guchar *)"\n", 1);
}

char *
aula_audit_hash(const char *previous, const char *chain, int64_t number, int64_t at_us,
	const aula_audit_line *line)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *place =
		g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, number, at_us);
	const char *texts[] = { previous, chain, place, line->act, line->actor, line->name,
		line->role, line->address, line->room, line->target, line->detail };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		mix(sum, or_nothing(texts[i]));
	return g_strdup(g_checksum_get_string(sum));
}

/* -- adding -- */

static void
on_added(void *data, const aula_store_result *result)
{
	aula_audit_log *log = data;

	if (result->code == AULA_OK)
		return;
	log->lost++;
	aula_log(AULA_LOG_ERROR, "audit", "a line could not be kept said=\"%s\"", result->problem);
}

void
aula_audit_log_add(aula_audit_log *log, const aula_audit_line *line)
{
	int64_t at_us = g_get_real_time(), number = log->number + 1;
	g_autofree char *hash = aula_audit_hash(log->previous, log->chain, number, at_us, line);
	aula_statement add = AULA_SQL(
		"INSERT INTO aula_audit (chain, number, at_us, act, actor, name, role, address, "
		"room, "
		"target, detail, previous, hash) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		aula_sql_text(log->chain), aula_sql_int(number), aula_sql_int(at_us),
		aula_sql_text(or_nothing(line->act)), aula_sql_text(or_nothing(line->actor)),
		aula_sql_text(or_nothing(line->name)), aula_sql_text(or_nothing(line->role)),
		aula_sql_text(or_nothing(line->address)), aula_sql_text(or_nothing(line->room)),
		aula_sql_text(or_nothing(line->target)), aula_sql_text(or_nothing(line->detail)),
		aula_sql_text(log->previous), aula_sql_text(hash));
	aula_code code = aula_keeper_write(
		log->keeper, log->owner, AULA_STORE_MAY_WAIT, &add, 1, on_added, log);

	if (code != AULA_OK) {
		log->lost++;
		aula_log(AULA_LOG_ERROR, "audit", "a line is lost act=%s why=%s",
			or_nothing(line->act), aula_code_word(code));
		return;
	}
	log->number = number;
	g_strlcpy(log->previous, hash, sizeof log->previous);
}

/* -- life -- */

/* The first line is added after the answer, and is tied to what it says. */
static void
on_last(void *data, const aula_store_result *result)
{
	aula_audit_log *log = data;
	const char *hash = result->row_count > 0 ? aula_result_text(result, 0, 0) : NULL;

	if (log->number == 0 && hash != NULL)
		g_strlcpy(log->previous, hash, sizeof log->previous);
	aula_audit_log_add(
		log, &(aula_audit_line){ .act = "server.start",
			     .detail = result->code == AULA_OK ? ""
							       : "what came before could not be "
								 "read: a chain of its own" });
}

aula_audit_log *
aula_audit_log_new(aula_keeper *keeper, unsigned owner)
{
	static const aula_statement last = {
		.text = "SELECT hash FROM aula_audit ORDER BY at_us DESC, number DESC LIMIT 1"
	};
	uint8_t random[ID_BYTES];

	if (aula_keeper_migrate(keeper, "audit", steps, G_N_ELEMENTS(steps)) != AULA_OK ||
		getrandom(random, sizeof random, 0) != sizeof random)
		return NULL;
	aula_audit_log *log = g_new0(aula_audit_log, 1);
	log->keeper = keeper;
	log->owner = owner;
	for (size_t i = 0; i < sizeof random; i++)
		g_snprintf(log->chain + 2 * i, 3, "%02x", random[i]);
	memset(log->previous, '0', HASH_DIGITS);
	if (aula_keeper_read(keeper, owner, &last, on_last, log) != AULA_OK)
		on_last(log, &(aula_store_result){ .code = AULA_UNAVAILABLE });
	return log;
}

void
aula_audit_log_free(aula_audit_log *log)
{
	g_free(log);
}
