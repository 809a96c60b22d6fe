/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a stranger may have us knock at, and the passwords that TURN servers believe. */
#include "peer/foreign.h"

#include <glib.h>
#include <string.h>

#include "peer/turn-rest.h"

static void
test_judge(void)
{
	static const struct {
		const char *text;
		aula_foreign plain, generous; /* without TCP and loopback; with */
	} cases[] = {
#define NO AULA_FOREIGN_USELESS
#define YES AULA_FOREIGN_ADDRESS
		{ "1 1 udp 1 192.0.2.1 5000 typ host", YES, YES },
		{ "1 1 udp 1 10.0.0.1 5000 typ host", YES, YES },
		{ "1 1 udp 1 2001:db8::1 5000 typ srflx", YES, YES },
		{ "1 1 udp 1 fd00::1 5000 typ relay", YES, YES },
		{ "1 2 udp 1 192.0.2.1 5001 typ host", NO, NO },
		{ "1 1 udp 1 192.0.2.1 0 typ host", NO, NO },
		{ "1 1 udp 1 127.0.0.1 5000 typ host", NO, YES },
		{ "1 1 udp 1 127.9.9.9 5000 typ host", NO, YES },
		{ "1 1 udp 1 ::1 5000 typ host", NO, YES },
		{ "1 1 udp 1 0.0.0.0 5000 typ host", NO, NO },
		{ "1 1 udp 1 :: 5000 typ host", NO, NO },
		{ "1 1 udp 1 169.254.169.254 80 typ host", NO, NO },
		{ "1 1 udp 1 fe80::1 5000 typ host", NO, NO },
		{ "1 1 udp 1 224.0.0.1 5000 typ host", NO, NO },
		{ "1 1 udp 1 255.255.255.255 5000 typ host", NO, NO },
		{ "1 1 udp 1 ff02::1 5000 typ host", NO, NO },
		{ "1 1 udp 1 ::ffff:127.0.0.1 5000 typ host", NO, NO },
		{ "1 1 udp 1 ::127.0.0.1 5000 typ host", NO, NO },
		{ "1 1 udp 1 0177.0.0.1 5000 typ host", NO, NO },
		{ "1 1 udp 1 2130706433 5000 typ host", NO, NO },
		{ "1 1 udp 1 a-b.local 5000 typ host", AULA_FOREIGN_NAME, AULA_FOREIGN_NAME },
		{ "1 1 udp 1 .local 5000 typ host", NO, NO },
		{ "1 1 udp 1 a.local.example 5000 typ host", NO, NO },
		{ "1 1 udp 1 localhost 5000 typ host", NO, NO },
		{ "1 1 tcp 1 192.0.2.1 9 typ host tcptype active", NO, YES },
		{ "1 1 tcp 1 192.0.2.1 22 typ host tcptype passive", NO, NO },
		{ "1 1 tcp 1 192.0.2.1 22 typ host tcptype so", NO, NO },
		{ "1 1 tcp 1 192.0.2.1 22 typ host", NO, NO },
		{ "1 1 tcp 1 a.local 9 typ host tcptype active", NO, NO },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_candidate candidate;
		if (!aula_candidate_parse(cases[i].text, strlen(cases[i].text), &candidate))
			g_error("no candidate: %s", cases[i].text);
		if (aula_foreign_judge(&candidate, false, false) != cases[i].plain ||
			aula_foreign_judge(&candidate, true, true) != cases[i].generous)
			g_error("judged wrongly: %s", cases[i].text);
	}
}

static void
test_turn_rest(void)
{
	g_autoptr(GBytes) secret = g_bytes_new_static("north", 5);
	g_autofree char *long_name = g_strnfill(1000, 'n');
	aula_turn_credentials made;

	aula_turn_rest_make(secret, "anna", 1700000000, &made);
	g_assert_cmpstr(made.user, ==, "1700000000:anna");
	/* printf 1700000000:anna | openssl dgst -sha1 -hmac north -binary | base64 */
	g_assert_cmpstr(made.password, ==, "WS1fjjHj2gNlXzhc/ZcwmC3ofIo=");
	aula_turn_rest_make(secret, "a:b c\n\"\xc3\xa4", 1, &made);
	g_assert_cmpstr(made.user, ==, "1:a_b_c____");
	aula_turn_rest_make(secret, long_name, 1, &made);
	g_assert_cmpuint(strlen(made.user), ==, 2 + 128);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peer/foreign/judge", test_judge);
	g_test_add_func("/peer/turn-rest/make", test_turn_rest);
	return g_test_run();
}
