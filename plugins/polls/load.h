/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLLS_LOAD_H
#define POLLS_LOAD_H

#include "keep.h"

/** Reads what was asked in a room and not closed, what is shown, and the votes on what is open;
 * then runs all that waits for the room. */
void load_room(struct room *room);

#endif
