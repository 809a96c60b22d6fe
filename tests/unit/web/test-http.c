/* SPDX-License-Identifier: Apache-2.0 */
/* Files and pages over a real listener. */
#include "client.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "web/web.h"

enum { LARGE_BYTES = 8 << 20 };

typedef struct {
	char *folder, *root;
	aula_web *web;
	int port;
} site;

static void
put(const site *s, const char *path, const char *text, gssize length)
{
	g_autofree char *full = g_build_filename(s->folder, path, NULL);
	g_autofree char *parent = g_path_get_dirname(full);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
	g_assert_true(g_file_set_contents(full, text, length, NULL));
}

static void
hello(void *data, const aula_web_ask *ask, aula_web_answer *ret_answer)
{
	static char body[256];
	(void)data;

	g_snprintf(body, sizeof body, "query=%s local=%d address=%s accept=%s", ask->query,
		ask->local, ask->address, ask->accept);
	*ret_answer = (aula_web_answer){
		.status = 200, .type = "text/plain", .body = body, .length = strlen(body)
	};
}

static void
go(void *data, const aula_web_ask *ask, aula_web_answer *ret_answer)
{
	(void)ask;
	*ret_answer = (aula_web_answer){ .status = 302, .location = data };
}

static void
fill(const site *s)
{
	g_autofree char *script = g_strnfill(20000, 'a');
	g_autofree char *large = g_malloc(LARGE_BYTES);

	for (int i = 0; i < LARGE_BYTES; i++)
		large[i] = (char)(i * 7 + i / 256);
	put(s, "secret.txt", "secret", -1);
	put(s, "root/index.html",
		"<html><script type=\"importmap\">{\"imports\":{}}</script></html>", -1);
	put(s, "root/app.js", script, -1);
	put(s, "root/small.txt", "0123456789", -1);
	put(s, "root/empty.txt", "", -1);
	put(s, "root/sub dir/index.html", "<p>sub</p>", -1);
	put(s, "root/.git/config", "secret", -1);
	put(s, "root/node_modules/lit/index.js", "export {}", -1);
	put(s, "root/large.webm", large, LARGE_BYTES);
	g_autofree char *out = g_build_filename(s->root, "out.txt", NULL);
	g_autofree char *in = g_build_filename(s->root, "in.txt", NULL);
	g_autofree char *dot = g_build_filename(s->root, "dot.txt", NULL);
	g_assert_cmpint(symlink("../secret.txt", out), ==, 0);
	g_assert_cmpint(symlink("small.txt", in), ==, 0);
	g_assert_cmpint(symlink(".git/config", dot), ==, 0);
}

static void
setup(site *s, gconstpointer data)
{
	static const char *const connect[] = { "https://turn.example", NULL };
	GError *error = NULL;
	(void)data;

	s->folder = g_dir_make_tmp("aula-web-XXXXXX", &error);
	g_assert_no_error(error);
	s->root = g_build_filename(s->folder, "root", NULL);
	fill(s);
	aula_web_options options = { .host = "127.0.0.1",
		.root = s->root,
		.threads = 2,
		.connections_most = 50,
		.csp_connect = connect };
	s->web = aula_web_new(&options, &error);
	g_assert_no_error(error);
	aula_web_page_add(s->web, "/hello", hello, NULL);
	aula_web_page_add(s->web, "/go", go, (void *)(uintptr_t) "/elsewhere");
	g_assert_true(aula_web_start(s->web, &error));
	g_assert_no_error(error);
	s->port = aula_web_port(s->web);
	g_assert_cmpint(s->port, >, 0);
}

static void
remove_all(const char *path)
{
	GDir *folder = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
	const char *name;

	while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
		g_autofree char *child = g_build_filename(path, name, NULL);
		remove_all(child);
	}
	if (folder != NULL)
		g_dir_close(folder);
	g_remove(path);
}

static void
teardown(site *s, gconstpointer data)
{
	(void)data;
	aula_web_stop(s->web);
	aula_web_free(s->web);
	remove_all(s->folder);
	g_free(s->folder);
	g_free(s->root);
}

static void
assert_header(const client_answer *answer, const char *name, const char *expected)
{
	g_autofree char *value = client_header(answer, name);

	g_assert_cmpstr(value, ==, expected);
}

static void
test_page(site *s, gconstpointer data)
{
	client_answer answer = client_request(s->port, "GET", "/", "");
	g_autofree char *policy = client_header(&answer, "Content-Security-Policy");
	g_autofree char *own = g_strdup_printf("connect-src 'self' ws://localhost:%d wss://"
					       "localhost:%d https://turn.example;",
		s->port, s->port);
	(void)data;

	g_assert_cmpint(answer.status, ==, 200);
	assert_header(&answer, "Content-Type", "text/html; charset=utf-8");
	assert_header(&answer, "Cache-Control", "no-cache");
	assert_header(&answer, "X-Content-Type-Options", "nosniff");
	assert_header(&answer, "Cross-Origin-Opener-Policy", "same-origin");
	assert_header(&answer, "Referrer-Policy", "no-referrer");
	g_assert_nonnull(strstr(answer.head, "Permissions-Policy: camera=(self)"));
	g_assert_nonnull(strstr(answer.head, "Last-Modified: "));
	g_assert_nonnull(strstr(policy, "'sha256-URrTy+Il/Nz0lHojVUx275hWqAWhkSF0VsHbUM4/6Hw='"));
	g_assert_nonnull(strstr(policy, own));
	client_answer_free(&answer);
}

static void
test_known(site *s, gconstpointer data)
{
	client_answer first = client_request(s->port, "GET", "/small.txt", "");
	g_autofree char *etag = client_header(&first, "ETag");
	g_autofree char *date = client_header(&first, "Last-Modified");
	g_autofree char *by_tag = g_strdup_printf("If-None-Match: \"x\", %s\r\n", etag);
	g_autofree char *by_date = g_strdup_printf("If-Modified-Since: %s\r\n", date);
	g_autofree char *both =
		g_strdup_printf("If-None-Match: \"x\"\r\nIf-Modified-Since: %s\r\n", date);
	const struct {
		const char *headers;
		int status;
	} cases[] = { { by_tag, 304 }, { by_date, 304 }, { both, 200 } };
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		client_answer answer =
			client_request(s->port, "GET", "/small.txt", cases[i].headers);
		g_assert_cmpint(answer.status, ==, cases[i].status);
		assert_header(&answer, "ETag", etag);
		g_assert_cmpuint(answer.body->len, ==, cases[i].status == 200 ? 10 : 0);
		client_answer_free(&answer);
	}
	client_answer_free(&first);
}

static void
test_change(site *s, gconstpointer data)
{
	client_answer before = client_request(s->port, "GET", "/small.txt", "");
	(void)data;

	put(s, "root/small.txt", "9876543210", -1);
	client_answer after = client_request(s->port, "GET", "/small.txt", "");
	g_autofree char *one = client_header(&before, "ETag");
	g_autofree char *two = client_header(&after, "ETag");
	g_assert_cmpmem(after.body->data, after.body->len, "9876543210", 10);
	g_assert_cmpstr(one, !=, two);
	client_answer_free(&before);
	client_answer_free(&after);
}

static void
test_range(site *s, gconstpointer data)
{
	static const struct {
		const char *headers;
		int status;
		const char *content_range, *body;
	} cases[] = {
		{ "Range: bytes=2-4\r\n", 206, "bytes 2-4/10", "234" },
		{ "Range: bytes=-3\r\nAccept-Encoding: br\r\n", 206, "bytes 7-9/10", "789" },
		{ "Range: bytes=10-\r\n", 416, "bytes */10", NULL },
		{ "Range: bytes=0-1,4-5\r\n", 200, NULL, "0123456789" },
		{ "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n", 200, NULL, "0123456789" },
	};
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		client_answer answer =
			client_request(s->port, "GET", "/small.txt", cases[i].headers);
		g_assert_cmpint(answer.status, ==, cases[i].status);
		assert_header(&answer, "Content-Range", cases[i].content_range);
		if (cases[i].body != NULL)
			g_assert_cmpmem(answer.body->data, answer.body->len, cases[i].body,
				strlen(cases[i].body));
		client_answer_free(&answer);
	}
}

static void
test_compression(site *s, gconstpointer data)
{
	static const struct {
		const char *headers, *encoding;
	} cases[] = {
		{ "Accept-Encoding: gzip, br\r\n", "br" },
		{ "Accept-Encoding: gzip\r\n", "gzip" },
		{ "", NULL },
	};
	g_autoptr(GHashTable) tags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	(void)data;

	/* The second round comes from what was kept. */
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		size_t c = i % G_N_ELEMENTS(cases);
		client_answer answer = client_request(s->port, "GET", "/app.js", cases[c].headers);
		g_assert_cmpint(answer.status, ==, 200);
		assert_header(&answer, "Content-Encoding", cases[c].encoding);
		assert_header(&answer, "Vary", "Accept-Encoding");
		if (cases[c].encoding != NULL)
			g_assert_cmpuint(answer.body->len, <, 200);
		else
			g_assert_cmpuint(answer.body->len, ==, 20000);
		g_hash_table_add(tags, client_header(&answer, "ETag"));
		client_answer_free(&answer);
	}
	g_assert_cmpuint(g_hash_table_size(tags), ==, 3);
	/* Not worth it, and never. */
	client_answer small =
		client_request(s->port, "GET", "/small.txt", "Accept-Encoding: br\r\n");
	client_answer video =
		client_request(s->port, "GET", "/large.webm", "Accept-Encoding: br\r\n");
	assert_header(&small, "Content-Encoding", NULL);
	assert_header(&video, "Content-Encoding", NULL);
	client_answer_free(&small);
	client_answer_free(&video);
}

static void
test_gzip(site *s, gconstpointer data)
{
	client_answer answer =
		client_request(s->port, "GET", "/app.js", "Accept-Encoding: gzip\r\n");
	Bytef out[20001];
	z_stream stream = { .next_in = answer.body->data,
		.avail_in = answer.body->len,
		.next_out = out,
		.avail_out = sizeof out };
	(void)data;

	g_assert_cmpint(inflateInit2(&stream, 15 + 16), ==, Z_OK);
	g_assert_cmpint(inflate(&stream, Z_FINISH), ==, Z_STREAM_END);
	size_t written = stream.total_out;
	inflateEnd(&stream);
	g_assert_cmpuint(written, ==, 20000);
	for (gsize i = 0; i < written; i++)
		g_assert_cmpint(out[i], ==, 'a');
	client_answer_free(&answer);
}

static void
test_large(site *s, gconstpointer data)
{
	client_answer all = client_request(s->port, "GET", "/large.webm", "");
	client_answer part =
		client_request(s->port, "GET", "/large.webm", "Range: bytes=1000000-2999999\r\n");
	(void)data;

	assert_header(&all, "Content-Type", "video/webm");
	assert_header(&all, "Accept-Ranges", "bytes");
	g_assert_cmpuint(all.body->len, ==, LARGE_BYTES);
	for (int i = 0; i < LARGE_BYTES; i++)
		g_assert_cmpint((char)all.body->data[i], ==, (char)(i * 7 + i / 256));
	g_assert_cmpint(part.status, ==, 206);
	g_assert_cmpmem(part.body->data, part.body->len, all.body->data + 1000000, 2000000);
	client_answer_free(&all);
	client_answer_free(&part);
}

/* Who does not read its large answer is waited for without holding the others up. */
static void
test_stalled(site *s, gconstpointer data)
{
	static const char request[] = "GET /large.webm HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int stalled[8], bytes = 128 << 10;
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(stalled); i++) {
		stalled[i] = client_connect(s->port);
		setsockopt(stalled[i], SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
		g_assert_true(client_write(stalled[i], request, strlen(request)));
	}
	for (int i = 0; i < 20; i++) {
		client_answer answer = client_request(s->port, "GET", "/small.txt", "");
		g_assert_cmpint(answer.status, ==, 200);
		client_answer_free(&answer);
	}
	client_answer late = client_read_answer(stalled[0], true);
	g_assert_cmpuint(late.body->len, ==, LARGE_BYTES);
	client_answer_free(&late);
	for (size_t i = 0; i < G_N_ELEMENTS(stalled); i++)
		close(stalled[i]);
}

static void
test_paths(site *s, gconstpointer data)
{
	static const struct {
		const char *path;
		int status; /* 0: any refusal */
	} cases[] = {
		{ "/small.txt", 200 },
		{ "/in.txt", 200 },
		{ "/empty.txt", 200 },
		{ "/sub%20dir/", 200 },
		{ "/sub%20dir", 301 },
		{ "/node_modules/lit/index.js", 200 },
		{ "/nothing", 404 },
		{ "/small.txt/", 404 },
		{ "/out.txt", 404 },
		{ "/dot.txt", 404 },
		{ "/.git/config", 404 },
		{ "/%2egit/config", 404 },
		{ "/../secret.txt", 0 },
		{ "/..%2fsecret.txt", 0 },
		{ "/%2e%2e/secret.txt", 0 },
		{ "/%2e%2e%2fsecret.txt", 0 },
		{ "/sub%20dir/../../secret.txt", 0 },
		{ "/sub%20dir/..%2f..%2fsecret.txt", 0 },
		{ "/..%5csecret.txt", 0 },
		{ "/small.txt%00.html", 0 },
		{ "/small.txt%0d%0aX: y", 0 },
		{ "/....//secret.txt", 0 },
		{ "/%", 0 },
		{ "/%zz", 0 },
		{ "//etc/passwd", 404 },
		{ "/etc/passwd", 404 },
	};
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		client_answer answer = client_request(s->port, "GET", cases[i].path, "");
		g_test_message("%s: %d", cases[i].path, answer.status);
		if (cases[i].status != 0)
			g_assert_cmpint(answer.status, ==, cases[i].status);
		else
			g_assert_cmpint(answer.status, !=, 200);
		if (answer.body->len > 0)
			g_assert_null(memmem(answer.body->data, answer.body->len, "secret", 6));
		if (answer.status == 301)
			assert_header(&answer, "Location", "/sub%20dir/");
		if (answer.status == 404)
			g_assert_cmpuint(answer.body->len, <, 200);
		client_answer_free(&answer);
	}
}

static void
test_methods(site *s, gconstpointer data)
{
	static const char *const wrong[] = { "POST", "PUT", "DELETE", "OPTIONS", "PATCH" };
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		client_answer answer =
			client_request(s->port, wrong[i], "/", "Content-Length: 0\r\n");
		g_assert_cmpint(answer.status, ==, 405);
		assert_header(&answer, "Allow", "GET, HEAD");
		client_answer_free(&answer);
	}
	client_answer head = client_request(s->port, "HEAD", "/small.txt", "");
	g_assert_cmpint(head.status, ==, 200);
	assert_header(&head, "Content-Length", "10");
	client_answer_free(&head);
	client_answer body = client_request(s->port, "GET", "/", "Content-Length: 5\r\n");
	g_assert_cmpint(body.status, ==, 400);
	client_answer_free(&body);
}

static void
test_dynamic(site *s, gconstpointer data)
{
	client_answer page = client_request(s->port, "GET", "/hello?a=1&b=2", "");
	client_answer moved = client_request(s->port, "GET", "/go", "");
	(void)data;

	g_test_message("%.*s", (int)page.body->len, page.body->data);
	g_assert_cmpmem(page.body->data, page.body->len,
		"query=a=1&b=2 local=1 address=127.0.0.1 accept=", 47);
	assert_header(&page, "Cache-Control", "no-store");
	g_assert_nonnull(strstr(page.head, "Content-Security-Policy: default-src 'self'"));
	g_assert_cmpint(moved.status, ==, 302);
	assert_header(&moved, "Location", "/elsewhere");
	client_answer_free(&page);
	client_answer_free(&moved);
}

/* Several requests on one connection, also sent ahead. */
static void
test_keep_alive(site *s, gconstpointer data)
{
	static const char ask[] = "GET /small.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int sock = client_connect(s->port);
	(void)data;

	for (int i = 0; i < 3; i++) {
		g_assert_true(client_write(sock, ask, strlen(ask)));
		client_answer answer = client_read_answer(sock, true);
		g_assert_cmpmem(answer.body->data, answer.body->len, "0123456789", 10);
		client_answer_free(&answer);
	}
	g_autofree char *twice = g_strconcat(ask, ask, NULL);
	g_assert_true(client_write(sock, twice, strlen(twice)));
	for (int i = 0; i < 2; i++) {
		client_answer answer = client_read_answer(sock, true);
		g_assert_cmpint(answer.status, ==, 200);
		client_answer_free(&answer);
	}
	close(sock);
}

/* Garbage of all sorts: the connection ends or is answered, and the next one is served. */
static void
test_garbage(site *s, gconstpointer data)
{
	g_autofree char *header = g_strnfill(20000, 'h');
	g_autofree char *long_header =
		g_strdup_printf("GET / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", header);
	g_autofree char *long_path = g_strdup_printf("GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", header);
	const char *const inputs[] = { long_header, long_path, "\x16\x03\x01\x02\x00\x01\x00\x01",
		"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n", "NONSENSE / HTTP/9\r\n\r\n",
		"GET / HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
		"Connection: Upgrade\r\nHost: x\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"GET / HTTP/1.1\r\nUpgrade: other\r\nConnection: Upgrade\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"\r\nRange: bytes=\r\n\r\n" };
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(inputs); i++) {
		int sock = client_connect(s->port);
		client_write(sock, inputs[i], strlen(inputs[i]));
		shutdown(sock, SHUT_WR);
		client_answer answer = client_read_answer(sock, false);
		g_test_message("%zu: %d", i, answer.status);
		client_answer_free(&answer);
		close(sock);
	}
	client_answer after = client_request(s->port, "GET", "/", "");
	g_assert_cmpint(after.status, ==, 200);
	client_answer_free(&after);
}

static void
test_full(site *s, gconstpointer data)
{
	int socks[50];
	(void)data;

	for (size_t i = 0; i < 50; i++)
		socks[i] = client_connect(s->port);
	/* A connection is counted when it is accepted, which is seen by an answer. */
	for (size_t i = 0; i < 50; i++) {
		g_assert_true(client_write(socks[i], "GET /empty.txt HTTP/1.1\r\n\r\n", 27));
		client_answer answer = client_read_answer(socks[i], true);
		g_assert_cmpint(answer.status, ==, 200);
		client_answer_free(&answer);
	}
	client_answer over = client_request(s->port, "GET", "/", "");
	g_assert_cmpint(over.status, ==, 503);
	assert_header(&over, "Retry-After", "10");
	client_answer_free(&over);
	for (size_t i = 0; i < 50; i++)
		close(socks[i]);
}

static void
test_port_taken(site *s, gconstpointer data)
{
	GError *error = NULL;
	aula_web_options options = { .host = "127.0.0.1",
		.port = s->port,
		.root = s->root,
		.threads = 1,
		.connections_most = 10 };
	g_autofree char *port = g_strdup_printf("port %d", s->port);
	(void)data;

	aula_web *second = aula_web_new(&options, &error);
	g_assert_no_error(error);
	g_assert_false(aula_web_start(second, &error));
	g_assert_nonnull(strstr(error->message, port));
	g_clear_error(&error);
	aula_web_free(second);
	options.root = "/nonexistent";
	g_assert_null(aula_web_new(&options, &error));
	g_assert_nonnull(strstr(error->message, "/nonexistent"));
	g_clear_error(&error);
	options.root = s->root;
	options.tls_port = 1;
	options.certificate_path = "/nonexistent.pem";
	options.key_path = "/nonexistent.key";
	g_assert_null(aula_web_new(&options, &error));
	g_assert_nonnull(strstr(error->message, "/nonexistent.pem"));
	g_clear_error(&error);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, site, NULL, setup, function, teardown)
	ADD("/web/http/page", test_page);
	ADD("/web/http/known", test_known);
	ADD("/web/http/change", test_change);
	ADD("/web/http/range", test_range);
	ADD("/web/http/compression", test_compression);
	ADD("/web/http/gzip", test_gzip);
	ADD("/web/http/large", test_large);
	ADD("/web/http/stalled", test_stalled);
	ADD("/web/http/paths", test_paths);
	ADD("/web/http/methods", test_methods);
	ADD("/web/http/dynamic", test_dynamic);
	ADD("/web/http/keep-alive", test_keep_alive);
	ADD("/web/http/garbage", test_garbage);
	ADD("/web/http/full", test_full);
	ADD("/web/http/port-taken", test_port_taken);
#undef ADD
	return g_test_run();
}
