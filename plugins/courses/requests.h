/* SPDX-License-Identifier: Apache-2.0 */
/** The arguments of the requests, and what runs them. */
#ifndef COURSES_REQUESTS_H
#define COURSES_REQUESTS_H

#include "courses.h"

struct course_args { /* add, edit, remove, code, get, calendar */
	int64_t course;
	const char *title, *description, *department;
	aula_tristate archived, joinable;
};
struct list_args {
	const char *scope;
	int64_t course, after, limit;
};
struct enrol_args {
	int64_t course;
	const char *part, *list;
	aula_list logins;
};
struct leave_args {
	int64_t course;
	const char *login;
};
struct people_args {
	int64_t course, limit;
	const char *after;
};
struct join_args {
	const char *code;
};
struct lesson_args {
	int64_t course, lesson, place;
	const char *title, *description;
};
struct class_args {
	int64_t course, class, lesson, starts_s, minutes;
	const char *title;
	aula_tristate manual;
	bool open;
};
struct classes_args {
	int64_t course, from_s, to_s, limit;
	const char *after;
};

/* course.c: the course itself. */
aula_code run_add(void *self, aula_call *call, const void *args);
aula_code run_edit(void *self, aula_call *call, const void *args);
aula_code run_get(void *self, aula_call *call, const void *args);
aula_code run_list(void *self, aula_call *call, const void *args);
aula_code run_remove(void *self, aula_call *call, const void *args);
/* enrolment.c: who takes and who teaches it. */
aula_code run_code(void *self, aula_call *call, const void *args);
aula_code run_enrol(void *self, aula_call *call, const void *args);
aula_code run_join(void *self, aula_call *call, const void *args);
aula_code run_leave(void *self, aula_call *call, const void *args);
aula_code run_people(void *self, aula_call *call, const void *args);
/* lesson.c */
aula_code run_lesson_add(void *self, aula_call *call, const void *args);
aula_code run_lesson_edit(void *self, aula_call *call, const void *args);
aula_code run_lesson_remove(void *self, aula_call *call, const void *args);
/* timetable.c: when there are classes. */
aula_code run_class_add(void *self, aula_call *call, const void *args);
aula_code run_class_edit(void *self, aula_call *call, const void *args);
aula_code run_class_remove(void *self, aula_call *call, const void *args);
aula_code run_classes(void *self, aula_call *call, const void *args);
/* opening.c: whether one may go in. */
aula_code run_class_close(void *self, aula_call *call, const void *args);
aula_code run_class_open(void *self, aula_call *call, const void *args);
aula_code run_enter(void *self, aula_call *call, const void *args);

/* calendar.c */
aula_code run_calendar(void *self, aula_call *call, const void *args);

/** Rows sorted by name. */
enum { COURSES_REQUESTS = 21 };
extern const aula_request courses_requests[COURSES_REQUESTS];

#endif
