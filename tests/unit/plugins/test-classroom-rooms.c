/* SPDX-License-Identifier: Apache-2.0 */
#include "classroom-fixture.h"

/* -- rooms -- */

static void
test_manage(void)
{
	fixture f = set_up("{'max_rooms': 3, 'demo_room': false}");
	json_t *reply = stage_ask(f.stage, f.teacher, NULL, "{'request':'create'}");

	stage_expect(reply, "{'videoroom':'created','permanent':false}");
	g_assert_cmpint(json_integer_value(json_object_get(reply, "room")), >, 0);
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'create','room':'math','secret':'s3','pin':'1','is_"
			     "private':true,"
			     "'audiocodec':'opus','videocodec':'vp9,vp8','bitrate':64000,'fir_freq'"
			     ":10}"),
		"{'videoroom':'created','room':'math'}");
	stage_expect(stage_ask(f.stage, f.student, NULL, "{'request':'exists','room':'math'}"),
		"{'videoroom':'success','room':'math','exists':true}");
	stage_expect(stage_ask(f.stage, f.student, NULL, "{'request':'exists','room':'art'}"),
		"{'exists':false}");
	g_assert_cmpuint(
		json_array_size(json_object_get(
			stage_ask(f.stage, f.student, NULL, "{'request':'list'}"), "list")),
		==, 1);
	reply = stage_ask(f.stage, f.teacher, NULL, "{'request':'list'}");
	g_assert_cmpuint(json_array_size(json_object_get(reply, "list")), ==, 2);
	stage_expect(json_array_get(json_object_get(reply, "list"), 1),
		"{'room':'math','pin_required':true,'videocodec':'vp9,vp8','bitrate':64000,"
		"'num_participants':0,'max_publishers':3}");
	stage_expect(stage_ask(f.stage, f.student, NULL,
			     "{'request':'edit','room':'math','secret':'s3','new_pin':'',"
			     "'new_is_private':false,'new_publishers':9,'new_secret':'s4',"
			     "'new_fir_freq':0,'new_bitrate':0,'new_require_pvtid':true}"),
		"{'videoroom':'edited','room':'math'}");
	stage_expect(stage_ask(f.stage, f.student, NULL,
			     "{'request':'destroy','room':'math','secret':'s4'}"),
		"{'videoroom':'destroyed','room':'math'}");
	stage_expect(stage_ask(f.stage, f.student, NULL, "{'request':'exists','room':'math'}"),
		"{'exists':false}");
	stage_free(f.stage);
}

static void
test_manage_errors(void)
{
	static const struct {
		bool teacher;
		const char *body;
		int number;
	} rows[] = {
		{ true, "{}", 429 },
		{ true, "{'request':'fly'}", 423 },
		{ true, "{'request':'create','room':-1}", 430 },
		{ true, "{'request':'create','room':7}", 427 },
		{ true, "{'request':'create','room':'7'}", 427 },
		{ true, "{'request':'create','videocodec':'h265'}", 430 },
		{ true, "{'request':'create','audiocodec':''}", 430 },
		{ true, "{'request':'create','record':true}", 430 },
		{ false, "{'request':'create'}", 433 },
		{ false, "{'request':'exists'}", 429 },
		{ false, "{'request':'destroy','room':8}", 426 },
		{ false, "{'request':'destroy','room':7}", 433 },
		{ false, "{'request':'destroy','room':9}", 429 },
		{ false, "{'request':'destroy','room':9,'secret':'no'}", 433 },
		{ false, "{'request':'edit','room':9,'secret':'yess'}", 433 },
		{ false, "{'request':'kick','room':9,'id':1}", 429 },
		{ false, "{'request':'kick','room':9,'secret':'yes','id':1}", 428 },
		{ false, "{'request':'kick','room':9,'secret':'yes'}", 429 },
		{ false, "{'request':'moderate','room':7,'id':1,'mid':'0','mute':true}", 433 },
		{ true, "{'request':'moderate','room':7,'id':1,'mid':'0','mute':true}", 428 },
		{ true, "{'request':'moderate','room':7,'id':1,'mid':'0'}", 429 },
		{ true, "{'request':'allowed','room':7,'action':'dance'}", 430 },
		{ true, "{'request':'allowed','room':7}", 429 },
		{ false, "{'request':'listparticipants','room':8}", 426 },
		{ false, "{'request':'listparticipants','room':7,'offset':-1}", 430 },
		{ false, "{'request':'join','room':7}", 429 },
		{ false, "{'request':'join','ptype':'king','room':7}", 430 },
		{ false, "{'request':'join','ptype':'publisher','room':8}", 426 },
		{ false, "{'request':'join','ptype':'publisher','room':9}", 429 },
		{ false, "{'request':'join','ptype':'publisher','room':9,'pin':'0'}", 433 },
		{ false, "{'request':'join','ptype':'publisher','room':10}", 433 },
		{ false, "{'request':'join','ptype':'publisher','room':10,'token':'b'}", 433 },
		{ false,
			"{'request':'join','ptype':'publisher','room':7,'metadata':{'a':'"
			"0123456789'}}",
			430 },
		{ false, "{'request':'join','ptype':'subscriber','room':7}", 437 },
		{ false, "{'request':'join','ptype':'subscriber','room':7,'streams':[{'feed':5}]}",
			428 },
		{ false, "{'request':'join','ptype':'subscriber','room':7,'streams':[{}]}", 429 },
		{ false, "{'request':'join','ptype':'subscriber','room':11,'streams':[{'feed':5}]}",
			433 },
		{ false, "{'request':'configure'}", 424 },
		{ false, "{'request':'leave'}", 424 },
		{ false, "{'request':'publish'}", 424 },
		{ false, "{'request':'unpublish'}", 424 },
		{ false, "{'request':'start'}", 424 },
		{ false, "{'request':'pause'}", 424 },
		{ false, "{'request':'subscribe','streams':[{'feed':1}]}", 424 },
		{ false, "{'request':'subscribe'}", 429 },
		{ false, "{'request':'unsubscribe','streams':[{'feed':1}]}", 424 },
		{ false, "{'request':'update'}", 424 },
		{ false, "{'request':'switch'}", 424 },
	};
	fixture f = set_up(
		"{'max_metadata': 16, 'rooms': [{'room':7}, {'room':9,'secret':'yes','pin':'1'},"
		"{'room':10,'allowed':['a']}, {'room':11,'require_pvtid':true}]}");

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].body);
		json_t *reply = stage_ask(
			f.stage, rows[i].teacher ? f.teacher : f.student, NULL, "%s", rows[i].body);
		stage_expect(reply, "{'videoroom':'event'}");
		g_assert_cmpint(number_of(reply), ==, rows[i].number);
	}
	stage_free(f.stage);
}

static void
test_settings(void)
{
	static const struct {
		const char *settings;
		aula_code code;
	} rows[] = {
		{ "{}", AULA_OK },
		{ "{'demo_room':false}", AULA_OK },
		{ "{'rooms':[{'room':1},{'room':'1'}]}", AULA_EXISTS },
		{ "{'max_rooms':1,'rooms':[{'room':1},{'room':2}]}", AULA_FULL },
		{ "{'rooms':[{'room':1,'videocodec':'mpeg'}]}", AULA_INVALID },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct stage *stage = stage_new();
		g_assert_cmpint(stage_try_load(stage, stage_module("classroom"), rows[i].settings),
			==, rows[i].code);
		stage_free(stage);
	}
}

/* A teacher of one class moderated, listed and closed those of others. */
static void
test_token_of_another_room(void)
{
	static const char *const bodies[] = {
		"{'request':'kick','room':7,'id':1}",
		"{'request':'moderate','room':7,'id':1,'mid':'0','mute':true}",
		"{'request':'destroy','room':7}",
		"{'request':'edit','room':7,'secret':'s','new_pin':'1'}",
		"{'request':'allowed','room':7,'action':'enable'}",
		"{'request':'listparticipants','room':7}",
		"{'request':'create','room':9}",
		"{'request':'create'}",
		"{'request':'join','ptype':'publisher','room':7}",
	};
	fixture f = set_up("{'rooms':[{'room':7,'secret':'s'}]}");

	stage_identify(f.stage, f.teacher, "t", "Ms T", "teacher", "8");
	for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++)
		stage_expect(stage_ask(f.stage, f.teacher, NULL, "%s", bodies[i]),
			"{'error_code':433,'code':'unauthorized','field':'room'}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'create','room':8}"),
		"{'videoroom':'created','room':8}");
	stage_expect(
		stage_ask(f.stage, f.teacher, NULL, "{'request':'list'}"), "{'list':[{'room':8}]}");
	stage_free(f.stage);
}

/* A first start, without configuration, has a class. */
static void
test_demo(void)
{
	fixture f = set_up("{}");

	stage_expect(stage_ask(f.stage, f.student, NULL, "{'request':'list'}"),
		"{'list':[{'room':1234,'description':'Demo class','notify_joining':true}]}");
	stage_free(f.stage);
}

static void
test_bounds(void)
{
	fixture f = set_up("{'max_rooms': 2, 'rooms':[{'room':7,'max_members':1}]}");

	stage_ask(f.stage, f.teacher, NULL, "{'request':'create','room':8}");
	g_assert_cmpint(
		number_of(stage_ask(f.stage, f.teacher, NULL, "{'request':'create','room':9}")), ==,
		432);
	stage_ask(f.stage, f.teacher, NULL, "{'request':'join','ptype':'publisher','room':7}");
	g_assert_cmpint(number_of(stage_ask(f.stage, f.student, NULL,
				"{'request':'join','ptype':'publisher','room':7}")),
		==, 432);
	stage_free(f.stage);
}

static void
test_entry(void)
{
	fixture f = set_up("{'rooms':[{'room':7,'pin':'1','allowed':['a']}]}");

	/* Who moderates needs neither; others need both. */
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'join','ptype':'publisher','room':7,'id':'anna'}"),
		"{'videoroom':'joined','id':'anna'}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'allowed','room':7,'action':'add','allowed':['b']}"),
		"{'videoroom':'success','allowed':['a','b']}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'allowed','room':7,'action':'remove','allowed':['a']}"),
		"{'allowed':['b']}");
	stage_expect(stage_ask(f.stage, f.student, NULL,
			     "{'request':'join','ptype':'publisher','room':7,'pin':'1','token':'b',"
			     "'id':'anna'}"),
		"{'error_code':436}");
	stage_expect(stage_ask(f.stage, f.student, NULL,
			     "{'request':'join','ptype':'publisher','room':7,'pin':'1','token':'b',"
			     "'id':'ben'}"),
		"{'videoroom':'joined','id':'ben'}");
	stage_expect(stage_ask(f.stage, f.student, NULL,
			     "{'request':'join','ptype':'publisher','room':7}"),
		"{'error_code':425}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'allowed','room':7,'action':'disable'}"),
		"{'allowed':null}");

	/* A token for another room opens neither door. */
	stage_identify(f.stage, f.viewer, "s", "S", "student", "8");
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'join','ptype':'publisher','room':7,'pin':'1'}"),
		"{'error_code':433}");
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'join','ptype':'subscriber','room':7,'pin':'1','streams':["
			     "{'feed':'anna'}]}"),
		"{'error_code':433}");
	aula_handle mute = stage_attach(f.stage, f.module, 9, "");
	stage_expect(stage_ask(f.stage, mute, NULL,
			     "{'request':'join','ptype':'publisher','room':7,'pin':'1'}"),
		"{'error_code':433,'code':'forbidden'}");
	stage_free(f.stage);
}

/* -- moderation -- */

static void
test_moderate(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.student, CAMERA);
	stage_skip(f.stage, f.teacher);
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'moderate','room':7,'id':2,'mid':'0','mute':true}"),
		"{'videoroom':'success'}");
	g_assert_true(stage_is_muted(f.stage, stage_track(f.stage, f.student, 0)));
	g_assert_false(stage_is_muted(f.stage, stage_track(f.stage, f.student, 1)));
	stage_expect(stage_event(f.stage, f.teacher),
		"{'videoroom':'event','room':7,'id':2,'mid':'0','moderation':'muted'}");
	stage_expect(stage_event(f.stage, f.student), "{'id':2,'moderation':'muted'}");
	stage_ask(f.stage, f.teacher, NULL,
		"{'request':'moderate','room':7,'id':2,'mid':'0','mute':true}");
	g_assert_null(stage_event(f.stage, f.teacher)); /* nothing new */

	/* Unmuting oneself does not help, nor does publishing anew, under the same or another mid.
	 */
	stage_ask(f.stage, f.student, NULL, "{'request':'configure','audio':true}");
	stage_ask(f.stage, f.student, NULL, "{'request':'configure','audio':false}");
	stage_ask(f.stage, f.student, NULL, "{'request':'configure','audio':true}");
	g_assert_true(stage_is_muted(f.stage, stage_track(f.stage, f.student, 0)));
	stage_ask(f.stage, f.student, NULL, "{'request':'unpublish'}");
	publish(&f, f.student, "audio 0 opus send, audio other opus send");
	g_assert_true(stage_is_muted(f.stage, stage_track(f.stage, f.student, 0)));
	g_assert_true(stage_is_muted(f.stage, stage_track(f.stage, f.student, 1)));
	stage_skip(f.stage, f.teacher);
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'listparticipants','room':7}"),
		"{'participants':[{'id':1,'publisher':false},{'id':2,'publisher':true,'streams':["
		"{'mid':'0','moderated':true},{'mid':'other','moderated':true}]}]}");

	stage_ask(f.stage, f.teacher, NULL,
		"{'request':'moderate','room':7,'id':2,'mid':'0','mute':false}");
	stage_ask(f.stage, f.teacher, NULL,
		"{'request':'moderate','room':7,'id':2,'mid':'other','mute':false}");
	stage_expect(stage_event(f.stage, f.student), "{'mid':'0','moderation':'unmuted'}");
	stage_ask(f.stage, f.student, NULL, "{'request':'unpublish'}");
	publish(&f, f.student, "audio third opus send");
	g_assert_false(stage_is_muted(f.stage, stage_track(f.stage, f.student, 0)));
	stage_free(f.stage);
}

static void
test_kick(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, CAMERA);
	publish(&f, f.student, CAMERA);
	attach_viewer(&f, ""); /* of the student's token */
	/* A number that is nobody's is no way to stay. */
	aula_handle sly = stage_attach(f.stage, f.module, 2, STUDENT);
	stage_identify(f.stage, sly, "s", "S", "student", NULL);
	stage_ask(f.stage, sly, NULL,
		"{'request':'join','ptype':'subscriber','room':7,'private_id':1,'streams':[{'feed':"
		"1}]}");
	aula_handle other = stage_attach(f.stage, f.module, 3, STUDENT);
	stage_ask(f.stage, other, NULL,
		"{'request':'join','ptype':'subscriber','room':7,'streams':[{'feed':1},{'feed':2}]"
		"}");
	stage_skip(f.stage, f.teacher);
	stage_skip(f.stage, f.student);

	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'kick','room':7,'id':2}"),
		"{'videoroom':'success'}");
	stage_expect(stage_event(f.stage, f.student),
		"{'videoroom':'event','room':7,'leaving':'ok','reason':'kicked'}");
	g_assert_null(stage_event(f.stage, f.student));
	stage_expect(stage_event(f.stage, f.viewer), "{'left':'ok','reason':'kicked'}");
	g_assert_false(stage_has_peer(f.stage, f.student));
	g_assert_false(stage_has_peer(f.stage, f.viewer));
	g_assert_false(stage_has_peer(f.stage, sly));
	g_assert_true(stage_has_peer(f.stage, other));
	stage_expect(stage_event(f.stage, f.teacher), "{'room':7,'kicked':2}");
	stage_expect(stage_ask(f.stage, f.student, NULL, "{'request':'configure'}"),
		"{'error_code':424}");
	stage_ask(f.stage, other, "answer", "{'request':'start'}");
	stage_expect(stage_event(f.stage, other),
		"{'videoroom':'updated','streams':[{'active':true},{'"
		"active':true},{'active':false},{'active':false}]}");
	stage_free(f.stage);
}

static void
test_destroy(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, CAMERA);
	attach_viewer(&f, "");
	stage_skip(f.stage, f.student);
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'destroy','room':7}"),
		"{'videoroom':'destroyed','room':7}");
	aula_handle all[] = { f.teacher, f.student, f.viewer };
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		stage_expect(stage_event(f.stage, all[i]), "{'videoroom':'destroyed','room':7}");
		g_assert_null(stage_event(f.stage, all[i]));
		g_assert_false(stage_has_peer(f.stage, all[i]));
	}
	stage_free(f.stage);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugins/classroom/manage", test_manage);
	g_test_add_func("/plugins/classroom/manage-errors", test_manage_errors);
	g_test_add_func("/plugins/classroom/settings", test_settings);
	g_test_add_func("/plugins/classroom/token-of-another-room", test_token_of_another_room);
	g_test_add_func("/plugins/classroom/demo", test_demo);
	g_test_add_func("/plugins/classroom/bounds", test_bounds);
	g_test_add_func("/plugins/classroom/entry", test_entry);
	g_test_add_func("/plugins/classroom/moderate", test_moderate);
	g_test_add_func("/plugins/classroom/kick", test_kick);
	g_test_add_func("/plugins/classroom/destroy", test_destroy);
	return g_test_run();
}
