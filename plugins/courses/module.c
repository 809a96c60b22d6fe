/* SPDX-License-Identifier: Apache-2.0 */
/** Courses: who teaches and who takes them, their lessons, and classes that open by a timetable. */
#include <stdlib.h>
#include <time.h>

#include "ask.h"
#include "calendar.h"
#include "opening.h"
#include "requests.h"

enum { NUMBER_UNAVAILABLE = 426, NUMBER_OTHER = 499 };

static const aula_capability capabilities[] = {
	{ "course.read",
		"See the courses that one takes or teaches, join by a code, and go to class." },
	{ "course.manage", "Make courses, and manage those that one teaches." },
	{ "course.department", "Manage all courses of one's own department." },
	{ "course.everywhere", "Manage the courses of every department." },
};

// clang-format off
static const aula_field config_fields[] = {
	AULA_TEXT(struct config, student_role, "student_role", ROLE_MOST, .min = 1, .fallback_text = "student",
		.summary = "The role in class of somebody who may manage courses, but only takes this one."),
	AULA_INT(struct config, early_min, "early", 0, 720, .fallback = 10,
		.summary = "How long before it begins a class opens by the timetable, in minutes; classes that are set already keep what they have."),
	AULA_INT(struct config, late_min, "late", 0, 720, .fallback = 15,
		.summary = "How long after its end by the timetable it closes, in minutes."),
	AULA_INT(struct config, overrun_min, "overrun", 0, 720, .fallback = 120,
		.summary = "How long after its end a class closes that a teacher has opened, in minutes."),
	AULA_INT(struct config, token_min, "token_minutes", 1, 24 * 60, .fallback = 240,
		.summary = "How long a token for a class is good, in minutes."),
};

static const aula_migration steps[] = {
	{ "courses",
		"CREATE TABLE courses_courses (id BIGSERIAL PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL,"
		" department TEXT NOT NULL, code TEXT NOT NULL UNIQUE, joinable BOOLEAN NOT NULL, archived BOOLEAN NOT NULL,"
		" created_us BIGINT NOT NULL);"
		"CREATE INDEX courses_courses_department ON courses_courses (department, id);"
		"CREATE TABLE courses_people (course BIGINT NOT NULL REFERENCES courses_courses (id) ON DELETE CASCADE,"
		" login TEXT NOT NULL, teaches BOOLEAN NOT NULL, since_us BIGINT NOT NULL, PRIMARY KEY (course, login));"
		"CREATE INDEX courses_people_login ON courses_people (login, course);"
		"CREATE TABLE courses_lessons (id BIGSERIAL PRIMARY KEY, course BIGINT NOT NULL REFERENCES courses_courses (id)"
		" ON DELETE CASCADE, place BIGINT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL);"
		"CREATE INDEX courses_lessons_course ON courses_lessons (course, place);"
		"CREATE TABLE courses_classes (id BIGSERIAL PRIMARY KEY, course BIGINT NOT NULL REFERENCES courses_courses (id)"
		" ON DELETE CASCADE, title TEXT NOT NULL, lesson BIGINT REFERENCES courses_lessons (id) ON DELETE SET NULL,"
		" starts_us BIGINT NOT NULL, ends_us BIGINT NOT NULL, manual BOOLEAN NOT NULL, state BIGINT NOT NULL,"
		" opens_us BIGINT, until_us BIGINT NOT NULL, door TEXT NOT NULL);"
		"CREATE INDEX courses_classes_course ON courses_classes (course, starts_us);"
		"CREATE INDEX courses_classes_lesson ON courses_classes (lesson);"
		"CREATE INDEX courses_classes_opens ON courses_classes (opens_us)" },
	{ "calendars",
		"CREATE TABLE courses_calendars (id TEXT PRIMARY KEY, login TEXT NOT NULL, made_us BIGINT NOT NULL);"
		"CREATE INDEX courses_calendars_login ON courses_calendars (login, made_us)" },
};

static const aula_personal personal[] = {
	{ .table = "courses_people", .person = "login", .told = "course, teaches, since_us",
		.summary = "The courses that they teach or take." },
	{ .table = "courses_calendars", .person = "login", .told = "made_us", .untold = "id",
		.summary = "The secret addresses of their calendar." },
};
// clang-format on

int64_t
wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* -- start and stop -- */

static void
stop(void *self)
{
	struct courses *courses = self;

	for (struct ask *one; (one = LIST_FIRST(&courses->asks)) != NULL;)
		ask_free(one);
	calendar_stop(courses);
	opening_stop(courses);
	free(courses);
}

static void
room_closed(void *self, aula_room room, const char *reason)
{
	(void)reason;
	opening_closed(self, room);
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	if (!AULA_HAS(host, audit) || !AULA_HAS(host->tokens, role) ||
		!AULA_HAS(host->requests, admit)) {
		host->log(host, AULA_LOG_ERROR, "this server is too old for courses");
		return AULA_UNSUPPORTED;
	}
	struct courses *courses = calloc(1, sizeof *courses);
	if (courses == NULL)
		return AULA_INTERNAL;
	courses->host = host;
	courses->config = config;
	LIST_INIT(&courses->asks);
	LIST_INIT(&courses->live);
	LIST_INIT(&courses->visits);
	aula_code code = host->store->migrate(host, steps, sizeof steps / sizeof *steps);
	if (code != AULA_OK) {
		host->log(host, AULA_LOG_ERROR, "there are no courses without a database");
		stop(courses);
		return code;
	}
	code = calendar_start(courses);
	if (code != AULA_OK) {
		stop(courses);
		return code;
	}
	opening_start(courses);
	*ret_self = courses;
	return AULA_OK;
}

static const char *const packages[] = { "aula.plugin.courses", NULL };
static const aula_error_number errors[] = { { AULA_UNAVAILABLE, NUMBER_UNAVAILABLE } };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "courses",
	.errors = errors,
	.error_count = sizeof errors / sizeof *errors,
	.error_fallback = NUMBER_OTHER,
	.room_closed = room_closed,
};

// clang-format off
AULA_MODULE(
	.name = "courses",
	.summary = "Courses: who teaches and who takes them, their lessons, and classes that open by a timetable.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.capabilities = capabilities,
	.capability_count = sizeof capabilities / sizeof *capabilities,
	.requests = courses_requests,
	.request_count = COURSES_REQUESTS,
	.start = start,
	.stop = stop,
	.plugin = &plugin,
	.personal = personal,
	.personal_count = sizeof personal / sizeof *personal);
// clang-format on
