/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "keep.h"

// clang-format off
/* Bit i of a mask is row i. */
static const aula_capability capabilities[] = {
	{ "poll.ask", "Put questions to a room, and say when they are open and what is shown." },
	{ "poll.vote", "Answer what a room is asked." },
	{ "poll.results", "See what was answered, and by whom, before it is shown to all." },
};

static const aula_error_number errors[] = {
	{ AULA_MISSING, ERROR_MISSING },
	{ AULA_INVALID, ERROR_INVALID },
	{ AULA_TOO_LARGE, ERROR_INVALID },
	{ AULA_UNKNOWN, ERROR_UNKNOWN_REQUEST },
	{ AULA_NOT_FOUND, ERROR_NO_SUCH_POLL },
	{ AULA_GONE, ERROR_NO_SUCH_ROOM },
	{ AULA_FORBIDDEN, ERROR_UNAUTHORIZED },
	{ AULA_UNAUTHORIZED, ERROR_UNAUTHORIZED },
	{ AULA_WRONG_STATE, ERROR_WRONG_STATE },
	{ AULA_EXISTS, ERROR_ANSWERED },
	{ AULA_FULL, ERROR_FULL },
	{ AULA_UNAVAILABLE, ERROR_UNAVAILABLE },
};

const aula_field polls_config_fields[CONFIG_FIELD_COUNT] = {
	AULA_INT(struct config, open_most, "max_open", 1, 20, .flags = AULA_LIVE, .fallback = 5,
		.summary = "How many polls of a room may be open at a time."),
	AULA_INT(struct config, waiting_most, "max_waiting", 0, 60, .flags = AULA_LIVE, .fallback = 30,
		.summary = "How many polls of a room may be prepared and wait to be opened."),
	AULA_INT(struct config, votes_most, "max_votes", 1, 1000000, .flags = AULA_LIVE, .fallback = 20000,
		.summary = "How many people may answer a poll; each takes some 150 bytes of memory while it is open."),
	AULA_INT(struct config, tell_ms, "tell_interval", 50, 60000, .flags = AULA_LIVE, .fallback = 500,
		.summary = "How often those who may see results are told new counts, in milliseconds at least."),
	AULA_INT(struct config, history_days, "history_days", 0, 36500, .flags = AULA_LIVE, .fallback = 0,
		.summary = "For how many days the store keeps polls that are closed, with their answers; 0: for ever."),
};
// clang-format on

static aula_code
attach(void *self, aula_handle handle, void **ret_state)
{
	struct client *client = calloc(1, sizeof *client);

	if (client == NULL)
		return AULA_INTERNAL;
	client->polls = self;
	client->handle = handle;
	*ret_state = client;
	return AULA_OK;
}

static void
detach(void *self, aula_handle handle, void *state)
{
	struct polls *polls = self;
	struct client *client = state;

	if (client->room != NULL) {
		room_exit(client);
		polls->host->rooms->leave(polls->host, handle);
	}
	free(client);
}

/* The core takes the client out: it is lost, or was thrown out of the room. */
static void
member_left(void *self, aula_room id, aula_member member, aula_handle handle, const char *reason)
{
	struct polls *polls = self;
	struct client *client = polls->host->handles->state(polls->host, handle);
	(void)id, (void)member, (void)reason;

	if (client != NULL && client->room != NULL)
		room_exit(client);
}

static void
room_closed(void *self, aula_room id, const char *reason)
{
	struct room *room = room_by_id(self, id);
	(void)reason;

	keep_forget(self, id);
	if (room != NULL)
		room_free(room);
}

static void
stop(void *self)
{
	struct polls *polls = self;

	for (struct room *one; (one = LIST_FIRST(&polls->rooms)) != NULL;)
		room_free(one);
	keep_stop(polls);
	free(polls);
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct polls *polls = calloc(1, sizeof *polls);

	if (polls == NULL)
		return AULA_INTERNAL;
	polls->host = host;
	polls->config = config;
	polls->started_us = wall_us();
	LIST_INIT(&polls->rooms);
	LIST_INIT(&polls->asked);
	aula_code code = keep_start(polls);
	if (code != AULA_OK) {
		free(polls);
		return code;
	}
	*ret_self = polls;
	return AULA_OK;
}

static void
reconfigured(void *self, const void *config)
{
	((struct polls *)self)->config = config;
}

/* What is counted already of a poll that is closed stays. */
static void
erased(void *self, const char *subject)
{
	struct polls *polls = self;
	struct room *room;

	LIST_FOREACH(room, &polls->rooms, others) room_forget(room, subject);
}

static const char *const packages[] = { "aula.plugin.polls", NULL };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "polls",
	.errors = errors,
	.error_count = sizeof errors / sizeof *errors,
	.error_fallback = 599,
	.attach = attach,
	.detach = detach,
	.member_left = member_left,
	.room_closed = room_closed,
};

// clang-format off
AULA_MODULE(
	.name = "polls",
	.summary = "Questions put to a class: polls and quizzes, counted live, kept with who answered what.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = polls_config_fields,
	.config_count = CONFIG_FIELD_COUNT,
	.config_size = sizeof(struct config),
	.capabilities = capabilities,
	.capability_count = sizeof capabilities / sizeof *capabilities,
	.requests = polls_requests,
	.request_count = REQUEST_COUNT,
	.start = start,
	.stop = stop,
	.plugin = &plugin,
	.reconfigured = reconfigured,
	.personal = keep_personal,
	.personal_count = KEEP_PERSONAL,
	.erased = erased);
// clang-format on
