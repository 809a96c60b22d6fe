/* SPDX-License-Identifier: Apache-2.0 */
/* Candidates as JSON, in a description that is made already, and what waits behind one. */
#include "signaling/trickle.h"

#include <string.h>

#include "signaling/hold.h"
#include "signaling/jsep.h"

#define HOST "candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host"

static void
test_read(void)
{
	static const struct {
		const char *text;
		int count; /* -1: refused */
		bool last;
		const char *field;
	} cases[] = {
		{ "{}", -1, false, "candidate" },
		{ "{'candidate': null}", 0, true, NULL },
		{ "{'candidate': {'completed': true}}", 0, true, NULL },
		{ "{'candidate': {'sdpMid': '0', 'candidate': '" HOST "'}}", 1, false, NULL },
		{ "{'candidate': {'sdpMLineIndex': 0, 'candidate': ''}}", 0, true, NULL },
		{ "{'candidate': {'sdpMid': null, 'candidate': 'garbage'}}", 0, false, NULL },
		{ "{'candidates': []}", 0, false, NULL },
		{ "{'candidates': [{'sdpMid': '0', 'candidate': '" HOST "'}, {'completed': 1}]}", 1,
			true, NULL },
		{ "{'candidates': {}}", -1, false, "candidates" },
		{ "{'candidate': {}, 'candidates': []}", -1, false, "candidate" },
		{ "{'candidate': {'candidate': '" HOST "'}}", -1, false, "sdpMid" },
		{ "{'candidate': {'sdpMid': 0, 'candidate': ''}}", -1, false, "sdpMid" },
		{ "{'candidate': {'sdpMLineIndex': -1, 'candidate': ''}}", -1, false,
			"sdpMLineIndex" },
		{ "{'candidate': {'sdpMid': '0'}}", -1, false, "candidate" },
		{ "{'candidate': {'sdpMid': '0', 'candidate': 7}}", -1, false, "candidate" },
		{ "{'candidates': [{'sdpMid': '0', 'candidate': '" HOST "'}, {'sdpMid': '0'}]}", -1,
			false, "candidate" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdelimit(g_strdup(cases[i].text), "'", '"');
		json_t *request = json_loads(text, 0, NULL);
		g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(aula_candidate));
		aula_refusal refusal = { 0 };
		bool last = false;
		bool good = aula_trickle_read(request, found, &last, &refusal);
		g_assert_cmpint(good ? (int)found->len : -1, ==, cases[i].count);
		g_assert_cmpint(last, ==, cases[i].last);
		if (!good)
			g_assert_cmpstr(refusal.field, ==, cases[i].field);
		json_decref(request);
	}
}

static void
test_a_thousand(void)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(aula_candidate));
	json_t *many = json_array();
	aula_refusal refusal;
	bool last = true;

	for (int i = 0; i < 1000; i++)
		json_array_append_new(
			many, json_pack("{s:s, s:s}", "sdpMid", "0", "candidate", HOST));
	json_t *request = json_pack("{s:o}", "candidates", many);
	g_assert_true(aula_trickle_read(request, found, &last, &refusal));
	g_assert_cmpuint(found->len, ==, 64);
	g_assert_false(last);
	json_decref(request);
}

static void
test_write(void)
{
	aula_candidate candidate;
	g_assert_true(aula_candidate_parse(HOST, strlen(HOST), &candidate));
	json_t *written = aula_trickle_write(&candidate, "a", 2),
	       *end = aula_trickle_write(NULL, "a", 2);

	g_assert_cmpstr(json_string_value(json_object_get(written, "candidate")), ==, HOST);
	g_assert_cmpstr(json_string_value(json_object_get(written, "sdpMid")), ==, "a");
	g_assert_cmpint(json_integer_value(json_object_get(written, "sdpMLineIndex")), ==, 2);
	g_assert_true(json_is_true(json_object_get(end, "completed")));
	json_decref(written);
	json_decref(end);
}

static void
test_complete(void)
{
	static const char *const expected[] = { "s=-\r\nm=a\r\na=1\r\n%sm=b\r\na=2\r\n",
		"s=-\r\nm=a\r\na=1\r\nm=b\r\na=2\r\n%s" };
	aula_candidate candidate;
	g_assert_true(aula_candidate_parse(HOST, strlen(HOST), &candidate));

	for (size_t index = 0; index < 2; index++) {
		json_t *jsep = json_pack("{s:s}", "sdp", "s=-\r\nm=a\r\na=1\r\nm=b\r\na=2\r\n");
		GString *whole = g_string_new(expected[index]);
		aula_jsep_add_candidates(jsep, index, &candidate, 1, true);
		g_string_replace(whole, "%s", "a=" HOST "\r\na=end-of-candidates\r\n", 1);
		g_assert_cmpstr(json_string_value(json_object_get(jsep, "sdp")), ==, whole->str);
		g_string_free(whole, TRUE);
		json_decref(jsep);
	}
	json_t *none = json_object();
	aula_jsep_add_candidates(none, 0, &candidate, 1, true);
	g_assert_cmpuint(json_object_size(none), ==, 0);
	json_decref(none);
}

/* -- what waits -- */

typedef struct {
	aula_loop *loop;
	aula_holds *holds;
	GString *sent;
} world;

static void
on_complete(void *data, aula_handle handle, json_t *event)
{
	(void)data, (void)handle;
	json_object_set_new(event, "complete", json_true());
}

static void
on_send(void *data, aula_handle handle, const char *text, size_t length)
{
	world *w = data;

	g_string_append_printf(w->sent, "%d ", (int)handle.id);
	g_string_append_len(w->sent, text, (gssize)length);
	g_string_append_c(w->sent, '\n');
}

static void
on_reply(void *data, aula_client client, const char *text, size_t length)
{
	g_string_append(((world *)data)->sent, "reply to ");
	on_send(data, (aula_handle){ client.id }, text, length);
}

static const aula_hold_listener listener = { on_complete, on_send, on_reply };

static void
begin(world *w, int64_t wait_ms)
{
	w->loop = aula_loop_new("control", NULL);
	w->sent = g_string_new(NULL);
	w->holds = aula_holds_new(w->loop, wait_ms, &listener, w);
}

static void
end(world *w)
{
	aula_holds_free(w->holds);
	aula_loop_free(w->loop);
	g_string_free(w->sent, TRUE);
}

static void
test_hold_order(void)
{
	const aula_handle one = { 1 }, two = { 2 };
	world w;

	begin(&w, 10000);
	g_assert_false(aula_hold_add(w.holds, one, "x", 1));
	aula_hold_begin(w.holds, one, (aula_client){ 0 }, json_object());
	g_assert_true(aula_hold_is(w.holds, one));
	g_assert_false(aula_hold_is(w.holds, two));
	g_assert_true(aula_hold_add(w.holds, one, "second", 6));
	g_assert_false(aula_hold_add(w.holds, two, "other", 5));
	g_assert_cmpstr(w.sent->str, ==, "");
	aula_hold_release(w.holds, one);
	g_assert_cmpstr(w.sent->str, ==, "1 {\"complete\":true}\n1 second\n");
	aula_hold_release(w.holds, one);
	g_assert_false(aula_hold_add(w.holds, one, "x", 1));
	end(&w);
}

static void
test_hold_reply(void)
{
	const aula_handle one = { 1 };
	world w;

	begin(&w, 10000);
	aula_hold_begin(w.holds, one, (aula_client){ 7 }, json_object());
	g_assert_true(aula_hold_add(w.holds, one, "second", 6));
	aula_hold_release(w.holds, one);
	g_assert_cmpstr(w.sent->str, ==, "reply to 7 {\"complete\":true}\n1 second\n");
	end(&w);
}

static void
test_hold_bound(void)
{
	const aula_handle one = { 1 };
	world w;

	begin(&w, 10000);
	aula_hold_begin(w.holds, one, (aula_client){ 0 }, json_object());
	for (int i = 0; i < 64; i++)
		g_assert_true(aula_hold_add(w.holds, one, "x", 1));
	g_assert_false(aula_hold_is(w.holds, one));
	g_assert_cmpuint(w.sent->len, ==, strlen("1 {\"complete\":true}\n") + 64 * strlen("1 x\n"));
	/* A second description sends the first on its way. */
	aula_hold_begin(w.holds, one, (aula_client){ 0 }, json_object());
	aula_hold_begin(w.holds, one, (aula_client){ 0 }, json_object());
	g_assert_true(g_str_has_suffix(w.sent->str, "1 x\n1 {\"complete\":true}\n"));
	end(&w);
}

static void
on_late(void *data, aula_handle handle, const char *text, size_t length)
{
	on_send(data, handle, text, length);
	aula_loop_stop(((world *)data)->loop);
}

static void
test_hold_too_long(void)
{
	static const aula_hold_listener late = { on_complete, on_late, on_reply };
	world w;

	begin(&w, 10000);
	aula_holds_free(w.holds);
	w.holds = aula_holds_new(w.loop, 1, &late, &w);
	aula_hold_begin(w.holds, (aula_handle){ 1 }, (aula_client){ 0 }, json_object());
	/* Until the alarm has rung. */
	aula_loop_run(w.loop);
	g_assert_cmpstr(w.sent->str, ==, "1 {\"complete\":true}\n");
	end(&w);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/signaling/trickle/read", test_read);
	g_test_add_func("/signaling/trickle/a-thousand", test_a_thousand);
	g_test_add_func("/signaling/trickle/write", test_write);
	g_test_add_func("/signaling/jsep/complete", test_complete);
	g_test_add_func("/signaling/hold/order", test_hold_order);
	g_test_add_func("/signaling/hold/reply", test_hold_reply);
	g_test_add_func("/signaling/hold/bound", test_hold_bound);
	g_test_add_func("/signaling/hold/too-long", test_hold_too_long);
	return g_test_run();
}
