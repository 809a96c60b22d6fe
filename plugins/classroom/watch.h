/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSROOM_WATCH_H
#define CLASSROOM_WATCH_H

#include "room.h"

/** The core takes a watcher out of the room: it is told, and its PeerConnection closed. */
void watcher_end(struct subscriber *subscriber, const char *reason);
/** Who publishes has changed: those who watch whoever teaches are shown that one. */
void watch_follow(struct room *room);

#endif
