/* SPDX-License-Identifier: Apache-2.0 */
/* What a client wants of a picture, and what it is told that it gets. */
#include "classroom-fixture.h"

#define RIDS "audio 0 opus send, video 1 vp8 rids"
#define LAYERS "audio 0 opus send, video 1 vp9 layers"

enum { SOUND, PICTURE };

/* A viewer who subscribes to both m-lines of the teacher. */
static fixture
set_up_subscriber(const char *offer, const char *more)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, offer);
	attach_viewer(&f, more);
	start_viewer(&f);
	return f;
}

static void
assert_aim(fixture *f, unsigned line, int encoding, int temporal, int spatial)
{
	const aula_aim *aim = stage_aim(f->stage, f->viewer, line);

	g_assert_cmpint(aim->encoding, ==, encoding);
	g_assert_cmpint(aim->temporal, ==, temporal);
	g_assert_cmpint(aim->spatial, ==, spatial);
}

static void
configure(fixture *f, const char *more)
{
	stage_expect(stage_ask(f->stage, f->viewer, NULL, "{'request':'configure',%s}", more),
		"{'videoroom':'event','room':7,'configured':'ok'}");
}

static void
show(fixture *f, int encoding, int spatial, int temporal, bool starved)
{
	aula_shown shown = { .size = sizeof shown,
		.encoding = (int8_t)encoding,
		.spatial = (int8_t)spatial,
		.temporal = (int8_t)temporal,
		.starved = starved };

	stage_show(f->stage, f->viewer, PICTURE, &shown);
}

/* -- wishes -- */

static void
test_configure(void)
{
	fixture f = set_up_subscriber(RIDS, "");
	const aula_aim *aim = stage_aim(f.stage, f.viewer, PICTURE);

	assert_aim(&f, PICTURE, -1, -1, -1);
	g_assert_cmpuint(stage_aim(f.stage, f.viewer, SOUND)->size, ==, 0);
	configure(&f, "'streams':[{'mid':'1','substream':1,'temporal':0,'fallback':250000}]");
	assert_aim(&f, PICTURE, 1, 0, -1);
	g_assert_cmpint(aim->fallback_us, ==, 250000);
	configure(&f, "'streams':[{'mid':'1','spatial_layer':1,'temporal_layer':2}]");
	assert_aim(&f, PICTURE, 1, 2, 1);                       /* what is not named stays */
	configure(&f, "'streams':[{'mid':'0','substream':0}]"); /* sound has none */
	g_assert_cmpuint(stage_aim(f.stage, f.viewer, SOUND)->size, ==, 0);

	/* The old way: of every picture; what names the m-line comes before. */
	configure(&f, "'substream':0,'temporal':1");
	assert_aim(&f, PICTURE, 0, 1, 1);
	configure(&f, "'substream':0,'streams':[{'mid':'1','substream':2}]");
	assert_aim(&f, PICTURE, 2, 1, 1);
	stage_free(f.stage);
}

static void
test_delays(void)
{
	fixture f = set_up_subscriber(RIDS, "");
	static const struct {
		const char *more;
		int min_ms, max_ms;
	} rows[] = {
		{ "'min_delay':0,'max_delay':0", 0, 0 },
		{ "'min_delay':10", 100, 100 }, /* as the other was said before */
		{ "'max_delay':-1", 100, 40950 },
		{ "'min_delay':-1,'max_delay':20", 0, 200 },
		{ "'max_delay':-1", -1, -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		configure(&f, rows[i].more);
		const aula_aim *aim = stage_aim(f.stage, f.viewer, PICTURE);
		g_assert_cmpint(aim->min_delay_ms, ==, rows[i].min_ms);
		g_assert_cmpint(aim->max_delay_ms, ==, rows[i].max_ms);
	}
	stage_free(f.stage);
}

static void
test_from_the_start(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, RIDS);
	publish(&f, f.student, RIDS);
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'join','ptype':'subscriber','room':7,'streams':["
			     "{'feed':1,'mid':'0'},{'feed':1,'mid':'1','substream':0}]}"),
		"{'videoroom':'attached'}");
	start_viewer(&f);
	assert_aim(&f, PICTURE, 0, -1, -1);

	/* It goes on for whoever is shown there next, unless that is said anew. */
	stage_ask(f.stage, f.viewer, NULL,
		"{'request':'switch','streams':[{'feed':2,'mid':'1','sub_mid':'1'}]}");
	assert_aim(&f, PICTURE, 0, -1, -1);
	stage_ask(f.stage, f.viewer, NULL,
		"{'request':'switch','streams':[{'feed':1,'mid':'1','sub_mid':'1','substream':1}]"
		"}");
	assert_aim(&f, PICTURE, 1, -1, -1);
	stage_ask(f.stage, f.viewer, NULL, "{'request':'switch','feed':2}");
	assert_aim(&f, PICTURE, 1, -1, -1);
	stage_ask(f.stage, f.viewer, NULL,
		"{'request':'subscribe','streams':[{'feed':1,'mid':'1','temporal':1}]}");
	assert_aim(&f, 2, -1, 1, -1);
	stage_free(f.stage);
}

static void
test_old_join(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, RIDS);
	stage_expect(stage_ask(f.stage, f.viewer, NULL,
			     "{'request':'join','ptype':'subscriber','room':7,'feed':1,"
			     "'substream':1,'temporal':1}"),
		"{'videoroom':'attached','warning':'deprecated_api'}");
	assert_aim(&f, PICTURE, 1, 1, -1);
	stage_free(f.stage);
}

static void
test_refused(void)
{
	fixture f = set_up_subscriber(RIDS, "");
	static const struct {
		const char *more, *field;
	} rows[] = {
		{ "'substream':3", "substream" },
		{ "'substream':'1'", "substream" },
		{ "'substream':-1", "substream" },
		{ "'streams':[{'mid':'1','substream':'high'}]", "streams[0].substream" },
		{ "'streams':[{'mid':'0'},{'mid':'1','temporal':1.5}]", "streams[1].temporal" },
		{ "'streams':[{'mid':'1','spatial_layer':true}]", "streams[0].spatial_layer" },
		{ "'streams':[{'mid':'1','fallback':-5}]", "streams[0].fallback" },
		{ "'streams':[{'mid':'1','max_delay':4096}]", "streams[0].max_delay" },
		{ "'min_delay':3,'max_delay':2", "max_delay" },
		{ "'streams':[{'mid':'1','min_delay':3,'max_delay':2}]", "streams.max_delay" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		json_t *reply = stage_ask(
			f.stage, f.viewer, NULL, "{'request':'configure',%s}", rows[i].more);
		g_assert_cmpint(number_of(reply), ==, 430);
		g_assert_cmpstr(
			json_string_value(json_object_get(reply, "field")), ==, rows[i].field);
	}
	/* Of several m-lines none is changed when one is not there. */
	g_assert_cmpint(number_of(stage_ask(f.stage, f.viewer, NULL,
				"{'request':'configure','streams':[{'mid':'1','substream':0},"
				"{'mid':'9','substream':0}]}")),
		==, 428);
	assert_aim(&f, PICTURE, -1, -1, -1);
	stage_free(f.stage);
}

/* -- ranks -- */

static void
test_ranks(void)
{
	fixture f = set_up_subscriber(CAMERA, "");

	publish(&f, f.student, CAMERA);
	g_assert_cmpint(stage_aim(f.stage, f.viewer, PICTURE)->rank, ==, 1);
	stage_ask(f.stage, f.viewer, NULL,
		"{'request':'switch','streams':[{'feed':2,'mid':'1','sub_mid':'1'}]}");
	g_assert_cmpint(stage_aim(f.stage, f.viewer, PICTURE)->rank, ==, 2);
	stage_ask(f.stage, f.viewer, NULL, "{'request':'switch','feed':1}");
	g_assert_cmpint(stage_aim(f.stage, f.viewer, PICTURE)->rank, ==, 1);
	stage_free(f.stage);
}

static void
test_stage(void)
{
	fixture f = set_up(ROOM_7);

	join_both(&f);
	publish(&f, f.teacher, RIDS);
	stage_expect(
		stage_ask(f.stage, f.viewer, NULL, "{'request':'join','ptype':'viewer','room':7}"),
		"{'videoroom':'joined'}");
	start_viewer(&f);
	stage_skip(f.stage, f.viewer);
	/* The teacher, the screen, three who speak. */
	for (unsigned i = 0; i < 5; i++)
		g_assert_cmpint(stage_aim(f.stage, f.viewer, 2 * i + 1)->rank, ==, i < 2 ? 1 : 2);
	configure(&f, "'streams':[{'mid':'1','substream':1,'send':true}]");
	assert_aim(&f, PICTURE, 1, -1, -1);
	assert_aim(&f, 3, -1, -1, -1);
	configure(&f, "'substream':0");
	assert_aim(&f, PICTURE, 0, -1, -1);
	assert_aim(&f, 3, 0, -1, -1);
	g_assert_cmpint(stage_aim(f.stage, f.viewer, PICTURE)->rank, ==, 1);
	show(&f, 0, -1, -1, false);
	stage_expect(stage_event(f.stage, f.viewer),
		"{'videoroom':'event','room':7,'mid':'1','substream':0}");
	stage_free(f.stage);
}

/* -- notices -- */

static void
test_simulcast_notices(void)
{
	fixture f = set_up_subscriber(RIDS, "");

	show(&f, 2, -1, -1, false);
	stage_expect(stage_event(f.stage, f.viewer),
		"{'videoroom':'event','room':7,'mid':'1','substream':2}");
	stage_expect(stage_event(f.stage, f.viewer),
		"{'videoroom':'event','room':7,'mid':'1','temporal':2}");
	show(&f, 0, -1, -1, false);
	stage_expect(stage_event(f.stage, f.viewer), "{'substream':0}");
	g_assert_null(stage_event(f.stage, f.viewer));
	show(&f, 0, -1, 1, false);
	stage_expect(stage_event(f.stage, f.viewer), "{'temporal':1}");
	show(&f, 0, -1, 1, false);
	g_assert_null(stage_event(f.stage, f.viewer));

	show(&f, -1, -1, -1, true);
	stage_expect(stage_event(f.stage, f.viewer),
		"{'videoroom':'event','room':7,'mid':'1','paused':true,'reason':'congestion'}");
	g_assert_null(stage_event(f.stage, f.viewer));
	show(&f, 0, -1, 1, false);
	stage_expect(
		stage_event(f.stage, f.viewer), "{'mid':'1','paused':false,'reason':'congestion'}");
	g_assert_null(stage_event(f.stage, f.viewer));
	stage_free(f.stage);
}

static void
test_layer_notices(void)
{
	fixture f = set_up_subscriber(LAYERS, "");

	show(&f, 0, 0, 1, false);
	stage_expect(stage_event(f.stage, f.viewer), "{'mid':'1','spatial_layer':0}");
	stage_expect(stage_event(f.stage, f.viewer), "{'mid':'1','temporal_layer':1}");
	show(&f, 0, -1, -1, false);
	stage_expect(stage_event(f.stage, f.viewer), "{'spatial_layer':2}");
	stage_expect(stage_event(f.stage, f.viewer), "{'temporal_layer':2}");
	g_assert_null(stage_event(f.stage, f.viewer));
	stage_free(f.stage);
}

/* A picture that comes in one way only needs no notice but that it is gone. */
static void
test_plain_notices(void)
{
	fixture f = set_up_subscriber(CAMERA, "");

	show(&f, 0, -1, -1, false);
	g_assert_null(stage_event(f.stage, f.viewer));
	show(&f, -1, -1, -1, true);
	stage_expect(stage_event(f.stage, f.viewer), "{'paused':true}");
	stage_free(f.stage);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugins/classroom/quality/configure", test_configure);
	g_test_add_func("/plugins/classroom/quality/delays", test_delays);
	g_test_add_func("/plugins/classroom/quality/from-the-start", test_from_the_start);
	g_test_add_func("/plugins/classroom/quality/old-join", test_old_join);
	g_test_add_func("/plugins/classroom/quality/refused", test_refused);
	g_test_add_func("/plugins/classroom/quality/ranks", test_ranks);
	g_test_add_func("/plugins/classroom/quality/stage", test_stage);
	g_test_add_func("/plugins/classroom/quality/simulcast-notices", test_simulcast_notices);
	g_test_add_func("/plugins/classroom/quality/layer-notices", test_layer_notices);
	g_test_add_func("/plugins/classroom/quality/plain-notices", test_plain_notices);
	return g_test_run();
}
