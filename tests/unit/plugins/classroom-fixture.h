/* SPDX-License-Identifier: Apache-2.0 */
/** The classroom on the stage: a teacher, a student, and a handle of the student's to receive on.
 */
#ifndef CLASSROOM_FIXTURE_H
#define CLASSROOM_FIXTURE_H

#include "stage.h"

#define STUDENT "room.join room.list media.publish media.subscribe"
#define TEACHER STUDENT " room.create room.moderate"
#define CAMERA "audio 0 opus send, video 1 vp8 send"
#define ROOM_7 "{'rooms': [{'room': 7, 'description': 'Seven', 'publishers': 2}]}"

typedef struct {
	struct stage *stage;
	unsigned module;
	aula_handle teacher, student, viewer;
} fixture;

/** Starts the classroom with these settings; nobody has joined. */
fixture set_up(const char *settings);
/** The error number of a reply; 0: it is none. */
int number_of(json_t *reply);
/** The teacher joins room 7 ("Seven") as 1, the student as 2. */
void join_both(fixture *f);
/** Publishes an offer and connects. */
void publish(fixture *f, aula_handle who, const char *offer);
/** The viewer subscribes to 1, with `more` in the request; answers the offer and connects. */
void attach_viewer(fixture *f, const char *more);
void start_viewer(fixture *f);

#endif
