/* SPDX-License-Identifier: Apache-2.0 */
/** The timetable of a person as a file under an address that nobody can guess: who has the address
 * may read it, without a login, as programs of calendars must. */
#ifndef COURSES_CALENDAR_H
#define COURSES_CALENDAR_H

#include "courses.h"

/** [control] Takes the path. Not OK: said in the log. */
aula_code calendar_start(struct courses *courses);
/** [control] Forgets who waits for one. */
void calendar_stop(struct courses *courses);

#endif
