/* SPDX-License-Identifier: Apache-2.0 */
/** One stay of a person in a room: from when to when, and what was done meanwhile. It knows no
 * store and no clock. Times are in microseconds since 1970. */
#ifndef ATTENDANCE_STAY_H
#define ATTENDANCE_STAY_H

#include "attendance.h"

struct stay {
	TAILQ_ENTRY(stay) others; /* those that have changed */
	bool changed;
	int64_t id; /* unique in this life of the process */
	char *room, *person, *display, *role;
	const char *reason; /* static; why it ended */
	int64_t joined_us, left_us;
	int64_t active_us;   /* when something was done last */
	int64_t idle_us;     /* before that */
	int64_t spoke_us;    /* before the present stretch */
	int64_t speaking_us; /* since when; 0: silent */
	int64_t hands, answers, messages;
};

/** Borrows its texts. Never NULL. */
struct stay *stay_new(int64_t id, const char *room, const aula_member_info *who, int64_t now_us);
void stay_free(struct stay *stay);
/** What the host told: "speaks", "silent", "hand", "answer", "message". False: it is of no
 * interest. `idle_after_us`: whoever does nothing for so long is idle from then on. */
bool stay_did(struct stay *stay, const char *what, int64_t idle_after_us, int64_t now_us);
void stay_end(struct stay *stay, const char *reason, int64_t idle_after_us, int64_t now_us);
/** Who speaks is told of at the end only; what has been spoken until now. */
int64_t stay_spoke_us(const struct stay *stay, int64_t now_us);

#endif
