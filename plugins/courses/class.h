/* SPDX-License-Identifier: Apache-2.0 */
/** A class of the timetable: when it begins and ends, and between which times one may go in. */
#ifndef COURSES_CLASS_H
#define COURSES_CLASS_H

#include "courses.h"

enum class_state { BY_SCHEDULE, OPENED, CLOSED };

/** Times are microseconds since 1970. Texts are borrowed from what was read. */
struct class
{
	int64_t id, course, lesson; /* 0: none */
	const char *title;
	int64_t starts_us, ends_us;
	bool manual; /* opens only when somebody opens it */
	enum class_state state;
	int64_t opens_us, until_us; /* one may go in between these; opens_us 0: nobody knows when */
	const char *door;           /* what nobody can guess of its room's name */
};

enum { CLASS_COLUMN_COUNT = 11 };

/** From CLASS_COLUMNS, which begin at `column`. */
struct class class_read(const aula_store_result *result, size_t row, size_t column);
/** What people call it: of what `course` it is, and its own title or that of its `lesson` (may be
 * NULL). */
void class_title(const struct class *class, const char *course, const char *lesson,
	char ret_title[CLASS_TITLE_BYTES]);
/** The name of its room. */
void class_room(const struct class *class, char ret_name[ROOM_BYTES]);
/** Sets opens_us and until_us from the rest, for one that opens by the timetable or not at all. */
void class_schedule(struct class *class, const struct config *config);
/** Sets the state and the times of one that is opened or closed now. */
void class_open(struct class *class, int64_t now_us, const struct config *config);
void class_close(struct class *class);

bool class_is_open(const struct class *class, int64_t now_us);
/** As on the wire. New reference. */
json_t *class_describe(const struct class *class, int64_t now_us);

#endif
