/* SPDX-License-Identifier: Apache-2.0 */
#include "host/hits.h"

#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum {
	ADDRESS_BYTES = 48,
	SUBJECT_BYTES = 64,
	WHAT_BYTES = 80,
	SAME_MS = 10 * 60 * 1000,
};

typedef struct {
	aula_limit limit;
	uint64_t count; /* 0: empty */
	int64_t first_ms, last_ms;
	char address[ADDRESS_BYTES], subject[SUBJECT_BYTES], what[WHAT_BYTES];
} record;

struct aula_hits {
	pthread_mutex_t lock;
	uint64_t counts[AULA_LIMIT_COUNT_];
	int64_t last_ms[AULA_LIMIT_COUNT_];
	record latest[AULA_HITS_KEPT];
};

static const struct {
	const char *name, *setting, *summary;
} rows[] = {
#define X(id, word, where, sentence) [AULA_LIMIT_##id] = { word, where, sentence },
	AULA_LIMITS(X)
#undef X
};

const char *
aula_limit_name(aula_limit limit)
{
	return rows[limit].name;
}

const char *
aula_limit_setting(aula_limit limit)
{
	return rows[limit].setting;
}

const char *
aula_limit_summary(aula_limit limit)
{
	return rows[limit].summary;
}

aula_hits *
aula_hits_new(void)
{
	aula_hits *hits = g_new0(aula_hits, 1);

	pthread_mutex_init(&hits->lock, NULL);
	return hits;
}

void
aula_hits_free(aula_hits *hits)
{
	if (hits == NULL)
		return;
	pthread_mutex_destroy(&hits->lock);
	g_free(hits);
}

static bool
is_same(const record *one, const record *other)
{
	return one->count > 0 && one->limit == other->limit &&
	       other->last_ms - one->last_ms < SAME_MS &&
	       strcmp(one->address, other->address) == 0 &&
	       strcmp(one->subject, other->subject) == 0 && strcmp(one->what, other->what) == 0;
}

/* The record of the same, or the place of the oldest. */
static record *
place_of(aula_hits *hits, const record *fresh)
{
	record *oldest = hits->latest;

	for (size_t i = 0; i < AULA_HITS_KEPT; i++) {
		record *one = &hits->latest[i];
		if (is_same(one, fresh))
			return one;
		if (one->last_ms < oldest->last_ms)
			oldest = one;
	}
	oldest->count = 0;
	return oldest;
}

bool
aula_hits_add(aula_hits *hits, aula_limit limit, const aula_hit *hit, int64_t now_ms)
{
	record fresh = { .limit = limit, .count = 1, .first_ms = now_ms, .last_ms = now_ms };

	if (hits == NULL)
		return false;
	g_strlcpy(fresh.address, hit->address != NULL ? hit->address : "", sizeof fresh.address);
	g_strlcpy(fresh.subject, hit->subject != NULL ? hit->subject : "", sizeof fresh.subject);
	g_strlcpy(fresh.what, hit->what != NULL ? hit->what : "", sizeof fresh.what);
	pthread_mutex_lock(&hits->lock);
	hits->counts[limit]++;
	hits->last_ms[limit] = now_ms;
	record *one = place_of(hits, &fresh);
	bool is_new = one->count == 0;
	if (is_new)
		*one = fresh;
	else
		one->count++;
	one->last_ms = now_ms;
	pthread_mutex_unlock(&hits->lock);
	return is_new;
}

void
aula_hits_tell(aula_hits *hits, aula_limit limit, const aula_hit *hit)
{
	char subject[128], what[128];

	if (!aula_hits_add(hits, limit, hit, g_get_real_time() / 1000))
		return;
	aula_log(AULA_LOG_INFO, "limits",
		"a limit was hit limit=%s setting=%s address=%s subject=%s what=%s",
		rows[limit].name, rows[limit].setting, hit->address != NULL ? hit->address : "",
		aula_log_quote(hit->subject != NULL ? hit->subject : "", subject, sizeof subject),
		aula_log_quote(hit->what != NULL ? hit->what : "", what, sizeof what));
}

uint64_t
aula_hits_count(aula_hits *hits, aula_limit limit)
{
	pthread_mutex_lock(&hits->lock);
	uint64_t count = hits->counts[limit];
	pthread_mutex_unlock(&hits->lock);
	return count;
}

int64_t
aula_hits_last_ms(aula_hits *hits, aula_limit limit)
{
	pthread_mutex_lock(&hits->lock);
	int64_t last_ms = hits->last_ms[limit];
	pthread_mutex_unlock(&hits->lock);
	return last_ms;
}

static int
by_time(const void *one, const void *other)
{
	int64_t a = ((const record *)one)->last_ms, b = ((const record *)other)->last_ms;

	return (a > b) - (a < b);
}

static void
set_text(json_t *object, const char *key, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	if (*text != '\0')
		json_object_set_new(object, key, json_string(valid));
}

json_t *
aula_hits_recent(aula_hits *hits)
{
	g_autofree record *latest = g_new(record, AULA_HITS_KEPT);
	json_t *all = json_array();

	pthread_mutex_lock(&hits->lock);
	memcpy(latest, hits->latest, AULA_HITS_KEPT * sizeof *latest);
	pthread_mutex_unlock(&hits->lock);
	qsort(latest, AULA_HITS_KEPT, sizeof *latest, by_time);
	for (size_t i = 0; i < AULA_HITS_KEPT; i++) {
		const record *one = &latest[i];
		if (one->count == 0)
			continue;
		json_t *json = json_pack("{s:s, s:I, s:I, s:I}", "limit", rows[one->limit].name,
			"count", (json_int_t)one->count, "first", (json_int_t)one->first_ms, "last",
			(json_int_t)one->last_ms);
		set_text(json, "address", one->address);
		set_text(json, "subject", one->subject);
		set_text(json, "what", one->what);
		json_array_append_new(all, json);
	}
	return all;
}
