/* SPDX-License-Identifier: Apache-2.0 */
/** What this server said in its rooms of late, for whoever missed some of it. Bounded by number,
 * bytes and age. [pure] */
#ifndef AULA_ROOM_SAID_H
#define AULA_ROOM_SAID_H

#include <stddef.h>
#include <stdint.h>

typedef struct aula_said_list aula_said_list;

/** One thing that was said: the number counts within the epoch, which is one time that the room was
 * open. */
typedef struct {
	char *room, *module, *text;
	int64_t epoch, number, at_us;
} aula_said;

aula_said_list *aula_said_list_new(void);
/** NULL is fine. */
void aula_said_list_free(aula_said_list *list);
/** Copies room and module, takes `text` (of malloc); forgets the oldest past the bounds. Borrowed
 * until the next call. */
const aula_said *aula_said_add(aula_said_list *list, const aula_said *said);
/** Forgets what is too old. */
void aula_said_prune(aula_said_list *list, int64_t now_us);
/** How far a walk has come; begins as zero, and ends with the next change of the list. */
typedef struct {
	const void *at;
} aula_said_cursor;
/** The next of an epoch with that number or a higher one; NULL: none is left. */
const aula_said *aula_said_next(
	const aula_said_list *list, int64_t epoch, int64_t number, aula_said_cursor *cursor);

#endif
