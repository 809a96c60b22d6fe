/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "keep.h"

// clang-format off
/* Bit i of a mask is row i. */
static const aula_capability capabilities[] = {
	{ "attendance.read", "See who was in a room in which one has been, and how much they took part." },
	{ "attendance.read_all", "The same of every room." },
};

const aula_field attendance_config_fields[CONFIG_FIELD_COUNT] = {
	AULA_INT(struct config, history_days, "history_days", 0, 36500, .flags = AULA_LIVE, .fallback = 0,
		.summary = "For how many days the store keeps who was where; 0: for ever."),
	AULA_INT(struct config, idle_after_s, "idle_after", 10, 86400, .flags = AULA_LIVE, .fallback = 300,
		.summary = "After how many seconds somebody is idle who neither speaks, writes, answers nor raises a hand."),
};

#define PERIOD(type) \
	AULA_KEY(type, room, "room", NAME_BYTES_MOST, .flags = AULA_REQUIRED, .summary = "The room: an integer above 0 or a text."), \
	AULA_INT(type, from_us, "from_us", 0, INT64_MAX, .summary = "Who joined from this time on, in microseconds since 1970."), \
	AULA_INT(type, to_us, "to_us", 0, INT64_MAX, .summary = "Who joined before this time; 0: until now.")

static const aula_field list_fields[] = {
	PERIOD(struct list_args),
	AULA_INT(struct list_args, offset, "offset", 0, 1000000, .summary = "How many people to leave out, of those who came first."),
	AULA_INT(struct list_args, limit, "limit", 1, PAGE_MOST - 1, .fallback = PAGE_MOST - 1, .summary = "How many people at most."),
};

static const char *const formats[] = { "csv", "json", NULL };
static const aula_field export_fields[] = {
	PERIOD(struct export_args),
	AULA_TEXT(struct export_args, format, "format", 8, .choices = formats, .fallback_text = "csv",
		.summary = "csv: one text, under \"csv\"; json: as `list` has it."),
};

/* Sorted by name. */
const aula_request attendance_requests[REQUEST_COUNT] = {
	{ "export", 0, AULA_HTTP, AULA_TABLE(export_fields), sizeof(struct export_args), run_export,
		"Everybody who was in a room, up to 20,000 people, as a file." },
	{ "list", 0, AULA_HTTP, AULA_TABLE(list_fields), sizeof(struct list_args), run_list,
		"Who was in a room, who came first first: when, how long, idle, spoke, hands, answers, messages; the same during the class and after." },
};
// clang-format on

/* -- what the core tells -- */

static struct stay *
begin_stay(struct attendance *attendance, const aula_deed *deed, int64_t now_us)
{
	const aula_host *host = attendance->host;
	aula_member_info who = { .size = sizeof who };
	const char *room = host->rooms->name(host, deed->room, NULL);

	if (room == NULL || host->rooms->member(host, deed->member, &who, sizeof who) != AULA_OK)
		return NULL;
	attendance->last_id = MAX(attendance->last_id + 1, now_us);
	struct stay *stay = stay_new(attendance->last_id, room, &who, now_us);
	uint64_t *key = g_new(uint64_t, 1);
	*key = deed->member.id;
	g_hash_table_replace(attendance->there, key, stay);
	return stay;
}

/* Stays outlive what the core calls the reason. */
static const char *
known_reason(const char *reason)
{
	static const char *const known[] = { "left", "kicked", "destroyed", "timeout", "closed",
		"detached" };

	for (size_t i = 0; reason != NULL && i < sizeof known / sizeof *known; i++)
		if (strcmp(reason, known[i]) == 0)
			return known[i];
	return reason != NULL ? "other" : "";
}

static void
watched(void *self, const aula_deed *deed)
{
	struct attendance *attendance = self;
	int64_t now_us = wall_us(), idle_us = attendance->config->idle_after_s * 1000000;
	uint64_t key = deed->member.id;

	if (strcmp(deed->what, "joined") == 0) {
		struct stay *new = begin_stay(attendance, deed, now_us);
		if (new != NULL)
			keep_soon(attendance, new);
		return;
	}
	struct stay *stay = g_hash_table_lookup(attendance->there, &key);
	if (stay == NULL)
		return;
	if (strcmp(deed->what, "left") == 0) {
		g_hash_table_remove(attendance->there, &key);
		stay_end(stay, known_reason(deed->reason), idle_us, now_us);
		keep_soon(attendance, stay);
	} else if (stay_did(stay, deed->what, idle_us, now_us)) {
		keep_soon(attendance, stay);
	}
}

/* Of those who are there the store may not have been told yet. */
static void
erased(void *self, const char *subject)
{
	struct attendance *attendance = self;
	struct stay *stay;
	GHashTableIter walk;
	void *there;

	TAILQ_FOREACH(stay, &attendance->changed, others)
	{
		if (strcmp(stay->person, subject) == 0)
			*stay->person = *stay->display = '\0';
	}
	g_hash_table_iter_init(&walk, attendance->there);
	while (g_hash_table_iter_next(&walk, NULL, &there)) {
		stay = there;
		if (strcmp(stay->person, subject) == 0)
			*stay->person = *stay->display = '\0';
	}
}

/* -- start and stop -- */

static void
stop(void *self)
{
	struct attendance *attendance = self;
	GHashTableIter walk;
	void *stay;

	g_hash_table_iter_init(&walk, attendance->there);
	while (g_hash_table_iter_next(&walk, NULL, &stay)) {
		stay_end(stay, "ended", attendance->config->idle_after_s * 1000000, wall_us());
		keep_soon(attendance, stay);
	}
	keep_all(attendance);
	for (struct stay *one; (one = TAILQ_FIRST(&attendance->changed)) != NULL;) {
		TAILQ_REMOVE(&attendance->changed, one, others);
		stay_free(one);
	}
	report_stop(attendance);
	g_hash_table_destroy(attendance->there);
	free(attendance);
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct attendance *attendance = calloc(1, sizeof *attendance);

	if (attendance == NULL)
		return AULA_INTERNAL;
	attendance->host = host;
	attendance->config = config;
	attendance->started_us = wall_us();
	attendance->there = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	TAILQ_INIT(&attendance->changed);
	LIST_INIT(&attendance->asked);
	aula_code code = keep_start(attendance);
	if (code != AULA_OK) {
		g_hash_table_destroy(attendance->there);
		free(attendance);
		return code;
	}
	*ret_self = attendance;
	return AULA_OK;
}

static void
reconfigured(void *self, const void *config)
{
	((struct attendance *)self)->config = config;
}

static const char *const packages[] = { "aula.plugin.attendance", NULL };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "attendance",
	.error_fallback = 699,
	.watched = watched,
};

// clang-format off
AULA_MODULE(
	.name = "attendance",
	.summary = "Who was in a class, from when to when, and how much they took part.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = attendance_config_fields,
	.config_count = CONFIG_FIELD_COUNT,
	.config_size = sizeof(struct config),
	.capabilities = capabilities,
	.capability_count = sizeof capabilities / sizeof *capabilities,
	.requests = attendance_requests,
	.request_count = REQUEST_COUNT,
	.start = start,
	.stop = stop,
	.plugin = &plugin,
	.reconfigured = reconfigured,
	.personal = keep_personal,
	.personal_count = KEEP_PERSONAL,
	.erased = erased);
// clang-format on
