/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSROOM_PERSON_H
#define CLASSROOM_PERSON_H

#include "stage.h"

/** One who has joined to take part, whether or not they publish ("publisher" in the Janus API). */
struct person {
	struct client *client;
	struct room *room;
	TAILQ_ENTRY(person) others;      /* in the room */
	TAILQ_ENTRY(person) live_others; /* likewise, while `live` */
	aula_member member;
	json_t *id;                     /* an integer or a string, as on the wire */
	char *display, *role, *subject; /* the last: "" for a guest */
	json_t *metadata;               /* an object or NULL */
	uint32_t private_id;            /* names the person to nobody else */
	bool publishing;                /* an offer was answered */
	bool live;                      /* ... and media may flow: the others know */
	bool moderator;                 /* holds room.moderate */
	bool speaking;
	int64_t spoke_us; /* when they last began or ceased to speak */
	enum standing standing;
	unsigned muted_kinds;    /* bit aula_kind: what they start anew starts muted */
	int64_t bitrate_bps;     /* what they asked for; 0: the room's */
	struct stream **streams; /* every m-line they have published on, in no order */
	size_t stream_count;
};

/** Enters `member` of `client` into the room. NULL: no memory. */
struct person *person_new(struct client *client, struct room *room, aula_member member);
/** Ends what they publish, takes them off the room's list and frees; tells nobody and does not
 * touch the core's membership. */
void person_free(struct person *person);
/** From now on media may flow: they are among those that newcomers hear of. */
void person_go_live(struct person *person);
/** They have begun or ceased to speak, on a stream of theirs. */
void person_speaks(struct person *person, const struct stream *stream, bool speaks, int level_dbov);
/** Ends what they publish: streams stop, subscribers are looked after. True when it was live. */
bool person_withdraw(struct person *person);
/** Leaves the room, in the core too, telling the others with `key` ("leaving", "kicked"). */
void person_leave(struct person *person, const char *key);

/** The person that a request names; NULL when nobody in the room has that name. */
struct person *person_find(struct room *room, const aula_key *name);

void person_set_display(struct person *person, const char *display);
void person_set_metadata(struct person *person, json_t *metadata);

/** {"id":…,"display":…,"metadata":…} New reference. */
json_t *person_summary(const struct person *person);
/** The same with "streams", as in `publishers`. New reference. */
json_t *person_publication(const struct person *person);
/** Sets "audio_codec" and "video_codec", the first of each, in `into`. */
void person_set_codecs(const struct person *person, json_t *into);
/** The "streams" of a publication. New reference. */
json_t *person_streams(const struct person *person);

/** Reads what the PeerConnection carries now, after an answer: new streams, ended ones, new tracks.
 */
void person_read_streams(struct person *person);
/** The stream of that mid; NULL when they never had it. */
struct stream *person_stream(const struct person *person, const char *mid);

#endif
