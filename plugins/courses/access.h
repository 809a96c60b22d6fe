/* SPDX-License-Identifier: Apache-2.0 */
/** Who may what of a course. Who manages it may change it: whoever teaches it, who has every course
 * of its department, and who has all. Others see it if they take it. [control] */
#ifndef COURSES_ACCESS_H
#define COURSES_ACCESS_H

#include "ask.h"

/** What a request names, by which its course is found. */
enum thing { A_COURSE, A_LESSON, A_CLASS, THINGS };

/** The columns of what `next` gets: one row. */
enum {
	SEEN_ID,
	SEEN_TITLE,
	SEEN_DESCRIPTION,
	SEEN_DEPARTMENT,
	SEEN_CODE,
	SEEN_JOINABLE,
	SEEN_ARCHIVED,
	SEEN_TEACHES,
	SEEN_OWN,
	SEEN_MORE, /* of a lesson: its place, and how many there are; of a class: CLASS_COLUMNS */
};

/** A class as `x`, in the order of class_read. */
#define CLASS_COLUMNS \
	"x.id, x.course, x.title, x.lesson, x.starts_us, x.ends_us, x.manual, x.state, " \
	"x.opens_us, x.until_us, x.door"

/** Begins a request about the `thing` of that `id`. When who asks sees its course, and manages it
 * if `to_manage`, `next` follows with `ask->course` filled; otherwise it is answered: NOT_FOUND, as
 * if it were not there, or FORBIDDEN. Returns what `run` of the row is to return. */
aula_code access_begin(struct courses *courses, aula_call *call, const void *args, size_t size,
	enum thing thing, int64_t id, bool to_manage,
	void (*next)(struct ask *ask, const aula_store_result *course));

/** A course as JSON, of a row with the columns above. New reference. */
json_t *course_describe(const struct ask *ask, const aula_store_result *result, size_t row);

/** What SQL says before a FROM for course_describe; $1 is the login of who asks, `c` the course,
 * `p` their part in it. */
#define SEEN_COLUMNS \
	"SELECT c.id, c.title, c.description, c.department, c.code, c.joinable, c.archived, " \
	"p.teaches," \
	" (SELECT u.department FROM people_users u WHERE u.login = $1)"
#define SEEN_PART " LEFT JOIN courses_people p ON p.course = c.id AND p.login = $1"

#endif
