/* SPDX-License-Identifier: Apache-2.0 */
#include "classroom-fixture.h"

/* -- subscribing -- */

static void
test_subscribe(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	stage_expect(
		stage_ask(f.stage, f.viewer, NULL,
			"{'request':'join','ptype':'subscriber','room':7,'streams':[{'feed':1}]}"),
		"{'error_code':428}");
	stage_ask(f.stage, f.teacher, CAMERA, "{'request':'publish'}");
	stage_expect(
		stage_ask(f.stage, f.viewer, NULL,
			"{'request':'join','ptype':'subscriber','room':7,'streams':[{'feed':1}]}"),
		"{'error_code':428}"); /* not connected yet */
	stage_connect(f.stage, f.teacher);
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'join','ptype':'subscriber','room':7,'streams':["
			     "{'feed':1,'mid':'1','crossrefid':'big','send':false},{'feed':5},{'"
			     "feed':1,'mid':'x'}]}"),
		"{'videoroom':'attached','room':7,'jsep':{'type':'offer'},"
		"'streams':[{'mid':'0','mindex':0,'type':'video','active':true,'feed_id':1,'feed_"
		"mid':'1',"
		"'feed_display':'Ms "
		"T','codec':'vp8','send':false,'ready':false,'crossrefid':'big'}],"
		"'errors':[{'feed':5,'error_code':428},{'feed':1,'mid':'x','error_code':428}]}");
	g_assert_true(stage_is_paused(f.stage, f.viewer, 0));
	start_viewer(&f);

	/* The same again changes nothing; an offer only for what is new. */
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'subscribe','streams':[{'feed':1,'mid':'1'}]}"),
		"{'videoroom':'updated','room':7,'jsep':null}");
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'subscribe','streams':[{'feed':'1'}]}"),
		"{'videoroom':'updated','jsep':{'type':'offer'},'streams':[{'mid':'0'},{'mid':'1','"
		"type':'audio','ready':true}]}");
	/* Unanswered: changes gather, and one offer follows. */
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'unsubscribe','streams':[{'sub_mid':'1'}]}"),
		"{'videoroom':'updating','room':7,'jsep':null}");
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'update','subscribe':[{'feed':1,'mid':'0'}],'unsubscribe':"
			     "[{'feed':1,'mid':'1'}]}"),
		"{'videoroom':'updating'}");
	g_assert_null(stage_event(f.stage, f.viewer));
	stage_expect(
		stage_ask(f.stage, f.viewer, "answer", "{'request':'start'}"), "{'started':'ok'}");
	stage_expect(stage_event(f.stage, f.viewer),
		"{'videoroom':'updated','room':7,'jsep':{'type':'offer'},'streams':["
		"{'mid':'0','active':false,'feed_id':null},{'mid':'1','active':true,'feed_mid':'0'}"
		"]}");
	g_assert_null(stage_event(f.stage, f.viewer));
	stage_ask(f.stage, f.viewer, "answer", "{'request':'start'}");

	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'unsubscribe','streams':[{'feed':8},{'sub_mid':'4'}]}"),
		"{'error_code':428}");
	stage_expect(
		stage_ask(f.stage, f.viewer, NULL, "{'request':'update'}"), "{'error_code':429}");
	stage_expect(stage_ask(f.stage, f.viewer, NULL, "{'request':'leave'}"),
		"{'videoroom':'event','left':'ok'}");
	g_assert_false(stage_has_peer(f.stage, f.viewer));
	stage_free(f.stage);
}

static void
test_old_way(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, CAMERA);
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'join','ptype':'subscriber','room':7,'feed':1,'offer_"
			     "audio':false}"),
		"{'videoroom':'attached','id':1,'warning':'deprecated_api','streams':[{'type':'"
		"video'}]}");
	stage_free(f.stage);
}

static void
test_auto_update(void)
{
	fixture f = set_up(ROOM_7);
	aula_handle stubborn = stage_attach(f.stage, f.module, 3, STUDENT);

	join_both(&f);
	publish(&f, f.teacher, CAMERA);
	attach_viewer(&f, "");
	start_viewer(&f);
	stage_ask(f.stage, stubborn, NULL,
		"{'request':'join','ptype':'subscriber','room':7,'autoupdate':false,'streams':[{'"
		"feed':1}]}");
	stage_ask(f.stage, stubborn, "answer", "{'request':'start'}");

	stage_ask(f.stage, f.teacher, "audio 0 opus send, video 1 vp8 none",
		"{'request':'configure'}");
	stage_expect(stage_event(f.stage, f.viewer),
		"{'videoroom':'updated','room':7,'jsep':{'type':'offer'},'streams':[{'active':true,"
		"'type':'audio'},{'active':false}]}");
	/* While that is open the teacher leaves: one more offer, after the answer. */
	stage_ask(f.stage, f.teacher, NULL, "{'request':'leave'}");
	g_assert_null(stage_event(f.stage, f.viewer));
	stage_ask(f.stage, f.viewer, "answer", "{'request':'start'}");
	stage_expect(stage_event(f.stage, f.viewer),
		"{'videoroom':'updated','streams':[{'active':false},{'active':false}]}");

	/* Who looks after itself is left alone, and can still name what it had. */
	g_assert_null(stage_event(f.stage, stubborn));
	stage_expect(stage_ask(f.stage, stubborn, NULL,
			     "{'request':'unsubscribe','streams':[{'feed':1}]}"),
		"{'videoroom':'updated','streams':[{'active':false},{'active':false}]}");
	stage_free(f.stage);
}

static void
test_switch(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, CAMERA);
	publish(&f, f.student, "audio 0 opus send, video 1 h264 send");
	attach_viewer(&f, "");
	start_viewer(&f);

	/* The same codec: nothing is negotiated. */
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'switch','streams':[{'feed':2,'mid':'0','sub_mid':'0'},{'"
			     "feed':2,'mid':'9','sub_mid':'1'}]}"),
		"{'videoroom':'event','switched':'ok','room':7,'changes':1,'jsep':null,"
		"'streams':[{'feed_id':2,'feed_mid':'0'},{'feed_id':1}],'errors':[{'feed':2,'mid':'"
		"9'}]}");
	g_assert_true(
		AULA_SAME(stage_source(f.stage, f.viewer, 0), stage_track(f.stage, f.student, 0)));
	g_assert_null(stage_event(f.stage, f.viewer));
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'switch','streams':[{'feed':2,'mid':'0','sub_mid':'0'}]}"),
		"{'switched':'ok','changes':0}");

	/* Another codec: an offer follows. */
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'switch','streams':[{'feed':2,'mid':'1','sub_mid':'1'}]}"),
		"{'switched':'ok','changes':1}");
	stage_expect(
		stage_event(f.stage, f.viewer), "{'videoroom':'updated','jsep':{'type':'offer'}}");
	stage_ask(f.stage, f.viewer, "answer", "{'request':'start'}");

	stage_expect(stage_ask(f.stage, f.viewer, NULL, "{'request':'switch','feed':1}"),
		"{'switched':'ok','changes':2}");
	static const struct {
		const char *body;
		int number;
	} rows[] = {
		{ "{'request':'switch','streams':[{'feed':9,'mid':'0','sub_mid':'0'}]}", 428 },
		{ "{'request':'switch','streams':[{'feed':2,'mid':'0'}]}", 429 },
		{ "{'request':'switch','streams':[{'feed':2,'mid':'1','sub_mid':'0'}]}", 430 },
		{ "{'request':'switch','streams':[{'feed':2,'mid':'0','sub_mid':'7'}]}", 428 },
		{ "{'request':'switch','feed':9}", 428 },
		{ "{'request':'switch'}", 429 },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(number_of(stage_ask(f.stage, f.viewer, NULL, "%s", rows[i].body)),
			==, rows[i].number);
	stage_free(f.stage);
}

static void
test_pause(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, CAMERA);
	attach_viewer(&f, "");
	start_viewer(&f);
	stage_expect(stage_ask(f.stage, f.viewer, NULL, "{'request':'pause'}"), "{'paused':'ok'}");
	g_assert_true(stage_is_paused(f.stage, f.viewer, 0));
	g_assert_true(stage_is_paused(f.stage, f.viewer, 1));
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'configure','streams':[{'mid':'0','send':false}]}"),
		"{'configured':'ok'}");
	unsigned before = stage_keyframes(f.stage, stage_track(f.stage, f.teacher, 1));
	stage_expect(stage_ask(f.stage, f.viewer, NULL, "{'request':'start'}"), "{'started':'ok'}");
	g_assert_true(stage_is_paused(f.stage, f.viewer, 0));
	g_assert_false(stage_is_paused(f.stage, f.viewer, 1));
	g_assert_cmpuint(
		stage_keyframes(f.stage, stage_track(f.stage, f.teacher, 1)), ==, before + 1);
	stage_ask(f.stage, f.viewer, NULL, "{'request':'configure','audio':true,'video':false}");
	g_assert_false(stage_is_paused(f.stage, f.viewer, 0));
	g_assert_true(stage_is_paused(f.stage, f.viewer, 1));
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'configure','streams':[{'mid':'8','send':false}]}"),
		"{'error_code':428}");

	/* ICE restart, at once or when the open offer is answered. */
	stage_expect(stage_ask(f.stage, f.viewer, NULL, "{'request':'configure','restart':true}"),
		"{'configured':'ok','jsep':{'type':'offer','restart':true}}");
	stage_expect(stage_ask(f.stage, f.viewer, NULL, "{'request':'configure','restart':true}"),
		"{'configured':'ok','jsep':null}");
	stage_ask(f.stage, f.viewer, "answer", "{'request':'start'}");
	stage_expect(
		stage_event(f.stage, f.viewer), "{'videoroom':'updated','jsep':{'restart':true}}");

	/* A lost connection ends the subscription; the handle may join anew. */
	stage_break(f.stage, f.viewer);
	stage_expect(
		stage_ask(f.stage, f.viewer, NULL, "{'request':'start'}"), "{'error_code':424}");
	attach_viewer(&f, "");
	stage_free(f.stage);
}

static void
test_private_id(void)
{
	fixture f = set_up("{'rooms':[{'room':7,'description':'Seven','require_pvtid':true}]}");

	stage_ask(
		f.stage, f.teacher, NULL, "{'request':'join','ptype':'publisher','room':7,'id':1}");
	json_t *joined = stage_ask(
		f.stage, f.student, NULL, "{'request':'join','ptype':'publisher','room':7,'id':2}");
	int64_t mine = json_integer_value(json_object_get(joined, "private_id"));
	publish(&f, f.teacher, CAMERA);
	stage_expect(
		stage_ask(f.stage, f.viewer, NULL,
			"{'request':'join','ptype':'subscriber','room':7,'streams':[{'feed':1}]}"),
		"{'error_code':433,'field':'private_id'}");
	g_autofree char *more = g_strdup_printf(",'private_id':%" G_GINT64_FORMAT, mine);
	attach_viewer(&f, more);
	stage_free(f.stage);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugins/classroom/subscribe", test_subscribe);
	g_test_add_func("/plugins/classroom/old-way", test_old_way);
	g_test_add_func("/plugins/classroom/auto-update", test_auto_update);
	g_test_add_func("/plugins/classroom/switch", test_switch);
	g_test_add_func("/plugins/classroom/pause", test_pause);
	g_test_add_func("/plugins/classroom/private-id", test_private_id);
	return g_test_run();
}
