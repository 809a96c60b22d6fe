/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/session.h"

#include <string.h>

enum { SECOND_US = 1000000, TIMEOUT_US = 60 * SECOND_US, RECLAIM_US = 10 * SECOND_US };
enum { VANISHED = 66 };

/* What sessions told, as text. */
typedef struct {
	aula_sessions *sessions;
	GString *told;
} world;

static void
on_session_over(void *data, aula_session *session, const char *reason)
{
	world *w = data;
	aula_attachment *attachment;

	g_string_append_printf(w->told, "%u:%s ", (unsigned)aula_session_number(session), reason);
	while ((attachment = aula_session_first(session)) != NULL)
		aula_attachment_free(attachment);
	aula_session_free(session);
}

static aula_code
on_session_text(void *data, aula_client client, const char *text, size_t length)
{
	world *w = data;

	g_string_append_printf(w->told, "%u<%.*s ", (unsigned)client.id, (int)length, text);
	return client.id == VANISHED ? AULA_GONE : AULA_OK;
}

static void
on_session_deaf(void *data, aula_client client)
{
	world *w = data;

	g_string_append_printf(w->told, "%u deaf ", (unsigned)client.id);
}

static const aula_session_listener listener = { on_session_over, on_session_text, on_session_deaf };

static void
set_up(world *w, gconstpointer reclaim_us)
{
	aula_session_limits limits = { .sessions_most = 4,
		.handles_most = 3,
		.timeout_us = TIMEOUT_US,
		.reclaim_us = GPOINTER_TO_INT(reclaim_us) };

	w->sessions = aula_sessions_new(&limits, &listener, w);
	w->told = g_string_new(NULL);
}

static void
tear_down(world *w, gconstpointer unused)
{
	aula_session *session;

	(void)unused;
	while ((session = aula_sessions_any(w->sessions)) != NULL)
		on_session_over(w, session, "end");
	aula_sessions_free(w->sessions);
	g_string_free(w->told, TRUE);
}

static void
assert_told(world *w, const char *expected)
{
	g_assert_cmpstr(w->told->str, ==, expected);
	g_string_truncate(w->told, 0);
}

static aula_session *
open_session(world *w, uint64_t number, uint64_t client, bool lasting, int64_t now_us)
{
	aula_bearer bearer = {
		.subject = g_strdup("u"), .name = g_strdup("Ada"), .role = g_strdup("student")
	};
	aula_session *session = NULL;

	g_assert_cmpint(aula_session_new(w->sessions, number, (aula_client){ client }, lasting,
				&bearer, now_us, &session),
		==, AULA_OK);
	return session;
}

static void
say(aula_session *session, const char *text)
{
	aula_session_send(session, text, strlen(text));
}

static void
test_limits(world *w, gconstpointer unused)
{
	aula_session *one = open_session(w, 1, 1, true, 0), *again;

	(void)unused;
	for (int i = 0; i < 2; i++) {
		aula_bearer bearer = { .subject = g_strdup("u") };
		g_assert_cmpint(aula_session_new(w->sessions, 1, (aula_client){ 1 }, true, &bearer,
					0, &again),
			==, AULA_EXISTS);
		g_assert_null(bearer.subject);
	}
	for (int i = 0; i < 3; i++) {
		aula_session *drawn = open_session(w, 0, 1, true, 0);
		g_assert_cmpuint(aula_session_number(drawn), >, 0);
		g_assert_cmpuint(aula_session_number(drawn), <, UINT64_C(1) << 53);
	}
	aula_bearer bearer = { .subject = g_strdup("u") };
	g_assert_cmpint(
		aula_session_new(w->sessions, 0, (aula_client){ 1 }, true, &bearer, 0, &again), ==,
		AULA_FULL);
	aula_attachment *handles[3];
	for (int i = 0; i < 3; i++)
		handles[i] = aula_attachment_new(one, 0, "plugin", i ? "opaque" : NULL);
	g_assert_null(aula_attachment_new(one, 0, "plugin", NULL));
	aula_attachment_free(handles[1]);
	g_assert_nonnull(aula_attachment_new(one, 0, "plugin", NULL));
}

static void
test_expired(world *w, gconstpointer unused)
{
	aula_session *first = open_session(w, 1, 1, true, 0);
	aula_session *second = open_session(w, 2, 2, true, 0);
	(void)unused;

	open_session(w, 3, 3, true, 0);
	aula_session_renew(first, 100);
	aula_session_renew(second, 50);
	aula_sessions_expire(w->sessions, 50);
	assert_told(w, "");
	aula_sessions_expire(w->sessions, 51);
	assert_told(w, "2:expired ");
	aula_session_renew(first, 200);
	aula_sessions_expire(w->sessions, 200);
	assert_told(w, "");
	g_assert_cmpint(aula_session_bearer(first)->expires_s, ==, 200);
	/* A guest never does. */
	aula_sessions_expire(w->sessions, INT64_MAX);
	assert_told(w, "1:expired ");
}

static void
test_timeout(world *w, gconstpointer unused)
{
	aula_session *first = open_session(w, 1, 1, true, 0);

	(void)unused;
	open_session(w, 2, 1, true, 1 * SECOND_US);
	open_session(w, 3, 2, false, 2 * SECOND_US);
	aula_session_touch(first, 30 * SECOND_US);
	aula_sessions_tick(w->sessions, 60 * SECOND_US);
	assert_told(w, "");
	aula_sessions_tick(w->sessions, 61 * SECOND_US);
	assert_told(w, "2:timeout ");
	/* A connection that does not last leaves its session to the time limit. */
	aula_sessions_abandon(w->sessions, (aula_client){ 2 }, false, 61 * SECOND_US);
	assert_told(w, "");
	aula_sessions_tick(w->sessions, 62 * SECOND_US);
	assert_told(w, "3:timeout ");
	aula_sessions_tick(w->sessions, 90 * SECOND_US);
	assert_told(w, "1:timeout ");
}

static void
test_claim(world *w, gconstpointer unused)
{
	aula_session *session = open_session(w, 1, 1, true, 0);
	aula_session *other = open_session(w, 2, 1, true, 0);

	(void)unused;
	say(session, "a");
	assert_told(w, "1<a ");
	g_assert_false(aula_session_answers_to(session, (aula_client){ 9 }));
	aula_sessions_abandon(w->sessions, (aula_client){ 1 }, false, 5 * SECOND_US);
	g_assert_false(aula_session_answers_to(session, (aula_client){ 1 }));
	say(session, "b");
	say(session, "c");
	assert_told(w, "");
	aula_session_claim(session, (aula_client){ 9 }, true, 14 * SECOND_US);
	assert_told(w, "9<b 9<c ");
	g_assert_true(aula_session_answers_to(session, (aula_client){ 9 }));
	aula_sessions_tick(w->sessions, 15 * SECOND_US);
	assert_told(w, "2:lost ");
	/* A connection that still seems to be there gives way as well. */
	aula_session_claim(session, (aula_client){ 10 }, true, 16 * SECOND_US);
	aula_sessions_abandon(w->sessions, (aula_client){ 9 }, false, 16 * SECOND_US);
	aula_sessions_tick(w->sessions, 40 * SECOND_US);
	say(session, "d");
	assert_told(w, "10<d ");
	(void)other;
}

/* Who took its leave has no ghost in the room for as long as a claim would be waited for. */
static void
test_left(world *w, gconstpointer unused)
{
	(void)unused;
	open_session(w, 1, 1, true, 0);
	open_session(w, 2, 1, false, 0);
	open_session(w, 3, 2, true, 0);
	aula_sessions_abandon(w->sessions, (aula_client){ 1 }, true, 0);
	assert_told(w, "1:left ");
	g_assert_null(aula_sessions_find(w->sessions, 1));
	g_assert_cmpuint(aula_sessions_count(w->sessions), ==, 2);
}

static void
test_no_reclaim(world *w, gconstpointer unused)
{
	(void)unused;
	aula_attachment_new(open_session(w, 1, 1, true, 0), 0, "plugin", NULL);
	open_session(w, 2, 1, true, 0);
	open_session(w, 3, 2, true, 0);
	aula_sessions_abandon(w->sessions, (aula_client){ 1 }, false, 0);
	assert_told(w, "2:lost 1:lost ");
	g_assert_cmpuint(aula_sessions_count(w->sessions), ==, 1);
	g_assert_cmpuint(aula_sessions_handle_count(w->sessions), ==, 0);
}

static void
test_overflow(world *w, gconstpointer unused)
{
	aula_session *session = open_session(w, 1, 1, true, 0);
	g_autofree char *text = g_strnfill(4096, 'x');

	(void)unused;
	aula_sessions_abandon(w->sessions, (aula_client){ 1 }, false, 0);
	for (int i = 0; i < 1000; i++)
		say(session, text);
	assert_told(w, "");
	aula_sessions_tick(w->sessions, 1);
	assert_told(w, "1:overflow ");
}

static void
test_overflow_claimed(world *w, gconstpointer unused)
{
	aula_session *session = open_session(w, 1, 1, true, 0);

	(void)unused;
	aula_sessions_abandon(w->sessions, (aula_client){ 1 }, false, 0);
	for (int i = 0; i < 2000; i++)
		say(session, "x");
	aula_session_claim(session, (aula_client){ 2 }, true, 0);
	/* What it missed cannot be had any more: it is told that it is over. */
	aula_sessions_tick(w->sessions, 1);
	assert_told(w, "1:overflow ");
}

/* One connection does not take the sessions of all. */
static void
test_client_most(world *w, gconstpointer unused)
{
	aula_session_limits limits = { .sessions_most = 9,
		.handles_most = 3,
		.timeout_us = 1,
		.reclaim_us = 1,
		.client_most = 2 };
	aula_session *more;

	(void)unused;
	aula_sessions_free(w->sessions);
	w->sessions = aula_sessions_new(&limits, &listener, w);
	open_session(w, 1, 1, true, 0);
	aula_session *mine = open_session(w, 2, 1, true, 0);
	aula_bearer bearer = { .subject = g_strdup("u") };
	g_assert_cmpint(
		aula_session_new(w->sessions, 0, (aula_client){ 1 }, true, &bearer, 0, &more), ==,
		AULA_FULL);
	g_assert_null(bearer.subject);
	aula_session *other = open_session(w, 3, 2, true, 0);
	g_assert_true(aula_session_fits(mine, (aula_client){ 1 }));
	g_assert_false(aula_session_fits(other, (aula_client){ 1 }));
	g_assert_true(aula_session_fits(other, (aula_client){ 3 }));
}

/* Many who are away at once cost no more than a bound for all, which frees itself again. */
static void
test_waiting_most(world *w, gconstpointer unused)
{
	aula_session_limits limits = { .sessions_most = 9,
		.handles_most = 3,
		.timeout_us = TIMEOUT_US,
		.reclaim_us = RECLAIM_US,
		.waiting_bytes_most = 10 };

	(void)unused;
	aula_sessions_free(w->sessions);
	w->sessions = aula_sessions_new(&limits, &listener, w);
	aula_session *one = open_session(w, 1, 1, true, 0), *two = open_session(w, 2, 2, true, 0);
	aula_session *three = open_session(w, 3, 3, true, 0);
	for (uint64_t i = 1; i <= 3; i++)
		aula_sessions_abandon(w->sessions, (aula_client){ i }, false, 0);
	say(one, "1234");
	say(two, "123456");
	say(three, "1");
	aula_sessions_tick(w->sessions, 1);
	assert_told(w, "3:overflow ");
	aula_session_claim(one, (aula_client){ 9 }, true, 2);
	assert_told(w, "9<1234 ");
	say(two, "7890");
	aula_sessions_tick(w->sessions, 3);
	assert_told(w, "");
	aula_session_claim(two, (aula_client){ 9 }, true, 4);
	assert_told(w, "9<123456 9<7890 ");
}

static void
test_handles(world *w, gconstpointer unused)
{
	aula_session *one = open_session(w, 1, 1, true, 0), *two = open_session(w, 2, 1, true, 0);
	aula_attachment *handle = aula_attachment_new(one, 3, "janus.plugin.x", "mine");
	aula_handle name = aula_attachment_handle(handle);
	uint64_t number = aula_attachment_number(handle);
	int state;

	(void)unused;
	aula_attachment_set_state(handle, &state);
	g_assert_true(aula_attachment_state(handle) == &state);
	g_assert_cmpuint(aula_attachment_module(handle), ==, 3);
	g_assert_cmpstr(aula_attachment_package(handle), ==, "janus.plugin.x");
	g_assert_cmpstr(aula_attachment_opaque_id(handle), ==, "mine");
	g_assert_true(aula_attachment_find(w->sessions, name) == handle);
	g_assert_true(aula_attachment_numbered(one, number) == handle);
	g_assert_null(aula_attachment_numbered(two, number));
	aula_attachment_free(handle);
	g_assert_null(aula_attachment_find(w->sessions, name));
	g_assert_null(aula_attachment_numbered(one, number));
}

static void
listen_for(aula_session *session, uint64_t client, size_t most, int64_t now_s, int64_t until_s)
{
	aula_session_listen(
		session, (aula_client){ client }, most, now_s * SECOND_US, until_s * SECOND_US);
}

static void
test_poll(world *w, gconstpointer unused)
{
	aula_session *session = open_session(w, 1, 5, false, 0);

	(void)unused;
	for (int i = 0; i < 3; i++)
		say(session, i == 0 ? "a" : "b");
	assert_told(w, "");
	listen_for(session, 6, 2, 0, 30);
	listen_for(session, 7, 1, 0, 30);
	assert_told(w, "6<[a,b] 7<b ");
	/* One at a time waits; what comes goes to the last. */
	listen_for(session, 8, 2, 0, 30);
	listen_for(session, 9, 1, 0, 30);
	say(session, "c");
	say(session, "d");
	assert_told(w, "8<[{\"janus\":\"keepalive\"}] 9<c ");
	/* Who has gone takes nothing along. */
	listen_for(session, VANISHED, 1, 0, 30);
	listen_for(session, 10, 5, 0, 30);
	assert_told(w, "66<d 10<[d] ");
	listen_for(session, 11, 1, 0, 30);
	aula_sessions_abandon(w->sessions, (aula_client){ 11 }, false, 0);
	say(session, "e");
	assert_told(w, "");
	listen_for(session, 12, 1, 0, 30);
	assert_told(w, "12<e ");
}

static void
test_poll_ends(world *w, gconstpointer unused)
{
	aula_session *one = open_session(w, 1, 5, false, 0), *two = open_session(w, 2, 5, false, 0);

	(void)unused;
	listen_for(one, 6, 1, 0, 100);
	listen_for(two, 7, 9, 0, 50);
	aula_sessions_tick(w->sessions, 49 * SECOND_US);
	assert_told(w, "");
	aula_sessions_tick(w->sessions, 50 * SECOND_US);
	assert_told(w, "7<[{\"janus\":\"keepalive\"}] ");
	/* To wait is a sign of life, for as long as it lasts. */
	aula_sessions_tick(w->sessions, 100 * SECOND_US);
	assert_told(w, "6<{\"janus\":\"keepalive\"} ");
	aula_sessions_tick(w->sessions, 110 * SECOND_US);
	assert_told(w, "2:timeout ");
	/* A client that waits for one and then for another has left the first. */
	two = open_session(w, 2, 5, false, 110 * SECOND_US);
	listen_for(one, 8, 1, 110, 150);
	listen_for(two, 8, 1, 110, 150);
	assert_told(w, "8<{\"janus\":\"keepalive\"} ");
	aula_session_claim(two, (aula_client){ 9 }, true, 110 * SECOND_US);
	assert_told(w, "8<{\"janus\":\"keepalive\"} ");
	listen_for(one, 10, 1, 110, 150);
	on_session_over(w, one, "destroyed");
	assert_told(w, "1:destroyed 10 deaf ");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, reclaim_us, test) \
	g_test_add("/signaling/session/" name, world, GINT_TO_POINTER(reclaim_us), set_up, test, \
		tear_down)
	ADD("limits", RECLAIM_US, test_limits);
	ADD("timeout", RECLAIM_US, test_timeout);
	ADD("expired", RECLAIM_US, test_expired);
	ADD("claim", RECLAIM_US, test_claim);
	ADD("left", RECLAIM_US, test_left);
	ADD("no-reclaim", 0, test_no_reclaim);
	ADD("overflow", RECLAIM_US, test_overflow);
	ADD("overflow-claimed", RECLAIM_US, test_overflow_claimed);
	ADD("client-most", RECLAIM_US, test_client_most);
	ADD("waiting-most", RECLAIM_US, test_waiting_most);
	ADD("poll", RECLAIM_US, test_poll);
	ADD("poll-ends", RECLAIM_US, test_poll_ends);
	ADD("handles", RECLAIM_US, test_handles);
	return g_test_run();
}
