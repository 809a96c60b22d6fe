/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSROOM_VIEWER_H
#define CLASSROOM_VIEWER_H

#include "requests.h"
#include "stage.h"

/** One handle that receives the stage, all of it and nothing else, by one offer for the whole
 * class. Others hear of its coming and going only by number. */
struct viewer {
	struct client *client;
	struct room *room;
	TAILQ_ENTRY(viewer) others; /* in the room */
	aula_member member;
	json_t *id; /* an integer or a string, as on the wire */
	char *display;
	int64_t private_id; /* of the person it belongs to; 0: not said */
	bool counted;       /* among those who only watch */
	bool paused;
	bool answered; /* the offer was its own, which may have fewer m-lines than the stage */
	char (*mids)[AULA_MID_MOST + 1]; /* of each line, when `answered` */
	size_t line_count;
	struct {
		aula_sender sender;     /* none: the client's offer has no m-line for it */
		bool held_back;         /* the client wants nothing on it for now */
		struct quality quality; /* video */
	} lines[2 * SLOTS_MOST];        /* audio and video of each slot */
};

/** Joins a room as a viewer: the answer has the stage and an offer, or an answer to the client's
 * own, each m-line of which carries the next slot. */
aula_code viewer_join(struct classroom *classroom, aula_call *call, const struct media_args *args);
/** `streams` with `mid`, `send` and what is wanted of the picture, `restart`. */
aula_code viewer_configure(struct viewer *viewer, aula_call *call, const struct media_args *args);
/** What a sender shows has changed: the client is told. */
void viewer_shown(struct viewer *viewer, aula_sender sender, const aula_shown *shown);
/** `pause`, and `start` after it. */
void viewer_pause(struct viewer *viewer, bool paused);
/** Leaves the room, in the core too. */
void viewer_leave(struct viewer *viewer);

#endif
