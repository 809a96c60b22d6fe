/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the module share. Everything is on the control thread, but for the copy of
 * what is asked for by GET (calendar.c). */
#ifndef COURSES_COURSES_H
#define COURSES_COURSES_H

#include <stdbool.h>
#include <sys/queue.h>

#include "aula/module.h"

enum {
	LOGIN_MOST = 64,
	NAME_MOST = 128,
	ROLE_MOST = 64,
	TITLE_MOST = 200,
	TEXT_MOST = 4000,
	GROUP_MOST = 128,
	CLASS_TITLE_BYTES = 2 * TITLE_MOST + 8,
	ROOM_BYTES = 48, /* of a class, with the zero byte */
	PAGE_MOST = 500,
	/* of one course */
	PEOPLE_MOST = 20000,
	LESSONS_MOST = 500,
	CLASSES_MOST = 2000,
	/* of one person */
	COURSES_MOST = 500,
};

/* Bit i of a mask is row i of the table of capabilities. */
enum {
	MAY_READ = 1u << 0,
	MAY_MANAGE = 1u << 1,
	MAY_DEPARTMENT = 1u << 2,
	MAY_EVERYWHERE = 1u << 3,
};

struct config {
	const char *student_role;
	int64_t early_min, late_min, overrun_min, token_min;
};

struct ask;
struct live;
struct visit;
LIST_HEAD(ask_list, ask);
LIST_HEAD(live_list, live);
LIST_HEAD(visit_list, visit);

struct courses {
	const aula_host *host;
	const struct config *config;
	struct ask_list asks;
	struct live_list live;    /* the classes whose rooms are open */
	struct visit_list visits; /* who waits for a calendar */
	bool syncing, again; /* the table of classes is being looked at, and is to be once more */
};

/** Microseconds since 1970. */
int64_t wall_us(void);

#endif
