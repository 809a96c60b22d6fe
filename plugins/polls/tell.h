/* SPDX-License-Identifier: Apache-2.0 */
/** What a room is told: polls that open, close and are shown, to all; counts, in batches, to staff;
 * and what the stream of events is told of it. */
#ifndef POLLS_TELL_H
#define POLLS_TELL_H

#include "room.h"

/** {"polls":`word`,"room":…} New reference. */
json_t *tell_event(const struct room *room, const char *word);
/** A poll as `holds` lets one see it, with results if one may, and with the vote of `client` (may
 * be NULL). New reference. */
json_t *tell_poll(const struct poll *poll, uint64_t holds, const struct client *client);
/** To all that take part. Takes `event`. */
void tell_all(struct room *room, json_t *event);
/** To those who may see results. Takes `event`. */
void tell_staff(struct room *room, json_t *event);
/** Staff is told how many answered what, at most once in a while. */
void tell_counts_soon(struct room *room);
/** All are shown the results, and what is right once it is closed; then each who answered a quiz is
 * told the score, a few at a time. */
void tell_shown(struct poll *poll);

/** Opens: all are told, and it is closed by itself if it has a time limit. */
void tell_opened(struct poll *poll);
/** Closes it: who could answer is counted, all are told. */
void tell_closed(struct poll *poll, const char *reason);
/** What was open when the process ended goes on, or has run out meanwhile. */
void tell_resume(struct room *room);

#endif
