/* SPDX-License-Identifier: Apache-2.0 */
/** Whether a class is open: its room is there from when it opens until it closes, by the timetable
 * or by a teacher. What the database says is what counts; the rooms are brought in line with it, at
 * each change and every few seconds. [control] */
#ifndef COURSES_OPENING_H
#define COURSES_OPENING_H

#include "courses.h"

/** Opens and closes rooms, now, which is before any client in `start`, and from time to time. */
void opening_start(struct courses *courses);
/** Looks at the timetable now; soon, if it is being looked at. */
void opening_sync(struct courses *courses);
/** Forgets which rooms are open, and leaves them: they are opened again by the next start. */
void opening_stop(struct courses *courses);

/** A room was closed, by whomever. */
void opening_closed(struct courses *courses, aula_room room);

#endif
