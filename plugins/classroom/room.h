/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSROOM_ROOM_H
#define CLASSROOM_ROOM_H

#include "classroom.h"

#define STANDARD_AUDIO_CODECS "opus"
#define STANDARD_SPEAKERS 3
#define STANDARD_VIDEO_CODECS "vp8,h264,vp9,av1"

/** A room as it is asked for, by configuration or by `create`. Texts are borrowed. */
struct room_options {
	aula_key name; /* absent: a number is drawn */
	const char *description, *secret, *pin, *audio_codecs, *video_codecs;
	bool is_private, require_private_id, notify_joining, bitrate_cap, audiolevel_event;
	int64_t publishers_most, members_most, bitrate_bps, keyframe_s;
	int64_t speakers_most; /* on stage; -1: the room has none */
	aula_list allowed;     /* of const char *: the tokens that may join */
	bool has_allowed;
	bool lasting; /* it is opened again after the server was stopped */
};

/** Changes that were seen but not yet told. */
struct presence {
	json_t *joined, *left; /* arrays, at most `names_most` each; NULL when empty */
	int64_t joined_count, left_count;
	aula_timer timer;
};

TAILQ_HEAD(person_queue, person);

struct room {
	struct classroom *classroom;
	aula_room id;
	json_t *name; /* an integer or a string, as on the wire */
	char *description, *secret, *pin, *audio_codecs, *video_codecs;
	bool is_private, require_private_id, notify_joining, bitrate_cap;
	bool permanent; /* outlives the server: of the configuration, or kept in the store */
	bool kept;      /* in the store */
	bool adopted;   /* opened by another module, which also closes it */
	bool audiolevel_event;
	int64_t publishers_most, bitrate_bps, keyframe_s;
	int64_t members_most, speakers_most; /* as they were asked for */
	json_t *muted;                       /* subject to kinds; NULL: nobody */
	json_t *allowed;                     /* object used as a set; NULL: everybody */
	aula_handle creator; /* may manage the room without the secret; none: configuration */
	aula_timer keyframes;
	struct person_queue people, live;     /* the latter: of these, whose media may flow */
	size_t people_count, publisher_count; /* publishers include those not yet connected */
	struct subscriber_queue subscribers;
	int64_t revision; /* of who is here and what they publish; told with each change */
	struct presence presence;
	struct stage *stage; /* NULL: the room has none */
	struct viewer_queue viewers;
	size_t viewer_count;      /* of these, who only watch */
	struct presence watching; /* of viewers, for moderators */
	struct hand_queue hands;
	size_t hand_count;
	aula_timer hand_timer;
};

/** Opens a room, EXISTS and FULL as rooms->open says; INVALID: a codec list that names what we do
 * not know. */
aula_code room_open(struct classroom *classroom, const struct room_options *options,
	aula_handle creator, struct room **ret_room);
/** The classroom of that name or id; NULL when there is none. A room that another module has opened
 * becomes one when it is found by its name. */
struct room *room_find(struct classroom *classroom, const aula_key *name);
struct room *room_by_id(struct classroom *classroom, aula_room id);
/** Tells everybody, closes their PeerConnections, forgets the room and lets go of it. */
void room_destroy(struct room *room, const char *reason);
/** Frees without a word; for the end of the plugin, when no client is left. */
void room_free(struct room *room);

/** Replaces one of the room's texts by a copy; NULL or "" is none. */
void room_set_text(char **text, const char *value);
/** (Re)starts the regular keyframes. */
void room_set_keyframe_interval(struct room *room, int64_t keyframe_s);
/** True when `list` ("vp8,h264") names codecs of `kind` that we forward, and nothing else. */
bool room_codecs_known(aula_kind kind, const char *list);
/** True when `codec` is in `list`. */
bool room_codec_listed(const char *list, const char *codec);

/** False when a token of a list is longer than tokens may be. */
bool room_tokens_fit(const aula_list *tokens);

/** Finds the room of a request, or refuses it: no such room. */
aula_code room_of_call(
	struct classroom *classroom, aula_call *call, const aula_key *name, struct room **ret_room);
/** True unless the token of the handle's session is for another room than that `name`. */
bool room_is_in_token(struct classroom *classroom, aula_handle handle, const json_t *name);
/** Refuses when the sender's token is for another room than the one called `name` on the wire. */
aula_code room_check_name(struct classroom *classroom, aula_call *call, const json_t *name);
aula_code room_check_token(const struct room *room, aula_call *call);
/** Refuses unless the sender may moderate, made the room, or knows its secret. */
aula_code room_check_manager(struct room *room, aula_call *call, const char *secret);
/** Refuses unless the sender may enter: a token on the list, the PIN. */
aula_code room_check_entry(struct room *room, aula_call *call, const char *token, const char *pin);

#endif
