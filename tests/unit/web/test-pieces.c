/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the listener that need no socket. */
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

#include "web/guests.h"
#include "web/negotiate.h"
#include "web/outbox.h"
#include "web/policy.h"

static void
test_encoding(void)
{
	static const struct {
		const char *accept;
		aula_web_encoding encoding;
	} cases[] = {
		{ NULL, AULA_WEB_IDENTITY },
		{ "", AULA_WEB_IDENTITY },
		{ "gzip", AULA_WEB_GZIP },
		{ "gzip, deflate, br, zstd", AULA_WEB_BROTLI },
		{ "br;q=0, gzip;q=0.5", AULA_WEB_GZIP },
		{ "br ; q=0.000,gzip;q=0", AULA_WEB_IDENTITY },
		{ "GZIP", AULA_WEB_GZIP },
		{ "brotli, gzipped", AULA_WEB_IDENTITY },
		{ "*", AULA_WEB_IDENTITY },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(aula_web_encoding_choose(cases[i].accept), ==, cases[i].encoding);
}

static void
test_range(void)
{
	static const struct {
		const char *header;
		gint64 size;
		aula_web_range range;
		gint64 first, last;
	} cases[] = {
		{ NULL, 100, AULA_WEB_RANGE_NONE, 0, 0 },
		{ "bytes=0-9", 100, AULA_WEB_RANGE_ONE, 0, 9 },
		{ "bytes=90-", 100, AULA_WEB_RANGE_ONE, 90, 99 },
		{ "bytes=90-1000", 100, AULA_WEB_RANGE_ONE, 90, 99 },
		{ "bytes=-10", 100, AULA_WEB_RANGE_ONE, 90, 99 },
		{ "bytes=-1000", 100, AULA_WEB_RANGE_ONE, 0, 99 },
		{ "bytes=-0", 100, AULA_WEB_RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=100-", 100, AULA_WEB_RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=0-", 0, AULA_WEB_RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=-5", 0, AULA_WEB_RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=9-0", 100, AULA_WEB_RANGE_NONE, 0, 0 },
		{ "bytes=0-1,5-6", 100, AULA_WEB_RANGE_NONE, 0, 0 },
		{ "bytes=", 100, AULA_WEB_RANGE_NONE, 0, 0 },
		{ "bytes=-", 100, AULA_WEB_RANGE_NONE, 0, 0 },
		{ "bytes=a-b", 100, AULA_WEB_RANGE_NONE, 0, 0 },
		{ "lines=0-9", 100, AULA_WEB_RANGE_NONE, 0, 0 },
		{ "bytes=99999999999999999999-", 100, AULA_WEB_RANGE_NONE, 0, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 first = -1, last = -1;
		g_test_message("%s", cases[i].header);
		g_assert_cmpint(aula_web_range_parse(cases[i].header, cases[i].size, &first, &last),
			==, cases[i].range);
		if (cases[i].range != AULA_WEB_RANGE_ONE)
			continue;
		g_assert_cmpint(first, ==, cases[i].first);
		g_assert_cmpint(last, ==, cases[i].last);
	}
}

static void
test_etag(void)
{
	g_assert_true(aula_web_etag_listed("\"a\"", "\"a\""));
	g_assert_true(aula_web_etag_listed("W/\"a\"", "\"a\""));
	g_assert_true(aula_web_etag_listed("\"b\", \"a\"", "\"a\""));
	g_assert_true(aula_web_etag_listed("*", "\"a\""));
	g_assert_false(aula_web_etag_listed("\"ab\"", "\"a\""));
	g_assert_false(aula_web_etag_listed("\"b\"", "\"a\""));
	g_assert_false(aula_web_etag_listed("", "\"a\""));
	g_assert_false(aula_web_etag_listed(NULL, "\"a\""));
}

static void
test_hashes(void)
{
	/* The hash is that of openssl dgst -sha256 -binary | base64. */
	static const char one[] =
		"<!doctype html><script type=module src=a.js></script>"
		"<SCRIPT defer TYPE=\"importmap\">{\"imports\":{}}</script><script>evil()</script>";
	static const char *const none[] = { "", "<script", "<script>", "<script type=importmap>{}",
		"<script>importmap</script>", "<scripts" };
	g_autofree char *hashes = aula_web_policy_hashes(one, strlen(one));

	g_assert_cmpstr(hashes, ==, " 'sha256-URrTy+Il/Nz0lHojVUx275hWqAWhkSF0VsHbUM4/6Hw='");
	for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
		g_autofree char *empty = aula_web_policy_hashes(none[i], strlen(none[i]));
		g_assert_cmpstr(empty, ==, "");
	}
}

static void
test_policy(void)
{
	static const char *const more[] = { "https://turn.example", NULL };
	g_autofree char *plain = aula_web_policy_content("a.example:8080", " 'sha256-x'", more);
	g_autofree char *evil = aula_web_policy_content("a; script-src *", NULL, NULL);

	g_assert_nonnull(strstr(plain, "script-src 'self' 'sha256-x';"));
	g_assert_nonnull(strstr(plain, "connect-src 'self' ws://a.example:8080 "
				       "wss://a.example:8080 https://turn.example;"));
	g_assert_nonnull(strstr(plain, "frame-ancestors 'none'"));
	g_assert_null(strstr(plain, "unsafe"));
	g_assert_null(strchr(evil, '*'));
}

static void
test_origin(void)
{
	static const char *const listed[] = { "https://school.example", NULL };
	static const char *const all[] = { "*", NULL };
	static const struct {
		const char *origin, *host;
		const char *const *origins;
		gboolean allowed;
	} cases[] = {
		{ NULL, "a.example", NULL, TRUE },
		{ "http://a.example:3000", "A.example:8080", NULL, TRUE },
		{ "https://a.example", "a.example", NULL, TRUE },
		{ "http://[::1]:80", "[::1]:8080", NULL, TRUE },
		{ "http://[::2]:80", "[::1]:8080", NULL, FALSE },
		{ "http://b.example", "a.example", NULL, FALSE },
		{ "http://a.example.evil", "a.example", NULL, FALSE },
		{ "http://a.exampl", "a.example", NULL, FALSE },
		{ "null", "a.example", NULL, FALSE },
		{ "http://a.example", NULL, NULL, FALSE },
		{ "http://", "", NULL, FALSE },
		{ "https://school.example", "a.example", listed, TRUE },
		{ "http://school.example", "a.example", listed, FALSE },
		{ "null", "a.example", all, TRUE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(
			aula_web_policy_origin(cases[i].origin, cases[i].host, cases[i].origins),
			==, cases[i].allowed);
}

static struct sockaddr_storage
address_of(const char *text)
{
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&address;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		address.ss_family = AF_INET;
	} else {
		g_assert_cmpint(inet_pton(AF_INET6, text, &v6->sin6_addr), ==, 1);
		address.ss_family = AF_INET6;
	}
	return address;
}

static aula_web_networks *
networks_of(const char *const *texts)
{
	GError *error = NULL;
	aula_web_networks *networks = aula_web_networks_new(texts, &error);

	g_assert_no_error(error);
	return networks;
}

static void
test_guests(void)
{
	aula_web_networks *none = networks_of(NULL);
	aula_web_guests *guests = aula_web_guests_new(100, 3, none, NULL);
	struct sockaddr_storage one = address_of("192.0.2.1"),
				same = address_of("::ffff:192.0.2.1"),
				other = address_of("192.0.2.2"), local = address_of("127.0.0.1");

	for (int i = 0; i < 3; i++)
		g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_WELCOME);
	for (int i = 0; i < 8; i++)
		g_assert_cmpint(aula_web_guests_enter(guests, &same), ==, AULA_WEB_OVER);
	g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_REFUSED);
	g_assert_cmpint(aula_web_guests_enter(guests, &other), ==, AULA_WEB_WELCOME);
	for (int i = 0; i < 11; i++)
		aula_web_guests_leave(guests, i % 2 ? &same : &one);
	g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_WELCOME);
	/* Two are there: 98 more are welcome, then 14 are told, then none. */
	for (int i = 0; i < 98 + 14; i++)
		g_assert_cmpint(aula_web_guests_enter(guests, &local), ==,
			i < 98 ? AULA_WEB_WELCOME : AULA_WEB_OVER);
	g_assert_cmpint(aula_web_guests_enter(guests, &local), ==, AULA_WEB_REFUSED);
	aula_web_guests_free(guests);
	aula_web_networks_free(none);
}

/* A proxy brings a whole school. */
static void
test_guests_proxy(void)
{
	aula_web_networks *proxies = networks_of((const char *const[]){ "192.0.2.0/24", NULL });
	aula_web_guests *guests = aula_web_guests_new(100, 3, proxies, NULL);
	struct sockaddr_storage proxy = address_of("192.0.2.1"), other = address_of("192.0.3.1");

	for (int i = 0; i < 50; i++)
		g_assert_cmpint(aula_web_guests_enter(guests, &proxy), ==, AULA_WEB_WELCOME);
	for (int i = 0; i < 4; i++)
		g_assert_cmpint(aula_web_guests_enter(guests, &other), ==,
			i < 3 ? AULA_WEB_WELCOME : AULA_WEB_OVER);
	g_assert_cmpint(aula_web_guests_count(guests), ==, 54);
	aula_web_guests_free(guests);
	aula_web_networks_free(proxies);
}

static void
test_networks(void)
{
	static const struct {
		const char *network, *address;
		bool in;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.1.2", true },
		{ "10.0.0.0/8", "11.0.0.1", false },
		{ "10.0.0.0/8", "::ffff:10.1.1.1", true },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.6", false },
		{ "0.0.0.0/0", "198.51.100.1", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "198.51.100.1", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::1", "::1", true },
		{ "::1", "not an address", false },
	};
	static const char *const wrong[] = { "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x",
		"10.0.0/8", "2001:db8::/129", "2001:db8::/-1", "school.example", "/8" };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_web_networks *networks =
			networks_of((const char *const[]){ "203.0.113.1", cases[i].network, NULL });
		g_test_message("%s in %s", cases[i].address, cases[i].network);
		g_assert_true(
			aula_web_networks_have_text(networks, cases[i].address) == cases[i].in);
		if (strchr(cases[i].address, ' ') == NULL) {
			struct sockaddr_storage address = address_of(cases[i].address);
			g_assert_true(aula_web_networks_have(networks, &address) == cases[i].in);
		}
		aula_web_networks_free(networks);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(aula_web_networks_new(
			(const char *const[]){ "10.0.0.1", wrong[i], NULL }, &error));
		g_assert_nonnull(strstr(error->message, "is no network"));
	}
}

/* Bounds change while there are guests: none of them is counted out twice, or never. */
static void
test_guests_bound(void)
{
	aula_web_networks *none = networks_of(NULL),
			  *proxies = networks_of((const char *const[]){ "192.0.2.7", NULL });
	aula_web_guests *guests = aula_web_guests_new(100, 0, none, NULL);
	struct sockaddr_storage one = address_of("192.0.2.7");

	for (int i = 0; i < 20; i++)
		g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_WELCOME);
	aula_web_guests_bound(guests, 100, 2, none);
	g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_REFUSED);
	aula_web_guests_bound(guests, 100, 2, proxies);
	g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_WELCOME);
	aula_web_guests_bound(guests, 100, 2, none);
	for (int i = 0; i < 21; i++)
		aula_web_guests_leave(guests, &one);
	g_assert_cmpint(aula_web_guests_count(guests), ==, 0);
	for (int i = 0; i < 2; i++)
		g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_WELCOME);
	g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_OVER);
	aula_web_guests_bound(guests, 1, 0, none);
	g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_OVER);
	aula_web_guests_free(guests);
	aula_web_networks_free(none);
	aula_web_networks_free(proxies);
}

static void
test_guests_network(void)
{
	aula_web_networks *none = networks_of(NULL);
	aula_web_guests *guests = aula_web_guests_new(100, 1, none, NULL);
	struct sockaddr_storage one = address_of("2001:db8:1:2::1"),
				neighbour = address_of("2001:db8:1:2:3::4"),
				other = address_of("2001:db8:1:3::1");

	g_assert_cmpint(aula_web_guests_enter(guests, &one), ==, AULA_WEB_WELCOME);
	g_assert_cmpint(aula_web_guests_enter(guests, &neighbour), ==, AULA_WEB_OVER);
	g_assert_cmpint(aula_web_guests_enter(guests, &other), ==, AULA_WEB_WELCOME);
	g_assert_false(aula_web_is_loopback(&one));
	one = address_of("::1");
	g_assert_true(aula_web_is_loopback(&one));
	one = address_of("::ffff:127.0.0.9");
	g_assert_true(aula_web_is_loopback(&one));
	aula_web_guests_free(guests);
	aula_web_networks_free(none);
}

static void
count_ring(void *data)
{
	(*(int *)data)++;
}

static void
test_outbox(void)
{
	int rings = 0;
	aula_web_outbox *outbox = aula_web_outbox_new(count_ring, &rings);
	aula_web_outbox_item items[1000];

	for (size_t i = 0; i < G_N_ELEMENTS(items); i++)
		g_assert_true(aula_web_outbox_push(outbox, &items[i]));
	g_assert_cmpint(rings, ==, 1);
	size_t at = 0;
	for (aula_web_outbox_item *item = aula_web_outbox_take(outbox); item != NULL;
		item = item->next)
		g_assert_true(item == &items[at++]);
	g_assert_cmpuint(at, ==, G_N_ELEMENTS(items));
	g_assert_null(aula_web_outbox_take(outbox));
	g_assert_true(aula_web_outbox_push(outbox, &items[0]));
	g_assert_cmpint(rings, ==, 2);
	g_assert_true(aula_web_outbox_close(outbox) == &items[0]);
	g_assert_false(aula_web_outbox_push(outbox, &items[1]));
	g_assert_cmpint(rings, ==, 2);
	aula_web_outbox_unref(outbox);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/web/encoding", test_encoding);
	g_test_add_func("/web/range", test_range);
	g_test_add_func("/web/etag", test_etag);
	g_test_add_func("/web/policy/hashes", test_hashes);
	g_test_add_func("/web/policy/content", test_policy);
	g_test_add_func("/web/policy/origin", test_origin);
	g_test_add_func("/web/guests/bounds", test_guests);
	g_test_add_func("/web/guests/bounds-proxy", test_guests_proxy);
	g_test_add_func("/web/networks/bounds", test_networks);
	g_test_add_func("/web/guests/networks", test_guests_network);
	g_test_add_func("/web/guests/other-bounds", test_guests_bound);
	g_test_add_func("/web/outbox", test_outbox);
	return g_test_run();
}
