/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

// clang-format off
#define ROOM(T) AULA_KEY(T, room, "room", NAME_BYTES_MOST, \
	.summary = "The room that one is in; may be left out.")

static const aula_field join_fields[] = {
	AULA_KEY(struct join_args, room, "room", NAME_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "The room: an integer above 0 or a text."),
	AULA_KEY(struct join_args, username, "username", NAME_BYTES_MOST,
		.summary = "One's name in the room; ignored when the session is in the room already, which has given it one."),
	AULA_TEXT(struct join_args, display, "display", DISPLAY_BYTES_MOST,
		.summary = "What people call one; ignored when the room knows it already."),
	AULA_BOOL(struct join_args, history, "history", .fallback = true,
		.summary = "Whether the reply has what was said last."),
};

static const aula_field room_fields[] = { ROOM(struct room_args) };

static const aula_field message_fields[] = {
	ROOM(struct message_args),
	AULA_TEXT(struct message_args, text, "text", TEXT_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "What to say, in bytes of UTF-8; bounded further by the configuration."),
	AULA_KEY(struct message_args, to, "to", NAME_BYTES_MOST,
		.summary = "The only one to see it; absent, with `tos` absent: everybody."),
	AULA_TEXTS(struct message_args, tos, "tos", RECIPIENTS_MOST, .min = 1,
		.summary = "The only ones to see it, as texts."),
};

static const aula_field announcement_fields[] = {
	ROOM(struct message_args),
	AULA_TEXT(struct message_args, text, "text", TEXT_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "What to say, in bytes of UTF-8; bounded further by the configuration."),
};

static const aula_field history_fields[] = {
	ROOM(struct history_args),
	AULA_INT(struct history_args, before, "before", 0, INT64_MAX,
		.summary = "Only messages with a lower id; 0: up to the last."),
	AULA_INT(struct history_args, after, "after", 0, INT64_MAX,
		.summary = "Only messages with a higher id, as after a break of the connection."),
	AULA_INT(struct history_args, limit, "limit", 1, PAGE_MOST, .fallback = 50,
		.summary = "How many at most, the latest."),
};

static const aula_field delete_fields[] = {
	ROOM(struct delete_args),
	AULA_INT(struct delete_args, id, "id", 1, INT64_MAX, .flags = AULA_REQUIRED,
		.summary = "Which message."),
};

static const aula_field people_fields[] = {
	ROOM(struct people_args),
	AULA_INT(struct people_args, offset, "offset", 0, 10000000,
		.summary = "How many to skip, in the order in which they joined."),
	AULA_INT(struct people_args, limit, "limit", 0, 10000000,
		.summary = "How many to list at most; 0: as many as one reply may hold."),
};

/* Sorted by name. */
const aula_request chat_requests[REQUEST_COUNT] = {
	{ "announcement", MAY_MODERATE, 0, AULA_TABLE(announcement_fields), sizeof(struct message_args), run_announcement,
		"Says something to everybody in the name of the room." },
	{ "delete", MAY_READ, 0, AULA_TABLE(delete_fields), sizeof(struct delete_args), run_delete,
		"Takes a message back: one's own for a while, anybody's with `chat.moderate`." },
	{ "history", MAY_READ, 0, AULA_TABLE(history_fields), sizeof(struct history_args), run_history,
		"What was said, oldest first, as far as one may see it." },
	{ "join", MAY_READ, 0, AULA_TABLE(join_fields), sizeof(struct join_args), run_join,
		"Joins the chat of a room." },
	{ "leave", 0, 0, AULA_TABLE(room_fields), sizeof(struct room_args), run_leave,
		"Leaves the chat; one stays in the room if one is there otherwise." },
	{ "list", MAY_MODERATE, 0, NULL, 0, 0, run_list, "The rooms in which there is a chat." },
	{ "listparticipants", MAY_READ, 0, AULA_TABLE(people_fields), sizeof(struct people_args),
		run_list_participants, "Who chats in the room, page by page." },
	{ "message", MAY_WRITE, 0, AULA_TABLE(message_fields), sizeof(struct message_args), run_message,
		"Says something, to everybody or to some." },
};
// clang-format on
