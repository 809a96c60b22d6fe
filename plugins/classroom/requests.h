/* SPDX-License-Identifier: Apache-2.0 */
/** The arguments of each request, as the tables in requests.c fill them, and who runs it. */
#ifndef CLASSROOM_REQUESTS_H
#define CLASSROOM_REQUESTS_H

#include "quality.h"
#include "room.h"

struct create_args {
	struct room_options options;
	bool permanent;
	bool record, require_e2ee, signed_tokens; /* what we do not do, and say so */
};

/** Any request that needs no more than a room. */
struct room_args {
	aula_key room;
	const char *secret;
};

struct edit_args {
	aula_key room;
	const char *secret, *description, *new_secret, *pin;
	aula_tristate is_private, require_private_id;
	int64_t bitrate_bps, keyframe_s, publishers_most; /* -1: as it is */
};

struct allowed_args {
	aula_key room;
	const char *secret, *action;
	aula_list tokens; /* of const char * */
};

struct people_args {
	aula_key room;
	int64_t offset, limit; /* limit 0: the most that the configuration allows */
};

struct kick_args {
	aula_key room, id;
	const char *secret;
};

struct moderate_args {
	aula_key room, id;
	const char *secret, *mid;
	bool mute;
};

struct hand_args {
	aula_key id;
	const char *secret;
	bool raised;
};

struct stage_args {
	aula_key room, id;
	const char *secret, *action, *slot;
};

/** One stream that a subscriber asks for, or says something about. */
struct stream_args {
	aula_key feed;
	const char *mid, *sub_mid, *cross_reference;
	aula_tristate send, keyframe;
	struct quality_args quality;
};

struct description_args {
	const char *mid, *description;
};

/** `join`, `publish`, `configure` and `joinandconfigure` share their fields: each reads its own. */
struct media_args {
	aula_key room, id, feed;
	const char *role, *display, *token, *pin, *audio_codec, *video_codec;
	json_t *metadata;
	int64_t private_id, bitrate_bps; /* bitrate -1: as it is */
	aula_tristate auto_update, audio, video, offer_audio, offer_video, keyframe;
	bool restart, update, record;
	struct quality_args quality; /* in the old way: of every video */
	aula_list streams;           /* of struct stream_args */
	aula_list descriptions;      /* of struct description_args */
	aula_list slots;             /* of const char *: a viewer's own order */
};

/** `subscribe`, `unsubscribe`, `update`, `switch`. */
struct subscribe_args {
	aula_list streams, subscribe, unsubscribe; /* of struct stream_args */
	aula_key feed;                             /* `switch` of older clients */
};

/* manage.c */
aula_code run_create(void *self, aula_call *call, const void *args);
aula_code run_destroy(void *self, aula_call *call, const void *args);
aula_code run_edit(void *self, aula_call *call, const void *args);
aula_code run_exists(void *self, aula_call *call, const void *args);
aula_code run_list(void *self, aula_call *call, const void *args);
aula_code run_list_participants(void *self, aula_call *call, const void *args);

/* moderation.c */
aula_code run_allowed(void *self, aula_call *call, const void *args);
aula_code run_kick(void *self, aula_call *call, const void *args);
aula_code run_moderate(void *self, aula_call *call, const void *args);

/* on_stage.c */
aula_code run_hand(void *self, aula_call *call, const void *args);
aula_code run_stage(void *self, aula_call *call, const void *args);

/* take_part.c: what depends on who asks */
aula_code run_join(void *self, aula_call *call, const void *args);
aula_code run_configure(void *self, aula_call *call, const void *args);
aula_code run_leave(void *self, aula_call *call, const void *args);

/* publish.c */
aula_code run_join_and_configure(void *self, aula_call *call, const void *args);
aula_code run_publish(void *self, aula_call *call, const void *args);
aula_code run_unpublish(void *self, aula_call *call, const void *args);
aula_code publisher_join(
	struct classroom *classroom, aula_call *call, const struct media_args *args);
aula_code publisher_configure(
	struct person *person, aula_call *call, const struct media_args *args);

/* subscribe.c */
aula_code run_pause(void *self, aula_call *call, const void *args);
aula_code run_start(void *self, aula_call *call, const void *args);
aula_code run_subscribe(void *self, aula_call *call, const void *args);
aula_code run_switch(void *self, aula_call *call, const void *args);
aula_code run_unsubscribe(void *self, aula_call *call, const void *args);
aula_code run_update(void *self, aula_call *call, const void *args);
aula_code subscriber_join(
	struct classroom *classroom, aula_call *call, const struct media_args *args);
aula_code subscriber_configure(
	struct subscriber *subscriber, aula_call *call, const struct media_args *args);

/* watch.c: who brings an offer of their own, to receive */
aula_code watcher_join(struct room *room, aula_call *call, const struct media_args *args);
aula_code watcher_answer(struct subscriber *subscriber, aula_call *call);

enum { CONFIG_FIELD_COUNT = 8, REQUEST_COUNT = 23 };
extern const aula_field classroom_config_fields[CONFIG_FIELD_COUNT];
extern const aula_request classroom_requests[REQUEST_COUNT];

#endif
