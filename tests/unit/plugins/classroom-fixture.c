/* SPDX-License-Identifier: Apache-2.0 */
#include "classroom-fixture.h"

int
number_of(json_t *reply)
{
	return (int)json_integer_value(json_object_get(reply, "error_code"));
}

/* A room 7; a teacher 1 and a student 2 in it; a handle of the student's that may subscribe. */
fixture
set_up(const char *settings)
{
	fixture f = { .stage = stage_new() };

	f.module = stage_load(f.stage, stage_module("classroom"), settings);
	f.teacher = stage_attach(f.stage, f.module, 1, TEACHER);
	f.student = stage_attach(f.stage, f.module, 2, STUDENT);
	f.viewer = stage_attach(f.stage, f.module, 2, STUDENT);
	stage_identify(f.stage, f.teacher, "t", "Ms T", "teacher", NULL);
	stage_identify(f.stage, f.student, "s", "S", "student", NULL);
	stage_identify(f.stage, f.viewer, "s", "S", "student", NULL);
	return f;
}

void
join_both(fixture *f)
{
	stage_expect(stage_ask(f->stage, f->teacher, NULL,
			     "{'request':'join','ptype':'publisher','room':7,'id':1}"),
		"{'videoroom':'joined','room':7,'id':1,'publishers':[]}");
	stage_expect(
		stage_ask(f->stage, f->student, NULL,
			"{'request':'join','ptype':'publisher','room':7,'id':2,'display':'Stu'}"),
		"{'videoroom':'joined','id':2,'description':'Seven','attendees':null,"
		"'publishers':[],'participants':2}");
	g_assert_null(stage_event(f->stage, f->teacher)); /* nobody asked for notify_joining */
}

void
publish(fixture *f, aula_handle who, const char *offer)
{
	stage_expect(stage_ask(f->stage, who, offer, "{'request':'publish'}"),
		"{'videoroom':'event','room':7,'configured':'ok','jsep':{'type':'answer'}}");
	stage_connect(f->stage, who);
	json_t *event;
	do
		event = stage_event(f->stage, who);
	while (event != NULL && json_object_get(event, "published") == NULL);
	g_assert_nonnull(event);
}

void
attach_viewer(fixture *f, const char *more)
{
	stage_expect(
		stage_ask(f->stage, f->viewer, NULL,
			"{'request':'join','ptype':'subscriber','room':7,'streams':[{'feed':1}]%s}",
			more),
		"{'videoroom':'attached','room':7,'jsep':{'type':'offer'}}");
}

void
start_viewer(fixture *f)
{
	stage_expect(stage_ask(f->stage, f->viewer, "answer", "{'request':'start'}"),
		"{'videoroom':'event','room':7,'started':'ok'}");
	stage_connect(f->stage, f->viewer);
}
