/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that a module answers, over a real listener: when it likes, by any thread, or not. */
#include "client.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "web/web.h"

enum { BODY_MOST = 1000, WAITING_MOST = 8, HOLD_MS = 1500, THREADS = 2 };

typedef struct {
	aula_web *web;
	int port;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	GPtrArray *held; /* exchanges that the test answers; each has a reference */
	int asked, closed;
} room;

static void
say(aula_exchange *exchange, int status, const char *text)
{
	aula_exchange_answer(exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
					       .status = status,
					       .type = "text/plain",
					       .body = text,
					       .length = strlen(text) });
}

/* Says which headers came, and has some of its own, one of which would break the answer. */
static void
say_headers(aula_exchange *exchange, const aula_http_request *request)
{
	const char *match = aula_http_request_header(request, "if-match");
	const char *school = aula_http_request_header(request, "x-school");
	g_autofree char *text = g_strdup_printf("%" G_GSIZE_FORMAT " %s %s", request->header_count,
		match != NULL ? match : "-", school != NULL ? school : "-");
	aula_http_header headers[] = { { "ETag", "\"a\"" }, { "X-Bad", "a\r\nX-Worse: b" } };

	aula_exchange_answer(exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
					       .status = 201,
					       .type = "text/plain",
					       .body = text,
					       .length = strlen(text),
					       .location = "/api/made",
					       .headers = headers,
					       .header_count = G_N_ELEMENTS(headers) });
}

static bool
on_asked(void *self, aula_exchange *exchange, const aula_http_request *request, void **ret_data)
{
	room *r = self;

	g_assert_cmpuint(request->size, ==, sizeof *request);
	g_assert_cmpstr(request->address, ==, "127.0.0.1");
	g_assert_true(request->local);
	g_assert_cmpuint(strlen(request->body), ==, request->length);
	*ret_data = r;
	if (strcmp(request->path, "/no") == 0)
		return false;
	pthread_mutex_lock(&r->lock);
	r->asked++;
	if (strcmp(request->path, "/hold") == 0)
		g_ptr_array_add(r->held, exchange);
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	if (strcmp(request->path, "/hold") == 0)
		return true;
	g_autofree char *text = g_strdup_printf(
		"%s %s?%s %s", request->method, request->path, request->query, request->body);
	if (strcmp(request->path, "/headers") == 0)
		say_headers(exchange, request);
	else if (strcmp(request->path, "/empty") == 0)
		aula_exchange_answer(exchange,
			&(aula_http_answer){ .size = sizeof(aula_http_answer), .status = 204 });
	else if (strcmp(request->path, "/drop") != 0)
		say(exchange, 200, text);
	aula_exchange_drop(exchange);
	return true;
}

static void
on_closed(void *self, aula_exchange *exchange, void *data)
{
	room *r = self;

	(void)exchange;
	g_assert_true(data == r);
	pthread_mutex_lock(&r->lock);
	r->closed++;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static const aula_exchange_ops ops = { .size = sizeof ops, .asked = on_asked, .closed = on_closed };

static aula_code
add(room *r, const char *path, const aula_route_limits *limits)
{
	static const char *const headers[] = { "if-match", "authorization", "x-school", NULL };
	static const aula_http_header options[] = { { "Accept-Post", "text/plain" } };

	return aula_web_route_add(r->web, &(aula_route){ .size = sizeof(aula_route),
						  .path = path,
						  .ops = &ops,
						  .self = r,
						  .limits = limits,
						  .methods = "GET, POST, PATCH, DELETE",
						  .headers = headers,
						  .exposes = "ETag",
						  .options = options,
						  .option_count = 1 });
}

static void
setup(room *r, gconstpointer data)
{
	static const char *const origins[] = { "https://school.example", NULL };
	aula_route_limits limits = { .size = sizeof limits,
		.max_body_bytes = BODY_MOST,
		.max_waiting = WAITING_MOST,
		.max_hold_ms = HOLD_MS };
	aula_web_options options = { .host = "127.0.0.1",
		.root = "/usr",
		.threads = THREADS,
		.connections_most = 100,
		.origins = origins };
	(void)data;

	r->web = aula_web_new(&options, NULL);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	r->held = g_ptr_array_new();
	g_assert_cmpint(add(r, "/api", &limits), ==, AULA_OK);
	g_assert_cmpint(add(r, "/api", &limits), ==, AULA_EXISTS);
	g_assert_cmpint(add(r, "/api/x", &limits), ==, AULA_EXISTS);
	g_assert_cmpint(add(r, "/", &limits), ==, AULA_INVALID);
	g_assert_cmpint(add(r, "api", &limits), ==, AULA_INVALID);
	limits.max_waiting = 0;
	g_assert_cmpint(add(r, "/b", &limits), ==, AULA_INVALID);
	g_assert_true(aula_web_start(r->web, NULL));
	r->port = aula_web_port(r->web);
}

static void
teardown(room *r, gconstpointer data)
{
	(void)data;
	aula_web_stop(r->web);
	g_assert_cmpint(r->asked, ==, r->closed);
	for (guint i = 0; i < r->held->len; i++) {
		aula_exchange *exchange = g_ptr_array_index(r->held, i);
		g_assert_cmpint(aula_exchange_answer(exchange,
					&(aula_http_answer){
						.size = sizeof(aula_http_answer), .status = 200 }),
			==, AULA_GONE);
		aula_exchange_drop(exchange);
	}
	aula_web_free(r->web);
	g_ptr_array_unref(r->held);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
}

/* Waits until as many are held and have closed. */
static void
await(room *r, guint held, int closed)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	pthread_mutex_lock(&r->lock);
	while (r->held->len < held || r->closed < closed)
		g_assert_cmpint(pthread_cond_timedwait(&r->changed, &r->lock, &until), ==, 0);
	pthread_mutex_unlock(&r->lock);
}

static void
expect(int sock, int status, const char *body)
{
	client_answer answer = client_read_answer(sock, true);

	g_assert_cmpint(answer.status, ==, status);
	if (body != NULL)
		g_assert_cmpmem(answer.body->data, answer.body->len, body, strlen(body));
	client_answer_free(&answer);
}

static void
ask(int sock, const char *method, const char *path, const char *body)
{
	g_autofree char *text = g_strdup_printf(
		"%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %" G_GSIZE_FORMAT
		"\r\n\r\n%s",
		method, path, strlen(body), body);

	g_assert_true(client_write(sock, text, strlen(text)));
}

static void
test_asked(room *r, gconstpointer data)
{
	g_autofree char *longest = g_strnfill(BODY_MOST, 'x');
	g_autofree char *expected = g_strconcat("PUT /a/b? ", longest, NULL);
	int sock = client_connect(r->port);
	(void)data;

	ask(sock, "GET", "/api?a=1&b=2", "");
	expect(sock, 200, "GET ?a=1&b=2 ");
	ask(sock, "POST", "/api/%20x", "hello");
	expect(sock, 200, "POST / x? hello");
	ask(sock, "PUT", "/api/a/b", longest);
	expect(sock, 200, expected);
	ask(sock, "POST", "/api/no", "");
	expect(sock, 503, NULL);
	close(sock);
	sock = client_connect(r->port);
	ask(sock, "POST", "/api/drop", "");
	expect(sock, 503, NULL);
	close(sock);
	sock = client_connect(r->port);
	ask(sock, "POST", "/apix", "");
	expect(sock, 405, NULL);
	close(sock);
	await(r, 0, 4);
}

static void
test_bounds(room *r, gconstpointer data)
{
	static const struct {
		const char *headers;
		int status;
	} refused[] = {
		{ "Content-Length: 1001\r\n", 413 },
		{ "Content-Length: 99999999999999999999\r\n", 400 },
		{ "Content-Length: x\r\n", 400 },
		{ "Transfer-Encoding: chunked\r\n", 411 },
		{ "Origin: https://elsewhere.example\r\n", 403 },
	};
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		client_answer answer = client_request(r->port, "POST", "/api", refused[i].headers);
		g_assert_cmpint(answer.status, ==, refused[i].status);
		client_answer_free(&answer);
	}
	int sockets[WAITING_MOST + 1];
	for (int i = 0; i <= WAITING_MOST; i++) {
		sockets[i] = client_connect(r->port);
		ask(sockets[i], "GET", "/api/hold", "");
		await(r, (guint)MIN(i + 1, WAITING_MOST), 0);
	}
	expect(sockets[WAITING_MOST], 503, NULL);
	/* Nobody answers them. */
	for (int i = 0; i < WAITING_MOST; i++)
		expect(sockets[i], 503, NULL);
	for (int i = 0; i <= WAITING_MOST; i++)
		close(sockets[i]);
	await(r, 0, WAITING_MOST);
	sockets[0] = client_connect(r->port);
	ask(sockets[0], "GET", "/api/fine", "");
	expect(sockets[0], 200, "GET /fine? ");
	close(sockets[0]);
}

/* What comes while an answer is awaited waits its turn; the answer comes from this thread. */
static void
test_late(room *r, gconstpointer data)
{
	static const char *const methods[] = { "GET", "POST" };
	static const char both[] = "GET /api/hold HTTP/1.1\r\nHost: localhost\r\n\r\n"
				   "GET /api/two HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int sock = client_connect(r->port);
	(void)data;

	for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
		ask(sock, methods[i], "/api/hold", i == 0 ? "" : "one");
		await(r, i + 1, 0);
		ask(sock, "GET", "/api/two", "");
		g_usleep(20000); /* so that it lies there when the answer comes */
		say(g_ptr_array_index(r->held, i), 200, "late");
		expect(sock, 200, "late");
		expect(sock, 200, "GET /two? ");
	}
	g_assert_true(client_write(sock, both, sizeof both - 1));
	await(r, 3, 0);
	say(g_ptr_array_index(r->held, 2), 200, "late");
	expect(sock, 200, "late");
	expect(sock, 200, "GET /two? ");
	close(sock);
}

static void
test_vanished(room *r, gconstpointer data)
{
	int sock = client_connect(r->port);
	(void)data;

	ask(sock, "GET", "/api/hold", "");
	await(r, 1, 0);
	close(sock);
	await(r, 1, 1);
	/* In the middle of a body, nobody has been asked. */
	sock = client_connect(r->port);
	static const char half[] =
		"POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf";
	g_assert_true(client_write(sock, half, sizeof half - 1));
	close(sock);
}

static void
test_stop(room *r, gconstpointer data)
{
	int sock = client_connect(r->port);
	(void)data;

	ask(sock, "GET", "/api/hold", "");
	await(r, 1, 0);
	aula_web_stop(r->web);
	expect(sock, 503, NULL);
	close(sock);
}

static void
test_origins(room *r, gconstpointer data)
{
	client_answer answer =
		client_request(r->port, "OPTIONS", "/api/1", "Origin: https://school.example\r\n");
	g_autofree char *origin = client_header(&answer, "Access-Control-Allow-Origin");
	g_autofree char *methods = client_header(&answer, "Access-Control-Allow-Methods");
	(void)data;

	g_assert_cmpint(answer.status, ==, 200);
	g_assert_cmpstr(origin, ==, "https://school.example");
	g_assert_cmpstr(methods, ==, "GET, POST, PATCH, DELETE, OPTIONS");
	g_autofree char *headers = client_header(&answer, "Access-Control-Allow-Headers");
	g_assert_cmpstr(headers, ==,
		"Accept, Authorization, Content-Type, Idempotency-Key, if-match, x-school");
	g_autofree char *exposes = client_header(&answer, "Access-Control-Expose-Headers");
	g_assert_cmpstr(exposes, ==, "ETag");
	g_autofree char *accept = client_header(&answer, "Accept-Post");
	g_assert_cmpstr(accept, ==, "text/plain");
	client_answer_free(&answer);
	g_assert_cmpint(r->asked, ==, 0);
}

static void
test_headers(room *r, gconstpointer data)
{
	client_answer answer = client_request(r->port, "PATCH", "/api/headers",
		"If-Match: \"x\"\r\nX-School: Mine\r\nX-Other: no\r\nContent-Length: 0\r\n");
	g_autofree char *etag = client_header(&answer, "ETag");
	g_autofree char *location = client_header(&answer, "Location");
	g_autofree char *bad = client_header(&answer, "X-Worse");
	(void)data;

	g_assert_cmpint(answer.status, ==, 201);
	g_assert_cmpmem(answer.body->data, answer.body->len, "2 \"x\" Mine", 10);
	g_assert_cmpstr(etag, ==, "\"a\"");
	g_assert_cmpstr(location, ==, "/api/made");
	g_assert_null(bad);
	client_answer_free(&answer);

	int sock = client_connect(r->port);
	ask(sock, "DELETE", "/api/headers", "");
	expect(sock, 201, "0 - -");
	static const char head[] = "HEAD /api/headers HTTP/1.1\r\nHost: localhost\r\n\r\n";
	g_assert_true(client_write(sock, head, sizeof head - 1));
	answer = client_read_answer(sock, false);
	g_autofree char *length = client_header(&answer, "Content-Length");
	g_assert_cmpstr(length, ==, "5");
	client_answer_free(&answer);
	ask(sock, "PATCH", "/api/empty", "x");
	answer = client_read_answer(sock, false);
	g_assert_cmpint(answer.status, ==, 204);
	g_autofree char *none = client_header(&answer, "Content-Length");
	g_assert_null(none);
	client_answer_free(&answer);
	close(sock);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add(path, room, NULL, setup, function, teardown)
	TEST("/web/exchange/asked", test_asked);
	TEST("/web/exchange/bounds", test_bounds);
	TEST("/web/exchange/late", test_late);
	TEST("/web/exchange/vanished", test_vanished);
	TEST("/web/exchange/stop", test_stop);
	TEST("/web/exchange/origins", test_origins);
	TEST("/web/exchange/headers", test_headers);
	return g_test_run();
}
