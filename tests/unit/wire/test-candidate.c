/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sdp.h"

#include <glib.h>
#include <string.h>

static void
test_good(void)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{ "candidate:869620961 1 udp 2122260223 127.0.0.1 45516 typ host generation 0 "
		  "network-id 1 network-cost 50",
			"candidate:869620961 1 udp 2122260223 127.0.0.1 45516 typ host" },
		{ "a=candidate:2 1 TCP 2105458943 127.0.0.1 9 typ host tcptype active",
			"candidate:2 1 tcp 2105458943 127.0.0.1 9 typ host tcptype active" },
		{ "1 2 UDP 1 2001:db8::1 65535 typ srflx raddr :: rport 0",
			"candidate:1 2 udp 1 2001:db8::1 65535 typ srflx raddr 0.0.0.0 rport 0" },
		{ "candidate:1 1 udp 2113937151 0b5a1b0c-9b3e-4d8e-8e33-0a6b4b0d3f21.local 1 typ "
		  "host",
			"candidate:1 1 udp 2113937151 0b5a1b0c-9b3e-4d8e-8e33-0a6b4b0d3f21.local 1 "
			"typ host" },
		{ "candidate:1 1 tcp 1 192.0.2.1 9 typ host",
			"candidate:1 1 tcp 1 192.0.2.1 9 typ host" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_candidate candidate;
		char text[256];

		g_assert_true(
			aula_candidate_parse(cases[i].text, strlen(cases[i].text), &candidate));
		g_assert_cmpint(aula_candidate_write(&candidate, text, sizeof(text)), ==,
			(int)strlen(cases[i].written));
		g_assert_cmpstr(text, ==, cases[i].written);
	}
}

static void
test_fields(void)
{
	static const char text[] = "candidate:abc 1 tcp 77 ::1 9000 typ host tcptype passive";
	aula_candidate candidate;

	g_assert_true(aula_candidate_parse(text, strlen(text), &candidate));
	g_assert_cmpstr(candidate.foundation, ==, "abc");
	g_assert_cmpuint(candidate.component, ==, 1);
	g_assert_true(candidate.tcp);
	g_assert_cmpstr(candidate.tcptype, ==, "passive");
	g_assert_cmpuint(candidate.priority, ==, 77);
	g_assert_cmpstr(candidate.address, ==, "::1");
	g_assert_cmpuint(candidate.port, ==, 9000);
	g_assert_cmpstr(candidate.type, ==, "host");
}

static void
test_bad(void)
{
	static const char *const cases[] = {
		"",
		"candidate:",
		"candidate:1 1 udp 1 192.0.2.1 1 typ",
		"candidate:1 1 udp 1 192.0.2.1 1 type host",
		"candidate:1 1 udp 1 192.0.2.1 65536 typ host",
		"candidate:1 1 udp 1 192.0.2.1 -1 typ host",
		"candidate:1 1 udp 4294967296 192.0.2.1 1 typ host",
		"candidate:1 0 udp 1 192.0.2.1 1 typ host",
		"candidate:1 999 udp 1 192.0.2.1 1 typ host",
		"candidate:1 1 sctp 1 192.0.2.1 1 typ host",
		"candidate:1 1 udp 1 192.0.2.1 1 typ other",
		"candidate:1 1 udp 1 <script> 1 typ host",
		"candidate:1 1 udp 1 192.0.2.1\r\n 1 typ host",
		"candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype wrong",
		"candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host",
		"candidate:1 1 udp 1 fe80::1%eth0 1 typ host",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_candidate candidate = { .port = 7 };

		g_assert_false(aula_candidate_parse(cases[i], strlen(cases[i]), &candidate));
		g_assert_cmpuint(candidate.port, ==, 7);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/candidate/good", test_good);
	g_test_add_func("/wire/candidate/fields", test_fields);
	g_test_add_func("/wire/candidate/bad", test_bad);
	return g_test_run();
}
