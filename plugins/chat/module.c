/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "afar.h"
#include "keep.h"

// clang-format off
/* Bit i of a mask is row i. */
static const aula_capability capabilities[] = {
	{ "chat.read", "Read what is said in a room." },
	{ "chat.write", "Say something in a room." },
	{ "chat.moderate", "Delete what anybody said, and make announcements." },
};

/* The numbers that the Janus TextRoom has for its errors. */
static const aula_error_number errors[] = {
	{ AULA_MISSING, ERROR_MISSING },
	{ AULA_INVALID, ERROR_INVALID },
	{ AULA_TOO_LARGE, ERROR_INVALID },
	{ AULA_UNKNOWN, ERROR_UNKNOWN_REQUEST },
	{ AULA_NOT_FOUND, ERROR_NO_SUCH_ROOM },
	{ AULA_GONE, ERROR_NO_SUCH_ROOM },
	{ AULA_FORBIDDEN, ERROR_UNAUTHORIZED },
	{ AULA_UNAUTHORIZED, ERROR_UNAUTHORIZED },
	{ AULA_EXISTS, ERROR_NAME_TAKEN },
	{ AULA_WRONG_STATE, ERROR_NOT_IN_ROOM },
	{ AULA_TOO_FAST, ERROR_TOO_FAST },
	{ AULA_UNAVAILABLE, ERROR_UNAVAILABLE },
};

const aula_field chat_config_fields[CONFIG_FIELD_COUNT] = {
	AULA_INT(struct config, text_bytes, "max_text", 1, TEXT_BYTES_MOST, .flags = AULA_LIVE, .fallback = 2000,
		.summary = "The longest message, in bytes of UTF-8."),
	AULA_INT(struct config, rate_per_minute, "rate", 1, 6000, .flags = AULA_LIVE, .fallback = 30,
		.summary = "How many messages a member may send in the long run, per minute."),
	AULA_INT(struct config, burst, "burst", 1, 1000, .flags = AULA_LIVE, .fallback = 5,
		.summary = "How many messages a member may send at once after a pause."),
	AULA_INT(struct config, history_messages, "history_messages", 0, 100000, .flags = AULA_LIVE, .fallback = 500,
		.summary = "How many messages a room has in memory for those who join later; 0: none. Rooms that outlive the server have "
			"all of them in the store."),
	AULA_INT(struct config, history_bytes, "history_bytes", 0, 1 << 30, .flags = AULA_LIVE, .fallback = 262144,
		.summary = "How much a room has in memory, in bytes of JSON; the oldest messages go first."),
	AULA_INT(struct config, history_at_join, "history_at_join", 0, PAGE_MOST, .flags = AULA_LIVE, .fallback = 50,
		.summary = "How many messages the reply to `join` has at most; `history` has the others."),
	AULA_INT(struct config, history_days, "history_days", 0, 36500, .fallback = 0,
		.summary = "For how many days the store keeps what was said; 0: for ever."),
	AULA_INT(struct config, delete_own_s, "delete_own", 0, 86400, .flags = AULA_LIVE, .fallback = 300,
		.summary = "How long members may take back what they said, in seconds; 0: not at all."),
	AULA_INT(struct config, large_room, "large_room", 0, 1000000, .flags = AULA_LIVE, .fallback = 50,
		.summary = "Up to this many in the chat everybody hears who comes and goes; above it nobody does."),
	AULA_INT(struct config, page_most, "max_page", 1, 100000, .flags = AULA_LIVE, .fallback = 500,
		.summary = "How many members one reply of `listparticipants` has at most."),
	AULA_BOOL(struct config, members_only, "members_only", .flags = AULA_LIVE, .fallback = true,
		.summary = "Whether only sessions that are in the room already, through the classroom with its PIN, may join its chat."),
};
// clang-format on

static aula_code
attach(void *self, aula_handle handle, void **ret_state)
{
	struct client *client = calloc(1, sizeof *client);

	if (client == NULL)
		return AULA_INTERNAL;
	client->chat = self;
	client->handle = handle;
	*ret_state = client;
	return AULA_OK;
}

static void
detach(void *self, aula_handle handle, void *state)
{
	struct chat *chat = self;
	struct client *client = state;

	if (client->room != NULL) {
		room_exit(client);
		chat->host->rooms->leave(chat->host, handle);
	}
	free(client);
}

/* The core takes the client out: it is lost, or was thrown out of the room. */
static void
member_left(void *self, aula_room id, aula_member member, aula_handle handle, const char *reason)
{
	struct chat *chat = self;
	const aula_host *host = chat->host;
	struct client *client = host->handles->state(host, handle);
	(void)id, (void)member;

	if (client == NULL || client->room == NULL)
		return;
	struct room *room = client->room;
	json_t *event = room_event(room, "kicked");
	json_object_set(event, "username", client->name);
	json_object_set_new(event, "reason", json_string(reason));
	room_tell_one(room, client, event);
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
	struct chat *chat = self;

	for (struct room *one; (one = LIST_FIRST(&chat->rooms)) != NULL;)
		room_free(one);
	keep_stop(chat);
	free(chat);
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct chat *chat = calloc(1, sizeof *chat);

	if (chat == NULL)
		return AULA_INTERNAL;
	chat->host = host;
	chat->config = config;
	LIST_INIT(&chat->rooms);
	LIST_INIT(&chat->asked);
	aula_code code = keep_start(chat);
	if (code != AULA_OK) {
		free(chat);
		return code;
	}
	*ret_self = chat;
	return AULA_OK;
}

static const char *const packages[] = { "aula.plugin.chat", "janus.plugin.textroom", NULL };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "textroom",
	.errors = errors,
	.error_count = sizeof errors / sizeof *errors,
	.error_fallback = 499,
	.attach = attach,
	.detach = detach,
	.member_left = member_left,
	.room_closed = room_closed,
	.heard = afar_heard,
	.wanted = afar_wanted,
	.server_gone = afar_server_gone,
};

static void
reconfigured(void *self, const void *config)
{
	((struct chat *)self)->config = config;
}

static void
erased(void *self, const char *subject)
{
	keep_erased(self, subject);
}

// clang-format off
AULA_MODULE(
	.name = "chat",
	.summary = "Text in a room, for everybody or for some, with a history for those who join later.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = chat_config_fields,
	.config_count = CONFIG_FIELD_COUNT,
	.config_size = sizeof(struct config),
	.capabilities = capabilities,
	.capability_count = sizeof capabilities / sizeof *capabilities,
	.requests = chat_requests,
	.request_count = REQUEST_COUNT,
	.start = start,
	.stop = stop,
	.plugin = &plugin,
	.reconfigured = reconfigured,
	.personal = keep_personal,
	.personal_count = KEEP_PERSONAL,
	.erased = erased);
// clang-format on
