/* SPDX-License-Identifier: Apache-2.0 */
/* WebSockets over a real listener. */
#include "client.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/web.h"

enum { MESSAGE_MOST = 20000, QUEUE_MOST = 100000, SOCKETS_MOST = 2100 };

/* What the module of the test knows of its sockets. The sockets stay held until the end, so that
 * each may be used after it has closed. */
typedef struct {
	aula_web *web;
	int port;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	aula_websocket *sockets[SOCKETS_MOST];
	int opened, closed, messages, status;
	bool refuse;
} room;

static bool
on_opened(void *self, aula_websocket *socket, const char *address, void **ret_data)
{
	room *r = self;

	g_assert_cmpstr(address, ==, "127.0.0.1");
	if (r->refuse)
		return false;
	pthread_mutex_lock(&r->lock);
	g_assert_cmpint(r->opened, <, SOCKETS_MOST);
	r->sockets[r->opened++] = socket;
	*ret_data = r;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return true;
}

static void
on_message(void *self, aula_websocket *socket, void *data, const char *text, size_t length)
{
	room *r = self;

	g_assert_true(data == r);
	pthread_mutex_lock(&r->lock);
	r->messages++;
	pthread_mutex_unlock(&r->lock);
	if (length == 3 && memcmp(text, "bye", 3) == 0)
		aula_websocket_close(socket, 4000, "as you wish");
	else
		aula_websocket_send(socket, text, length);
}

static void
on_closed(void *self, aula_websocket *socket, void *data, int status)
{
	room *r = self;

	g_assert_true(data == r);
	g_assert_cmpint(aula_websocket_send(socket, "late", 4), ==, AULA_GONE);
	pthread_mutex_lock(&r->lock);
	r->closed++;
	r->status = status;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static const aula_websocket_ops ops = {
	.size = sizeof ops, .opened = on_opened, .message = on_message, .closed = on_closed
};

/* Waits until as many have opened and closed. */
static void
await(room *r, int opened, int closed)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	pthread_mutex_lock(&r->lock);
	while (r->opened < opened || r->closed < closed)
		g_assert_cmpint(pthread_cond_timedwait(&r->changed, &r->lock, &until), ==, 0);
	pthread_mutex_unlock(&r->lock);
}

static void
setup(room *r, gconstpointer data)
{
	static const char *const origins[] = { "https://school.example", NULL };
	const aula_websocket_limits limits = { .size = sizeof limits,
		.max_message_bytes = MESSAGE_MOST,
		.max_queue_bytes = QUEUE_MOST,
		.ping_interval_ms = data != NULL ? 500 : 30000,
		.ping_timeout_ms = data != NULL ? 500 : 10000 };
	aula_web_options options = { .host = "127.0.0.1",
		.root = "/",
		.threads = 2,
		.connections_most = 3000,
		.origins = origins };
	GError *error = NULL;

	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	r->web = aula_web_new(&options, &error);
	g_assert_no_error(error);
	g_assert_cmpint(aula_web_websocket_add(r->web, "test", &ops, r, &limits), ==, AULA_OK);
	g_assert_cmpint(aula_web_websocket_add(r->web, "test", &ops, r, &limits), ==, AULA_EXISTS);
	g_assert_true(aula_web_start(r->web, &error));
	g_assert_no_error(error);
	r->port = aula_web_port(r->web);
}

static void
teardown(room *r, gconstpointer data)
{
	(void)data;
	aula_web_stop(r->web);
	g_assert_cmpint(r->closed, ==, r->opened);
	aula_web_free(r->web);
	for (int i = 0; i < r->opened; i++) {
		g_assert_cmpint(aula_websocket_send(r->sockets[i], "late", 4), ==, AULA_GONE);
		aula_websocket_close(r->sockets[i], 1000, "late");
		aula_websocket_release(r->sockets[i]);
	}
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
}

static void
assert_hears(int sock, const char *text)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	g_assert_cmpint(client_hear(sock, bytes), ==, OP_TEXT);
	g_assert_cmpmem(bytes->data, bytes->len, text, strlen(text));
}

static void
test_echo(room *r, gconstpointer data)
{
	int sock = client_websocket(r->port, "other, test", "", NULL);
	g_autofree char *long_text = g_strnfill(MESSAGE_MOST, 'x');
	(void)data;

	g_assert_cmpint(sock, >=, 0);
	g_assert_true(client_say(sock, "{\"a\":1}"));
	assert_hears(sock, "{\"a\":1}");
	g_assert_true(client_say(sock, long_text));
	assert_hears(sock, long_text);
	g_assert_true(client_say(sock, ""));
	assert_hears(sock, "");
	close(sock);
	await(r, 1, 1);
}

static void
test_fragments(room *r, gconstpointer data)
{
	int sock = client_websocket(r->port, "test", "", NULL);
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	(void)data;

	g_assert_true(client_frame(sock, OP_TEXT, false, "gr\xc3", 3));
	g_assert_true(client_frame(sock, OP_PING, true, "here", 4));
	g_assert_true(client_frame(sock, OP_MORE, false, "\xbc\xc3", 2));
	g_assert_true(client_frame(sock, OP_MORE, false, "", 0));
	g_assert_true(client_frame(sock, OP_MORE, true, "\x9f dich", 6));
	/* The two answers come in either order. */
	for (int i = 0, seen = 0; i < 2; i++) {
		int opcode = client_hear(sock, bytes);
		const char *expected = opcode == OP_PONG ? "here" : "grüß dich";
		g_assert_true(opcode == OP_PONG || opcode == OP_TEXT);
		g_assert_cmpint(opcode, !=, seen);
		g_assert_cmpmem(bytes->data, bytes->len, expected, strlen(expected));
		seen = opcode;
	}
	close(sock);
}

static void
test_close(room *r, gconstpointer data)
{
	int sock = client_websocket(r->port, "test", "", NULL);
	(void)data;

	g_assert_true(client_say(sock, "bye"));
	g_assert_cmpint(client_hear_close(sock), ==, 4000);
	client_frame(sock, OP_CLOSE, true, "\x0f\xa0", 2);
	await(r, 1, 1);
	g_assert_cmpint(r->status, ==, 1006);
	close(sock);
	/* And the other way round. */
	sock = client_websocket(r->port, "test", "", NULL);
	g_assert_true(client_frame(sock, OP_CLOSE, true, "\x03\xe8", 2));
	g_assert_cmpint(client_hear_close(sock), ==, 1000);
	await(r, 2, 2);
	close(sock);
}

/* The module hears how its client went. */
static void
test_closed_with(room *r, gconstpointer data)
{
	static const struct {
		const char *payload;
		size_t length;
		int status;
	} cases[] = {
		{ "\x03\xe8", 2, 1000 },
		{ "\x03\xe9"
		  "away",
			6, 1001 },
		{ "\x0f\xa0", 2, 4000 },
		{ "", 0, 1005 },
		{ NULL, 0, 1006 },
	};
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int sock = client_websocket(r->port, "test", "", NULL);
		if (cases[i].payload != NULL)
			client_frame(sock, OP_CLOSE, true, cases[i].payload, cases[i].length);
		close(sock);
		await(r, (int)i + 1, (int)i + 1);
		g_assert_cmpint(r->status, ==, cases[i].status);
	}
}

static void
test_misuse(room *r, gconstpointer data)
{
	g_autofree char *giant = g_strnfill(MESSAGE_MOST + 1, 'x');
	const struct {
		int opcode;
		bool final;
		const char *bytes;
		size_t length;
		int status;
	} cases[] = {
		{ OP_TEXT, true, giant, MESSAGE_MOST + 1, 1009 },
		{ OP_BINARY, true, "x", 1, 1003 },
		{ OP_TEXT, true, "\xff\xfe", 2, 1007 },
		{ OP_TEXT, true, "\xc3", 1, 1007 },
		{ OP_MORE, true, "x", 1, 1002 },
		{ 5, true, "x", 1, 1002 },
		{ OP_PING, false, "x", 1, 1002 },
	};
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int sock = client_websocket(r->port, "test", "", NULL);
		client_frame(
			sock, cases[i].opcode, cases[i].final, cases[i].bytes, cases[i].length);
		g_test_message("case %zu", i);
		g_assert_cmpint(client_hear_close(sock), ==, cases[i].status);
		close(sock);
	}
	await(r, G_N_ELEMENTS(cases), G_N_ELEMENTS(cases));
	g_assert_cmpint(r->messages, ==, 0);
}

/* In pieces that each are small; the giant's header alone is enough. */
static void
test_giant(room *r, gconstpointer data)
{
	static const guint8 header[] = { 0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4, 'x' };
	g_autofree char *part = g_strnfill(1500, 'x');
	guint8 piece[1025 + sizeof header];
	int sock = client_websocket(r->port, "test", "", NULL);
	(void)data;

	for (int i = 0; i < 20; i++)
		if (!client_frame(sock, i == 0 ? OP_TEXT : OP_MORE, false, part, 1500))
			break;
	g_assert_cmpint(client_hear_close(sock), ==, 1009);
	close(sock);
	sock = client_websocket(r->port, "test", "", NULL);
	memset(piece, 'x', sizeof piece);
	memcpy(piece, header, sizeof header);
	g_assert_true(client_write(sock, piece, sizeof piece));
	g_assert_cmpint(client_hear_close(sock), ==, 1009);
	close(sock);
	await(r, 2, 2);
}

static void
test_handshake(room *r, gconstpointer data)
{
	static const struct {
		const char *subprotocols, *extra;
		int status;
	} cases[] = {
		{ NULL, "", 400 },
		{ "other", "", 400 },
		{ "http", "", 400 },
		{ "tes", "", 400 },
		{ "test", "Origin: https://evil.example\r\n", 403 },
		{ "test", "Origin: null\r\n", 403 },
		{ "test", "Origin: http://localhost:1234\r\n", 101 },
		{ "test", "Origin: https://school.example\r\n", 101 },
		{ "test", "Sec-WebSocket-Extensions: permessage-deflate\r\n", 101 },
	};
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		client_answer answer;
		int sock =
			client_websocket(r->port, cases[i].subprotocols, cases[i].extra, &answer);
		g_test_message("case %zu", i);
		g_assert_cmpint(answer.status, ==, cases[i].status);
		g_assert_null(strstr(answer.head, "permessage"));
		client_answer_free(&answer);
		if (sock >= 0)
			close(sock);
	}
	/* The name of the library's first protocol, before a real one. */
	client_answer odd;
	int sock = client_websocket(r->port, "http, test", "", &odd);
	g_assert_cmpint(odd.status, !=, 101);
	g_assert_cmpint(sock, <, 0);
	client_answer_free(&odd);
	client_answer old = client_request(r->port, "GET", "/",
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n");
	g_assert_cmpint(old.status, ==, 426);
	client_answer_free(&old);
}

static void
test_refused(room *r, gconstpointer data)
{
	(void)data;
	r->refuse = true;
	int sock = client_websocket(r->port, "test", "", NULL);
	g_assert_cmpint(client_hear_close(sock), ==, 1013);
	close(sock);
}

/* One client does not read; the others get all, in order, and it is closed with a reason. */
static void
test_slow(room *r, gconstpointer data)
{
	enum { OTHERS = 5, ROUNDS = 3000 };
	g_autofree char *filler = g_strnfill(1000, 'x');
	int bytes = 64 << 10, others[OTHERS], full = 0;
	int slow = client_websocket(r->port, "test", "", NULL);
	(void)data;

	setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	await(r, 1, 0);
	for (int i = 0; i < OTHERS; i++)
		others[i] = client_websocket(r->port, "test", "", NULL);
	await(r, OTHERS + 1, 0);
	for (int round = 0; round < ROUNDS; round++) {
		g_autofree char *text = g_strdup_printf("%d %s", round, filler);
		aula_code code = aula_websocket_send(r->sockets[0], text, strlen(text));
		if (code != AULA_OK)
			full += code == AULA_FULL ? 1 : 0;
		for (int i = 1; i <= OTHERS; i++)
			g_assert_cmpint(aula_websocket_send(r->sockets[i], text, strlen(text)), ==,
				AULA_OK);
		for (int i = 0; i < OTHERS; i++)
			assert_hears(others[i], text);
	}
	g_assert_cmpint(full, ==, 1);
	g_assert_cmpint(client_hear_close(slow), ==, 1008);
	await(r, OTHERS + 1, 1);
	for (int i = 0; i < OTHERS; i++)
		close(others[i]);
	close(slow);
}

/* One that never reads again is cut off all the same. */
static void
test_stuck(room *r, gconstpointer data)
{
	g_autofree char *text = g_strnfill(10000, 'x');
	int bytes = 4096;
	int sock = client_websocket(r->port, "test", "", NULL);
	(void)data;

	setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	await(r, 1, 0);
	while (aula_websocket_send(r->sockets[0], text, 10000) == AULA_OK)
		continue;
	await(r, 1, 1);
	close(sock);
}

static void
test_silent(room *r, gconstpointer data)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	int silent = client_websocket(r->port, "test", "", NULL);
	int alive = client_websocket(r->port, "test", "", NULL);
	(void)data;

	await(r, 2, 0);
	for (int i = 0; i < 3; i++) {
		g_assert_cmpint(client_hear(alive, bytes), ==, OP_PING);
		g_assert_true(client_frame(alive, OP_PONG, true, bytes->data, bytes->len));
	}
	await(r, 2, 1);
	g_assert_true(client_say(alive, "still here"));
	do
		g_assert_cmpint(client_hear(alive, bytes), >=, 0);
	while (bytes->len != 10);
	pthread_mutex_lock(&r->lock);
	g_assert_cmpint(r->closed, ==, 1);
	pthread_mutex_unlock(&r->lock);
	close(silent);
	close(alive);
}

static long
resident_bytes(void)
{
	g_autofree char *text = NULL;
	long pages = 0;

	g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
	g_assert_cmpint(sscanf(text, "%*d %ld", &pages), ==, 1);
	return pages * sysconf(_SC_PAGESIZE);
}

/* 2,000 that are idle: what they cost, and that each still gets its message. */
static void
test_many(room *r, gconstpointer data)
{
	enum { MANY = 2000 };
	int *socks = g_new(int, MANY);
	struct rlimit limit;
	(void)data;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < 2 * MANY + 200) {
		g_test_skip("the limit of open files is too low");
		g_free(socks);
		return;
	}
	long before = resident_bytes();
	for (int i = 0; i < MANY; i++)
		socks[i] = client_websocket(r->port, "test", "", NULL);
	await(r, MANY, 0);
	g_test_message("resident bytes for each: %ld", (resident_bytes() - before) / MANY);
	gint64 start = g_get_monotonic_time();
	for (int i = 0; i < MANY; i++)
		g_assert_cmpint(aula_websocket_send(r->sockets[i], "hello", 5), ==, AULA_OK);
	for (int i = 0; i < MANY; i++)
		assert_hears(socks[i], "hello");
	g_test_message(
		"all have heard after %d ms", (int)((g_get_monotonic_time() - start) / 1000));
	for (int i = 0; i < MANY; i++)
		close(socks[i]);
	await(r, MANY, MANY);
	g_free(socks);
}

static atomic_bool busy;

static void *
keep_sending(void *data)
{
	room *r = data;

	while (atomic_load(&busy))
		for (int i = 0; i < 20; i++)
			aula_websocket_send(r->sockets[i], "busy", 4);
	return NULL;
}

/* The listener stops while two threads send and clients read and write. */
static void
test_stop_busy(room *r, gconstpointer data)
{
	int socks[20];
	pthread_t senders[2];
	(void)data;

	for (int i = 0; i < 20; i++)
		socks[i] = client_websocket(r->port, "test", "", NULL);
	await(r, 20, 0);
	atomic_store(&busy, true);
	for (int i = 0; i < 2; i++)
		g_assert_cmpint(pthread_create(&senders[i], NULL, keep_sending, r), ==, 0);
	for (int i = 0; i < 10; i++)
		g_assert_true(client_say(socks[i], "and me"));
	aula_web_stop(r->web);
	g_assert_cmpint(r->closed, ==, 20);
	atomic_store(&busy, false);
	for (int i = 0; i < 2; i++)
		pthread_join(senders[i], NULL);
	for (int i = 0; i < 20; i++)
		close(socks[i]);
}

static void
test_stop_quiet(room *r, gconstpointer data)
{
	int sock = client_websocket(r->port, "test", "", NULL);
	(void)data;

	await(r, 1, 0);
	aula_web_stop(r->web);
	g_assert_cmpint(client_hear_close(sock), ==, 1001);
	close(sock);
}

int
main(int argc, char **argv)
{
	static const char quick_pings[] = "quick pings";

	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, room, NULL, setup, function, teardown)
	ADD("/web/websocket/echo", test_echo);
	ADD("/web/websocket/fragments", test_fragments);
	ADD("/web/websocket/close", test_close);
	ADD("/web/websocket/closed-with", test_closed_with);
	ADD("/web/websocket/misuse", test_misuse);
	ADD("/web/websocket/giant", test_giant);
	ADD("/web/websocket/handshake", test_handshake);
	ADD("/web/websocket/refused", test_refused);
	ADD("/web/websocket/slow", test_slow);
	ADD("/web/websocket/stuck", test_stuck);
	g_test_add("/web/websocket/silent", room, quick_pings, setup, test_silent, teardown);
	ADD("/web/websocket/many", test_many);
	ADD("/web/websocket/stop-busy", test_stop_busy);
	ADD("/web/websocket/stop-quiet", test_stop_quiet);
#undef ADD
	return g_test_run();
}
