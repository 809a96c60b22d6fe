/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#define OFFER "audio 0 opus both, video 1 vp8 both"

typedef struct {
	struct stage *stage;
	unsigned echo;
	aula_handle me;
} fixture;

static fixture
set_up(void)
{
	fixture f = { .stage = stage_new() };

	f.echo = stage_load(f.stage, stage_module("echo"), "{'max_bitrate': 500000}");
	f.me = stage_attach(f.stage, f.echo, 1, "media.echo");
	return f;
}

static void
test_loop(void)
{
	fixture f = set_up();

	stage_expect(stage_ask(f.stage, f.me, OFFER, "{'audio': true, 'video': true}"),
		"{'echotest': 'event', 'result': 'ok', 'jsep': {'type': 'answer'}}");
	for (unsigned i = 0; i < 2; i++) {
		g_assert_true(
			AULA_SAME(stage_source(f.stage, f.me, i), stage_track(f.stage, f.me, i)));
		g_assert_false(AULA_NONE(stage_track(f.stage, f.me, i)));
		g_assert_false(stage_is_paused(f.stage, f.me, i));
	}
	g_assert_cmpint(stage_limit(f.stage, f.me), ==, 500000);
	stage_connect(f.stage, f.me);

	stage_expect(stage_ask(f.stage, f.me, NULL, "{'audio': false}"),
		"{'result': 'ok', 'jsep': null}");
	g_assert_true(stage_is_paused(f.stage, f.me, 0));
	g_assert_false(stage_is_paused(f.stage, f.me, 1));
	stage_ask(f.stage, f.me, NULL, "{'audio': true, 'video': false}");
	g_assert_false(stage_is_paused(f.stage, f.me, 0));
	g_assert_true(stage_is_paused(f.stage, f.me, 1));

	stage_ask(f.stage, f.me, NULL, "{'bitrate': 128000}");
	g_assert_cmpint(stage_limit(f.stage, f.me), ==, 128000);
	stage_ask(f.stage, f.me, NULL, "{'bitrate': 900000}");
	g_assert_cmpint(stage_limit(f.stage, f.me), ==, 500000);

	stage_break(f.stage, f.me);
	stage_expect(stage_event(f.stage, f.me), "{'echotest': 'event', 'result': 'done'}");
	stage_free(f.stage);
}

static void
test_errors(void)
{
	static const struct {
		const char *jsep, *body;
		int number;
	} rows[] = {
		{ NULL, "{}", 413 },
		{ NULL, "{'audio': 1}", 413 },
		{ NULL, "{'bitrate': -1}", 413 },
		{ NULL, "{'request': 'dance'}", 413 },
	};
	fixture f = set_up();

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		json_t *reply = stage_ask(f.stage, f.me, rows[i].jsep, "%s", rows[i].body);
		g_assert_cmpint(json_integer_value(json_object_get(reply, "error_code")), ==,
			rows[i].number);
	}
	aula_handle stranger = stage_attach(f.stage, f.echo, 2, "");
	stage_expect(
		stage_ask(f.stage, stranger, OFFER, "{'audio': true}"), "{'code': 'forbidden'}");
	g_assert_false(stage_has_peer(f.stage, stranger));
	stage_free(f.stage);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugins/echo/loop", test_loop);
	g_test_add_func("/plugins/echo/errors", test_errors);
	return g_test_run();
}
