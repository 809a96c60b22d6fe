/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ice-uri.h"

#include <glib.h>

static void
test_good(void)
{
	static const struct {
		const char *text;
		aula_ice_uri uri;
	} cases[] = {
		{ "stun:stun.example", { AULA_ICE_URI_STUN, "stun.example", 3478 } },
		{ "stun:192.0.2.1:19302", { AULA_ICE_URI_STUN, "192.0.2.1", 19302 } },
		{ "turn:turn.example", { AULA_ICE_URI_TURN_UDP, "turn.example", 3478 } },
		{ "turn:a-b_c.d:1?transport=udp", { AULA_ICE_URI_TURN_UDP, "a-b_c.d", 1 } },
		{ "turn:[2001:db8::1]?transport=TCP",
			{ AULA_ICE_URI_TURN_TCP, "2001:db8::1", 3478 } },
		{ "turns:turn.example", { AULA_ICE_URI_TURNS, "turn.example", 5349 } },
		{ "turns:[2001:db8::1]:443?transport=tcp",
			{ AULA_ICE_URI_TURNS, "2001:db8::1", 443 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_ice_uri uri;
		g_assert_cmpstr(aula_ice_uri_parse(cases[i].text, &uri), ==, NULL);
		g_assert_cmpint(uri.kind, ==, cases[i].uri.kind);
		g_assert_cmpstr(uri.host, ==, cases[i].uri.host);
		g_assert_cmpuint(uri.port, ==, cases[i].uri.port);
	}
}

static void
test_bad(void)
{
	g_autofree char *long_name = g_strnfill(254, 'a');
	g_autofree char *too_long = g_strconcat("stun:", long_name, NULL);
	const char *const cases[] = { "", "stun", "http://x", "stun:", "stun::1",
		"stun:x:", "stun:x:0", "stun:x:65536", "stun:x:1x", "stun:x y",
		"stun:x?transport=udp", "stun:2001:db8::1", "turn:[x", "turn:[x]",
		"turn:[2001:db8::1", "turn:x/y", "turn:user@x", "turn:x?transport=sctp",
		"turn:x?transport=", "turn:x?", "turn:x?a=b", "turns:x?transport=udp", "turn:x:1:2",
		too_long };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_ice_uri uri = { .port = 7 };
		const char *why = aula_ice_uri_parse(cases[i], &uri);
		if (why == NULL)
			g_error("accepted: %s", cases[i]);
		g_assert_true(g_str_has_prefix(why, "expected "));
		g_assert_cmpuint(uri.port, ==, 7);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/ice-uri/good", test_good);
	g_test_add_func("/wire/ice-uri/bad", test_bad);
	return g_test_run();
}
