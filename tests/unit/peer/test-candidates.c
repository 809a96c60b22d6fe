/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/candidates.h"

#include <string.h>

typedef struct {
	const char *name;
	const char *bound[4], *announced[4];
	bool loopback;
	const char *expected; /* joined by spaces */
} address_case;

static const address_case cases[] = {
	{ "named", { "192.0.2.7", "2001:db8::7" }, { NULL }, false, "192.0.2.7 2001:db8::7" },
	{ "announced", { "0.0.0.0" }, { "198.51.100.1" }, false, "198.51.100.1" },
	{ "announced-and-loopback", { "127.0.0.1" }, { "198.51.100.1" }, true,
		"198.51.100.1 127.0.0.1" },
	{ "loopback-by-name", { "127.0.0.1" }, { NULL }, false, "127.0.0.1" },
	{ "loopback-beside-others", { "192.0.2.7", "127.0.0.1" }, { NULL }, false,
		"192.0.2.7 127.0.0.1" },
	{ "once", { "192.0.2.7", "192.0.2.7" }, { NULL }, false, "192.0.2.7" },
};

static void
test_addresses(const void *data)
{
	const address_case *test = data;
	g_auto(GStrv) found = aula_addresses_find(test->bound, test->announced, test->loopback);
	g_autofree char *joined = g_strjoinv(" ", found);

	g_assert_cmpstr(joined, ==, test->expected);
}

/* What the machine has is not known here; that loopback comes only when asked for, or alone, is. */
static void
test_any_address(void)
{
	static const char *const any[] = { "0.0.0.0", "::", NULL };
	g_auto(GStrv) without = aula_addresses_find(any, NULL, false);
	g_auto(GStrv) with = aula_addresses_find(any, NULL, true);

	bool only = g_strv_contains((const char *const *)without, "127.0.0.1");
	for (size_t i = 0; without[i] != NULL && only; i++)
		g_assert_true(
			g_str_has_prefix(without[i], "127.") || strcmp(without[i], "::1") == 0);
	for (size_t i = 0; with[i] != NULL; i++)
		g_assert_false(g_str_has_prefix(with[i], "fe80"));
	g_assert_cmpuint(g_strv_length(with), >=, g_strv_length(without));
}

static void
test_make(void)
{
	static const char *const addresses[] = { "192.0.2.7", "2001:db8::7", NULL };
	aula_candidate candidates[4];

	g_assert_cmpuint(aula_candidates_make(addresses, 10000, true, candidates, 3), ==, 4);
	g_assert_cmpuint(aula_candidates_make(addresses, 10000, false, candidates, 4), ==, 2);
	g_assert_cmpuint(aula_candidates_make(addresses, 10000, true, candidates, 4), ==, 4);
	/* RFC 8445: 2^24 * 126 + 2^8 * 65535 + 255 */
	g_assert_cmpuint(candidates[0].priority, ==, 2130706431);
	for (int i = 0; i < 4; i++) {
		g_assert_cmpstr(candidates[i].type, ==, "host");
		g_assert_cmpstr(candidates[i].address, ==, addresses[i % 2]);
		g_assert_cmpint(candidates[i].tcp, ==, i >= 2);
		g_assert_cmpstr(candidates[i].tcptype, ==, i >= 2 ? "passive" : "");
		g_assert_cmpuint(candidates[i].port, ==, 10000);
		for (int j = 0; j < i; j++) {
			g_assert_cmpuint(candidates[j].priority, >, candidates[i].priority);
			g_assert_cmpstr(candidates[j].foundation, !=, candidates[i].foundation);
		}
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/peer/candidates/%s", cases[i].name);
		g_test_add_data_func(path, &cases[i], test_addresses);
	}
	g_test_add_func("/peer/candidates/any-address", test_any_address);
	g_test_add_func("/peer/candidates/make", test_make);
	return g_test_run();
}
