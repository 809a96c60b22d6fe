/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSROOM_STAGE_H
#define CLASSROOM_STAGE_H

#include "room.h"

enum {
	SPEAKERS_MOST = 12,
	LEADING_SLOTS = 2, /* the teacher's and the screen's: the first ones */
	SLOTS_MOST = LEADING_SLOTS + SPEAKERS_MOST,
};

/** What a moderator has said about somebody. */
enum standing {
	STANDING_FREE,     /* on stage when they speak */
	STANDING_PROMOTED, /* on stage until told otherwise */
	STANDING_DEMOTED,  /* not on stage until told otherwise */
};

/** A place on the stage: a voice and a picture, each a feed that is there for as long as the room.
 */
struct slot {
	char name[16]; /* "teacher", "screen", "speaker-1" */
	aula_feed audio, video;
	struct person *person;          /* who is shown; NULL: nobody */
	struct person *standby;         /* nobody is, but whose voice is let through */
	struct stream *sound, *picture; /* what the feeds carry; NULL: nothing */
	aula_track carried_sound, carried_picture;
};

/** The stage of a room: the teacher, a screen, and those who speak. What viewers receive is its
 * feeds; who is in them changes without a word to their PeerConnections. */
struct stage {
	struct room *room;
	char video_codec[AULA_CODEC_MOST + 1];
	bool open; /* the feeds are there: since the first viewer */
	size_t slot_count;
	struct slot slots[SLOTS_MOST];
	struct person *pinned_teacher, *pinned_screen;
	int64_t revision; /* of who is where */
	bool untold;      /* ... and not everybody has been told */
	aula_timer telling;
	int64_t told_us;
};

/** NULL: no memory. */
struct stage *stage_new(struct room *room, int64_t speakers_most);
/** Closes its feeds. NULL is fine. */
void stage_free(struct stage *stage);
/** Opens the feeds, once. */
aula_code stage_open(struct stage *stage);

/** Something has changed: who publishes what, who speaks, what a moderator wants. Puts everybody
 * where they belong; who is told hears of it soon, with all else that changes until then. */
void stage_arrange(struct stage *stage);
/** The person goes, or what they publish: nothing of theirs is named any more. */
void stage_forget(struct stage *stage, const struct person *person);
/** What a person (NULL is fine) sends of that kind, of a screen or not; NULL: nothing. */
struct stream *stage_find(const struct person *person, aula_kind kind, bool screen);

/** An item for each m-line of a viewer: [{"slot":"teacher","mid":"0","type":"audio","feed_id":1,
 * "feed_mid":"0","feed_display":"Ms T","feed_role":"teacher"}, …]. New reference. */
json_t *stage_streams(const struct stage *stage);

#endif
