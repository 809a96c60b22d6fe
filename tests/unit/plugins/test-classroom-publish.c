/* SPDX-License-Identifier: Apache-2.0 */
#include "classroom-fixture.h"

/* -- publishing -- */

static void
test_publish(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	stage_expect(
		stage_ask(f.stage, f.teacher, NULL, "{'request':'publish'}"), "{'error_code':429}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'unpublish'}"),
		"{'error_code':435}");
	stage_expect(stage_ask(f.stage, f.teacher, "video 0 h265 send", "{'request':'publish'}"),
		"{'error_code':437}");
	stage_expect(stage_ask(f.stage, f.teacher, CAMERA,
			     "{'request':'publish','bitrate':96000,'descriptions':[{'mid':'1','"
			     "description':'camera'}]}"),
		"{'configured':'ok','audio_codec':'opus','video_codec':'vp8','streams':["
		"{'type':'audio','mid':'0','mindex':0,'codec':'opus'},"
		"{'type':'video','mid':'1','mindex':1,'codec':'vp8','description':'camera'}]}");
	g_assert_cmpint(stage_limit(f.stage, f.teacher), ==, 96000);
	g_assert_null(stage_event(f.stage, f.student)); /* not before media may flow */
	stage_expect(stage_ask(f.stage, f.teacher, CAMERA, "{'request':'publish'}"),
		"{'error_code':434}");

	stage_connect(f.stage, f.teacher);
	stage_expect(stage_event(f.stage, f.student),
		"{'videoroom':'event','room':7,'revision':1,'publishers':[{'id':1,'display':'Ms T',"
		"'role':'teacher','audio_codec':'opus','video_codec':'vp8','streams':["
		"{'type':'audio','mid':'0','disabled':null},{'type':'video','mid':'1'}]}]}");
	stage_expect(stage_event(f.stage, f.teacher), "{'published':'ok','id':1,'revision':1}");

	/* Who comes late sees it as well. */
	aula_handle late = stage_attach(f.stage, f.module, 3, STUDENT);
	stage_expect(
		stage_ask(f.stage, late, NULL, "{'request':'join','ptype':'publisher','room':7}"),
		"{'revision':1,'publishers':[{'id':1,'streams':[{'mid':'0'},{'mid':'1'}]}]}");

	/* A screen is shared later, and taken away. */
	stage_expect(stage_ask(f.stage, f.teacher, CAMERA ", video 2 vp8 send",
			     "{'request':'configure'}"),
		"{'configured':'ok','streams':[{'mid':'0'},{'mid':'1'},{'mid':'2'}],'revision':2}");
	stage_expect(stage_event(f.stage, f.student),
		"{'revision':2,'publishers':[{'id':1,'streams':[{'"
		"mid':'0'},{'mid':'1'},{'mid':'2'}]}]}");
	stage_ask(f.stage, f.teacher, CAMERA ", video 2 vp8 none", "{'request':'configure'}");
	stage_expect(stage_event(f.stage, f.student), "{'publishers':[{'streams':[{'mid':'0'},{'"
						      "mid':'1'},{'mid':'2','disabled':true}]}]}");

	stage_skip(f.stage, f.teacher);
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'unpublish'}"),
		"{'unpublished':'ok'}");
	stage_expect(
		stage_event(f.stage, f.student), "{'unpublished':1,'display':'Ms T','revision':4}");
	g_assert_false(stage_has_peer(f.stage, f.teacher));
	g_assert_null(stage_event(f.stage, f.student));

	/* Again, with other mids; and lost this time. */
	publish(&f, f.teacher, "audio a opus send");
	stage_expect(stage_event(f.stage, f.student), "{'publishers':[{'streams':[{'mid':'a'}]}]}");
	stage_break(f.stage, f.teacher);
	stage_expect(stage_event(f.stage, f.student), "{'unpublished':1}");
	stage_free(f.stage);
}

static void
test_publish_bounds(void)
{
	fixture f =
		set_up("{'rooms':[{'room':7,'description':'Seven','publishers':1,'bitrate':1000,"
		       "'bitrate_cap':true,'videocodec':'vp8'}]}");

	join_both(&f);
	stage_expect(
		stage_ask(f.stage, f.student, CAMERA, "{'request':'publish','videocodec':'h264'}"),
		"{'error_code':430,'field':'videocodec'}");
	publish(&f, f.student, CAMERA);
	g_assert_cmpint(stage_limit(f.stage, f.student), ==, 1000);
	stage_ask(f.stage, f.student, NULL, "{'request':'configure','bitrate':5000}");
	g_assert_cmpint(stage_limit(f.stage, f.student), ==, 1000);
	stage_ask(f.stage, f.student, NULL, "{'request':'configure','bitrate':500}");
	g_assert_cmpint(stage_limit(f.stage, f.student), ==, 500);
	stage_expect(stage_ask(f.stage, f.teacher, CAMERA, "{'request':'publish'}"),
		"{'error_code':432}");
	g_assert_false(stage_has_peer(f.stage, f.teacher));

	aula_handle listener = stage_attach(f.stage, f.module, 4, "room.join");
	stage_expect(
		stage_ask(f.stage, f.viewer, CAMERA, "{'request':'joinandconfigure','room':7}"),
		"{'error_code':432}");
	stage_ask(f.stage, f.student, NULL, "{'request':'leave'}");
	stage_expect(
		stage_ask(f.stage, listener, CAMERA, "{'request':'joinandconfigure','room':7}"),
		"{'error_code':433}");
	/* Both or nothing: it is not in the room now. */
	stage_expect(
		stage_ask(f.stage, listener, NULL, "{'request':'leave'}"), "{'error_code':424}");
	stage_expect(stage_ask(f.stage, f.viewer, CAMERA,
			     "{'request':'joinandconfigure','room':7,'display':'V','ptype':'"
			     "publisher'}"),
		"{'videoroom':'joined','jsep':{'type':'answer'},'streams':[{'mid':'0'},{'mid':'1'}]"
		"}");
	stage_free(f.stage);
}

static void
test_configure(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, CAMERA);
	stage_skip(f.stage, f.student);
	aula_track video = stage_track(f.stage, f.teacher, 1);
	unsigned before = stage_keyframes(f.stage, video);
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'configure','display':'T','metadata':{'hand':true},'"
			     "keyframe':true}"),
		"{'configured':'ok','jsep':null,'revision':3}");
	g_assert_cmpuint(stage_keyframes(f.stage, video), ==, before + 1);
	stage_expect(stage_event(f.stage, f.student), "{'id':1,'display':'T','revision':2}");
	stage_expect(
		stage_event(f.stage, f.student), "{'id':1,'metadata':{'hand':true},'revision':3}");
	stage_ask(f.stage, f.teacher, NULL, "{'request':'configure','display':'T'}");
	g_assert_null(stage_event(f.stage, f.student));

	stage_ask(f.stage, f.teacher, NULL, "{'request':'configure','audio':false}");
	g_assert_true(stage_is_muted(f.stage, stage_track(f.stage, f.teacher, 0)));
	g_assert_false(stage_is_muted(f.stage, video));
	stage_ask(f.stage, f.teacher, NULL,
		"{'request':'configure','streams':[{'mid':'0','send':true},{'mid':'1','send':false,"
		"'keyframe':true}]}");
	g_assert_false(stage_is_muted(f.stage, stage_track(f.stage, f.teacher, 0)));
	g_assert_true(stage_is_muted(f.stage, video));
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'configure','streams':[{'mid':'9','send':true}]}"),
		"{'error_code':428}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'configure','record':true}"),
		"{'error_code':430}");
	stage_free(f.stage);
}

static void
test_keyframe_interval(void)
{
	fixture f = set_up("{'rooms':[{'room':7,'description':'Seven','fir_freq':2}]}");

	join_both(&f);
	publish(&f, f.teacher, CAMERA);
	aula_track video = stage_track(f.stage, f.teacher, 1);
	stage_advance(f.stage, 10100);
	g_assert_cmpuint(stage_keyframes(f.stage, video), ==, 5);
	g_assert_cmpuint(stage_keyframes(f.stage, stage_track(f.stage, f.teacher, 0)), ==, 0);
	stage_free(f.stage);
}

/* -- coming and going -- */

static void
test_small_room(void)
{
	fixture f = set_up("{'rooms':[{'room':7,'notify_joining':true}]}");

	stage_ask(
		f.stage, f.teacher, NULL, "{'request':'join','ptype':'publisher','room':7,'id':1}");
	stage_expect(stage_ask(f.stage, f.student, NULL,
			     "{'request':'join','ptype':'publisher','room':7,'id':2,'metadata':{'a'"
			     ":1}}"),
		"{'attendees':[{'id':1,'display':'Ms T'}],'revision':2}");
	stage_expect(stage_event(f.stage, f.teacher), "{'videoroom':'event','room':7,'joining':{'"
						      "id':2,'display':'S','metadata':{'a':1}}}");
	stage_expect(stage_ask(f.stage, f.student, NULL, "{'request':'leave'}"),
		"{'videoroom':'event','room':7,'leaving':'ok'}");
	stage_expect(stage_event(f.stage, f.teacher), "{'leaving':2,'revision':3}");
	g_assert_null(stage_event(f.stage, f.student));

	stage_ask(
		f.stage, f.student, NULL, "{'request':'join','ptype':'publisher','room':7,'id':2}");
	stage_skip(f.stage, f.teacher);
	stage_detach(f.stage, f.student); /* lost */
	stage_expect(stage_event(f.stage, f.teacher), "{'leaving':2}");
	g_assert_null(stage_event(f.stage, f.teacher));
	stage_free(f.stage);
}

/* notify_joining in a room of ten thousand made a message for each who was there. */
static void
test_large_room(void)
{
	enum { MANY = 10000 };
	fixture f = set_up(
		"{'large_room':50,'presence_names':20,'rooms':[{'room':7,'notify_joining':true}]}");
	aula_handle *crowd = g_new(aula_handle, MANY);
	size_t told = 0;

	stage_ask(
		f.stage, f.teacher, NULL, "{'request':'join','ptype':'publisher','room':7,'id':1}");
	for (unsigned i = 0; i < MANY; i++) {
		crowd[i] = stage_attach(f.stage, f.module, 100 + i, STUDENT);
		json_t *joined = stage_ask(
			f.stage, crowd[i], NULL, "{'request':'join','ptype':'publisher','room':7}");
		g_assert_cmpuint(json_array_size(json_object_get(joined, "attendees")), <=, 50);
	}
	g_assert_cmpuint(stage_broadcasts(f.stage), ==, 50); /* the small room's */
	stage_skip(f.stage, f.teacher);
	stage_advance(f.stage, 1000);
	g_assert_cmpuint(stage_broadcasts(f.stage), ==, 51);
	json_t *event = stage_event(f.stage, f.teacher);
	stage_expect(event,
		"{'presence':{'joined_count':9951,'left_count':0,'left':[],'participants':10001}}");
	json_t *presence = json_object_get(event, "presence");
	g_assert_cmpuint(json_array_size(json_object_get(presence, "joined")), ==, 20);

	for (unsigned i = 0; i < MANY / 2; i++)
		stage_detach(f.stage, crowd[i]);
	stage_advance(f.stage, 1000);
	stage_expect(stage_event(f.stage, f.teacher),
		"{'presence':{'joined':[],'left_count':5000,'participants':5001}}");
	g_assert_null(stage_event(f.stage, f.teacher));

	/* Who publishes is announced at once all the same. */
	publish(&f, crowd[MANY - 1], CAMERA);
	stage_expect(stage_event(f.stage, f.teacher), "{'publishers':[{}]}");
	stage_ask(f.stage, crowd[MANY - 1], NULL, "{'request':'leave'}");
	json_t *left = stage_event(f.stage, f.teacher);
	g_assert_true(json_is_integer(json_object_get(left, "leaving")));

	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'listparticipants','room':7,'offset':4990,'limit':100}"),
		"{'total':5000,'offset':4990,'count':10}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'listparticipants','room':7}"),
		"{'total':5000,'offset':0,'count':500}");
	for (unsigned i = MANY / 2; i < MANY - 1; i++)
		told += stage_skip(f.stage, crowd[i]);
	g_assert_cmpuint(told, <, 5 * MANY);
	g_free(crowd);
	stage_free(f.stage);
}

static void
test_many_subscribers(void)
{
	enum { MANY = 350 }; /* more than one turn makes offers for */
	fixture f = set_up("{'rooms':[{'room':7,'description':'Seven'}]}");
	aula_handle crowd[MANY];

	join_both(&f);
	publish(&f, f.teacher, CAMERA);
	for (unsigned i = 0; i < MANY; i++) {
		crowd[i] = stage_attach(f.stage, f.module, 100 + i, STUDENT);
		stage_ask(f.stage, crowd[i], NULL,
			"{'request':'join','ptype':'subscriber','room':7,'streams':[{'feed':1}]}");
		stage_ask(f.stage, crowd[i], "answer", "{'request':'start'}");
	}
	stage_ask(f.stage, f.teacher, NULL, "{'request':'unpublish'}");
	for (unsigned i = 0; i < MANY; i++) {
		stage_expect(stage_event(f.stage, crowd[i]), "{'videoroom':'updated'}");
		g_assert_null(stage_event(f.stage, crowd[i]));
	}
	stage_free(f.stage);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugins/classroom/publish", test_publish);
	g_test_add_func("/plugins/classroom/publish-bounds", test_publish_bounds);
	g_test_add_func("/plugins/classroom/configure", test_configure);
	g_test_add_func("/plugins/classroom/keyframe-interval", test_keyframe_interval);
	g_test_add_func("/plugins/classroom/small-room", test_small_room);
	g_test_add_func("/plugins/classroom/large-room", test_large_room);
	g_test_add_func("/plugins/classroom/many-subscribers", test_many_subscribers);
	return g_test_run();
}
