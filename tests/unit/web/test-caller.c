/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: a person at this machine, somebody elsewhere, or whom a proxy speaks for. */
#include <glib/gstdio.h>
#include <string.h>

#include "client.h"
#include "web/policy.h"
#include "web/web.h"

typedef struct {
	char *root;
	aula_web *web;
	int port;
} asked;

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
setup(asked *s, gconstpointer data)
{
	static const char *const proxies[] = { "127.0.0.1", "192.0.2.0/24", NULL };
	GError *error = NULL;

	s->root = g_dir_make_tmp("aula-caller-XXXXXX", &error);
	g_assert_no_error(error);
	s->web = aula_web_new(&(aula_web_options){ .host = "127.0.0.1",
				      .root = s->root,
				      .threads = 1,
				      .connections_most = 50,
				      .proxies = data != NULL ? proxies : NULL },
		&error);
	g_assert_no_error(error);
	aula_web_page_add(s->web, "/hello", hello, NULL);
	g_assert_true(aula_web_start(s->web, &error));
	g_assert_no_error(error);
	s->port = aula_web_port(s->web);
}

static void
teardown(asked *s, gconstpointer data)
{
	(void)data;
	aula_web_free(s->web);
	g_rmdir(s->root);
	g_free(s->root);
}

static void
assert_said(const client_answer *page, const char *expected)
{
	g_autofree char *said = g_strndup((const char *)page->body->data, page->body->len);

	g_test_message("%s", said);
	g_assert_true(g_str_has_prefix(said, expected));
}

/* What a trusted proxy says counts, up to the first address that is no proxy's: what stands before
 * it a client can have made up. */
static void
test_proxied(asked *s, gconstpointer data)
{
	static const struct {
		const char *header, *address;
	} cases[] = {
		{ "203.0.113.5", "203.0.113.5" },
		{ "203.0.113.5, 198.51.100.9", "198.51.100.9" },
		{ "203.0.113.5, 198.51.100.9, 192.0.2.77", "198.51.100.9" },
		{ "2001:db8::5", "2001:db8::5" },
		{ "192.0.2.1,192.0.2.2", "192.0.2.1" },
		{ "unknown", "127.0.0.1" },
		{ "203.0.113.5, nonsense", "127.0.0.1" },
		{ "203.0.113.5, nonsense, 192.0.2.7", "192.0.2.7" },
		{ "", "127.0.0.1" },
	};
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *header = g_strdup_printf(
			"X-Forwarded-For: %s\r\nAccept: text/x-%zu\r\n", cases[i].header, i);
		g_autofree char *expected = g_strdup_printf(
			"query= local=0 address=%s accept=text/x-%zu", cases[i].address, i);
		client_answer page = client_request(s->port, "GET", "/hello", header);
		if (cases[i].header[0] != '\0')
			assert_said(&page, expected);
		client_answer_free(&page);
	}
}

/* A proxy on this machine stands for people who are not at it, and so does a foreign name. */
static void
test_not_local(asked *s, gconstpointer data)
{
	static const char *const headers[] = { "X-Forwarded-For: 192.0.2.7\r\n",
		"Forwarded: for=192.0.2.7\r\n", "Via: 1.1 proxy\r\n", "X-Real-IP: 192.0.2.7\r\n",
		"X-Forwarded-Proto: https\r\n", "x-forwarded-host: school.example\r\n" };
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
		client_answer page = client_request(s->port, "GET", "/hello", headers[i]);
		g_test_message("%s", headers[i]);
		assert_said(&page, "query= local=0 address=127.0.0.");
		client_answer_free(&page);
	}
	static const char *const hosts[] = { "school.example", "school.example:8080",
		"127.0.0.1.school.example", "localhost.example:1", "[::2]", "" };
	for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++)
		g_assert_false(aula_web_policy_is_here(hosts[i]));
	static const char *const here[] = { "localhost", "LOCALHOST:8080", "127.0.0.1:1",
		"[::1]:8080" };
	for (size_t i = 0; i < G_N_ELEMENTS(here); i++)
		g_assert_true(aula_web_policy_is_here(here[i]));
	g_assert_false(aula_web_policy_is_here(NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/web/caller/proxied", asked, "behind a proxy", setup, test_proxied, teardown);
	g_test_add("/web/caller/not-local", asked, NULL, setup, test_not_local, teardown);
	return g_test_run();
}
