/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include "stage.h"
#include "stream.h"

enum {
	CROSS_REFERENCE_BYTES_MOST = 64,
	BITRATE_MOST_BPS = 1000000000,
	TOKENS_A_REQUEST_MOST = 500,
};

// clang-format off
#define ROOM(T, ...) AULA_KEY(T, room, "room", NAME_BYTES_MOST, __VA_ARGS__ \
	.summary = "The room's name: an integer above 0 or a text.")
#define SECRET(T) AULA_TEXT(T, secret, "secret", SECRET_BYTES_MOST, .flags = AULA_SECRET, \
	.summary = "The room's secret; not needed with `room.moderate` or by who made the room.")

/* A room of the configuration and of `create`; `at` is where struct room_options begins. */
#define ROOM_OPTIONS(T, at) \
	AULA_KEY(T, at name, "room", NAME_BYTES_MOST, \
		.summary = "The room's name: an integer above 0 or a text; absent: a number is drawn."), \
	AULA_TEXT(T, at description, "description", DESCRIPTION_BYTES_MOST, \
		.summary = "What the room is, for people."), \
	AULA_TEXT(T, at secret, "secret", SECRET_BYTES_MOST, .flags = AULA_SECRET, \
		.summary = "Lets whoever knows it edit the room, moderate and remove people; absent: only those who hold `room.moderate` and who made it."), \
	AULA_TEXT(T, at pin, "pin", SECRET_BYTES_MOST, .flags = AULA_SECRET, \
		.summary = "What one must know to join; absent: nothing."), \
	AULA_BOOL(T, at is_private, "is_private", \
		.summary = "Whether `list` leaves the room out."), \
	AULA_BOOL(T, at require_private_id, "require_pvtid", \
		.summary = "Whether only those who joined the room, and say their private id, may subscribe."), \
	AULA_BOOL(T, at notify_joining, "notify_joining", \
		.summary = "Whether everybody hears who comes, not only who publishes; in a large room in one notification for many."), \
	AULA_INT(T, at publishers_most, "publishers", 1, 10000, .fallback = 3, \
		.summary = "How many may publish at once."), \
	AULA_INT(T, at members_most, "max_members", 0, 1000000, \
		.summary = "How many may be in the room at once; 0: as many as the server allows."), \
	AULA_INT(T, at bitrate_bps, "bitrate", 0, BITRATE_MOST_BPS, \
		.summary = "What each publisher is told to send at most unless it asks for another rate, in bits per second; 0: no limit."), \
	AULA_BOOL(T, at bitrate_cap, "bitrate_cap", \
		.summary = "Whether no publisher may ask for a higher rate than `bitrate`."), \
	AULA_INT(T, at keyframe_s, "fir_freq", 0, 3600, \
		.summary = "How often a keyframe is asked for without need, in seconds; 0: never."), \
	AULA_TEXT(T, at audio_codecs, "audiocodec", CODECS_BYTES_MOST, .fallback_text = STANDARD_AUDIO_CODECS, \
		.summary = "Audio codecs that may be published, the preferred one first, with commas."), \
	AULA_TEXT(T, at video_codecs, "videocodec", CODECS_BYTES_MOST, .fallback_text = STANDARD_VIDEO_CODECS, \
		.summary = "Video codecs that may be published, the preferred one first, with commas."), \
	AULA_BOOL(T, at audiolevel_event, "audiolevel_event", \
		.summary = "Whether everybody who takes part hears who begins and ceases to talk."), \
	AULA_INT(T, at speakers_most, "stage_speakers", -1, SPEAKERS_MOST, .fallback = STANDARD_SPEAKERS, \
		.summary = "How many of those who speak the stage shows beside the teacher and a screen; it carries the first of `videocodec`; -1: the room has no stage."), \
	AULA_TEXTS(T, at allowed, "allowed", TOKENS_A_REQUEST_MOST, \
		.summary = "The tokens that may join; absent: no token is needed.")

static const aula_field room_option_fields[] = { ROOM_OPTIONS(struct room_options,) };

const aula_field classroom_config_fields[CONFIG_FIELD_COUNT] = {
	AULA_INT(struct config, rooms_most, "max_rooms", 1, 1000000, .flags = AULA_LIVE, .fallback = 1000,
		.summary = "How many rooms may be open at once, those of this file included."),
	AULA_INT(struct config, metadata_bytes, "max_metadata", 0, 65536, .flags = AULA_LIVE, .fallback = 1024,
		.summary = "The most that a member's `metadata` may be, in bytes of JSON."),
	AULA_INT(struct config, large_room, "large_room", 0, 1000000, .flags = AULA_LIVE, .fallback = 50,
		.summary = "Above this many members a room is large: only publishers are announced one by one; others, if at all, together and counted."),
	AULA_INT(struct config, presence_window_ms, "presence_window", 100, 60000, .flags = AULA_LIVE, .fallback = 1000,
		.summary = "How long a large room gathers comings and goings before it tells them, in milliseconds."),
	AULA_INT(struct config, names_most, "presence_names", 0, 1000, .flags = AULA_LIVE, .fallback = 20,
		.summary = "How many names such a notification has at most; the rest is only counted."),
	AULA_INT(struct config, page_most, "max_page", 1, 100000, .flags = AULA_LIVE, .fallback = 500,
		.summary = "How many members one reply of `listparticipants` has at most."),
	AULA_ROWS(struct config, rooms, "rooms", 1000, room_option_fields, struct room_options,
		.summary = "Rooms that are open from the start."),
	AULA_BOOL(struct config, demo_room, "demo_room", .fallback = true,
		.summary = "Whether there is a room 1234, the demo class, when `rooms` names none."),
};

static const aula_field create_fields[] = {
	ROOM_OPTIONS(struct create_args, options.),
	AULA_BOOL(struct create_args, permanent, "permanent",
		.summary = "Whether the room outlives the server, with what is said in it and who is muted; otherwise it ends with it."),
	AULA_BOOL(struct create_args, record, "record", .summary = "True is refused."),
	AULA_BOOL(struct create_args, require_e2ee, "require_e2ee", .summary = "True is refused."),
	AULA_BOOL(struct create_args, signed_tokens, "signed_tokens", .summary = "True is refused."),
};

static const aula_field room_fields[] = {
	ROOM(struct room_args, .flags = AULA_REQUIRED,),
	SECRET(struct room_args),
};

static const aula_field edit_fields[] = {
	ROOM(struct edit_args, .flags = AULA_REQUIRED,),
	SECRET(struct edit_args),
	AULA_TEXT(struct edit_args, description, "new_description", DESCRIPTION_BYTES_MOST,
		.summary = "The new description."),
	AULA_TEXT(struct edit_args, new_secret, "new_secret", SECRET_BYTES_MOST, .flags = AULA_SECRET,
		.summary = "The new secret; \"\" is none."),
	AULA_TEXT(struct edit_args, pin, "new_pin", SECRET_BYTES_MOST, .flags = AULA_SECRET,
		.summary = "The new PIN; \"\" is none."),
	AULA_SWITCH(struct edit_args, is_private, "new_is_private",
		.summary = "Whether `list` leaves the room out."),
	AULA_SWITCH(struct edit_args, require_private_id, "new_require_pvtid",
		.summary = "Whether only those who joined may subscribe."),
	AULA_INT(struct edit_args, bitrate_bps, "new_bitrate", 0, BITRATE_MOST_BPS, .fallback = -1,
		.summary = "The new rate for those who publish from now on, in bits per second; 0: no limit."),
	AULA_INT(struct edit_args, keyframe_s, "new_fir_freq", 0, 3600, .fallback = -1,
		.summary = "How often a keyframe is asked for without need, in seconds; 0: never."),
	AULA_INT(struct edit_args, publishers_most, "new_publishers", 1, 10000, .fallback = -1,
		.summary = "How many may publish at once; nobody is stopped who does already."),
};

static const char *const allowed_actions[] = { "add", "disable", "enable", "remove", NULL };
static const aula_field allowed_fields[] = {
	ROOM(struct allowed_args, .flags = AULA_REQUIRED,),
	SECRET(struct allowed_args),
	AULA_TEXT(struct allowed_args, action, "action", 16, .flags = AULA_REQUIRED,
		.choices = allowed_actions,
		.summary = "What to do: `enable` the list, add to it, remove from it, or `disable` it, so that no token is needed."),
	AULA_TEXTS(struct allowed_args, tokens, "allowed", TOKENS_A_REQUEST_MOST,
		.summary = "The tokens to add or remove."),
};

static const aula_field people_fields[] = {
	ROOM(struct people_args, .flags = AULA_REQUIRED,),
	AULA_INT(struct people_args, offset, "offset", 0, 10000000,
		.summary = "How many to skip, in the order in which they joined."),
	AULA_INT(struct people_args, limit, "limit", 0, 10000000,
		.summary = "How many to list at most; 0: as many as one reply may hold."),
};

static const aula_field kick_fields[] = {
	ROOM(struct kick_args, .flags = AULA_REQUIRED,),
	SECRET(struct kick_args),
	AULA_KEY(struct kick_args, id, "id", NAME_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "Who is to be removed."),
};

static const aula_field moderate_fields[] = {
	ROOM(struct moderate_args, .flags = AULA_REQUIRED,),
	SECRET(struct moderate_args),
	AULA_KEY(struct moderate_args, id, "id", NAME_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "Whose stream it is."),
	AULA_TEXT(struct moderate_args, mid, "mid", AULA_MID_MOST, .flags = AULA_REQUIRED,
		.summary = "Which of their streams."),
	AULA_BOOL(struct moderate_args, mute, "mute", .flags = AULA_REQUIRED,
		.summary = "Whether the stream is forwarded to nobody from now on, also when it is published anew."),
};

static const aula_field hand_fields[] = {
	AULA_BOOL(struct hand_args, raised, "raised", .flags = AULA_REQUIRED,
		.summary = "Whether the hand is up from now on."),
	AULA_KEY(struct hand_args, id, "id", NAME_BYTES_MOST,
		.summary = "Moderators: whose hand to lower; absent: one's own."),
	SECRET(struct hand_args),
};

static const char *const stage_actions[] = { "demote", "pin", "promote", "release", "unpin", NULL };
static const char *const stage_slots[] = { "screen", "teacher", NULL };
static const aula_field stage_fields[] = {
	ROOM(struct stage_args, .flags = AULA_REQUIRED,),
	SECRET(struct stage_args),
	AULA_TEXT(struct stage_args, action, "action", 16, .flags = AULA_REQUIRED, .choices = stage_actions,
		.summary = "What to do: `promote` somebody to the stage, to stay there; `demote` them, to stay away; `release`: there when they speak; `pin` them into `slot`; `unpin` it."),
	AULA_KEY(struct stage_args, id, "id", NAME_BYTES_MOST, .summary = "Whom; `unpin` needs none."),
	AULA_TEXT(struct stage_args, slot, "slot", 16, .choices = stage_slots, .fallback_text = "teacher",
		.summary = "`pin` and `unpin`: which slot."),
};

/* What one wants of a picture; `at` is where struct quality_args begins. */
#define QUALITY(T, at) \
	AULA_INT(T, at encoding, "substream", 0, QUALITY_LEVEL_MOST, .fallback = -1, \
		.summary = "Subscribers and viewers: the highest encoding of a simulcast to receive, 0 being the lowest; absent: all there are, or as it was."), \
	AULA_INT(T, at temporal, "temporal", 0, QUALITY_LEVEL_MOST, .fallback = -1, \
		.summary = "Subscribers and viewers: the highest temporal layer to receive, 0 being the lowest rate of frames; absent: likewise."), \
	AULA_INT(T, at fallback_us, "fallback", 0, QUALITY_FALLBACK_MOST_US, .fallback = -1, \
		.summary = "Subscribers and viewers: after how long without a packet of an encoding a lower one is shown, in microseconds; 0 and at first: one second."), \
	AULA_INT(T, at spatial, "spatial_layer", 0, QUALITY_LEVEL_MOST, .fallback = -1, \
		.summary = "Subscribers and viewers: the highest spatial layer (VP9, AV1) to receive, 0 being the smallest picture; absent: likewise."), \
	AULA_INT(T, at temporal_layer, "temporal_layer", 0, QUALITY_LEVEL_MOST, .fallback = -1, \
		.summary = "Another name of `temporal`, and before it."), \
	AULA_INT(T, at min_delay, "min_delay", -1, QUALITY_DELAY_MOST, .fallback = QUALITY_DELAY_ABSENT, \
		.summary = "Subscribers and viewers: how long the client's buffer is to hold the picture back at least, in units of 10 ms; -1: as the publisher says."), \
	AULA_INT(T, at max_delay, "max_delay", -1, QUALITY_DELAY_MOST, .fallback = QUALITY_DELAY_ABSENT, \
		.summary = "Subscribers and viewers: how long at most, likewise.")

static const aula_field stream_fields[] = {
	AULA_KEY(struct stream_args, feed, "feed", NAME_BYTES_MOST, .summary = "Who publishes it."),
	AULA_TEXT(struct stream_args, mid, "mid", AULA_MID_MOST,
		.summary = "Which of their streams; absent: all. In `configure`: which of one's own m-lines."),
	AULA_TEXT(struct stream_args, sub_mid, "sub_mid", AULA_MID_MOST,
		.summary = "The subscriber's own m-line."),
	AULA_TEXT(struct stream_args, cross_reference, "crossrefid", CROSS_REFERENCE_BYTES_MOST,
		.summary = "A name of the client's own, given back with the stream."),
	AULA_SWITCH(struct stream_args, send, "send",
		.summary = "Whether it is to be sent at present; absent: yes, or as it was."),
	AULA_SWITCH(struct stream_args, keyframe, "keyframe",
		.summary = "Publishers: whether to ask for a keyframe now."),
	QUALITY(struct stream_args, quality.),
};

static const aula_field description_fields[] = {
	AULA_TEXT(struct description_args, mid, "mid", AULA_MID_MOST, .flags = AULA_REQUIRED,
		.summary = "Which stream."),
	AULA_TEXT(struct description_args, description, "description", DESCRIPTION_BYTES_MOST,
		.flags = AULA_REQUIRED, .summary = "What it shows, for people."),
};

#define STREAMS(T, m, key, text, ...) AULA_ROWS(T, m, key, STREAMS_MOST, stream_fields, \
	struct stream_args, __VA_ARGS__ .summary = text)

/* What describes oneself and what one publishes. */
#define PROFILE \
	AULA_TEXT(struct media_args, display, "display", DISPLAY_BYTES_MOST, \
		.summary = "What people call one."), \
	AULA_JSON(struct media_args, metadata, "metadata", \
		.summary = "Anything that others should know, as an object; its size is bounded by the configuration."), \
	AULA_TEXT(struct media_args, audio_codec, "audiocodec", AULA_CODEC_MOST, \
		.summary = "The audio codec to publish with, one of the room's; absent: the first of the room's that the offer has."), \
	AULA_TEXT(struct media_args, video_codec, "videocodec", AULA_CODEC_MOST, \
		.summary = "The video codec to publish with, one of the room's; absent: the first of the room's that the offer has."), \
	AULA_INT(struct media_args, bitrate_bps, "bitrate", 0, BITRATE_MOST_BPS, .fallback = -1, \
		.summary = "The most one wants to be told to send, in bits per second; 0: as the room says."), \
	AULA_SWITCH(struct media_args, audio, "audio", \
		.summary = "Whether audio is forwarded: of a publisher to everybody, of a subscriber to itself."), \
	AULA_SWITCH(struct media_args, video, "video", \
		.summary = "Whether video is forwarded, likewise."), \
	AULA_SWITCH(struct media_args, keyframe, "keyframe", \
		.summary = "Whether to ask for a keyframe of each video now."), \
	AULA_BOOL(struct media_args, record, "record", .summary = "True is refused."), \
	AULA_ROWS(struct media_args, descriptions, "descriptions", STREAMS_MOST, description_fields, \
		struct description_args, .summary = "What each stream shows.")

/* What it takes to come in. */
#define ENTRY \
	ROOM(struct media_args, .flags = AULA_REQUIRED,), \
	AULA_KEY(struct media_args, id, "id", NAME_BYTES_MOST, \
		.summary = "One's name in the room, an integer above 0 or a text; absent: a number is drawn."), \
	AULA_TEXT(struct media_args, token, "token", SECRET_BYTES_MOST, .flags = AULA_SECRET, \
		.summary = "A token on the room's list, when it has one."), \
	AULA_TEXT(struct media_args, pin, "pin", SECRET_BYTES_MOST, .flags = AULA_SECRET, \
		.summary = "The room's PIN, when it has one.")

static const char *const roles[] = { "publisher", "subscriber", "viewer", NULL };
static const char *const publisher_only[] = { "publisher", NULL };
static const aula_field join_fields[] = {
	ENTRY,
	PROFILE,
	AULA_TEXT(struct media_args, role, "ptype", 16, .flags = AULA_REQUIRED, .choices = roles,
		.summary = "What the handle is for: to take part, to receive what it names, or to watch the stage."),
	AULA_INT(struct media_args, private_id, "private_id", 0, UINT32_MAX,
		.summary = "Subscribers and viewers: the private id that `joined` told."),
	AULA_SWITCH(struct media_args, auto_update, "autoupdate",
		.summary = "Subscribers: whether an offer follows by itself when a stream ends; absent: yes."),
	STREAMS(struct media_args, streams, "streams", "Subscribers: what to receive.",),
	AULA_KEY(struct media_args, feed, "feed", NAME_BYTES_MOST,
		.summary = "Subscribers, in the old way: the one feed to receive. Viewers: whose `private_id` it is, so that it need not be looked for."),
	AULA_SWITCH(struct media_args, offer_audio, "offer_audio",
		.summary = "With `feed`: whether to receive its audio; absent: yes."),
	AULA_SWITCH(struct media_args, offer_video, "offer_video",
		.summary = "With `feed`: whether to receive its video; absent: yes."),
	QUALITY(struct media_args, quality.),
	AULA_TEXTS(struct media_args, slots, "slots", SLOTS_MOST,
		.summary = "Viewers who bring an offer: which slots of the stage its m-lines carry, in this order; absent: all, in the stage's."),
};

static const aula_field join_and_configure_fields[] = {
	ENTRY,
	PROFILE,
	AULA_TEXT(struct media_args, role, "ptype", 16, .choices = publisher_only, .fallback_text = "publisher",
		.summary = "Only publishers join and configure at once."),
	STREAMS(struct media_args, streams, "streams", "What to set of single streams.",),
};

static const aula_field configure_fields[] = {
	PROFILE,
	STREAMS(struct media_args, streams, "streams", "What to set of single streams.",),
	AULA_BOOL(struct media_args, restart, "restart",
		.summary = "Subscribers: whether to offer with new ICE credentials."),
	AULA_BOOL(struct media_args, update, "update", .summary = "Subscribers: whether to offer again."),
	QUALITY(struct media_args, quality.),
};

static const aula_field subscribe_fields[] = {
	STREAMS(struct subscribe_args, streams, "streams", "The streams.", .min = 1, .flags = AULA_REQUIRED,),
};

static const aula_field update_fields[] = {
	STREAMS(struct subscribe_args, subscribe, "subscribe", "The streams to receive.",),
	STREAMS(struct subscribe_args, unsubscribe, "unsubscribe", "The streams to receive no longer.",),
};

static const aula_field switch_fields[] = {
	STREAMS(struct subscribe_args, streams, "streams",
		"What to receive on which m-line: `feed` and `mid` of the new stream, `sub_mid` of the m-line.",),
	AULA_KEY(struct subscribe_args, feed, "feed", NAME_BYTES_MOST,
		.summary = "In the old way: whose first streams to receive on all m-lines."),
};

/* Sorted by name. */
const aula_request classroom_requests[REQUEST_COUNT] = {
	{ "allowed", 0, 0, AULA_TABLE(allowed_fields), sizeof(struct allowed_args), run_allowed,
		"Changes the list of tokens that may join the room." },
	{ "configure", 0, AULA_ASYNC, AULA_TABLE(configure_fields), sizeof(struct media_args), run_configure,
		"Publishers: publishes or changes what is published, with an offer; sets names and rates. Subscribers: sets what is sent." },
	{ "create", MAY_CREATE, 0, AULA_TABLE(create_fields), sizeof(struct create_args), run_create,
		"Makes a room." },
	{ "destroy", 0, 0, AULA_TABLE(room_fields), sizeof(struct room_args), run_destroy,
		"Closes a room; everybody in it is told and loses the connection." },
	{ "edit", 0, 0, AULA_TABLE(edit_fields), sizeof(struct edit_args), run_edit,
		"Changes a room." },
	{ "exists", MAY_LIST, 0, AULA_TABLE(room_fields), sizeof(struct room_args), run_exists,
		"Whether there is a room of that name." },
	{ "hand", 0, 0, AULA_TABLE(hand_fields), sizeof(struct hand_args), run_hand,
		"Raises or lowers one's hand; moderators see those that are up, in their order." },
	{ "join", 0, AULA_ASYNC, AULA_TABLE(join_fields), sizeof(struct media_args), run_join,
		"Joins a room, to take part (`room.join`), or to receive or watch (`media.subscribe`)." },
	{ "joinandconfigure", MAY_JOIN, AULA_ASYNC, AULA_TABLE(join_and_configure_fields), sizeof(struct media_args),
		run_join_and_configure, "Joins a room and publishes at once; both happen or neither." },
	{ "kick", 0, 0, AULA_TABLE(kick_fields), sizeof(struct kick_args), run_kick,
		"Removes somebody from the room, with all that they have open in it." },
	{ "leave", 0, AULA_ASYNC, NULL, 0, 0, run_leave, "Leaves the room." },
	{ "list", MAY_LIST, 0, NULL, 0, 0, run_list, "The rooms, without private ones." },
	{ "listparticipants", MAY_LIST, 0, AULA_TABLE(people_fields), sizeof(struct people_args),
		run_list_participants, "Who is in a room, page by page." },
	{ "moderate", 0, 0, AULA_TABLE(moderate_fields), sizeof(struct moderate_args), run_moderate,
		"Mutes or unmutes a stream in the server." },
	{ "pause", 0, AULA_ASYNC, NULL, 0, 0, run_pause, "Subscribers and viewers: stops all streams for a while." },
	{ "publish", MAY_PUBLISH, AULA_ASYNC, AULA_TABLE(configure_fields), sizeof(struct media_args), run_publish,
		"Publishes what the offer that comes along has." },
	{ "stage", 0, 0, AULA_TABLE(stage_fields), sizeof(struct stage_args), run_stage,
		"Moderators: says who is on stage." },
	{ "start", 0, AULA_ASYNC, NULL, 0, 0, run_start,
		"Subscribers and viewers: brings the answer to an offer, or goes on after `pause`." },
	{ "subscribe", 0, AULA_ASYNC, AULA_TABLE(subscribe_fields), sizeof(struct subscribe_args), run_subscribe,
		"Subscribers: receives more streams." },
	{ "switch", 0, AULA_ASYNC, AULA_TABLE(switch_fields), sizeof(struct subscribe_args), run_switch,
		"Subscribers: receives other streams on the same m-lines, without a new offer where the codec is the same." },
	{ "unpublish", 0, AULA_ASYNC, NULL, 0, 0, run_unpublish, "Publishes nothing any more, and stays in the room." },
	{ "unsubscribe", 0, AULA_ASYNC, AULA_TABLE(subscribe_fields), sizeof(struct subscribe_args), run_unsubscribe,
		"Subscribers: receives streams no longer." },
	{ "update", 0, AULA_ASYNC, AULA_TABLE(update_fields), sizeof(struct subscribe_args), run_update,
		"Subscribers: `unsubscribe` and `subscribe` with one offer." },
};
// clang-format on
