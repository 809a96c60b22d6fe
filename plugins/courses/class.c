/* SPDX-License-Identifier: Apache-2.0 */
#include "class.h"

#include <inttypes.h>
#include <stdio.h>

#define MINUTE_US INT64_C(60000000)

struct class class_read(const aula_store_result *result, size_t row, size_t column)
{
	enum { ID, COURSE, TITLE, LESSON, STARTS, ENDS, MANUAL, STATE, OPENS, UNTIL, DOOR };

	return (struct class){
		.id = aula_result_int(result, row, column + ID),
		.course = aula_result_int(result, row, column + COURSE),
		.title = aula_result_text(result, row, column + TITLE),
		.lesson = aula_result_int(result, row, column + LESSON),
		.starts_us = aula_result_int(result, row, column + STARTS),
		.ends_us = aula_result_int(result, row, column + ENDS),
		.manual = aula_result_bool(result, row, column + MANUAL),
		.state = (enum class_state)aula_result_int(result, row, column + STATE),
		.opens_us = aula_result_int(result, row, column + OPENS),
		.until_us = aula_result_int(result, row, column + UNTIL),
		.door = aula_result_text(result, row, column + DOOR),
	};
}

void
class_room(const struct class *class, char ret_name[ROOM_BYTES])
{
	snprintf(ret_name, ROOM_BYTES, "class-%" PRId64 "-%s", class->id, class->door);
}

void
class_title(const struct class *class, const char *course, const char *lesson,
	char ret_title[CLASS_TITLE_BYTES])
{
	const char *own = *class->title != '\0' ? class->title : lesson;

	snprintf(ret_title, CLASS_TITLE_BYTES, "%s%s%s", course, own != NULL ? " · " : "",
		own != NULL ? own : "");
}

void
class_schedule(struct class *class, const struct config *config)
{
	class->state = BY_SCHEDULE;
	class->opens_us = class->manual ? 0 : class->starts_us - config->early_min * MINUTE_US;
	class->until_us = class->ends_us + config->late_min * MINUTE_US;
}

void
class_open(struct class *class, int64_t now_us, const struct config *config)
{
	int64_t ends_us = class->ends_us > now_us ? class->ends_us : now_us;
	int64_t longest_us = now_us + (24 * 60 + config->overrun_min) * MINUTE_US;

	class->state = OPENED;
	class->opens_us = now_us;
	class->until_us = ends_us + config->overrun_min * MINUTE_US;
	if (class->until_us > longest_us)
		class->until_us = longest_us;
}

void
class_close(struct class *class)
{
	class->state = CLOSED;
	class->opens_us = 0;
}

bool
class_is_open(const struct class *class, int64_t now_us)
{
	return class->opens_us != 0 && class->opens_us <= now_us && now_us < class->until_us;
}

json_t *
class_describe(const struct class *class, int64_t now_us)
{
	bool open = class_is_open(class, now_us);
	const char *state = open                                                  ? "open"
			    : class->state == CLOSED || class->until_us <= now_us ? "over"
										  : "waiting";
	json_t *said = json_pack("{s:I, s:I, s:s, s:I, s:I, s:b, s:s}", "id",
		(json_int_t) class->id, "course", (json_int_t) class->course, "title", class->title,
		"starts_s", (json_int_t)(class->starts_us / 1000000), "ends_s",
		(json_int_t)(class->ends_us / 1000000), "manual", class->manual, "state", state);

	if (class->lesson != 0)
		json_object_set_new(said, "lesson", json_integer(class->lesson));
	if (!open && class->opens_us > now_us)
		json_object_set_new(said, "opens_s", json_integer(class->opens_us / 1000000));
	return said;
}
