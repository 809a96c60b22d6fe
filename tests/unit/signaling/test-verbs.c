/* SPDX-License-Identifier: Apache-2.0 */
/* The Janus API on the control thread, with the echo plugin and without media. */
#include "signaling/verbs.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "signaling/notice.h"
#include "signaling/services.h"

typedef struct {
	aula_switchboard board;
	aula_services *services;
	aula_settings *settings;
	aula_roles *roles;
	char *folder;
	aula_client ada, bob;
	GQueue sent; /* of char *, "CLIENT TEXT" */
	uint64_t session, handle;
} world;

static aula_code
carry(void *self, void *client_data, const char *text, size_t length)
{
	world *w = self;

	g_queue_push_tail(
		&w->sent, g_strdup_printf("%s %.*s", (char *)client_data, (int)length, text));
	return AULA_OK;
}

static void
hang_up(void *self, void *client_data, aula_code why, const char *reason)
{
	world *w = self;

	(void)why;
	g_queue_push_tail(&w->sent, g_strdup_printf("%s !%s", (char *)client_data, reason));
}

static void
let_go(void *self, void *client_data)
{
	(void)self, (void)client_data;
}

static void
refuse(void *self, void *client_data, aula_code code)
{
	world *w = self;

	g_queue_push_tail(
		&w->sent, g_strdup_printf("%s %s", (char *)client_data, aula_code_word(code)));
}

static const aula_transport_ops ops = { sizeof ops, carry, hang_up, let_go, refuse, NULL };

static void
on_client_text(
	void *data, aula_client client, aula_client_place place, const char *text, size_t length)
{
	aula_verbs_serve(&((world *)data)->board, client, place, text, length);
}

static void
on_client_listens(
	void *data, aula_client client, aula_client_place place, int64_t most, int64_t hold_ms)
{
	aula_verbs_listen(&((world *)data)->board, client, place, most, hold_ms);
}

static void
on_client_closed(void *data, aula_client client, bool final)
{
	aula_sessions_abandon(((world *)data)->board.sessions, client, final, 0);
}

static void
on_session_over(void *data, aula_session *session, const char *reason)
{
	aula_notice_end_session(&((world *)data)->board, session, reason);
}

static aula_code
on_session_text(void *data, aula_client client, const char *text, size_t length)
{
	return aula_clients_send(((world *)data)->board.clients, client, text, length);
}

static void
on_session_deaf(void *data, aula_client client)
{
	aula_clients_refuse(((world *)data)->board.clients, client, AULA_NOT_FOUND);
}

static const aula_client_listener client_listener = { on_client_text, on_client_listens,
	on_client_closed };
static const aula_session_listener session_listener = { on_session_over, on_session_text,
	on_session_deaf };
static const aula_room_listener room_listener;

/* A server whose configuration folder holds the one plugin. */
static void
load(world *w)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *config = g_build_filename(w->folder, "aula.cfg", NULL);
	g_autofree char *link = g_build_filename(w->folder, "echo.so", NULL);
	g_autofree char *target =
		g_test_build_filename(G_TEST_BUILT, "plugins/.libs/echo.so", NULL);
	g_autofree char *text =
		g_strdup_printf("general: { state = \"%s\"; };\nmodules: { folder = \"%s\"; };\n",
			w->folder, w->folder);
	aula_options options = { .config_folder = w->folder };

	g_assert_true(g_file_set_contents(config, text, -1, NULL));
	g_assert_cmpint(symlink(target, link), ==, 0);
	w->settings = aula_settings_load(&options, &error);
	g_assert_no_error(error);
	w->board.capabilities = aula_capabilities_new();
	w->board.modules = aula_modules_load(w->settings, w->folder, w->board.capabilities, &error);
	g_assert_no_error(error);
	w->roles = aula_roles_new(w->board.capabilities, w->settings->identity.roles,
		w->settings->config, "identity.roles", &error);
	g_assert_no_error(error);
	w->board.identities = aula_identities_new(w->settings, w->roles, &error);
	g_assert_no_error(error);
}

static void
set_up(world *w, gconstpointer unused)
{
	(void)unused;
	g_queue_init(&w->sent);
	w->folder = g_dir_make_tmp("aula-verbs-XXXXXX", NULL);
	load(w);
	aula_switchboard *board = &w->board;
	board->settings = w->settings;
	board->control = aula_loop_new("test", NULL);
	board->events = aula_fanout_new(16, 65536);
	board->clients = aula_clients_new(board->control,
		&(aula_client_limits){ 8, 65536, { 1, 1000 }, NULL, 0 }, &client_listener, w);
	board->sessions = aula_sessions_new(&(aula_session_limits){ .sessions_most = 4,
						    .handles_most = 2,
						    .timeout_us = 60000000,
						    .reclaim_us = 10000000 },
		&session_listener, w);
	board->rooms = aula_room_list_new(&(aula_room_limits){ 4, 4 }, &room_listener, w);
	board->peerings =
		aula_peerings_new(NULL, "sha-256 A1:A8:AF:B6:BD:C4:CB:D2:D9:E0:E7:EE:F5:"
					"FC:03:0A:11:18:1F:26:2D:34:3B:42:49:50:57:5E:65:6C:73:7A");
	w->services = aula_services_new(board);
	g_assert_true(aula_modules_start(board->modules, aula_services_host, w->services, NULL));
	w->ada = aula_clients_opened(board->clients, &ops, w, (char *)"ada", "::1", true);
	w->bob = aula_clients_opened(board->clients, &ops, w, (char *)"bob", "::1", true);
	aula_loop_stop(board->control);
	aula_loop_run(board->control);
}

static void
tear_down(world *w, gconstpointer unused)
{
	static const char *const files[] = { "aula.cfg", "echo.so", "token.secret" };
	aula_switchboard *board = &w->board;
	aula_session *session;

	(void)unused;
	while ((session = aula_sessions_any(board->sessions)) != NULL)
		aula_notice_end_session(board, session, "shutdown");
	aula_fanout_stop(board->events, 0, NULL, NULL);
	aula_modules_stop(board->modules);
	aula_services_free(w->services);
	aula_peerings_free(board->peerings);
	aula_room_list_free(board->rooms);
	aula_sessions_free(board->sessions);
	aula_clients_free(board->clients);
	aula_fanout_free(board->events);
	aula_loop_free(board->control);
	aula_identities_free(board->identities);
	aula_roles_free(w->roles);
	aula_modules_free(board->modules);
	aula_capabilities_free(board->capabilities);
	aula_settings_free(w->settings);
	g_queue_clear_full(&w->sent, g_free);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(w->folder, files[i], NULL);
		g_unlink(path);
	}
	g_rmdir(w->folder);
	g_free(w->folder);
}

/* `text` with $S and $H for the session and the handle. */
static void
ask(world *w, aula_client client, const char *text)
{
	GString *request = g_string_new(text);
	g_autofree char *session = g_strdup_printf("%" G_GUINT64_FORMAT, w->session);
	g_autofree char *handle = g_strdup_printf("%" G_GUINT64_FORMAT, w->handle);

	g_string_replace(request, "$S", session, 0);
	g_string_replace(request, "$H", handle, 0);
	g_string_replace(request, "'", "\"", 0);
	aula_verbs_serve(&w->board, client, (aula_client_place){ 0 }, request->str, request->len);
	g_string_free(request, TRUE);
}

/* The next text that was sent has each of the parts that `expected` names between bars. */
static void
assert_sent(world *w, const char *expected)
{
	g_autofree char *text = g_queue_pop_head(&w->sent);
	g_auto(GStrv) wanted = g_strsplit(expected, "|", -1);

	g_assert_nonnull(text);
	for (char **part = wanted; *part != NULL; part++) {
		g_autofree char *quoted = g_strdelimit(g_strdup(*part), "'", '"');
		if (strstr(text, quoted) == NULL)
			g_error("\"%s\" is not in \"%s\"", quoted, text);
	}
}

static uint64_t
id_sent(world *w)
{
	g_autofree char *text = g_queue_pop_head(&w->sent);
	const char *id = text != NULL ? strstr(text, "\"id\":") : NULL;

	g_assert_nonnull(id);
	return g_ascii_strtoull(id + 5, NULL, 10);
}

static void
attach(world *w)
{
	ask(w, w->ada, "{'janus':'create','transaction':'c'}");
	w->session = id_sent(w);
	ask(w, w->ada,
		"{'janus':'attach','transaction':'a','session_id':$S,"
		"'plugin':'janus.plugin.echotest','opaque_id':'mine'}");
	w->handle = id_sent(w);
}

/* Each request, and what is answered. */
static void
test_order_of_checks(world *w, gconstpointer unused)
{
	static const char *const cases[][2] = {
		{ "", "ada {'janus':'error'|'code':454" },
		{ " ", "ada {'janus':'error'|'code':454" },
		{ "{", "ada {'janus':'error'|'code':454" },
		{ "{'session_id':true}", "'code':467|'field':'session_id'" },
		{ "{'session_id':1}", "'code':456|'field':'transaction'" },
		{ "{'transaction':'t'}", "'transaction':'t'|'code':456|'field':'janus'" },
		{ "{'janus':'nonsense','transaction':'t'}", "'code':457" },
		{ "{'janus':'keepalive','transaction':'t'}", "'code':457" },
		{ "{'janus':'detach','transaction':'t','handle_id':5}", "'code':458" },
		{ "{'janus':'nonsense','transaction':'t','session_id':7}", "'code':458" },
		{ "{'janus':'keepalive','transaction':'t','session_id':7}",
			"'session_id':7|'code':458|'word':'not-found'" },
		{ "{'janus':'detach','transaction':'t','session_id':$S,'handle_id':7}",
			"'code':459" },
		{ "{'janus':'nonsense','transaction':'t','session_id':$S}", "'code':453" },
		{ "{'janus':'create','transaction':'t','session_id':$S}", "'code':457" },
		{ "{'janus':'message','transaction':'t','session_id':$S}", "'code':457" },
		{ "{'janus':'attach','transaction':'t','session_id':$S,'handle_id':$H}",
			"'code':457" },
		{ "{'janus':'PING','transaction':'t'}", "{'janus':'pong','transaction':'t'}" },
		{ "{'janus':'info','transaction':'t'}",
			"'janus':'server_info'|'transaction':'t'|'janus.plugin.echotest'" },
		{ "{'janus':'keepalive','transaction':'t','session_id':$S}",
			"{'janus':'ack','session_id':" },
		{ "{'janus':'create','transaction':'t','id':-1}", "'code':467" },
		{ "{'janus':'create','transaction':'t','id':$S}", "'code':468" },
		{ "{'janus':'create','transaction':'t','token':5}", "'code':467|'field':'token'" },
		{ "{'janus':'create','transaction':'t','token':'x'}", "'code':403|malformed" },
		{ "{'janus':'attach','transaction':'t','session_id':$S}", "'code':456" },
		{ "{'janus':'attach','transaction':'t','session_id':$S,'plugin':'x'}",
			"'code':460" },
	};

	(void)unused;
	attach(w);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		ask(w, w->ada, cases[i][0]);
		assert_sent(w, cases[i][1]);
		g_assert_cmpuint(w->sent.length, ==, 0);
	}
}

#define ON_HANDLE "'transaction':'t','session_id':$S,'handle_id':$H"

static void
test_messages(world *w, gconstpointer unused)
{
	static const char *const cases[][2] = {
		{ "{'janus':'message'," ON_HANDLE "}", "'code':456|'field':'body'" },
		{ "{'janus':'message'," ON_HANDLE ",'body':[]}", "'code':467" },
		{ "{'janus':'message'," ON_HANDLE ",'body':{},'jsep':1}", "'code':467" },
		{ "{'janus':'message'," ON_HANDLE ",'body':{},'jsep':{}}",
			"'code':456|'field':'type'" },
		{ "{'janus':'message'," ON_HANDLE ",'body':{},'jsep':{'type':'pranswer'}}",
			"'code':464" },
		{ "{'janus':'message'," ON_HANDLE ",'body':{},'jsep':{'type':'offer'}}",
			"'code':456|'field':'sdp'" },
		{ "{'janus':'message'," ON_HANDLE
		  ",'body':{},'jsep':{'type':'offer','sdp':'nonsense'}}",
			"'code':465|line 1" },
		{ "{'janus':'message'," ON_HANDLE ",'body':{},'jsep':{'type':'answer','sdp':"
		  "'v=0\\r\\no=- 1 1 IN IP4 127.0.0.1\\r\\ns=-\\r\\nt=0 0\\r\\n'}}",
			"'code':469" },
		{ "{'janus':'message'," ON_HANDLE ",'body':{'request':5}}",
			"'janus':'success'|'plugindata'|'word':'invalid'|'field':'request'" },
		{ "{'janus':'message'," ON_HANDLE ",'body':{'request':'nonsense'}}",
			"'janus':'success'|'echotest':'event'|'word':'unknown'" },
		{ "{'janus':'trickle'," ON_HANDLE "}", "'code':456" },
		{ "{'janus':'trickle'," ON_HANDLE ",'candidate':{},'candidates':[]}",
			"'code':454" },
		{ "{'janus':'trickle'," ON_HANDLE ",'candidates':{}}", "'code':467" },
		{ "{'janus':'trickle'," ON_HANDLE ",'candidate':{'candidate':'x'}}", "'code':456" },
		{ "{'janus':'trickle'," ON_HANDLE ",'candidate':{'sdpMid':1,'candidate':'x'}}",
			"'code':467" },
		{ "{'janus':'trickle'," ON_HANDLE ",'candidates':[{'sdpMid':'0'}]}",
			"'code':456|'field':'candidate'" },
		{ "{'janus':'trickle'," ON_HANDLE ",'candidate':{'completed':true}}",
			"'code':466" },
		{ "{'janus':'hangup'," ON_HANDLE "}", "'janus':'success'" },
	};

	(void)unused;
	attach(w);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		ask(w, w->ada, cases[i][0]);
		assert_sent(w, cases[i][1]);
		g_assert_cmpuint(w->sent.length, ==, 0);
	}
	/* A guest may not echo: answered at once, then as an event with the same transaction. */
	ask(w, w->ada, "{'janus':'message'," ON_HANDLE ",'body':{'audio':true}}");
	assert_sent(w, "ada {'janus':'ack'|'transaction':'t'");
	assert_sent(w, "ada {'janus':'event'|'transaction':'t'|'sender'|'word':'forbidden'");
	ask(w, w->ada, "{'janus':'detach'," ON_HANDLE "}");
	assert_sent(w, "'janus':'success'");
	ask(w, w->ada, "{'janus':'detach'," ON_HANDLE "}");
	assert_sent(w, "'code':459");
}

static void
test_several_in_one(world *w, gconstpointer unused)
{
	(void)unused;
	ask(w, w->ada,
		"{'janus':'ping','transaction':'1'} {'janus':'ping'}\n"
		"{'janus':'ping','transaction':'3'} \n");
	assert_sent(w, "'pong'|'transaction':'1'");
	assert_sent(w, "'code':456");
	assert_sent(w, "'pong'|'transaction':'3'");
	ask(w, w->ada, "{'janus':'ping','transaction':'1'} nonsense {'janus':'ping'}");
	assert_sent(w, "'pong'");
	assert_sent(w, "'code':454");
	g_assert_cmpuint(w->sent.length, ==, 0);
}

static void
test_sessions_of_others(world *w, gconstpointer unused)
{
	(void)unused;
	attach(w);
	ask(w, w->bob, "{'janus':'keepalive','transaction':'t','session_id':$S}");
	assert_sent(w, "bob|'code':458|claim it first");
	ask(w, w->bob, "{'janus':'message'," ON_HANDLE ",'body':{}}");
	assert_sent(w, "bob|'code':458");
	ask(w, w->bob, "{'janus':'claim','transaction':'t','session_id':$S}");
	assert_sent(w, "bob|'janus':'success'");
	ask(w, w->ada, "{'janus':'keepalive','transaction':'t','session_id':$S}");
	assert_sent(w, "ada|'code':458");
	/* Handles of one session are not found through another. */
	uint64_t handle = w->handle;
	attach(w);
	w->handle = handle;
	ask(w, w->ada, "{'janus':'detach'," ON_HANDLE "}");
	assert_sent(w, "'code':459");
}

static void
test_limits(world *w, gconstpointer unused)
{
	(void)unused;
	attach(w);
	for (int i = 0; i < 2; i++)
		ask(w, w->ada,
			"{'janus':'attach','transaction':'t','session_id':$S,"
			"'plugin':'janus.plugin.echotest'}");
	assert_sent(w, "'janus':'success'");
	assert_sent(w, "'code':461|as many handles as are allowed");
	for (int i = 0; i < 4; i++)
		ask(w, w->ada, "{'janus':'create','transaction':'t'}");
	for (int i = 0; i < 3; i++)
		assert_sent(w, "'janus':'success'");
	assert_sent(w, "'code':472");
	w->board.draining = true;
	ask(w, w->ada, "{'janus':'destroy','transaction':'t','session_id':$S}");
	assert_sent(w, "'janus':'success'");
	ask(w, w->ada, "{'janus':'create','transaction':'t'}");
	assert_sent(w, "'code':472");
}

static void
test_floods(world *w, gconstpointer unused)
{
	(void)unused;
	for (int i = 0; i < 4000; i++)
		ask(w, w->bob, "{'janus':'ping','transaction':'t'}");
	for (int i = 0; i < 1000; i++)
		assert_sent(w, "'pong'");
	assert_sent(w, "'transaction':'t'|'code':450|'word':'too-fast'");
	g_autofree char *last = g_queue_pop_tail(&w->sent);
	g_assert_cmpstr(last, ==, "bob !too many requests");
	ask(w, w->ada, "{'janus':'ping','transaction':'t'}");
	g_autofree char *other = g_queue_pop_tail(&w->sent);
	g_assert_nonnull(strstr(other, "pong"));
}

static void
test_ends(world *w, gconstpointer unused)
{
	(void)unused;
	attach(w);
	aula_sessions_tick(w->board.sessions, INT64_MAX);
	assert_sent(w, "ada {'janus':'timeout','session_id':");
	ask(w, w->ada, "{'janus':'keepalive','transaction':'t','session_id':$S}");
	assert_sent(w, "'code':458");
	g_assert_cmpuint(aula_sessions_handle_count(w->board.sessions), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/signaling/verbs/" name, world, NULL, set_up, test, tear_down)
	ADD("order-of-checks", test_order_of_checks);
	ADD("messages", test_messages);
	ADD("several-in-one", test_several_in_one);
	ADD("sessions-of-others", test_sessions_of_others);
	ADD("limits", test_limits);
	ADD("floods", test_floods);
	ADD("ends", test_ends);
	return g_test_run();
}
