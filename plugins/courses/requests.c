/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#define ID_MOST INT64_C(9007199254740991) /* what JavaScript has exactly */
#define TIME_MOST INT64_C(253402300799)   /* the year 9999, in seconds */

// clang-format off
#define COURSE(T) AULA_INT(T, course, "course", 1, ID_MOST, .flags = AULA_REQUIRED, .summary = "Which course, by its id.")
#define LESSON(T) AULA_INT(T, lesson, "lesson", 1, ID_MOST, .flags = AULA_REQUIRED, .summary = "Which lesson, by its id.")
#define CLASS(T) AULA_INT(T, class, "class", 1, ID_MOST, .flags = AULA_REQUIRED, .summary = "Which class, by its id.")
#define LIMIT(T) AULA_INT(T, limit, "limit", 1, PAGE_MOST, .fallback = 100, .summary = "How many at most.")

static const aula_field add_fields[] = {
	AULA_TEXT(struct course_args, title, "title", TITLE_MOST, .min = 1, .flags = AULA_REQUIRED,
		.summary = "What the course is called, in bytes of UTF-8."),
	AULA_TEXT(struct course_args, description, "description", TEXT_MOST, .fallback_text = "", .summary = "What it is about."),
	AULA_TEXT(struct course_args, department, "department", GROUP_MOST,
		.summary = "Whose course it is; absent: the asker's own; another needs course.everywhere."),
};
static const aula_field edit_fields[] = {
	COURSE(struct course_args),
	AULA_TEXT(struct course_args, title, "title", TITLE_MOST, .min = 1, .summary = "Another title."),
	AULA_TEXT(struct course_args, description, "description", TEXT_MOST, .summary = "Another description."),
	AULA_TEXT(struct course_args, department, "department", GROUP_MOST, .summary = "Another department; needs course.everywhere."),
	AULA_SWITCH(struct course_args, archived, "archived", .summary = "Whether it is over: it is shown apart, and nobody joins by its code."),
	AULA_SWITCH(struct course_args, joinable, "joinable", .summary = "Whether who knows its code may join."),
};
static const aula_field course_fields[] = { COURSE(struct course_args) };
static const char *const scopes[] = { "mine", "managed", NULL };
static const aula_field list_fields[] = {
	AULA_TEXT(struct list_args, scope, "scope", 16, .choices = scopes, .fallback_text = "mine",
		.summary = "mine: those that one takes or teaches; managed: those that one may change."),
	AULA_INT(struct list_args, after, "after", 0, ID_MOST, .summary = "Those after this id: `next` of the page before."),
	LIMIT(struct list_args),
};
static const char *const parts[] = { "student", "teacher", NULL };
static const aula_field enrol_fields[] = {
	COURSE(struct enrol_args),
	AULA_TEXTS(struct enrol_args, logins, "logins", 1000, .summary = "Whom, by their logins."),
	AULA_TEXT(struct enrol_args, list, "list", 200000,
		.summary = "The same as text, at most 1000 lines: a login on each, or a CSV whose first column has them."),
	AULA_TEXT(struct enrol_args, part, "part", 16, .choices = parts, .fallback_text = "student",
		.summary = "What they do there; who teaches needs a role with course.manage."),
};
static const aula_field join_fields[] = {
	AULA_TEXT(struct join_args, code, "code", 32, .min = 1, .flags = AULA_REQUIRED, .summary = "What the teacher gave out."),
};
static const aula_field leave_fields[] = {
	COURSE(struct leave_args),
	AULA_TEXT(struct leave_args, login, "login", LOGIN_MOST, .min = 1,
		.summary = "Who; absent: who asks; another only by who manages the course."),
};
static const aula_field people_fields[] = {
	COURSE(struct people_args),
	AULA_TEXT(struct people_args, after, "after", LOGIN_MOST, .fallback_text = "", .summary = "Those after this login: `next` of the page before."),
	LIMIT(struct people_args),
};
static const aula_field lesson_add_fields[] = {
	COURSE(struct lesson_args),
	AULA_TEXT(struct lesson_args, title, "title", TITLE_MOST, .min = 1, .flags = AULA_REQUIRED, .summary = "What it is called."),
	AULA_TEXT(struct lesson_args, description, "description", TEXT_MOST, .fallback_text = "", .summary = "What it is about."),
};
static const aula_field lesson_edit_fields[] = {
	LESSON(struct lesson_args),
	AULA_TEXT(struct lesson_args, title, "title", TITLE_MOST, .min = 1, .summary = "Another title."),
	AULA_TEXT(struct lesson_args, description, "description", TEXT_MOST, .summary = "Another description."),
	AULA_INT(struct lesson_args, place, "place", 1, LESSONS_MOST, .summary = "Where it comes in the course, from 1; the others make room."),
};
static const aula_field lesson_fields[] = { LESSON(struct lesson_args) };
#define MINUTES AULA_INT(struct class_args, minutes, "minutes", 1, 24 * 60, .summary = "How long it lasts, in minutes.")
#define WHEN AULA_INT(struct class_args, starts_s, "starts_s", 1, TIME_MOST, .summary = "When it begins, in seconds since 1970 (UTC).")
#define MANUAL AULA_SWITCH(struct class_args, manual, "manual", .summary = "Whether it opens only when a teacher opens it, and not by the clock.")
#define OF_LESSON AULA_INT(struct class_args, lesson, "lesson", 0, ID_MOST, .fallback = -1, .summary = "The lesson that it is about; 0: none.")
static const aula_field class_add_fields[] = {
	COURSE(struct class_args),
	AULA_TEXT(struct class_args, title, "title", TITLE_MOST, .fallback_text = "", .summary = "What it is called; else it has the name of its lesson."),
	AULA_INT(struct class_args, starts_s, "starts_s", 1, TIME_MOST, .flags = AULA_REQUIRED, .summary = "When it begins, in seconds since 1970 (UTC)."),
	AULA_INT(struct class_args, minutes, "minutes", 1, 24 * 60, .fallback = 60, .summary = "How long it lasts, in minutes."),
	OF_LESSON, MANUAL,
};
static const aula_field class_edit_fields[] = {
	CLASS(struct class_args),
	AULA_TEXT(struct class_args, title, "title", TITLE_MOST, .summary = "Another title."),
	WHEN, MINUTES, OF_LESSON, MANUAL,
};
static const aula_field class_fields[] = { CLASS(struct class_args) };
static const aula_field enter_fields[] = {
	CLASS(struct class_args),
	AULA_BOOL(struct class_args, open, "open", .summary = "Opens it first, by who manages the course."),
};
static const aula_field classes_fields[] = {
	AULA_INT(struct classes_args, course, "course", 1, ID_MOST, .summary = "Of this course; absent: of all that one takes or teaches."),
	AULA_INT(struct classes_args, from_s, "from_s", 0, TIME_MOST, .fallback = -1,
		.summary = "Those that end after this time, in seconds since 1970; absent: now."),
	AULA_INT(struct classes_args, to_s, "to_s", 0, TIME_MOST, .fallback = TIME_MOST, .summary = "Those that begin before this time, in seconds since 1970."),
	AULA_TEXT(struct classes_args, after, "after", 40, .summary = "Those after it: `next` of the page before."),
	LIMIT(struct classes_args),
};

const aula_request courses_requests[COURSES_REQUESTS] = {
	{ "add", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(add_fields), sizeof(struct course_args), run_add,
		"Makes a course, which who asks teaches." },
	{ "calendar", MAY_READ, AULA_HTTP, NULL, 0, 0, run_calendar,
		"Makes a secret address where programs of calendars find one's timetable; ten of a person serve at a time." },
	{ "class_add", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(class_add_fields), sizeof(struct class_args), run_class_add,
		"Sets a class on the timetable of a course." },
	{ "class_close", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(class_fields), sizeof(struct class_args), run_class_close,
		"Ends a class: whoever is in it is let out." },
	{ "class_edit", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(class_edit_fields), sizeof(struct class_args), run_class_edit,
		"Changes a class of the timetable; what is absent stays." },
	{ "class_open", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(class_fields), sizeof(struct class_args), run_class_open,
		"Opens a class now, whatever the timetable says." },
	{ "class_remove", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(class_fields), sizeof(struct class_args), run_class_remove,
		"Takes a class from the timetable; if it is open it ends." },
	{ "classes", MAY_READ, AULA_HTTP, AULA_TABLE(classes_fields), sizeof(struct classes_args), run_classes,
		"Tells of classes as the timetable has them, in pages." },
	{ "code", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(course_fields), sizeof(struct course_args), run_code,
		"Makes a new code by which students join; that of before serves no more." },
	{ "edit", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(edit_fields), sizeof(struct course_args), run_edit,
		"Changes a course; what is absent stays." },
	{ "enrol", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(enrol_fields), sizeof(struct enrol_args), run_enrol,
		"Puts people into a course; says of everybody who cannot be why not." },
	{ "enter", MAY_READ, AULA_HTTP, AULA_TABLE(enter_fields), sizeof(struct class_args), run_enter,
		"Answers a token for the room of a class, if it is open." },
	{ "get", MAY_READ, AULA_HTTP, AULA_TABLE(course_fields), sizeof(struct course_args), run_get,
		"Tells of a course: its teachers, lessons and next classes." },
	{ "join", MAY_READ, AULA_HTTP, AULA_TABLE(join_fields), sizeof(struct join_args), run_join,
		"Puts who asks into the course of that code." },
	{ "leave", MAY_READ, AULA_HTTP, AULA_TABLE(leave_fields), sizeof(struct leave_args), run_leave,
		"Takes somebody out of a course." },
	{ "lesson_add", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(lesson_add_fields), sizeof(struct lesson_args), run_lesson_add,
		"Adds a lesson at the end of a course." },
	{ "lesson_edit", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(lesson_edit_fields), sizeof(struct lesson_args), run_lesson_edit,
		"Changes or moves a lesson; what is absent stays." },
	{ "lesson_remove", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(lesson_fields), sizeof(struct lesson_args), run_lesson_remove,
		"Takes a lesson out of its course." },
	{ "list", MAY_READ, AULA_HTTP, AULA_TABLE(list_fields), sizeof(struct list_args), run_list,
		"Tells of courses, in pages." },
	{ "people", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(people_fields), sizeof(struct people_args), run_people,
		"Tells who takes and who teaches a course, in pages." },
	{ "remove", MAY_READ | MAY_MANAGE, AULA_HTTP, AULA_TABLE(course_fields), sizeof(struct course_args), run_remove,
		"Deletes a course with all that belongs to it." },
};
// clang-format on
