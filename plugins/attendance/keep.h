/* SPDX-License-Identifier: Apache-2.0 */
/** Stays in the store. */
#ifndef ATTENDANCE_KEEP_H
#define ATTENDANCE_KEEP_H

#include "stay.h"

enum { KEEP_PERSONAL = 1 };
extern const aula_personal keep_personal[KEEP_PERSONAL];

/** Makes the table, and forgets what is too old, now and daily. Not OK: said in the log. */
aula_code keep_start(struct attendance *attendance);
/** Tells the store of this stay soon; one that has ended is freed then (taken). */
void keep_soon(struct attendance *attendance, struct stay *stay);
/** Tells the store all that it was not told yet. */
void keep_all(struct attendance *attendance);
/** The same, and that those who are there were seen now; then `done`. Another code than OK: it will
 * not be called. */
aula_code keep_up_to_date(struct attendance *attendance, aula_store_done done, void *data);

#endif
