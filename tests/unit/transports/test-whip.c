/* SPDX-License-Identifier: Apache-2.0 */
/* The pure parts of the WHIP module: headers, fragments, rates. */
#include <glib.h>
#include <string.h>

#include "whip/gate.h"
#include "whip/ice.h"
#include "whip/text.h"

static void
test_types(void)
{
	g_assert_true(text_is_type("application/sdp", "application/sdp"));
	g_assert_true(text_is_type(" Application/SDP ; charset=utf-8", "application/sdp"));
	g_assert_false(text_is_type(NULL, "application/sdp"));
	g_assert_false(text_is_type("application/sdpx", "application/sdp"));
	static const struct {
		const char *accept;
		bool fits;
	} rows[] = {
		{ NULL, true },
		{ "", true },
		{ "*/*", true },
		{ "application/*;q=0.1", true },
		{ "text/html, application/sdp", true },
		{ "text/html", false },
		{ "application/sdp;q=0", false },
		{ "application/sdp; q=0.000, text/plain", false },
		{ "text/*, application/json", false },
		{ "application/sdp;;;,,;q=", true },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(text_accepts(rows[i].accept, "application/sdp"), ==, rows[i].fits);
}

static void
test_authorization(void)
{
	g_assert_cmpstr(text_bearer("Bearer a.b.c"), ==, "a.b.c");
	g_assert_cmpstr(text_bearer("bearer   x"), ==, "x");
	static const char *const bad[] = { "", "Bearer", "Bearer ", "Basic eDp5", "Bearer a b",
		"Bearerx", "Bearer a,b" };
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_null(text_bearer(bad[i]));
	g_assert_null(text_bearer(NULL));
}

static void
test_matches(void)
{
	static const struct {
		const char *header;
		text_match match;
	} rows[] = {
		{ NULL, MATCH_NONE },
		{ " ", MATCH_NONE },
		{ "*", MATCH_ANY },
		{ "\"*\"", MATCH_ANY },
		{ "\"a\"", MATCH_THIS },
		{ "\"b\", \"a\"", MATCH_THIS },
		{ "W/\"a\"", MATCH_OTHER },
		{ "a", MATCH_OTHER },
		{ ",,,", MATCH_OTHER },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(text_matches(rows[i].header, "\"a\""), ==, rows[i].match);
}

static void
test_paths(void)
{
	static const struct {
		const char *path, *room, *rest;
	} rows[] = {
		{ "/1234", "1234", NULL },
		{ "/1234/", "1234", NULL },
		{ "/art/77", "art", "77" },
		{ "/art/77/", "art", "77" },
		{ "", NULL, NULL },
		{ "/", NULL, NULL },
		{ "//x", NULL, NULL },
		{ "/a/b/c", NULL, NULL },
		{ "art", NULL, NULL },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		char *room = NULL, *rest = NULL;
		g_assert_cmpint(text_path(rows[i].path, &room, &rest), ==, rows[i].room != NULL);
		g_assert_cmpstr(room, ==, rows[i].room);
		g_assert_cmpstr(rest, ==, rows[i].rest);
		free(room);
		free(rest);
	}
	g_assert_true(text_is_id("0123456789abcdef0123456789abcdef"));
	g_assert_false(text_is_id("0123456789ABCDEF0123456789abcdef"));
	g_assert_false(text_is_id("0123"));
	g_assert_false(text_is_id(NULL));
}

static void
test_names(void)
{
	static const struct {
		const char *text;
		json_type type;
	} rows[] = {
		{ "1234", JSON_INTEGER },
		{ "0", JSON_INTEGER },
		{ "007", JSON_STRING },
		{ "art", JSON_STRING },
		{ "99999999999999999999", JSON_STRING },
		{ "-5", JSON_STRING },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		json_t *key = text_key(rows[i].text);
		g_assert_cmpint(json_typeof(key), ==, rows[i].type);
		json_decref(key);
	}
	g_assert_null(text_key("\xff"));
	char *display = text_query("a=b&display=My%20cam+%2&x", "display");
	g_assert_cmpstr(display, ==, "My cam %2");
	free(display);
	char *bare = text_query("display&stage", "stage");
	g_assert_cmpstr(bare, ==, "");
	free(bare);
	json_t *words = text_words(",screen,,speaker-1,");
	g_assert_cmpuint(json_array_size(words), ==, 2);
	g_assert_cmpstr(json_string_value(json_array_get(words, 1)), ==, "speaker-1");
	json_decref(words);
	g_assert_null(text_query("displayed=1", "display"));
	g_assert_null(text_query("", "display"));
}

static void
test_fragments(void)
{
	static const char good[] = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
				   "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
				   "a=candidate:1 1 udp 1 192.0.2.1 61764 typ host\r\n"
				   "m=video 9 RTP/AVP 0\r\na=mid:v\r\n"
				   "a=candidate:2 1 udp 1 192.0.2.1 61765 typ host\n"
				   "a=end-of-candidates";
	struct ice_fragment fragment;
	const char *why;

	g_assert_true(ice_fragment_read(good, sizeof good - 1, &fragment, &why));
	g_assert_cmpstr(fragment.ufrag, ==, "EsAw");
	g_assert_cmpstr(fragment.pwd, ==, "P2uYro0UCOQ4zxjKXaWCBui1");
	g_assert_true(fragment.ended);
	g_assert_cmpuint(json_array_size(fragment.candidates), ==, 2);
	json_t *second = json_array_get(fragment.candidates, 1);
	g_assert_cmpstr(json_string_value(json_object_get(second, "sdpMid")), ==, "v");
	g_assert_cmpint(json_integer_value(json_object_get(second, "sdpMLineIndex")), ==, 1);
	g_assert_cmpstr(json_string_value(json_object_get(second, "candidate")), ==,
		"candidate:2 1 udp 1 192.0.2.1 61765 typ host");
	ice_fragment_clear(&fragment);

	static const char *const bad[] = { "", "\r\n", "x", "hello=1", "a=ice-ufrag:abcd",
		"a=ice-ufrag:a\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
		"a=ice-ufrag:abcd\r\na=ice-pwd:short", "m=audio 9 RTP/AVP 0\r\na=mid:0",
		"a=candidate:\xff" };
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		why = NULL;
		g_assert_false(ice_fragment_read(bad[i], strlen(bad[i]), &fragment, &why));
		g_assert_nonnull(why);
	}
	g_assert_false(ice_fragment_read("a=\0b", 4, &fragment, &why));
}

static void
test_many_candidates(void)
{
	GString *text = g_string_new(NULL);
	struct ice_fragment fragment;
	const char *why;

	for (int i = 0; i < 1000; i++)
		g_string_append_printf(text, "a=candidate:%d 1 udp 1 192.0.2.1 9 typ host\r\n", i);
	g_assert_true(ice_fragment_read(text->str, text->len, &fragment, &why));
	g_assert_cmpuint(json_array_size(fragment.candidates), ==, ICE_CANDIDATES_MOST);
	ice_fragment_clear(&fragment);
	g_string_free(text, TRUE);
}

static void
test_descriptions(void)
{
	static const char answer[] =
		"v=0\r\na=ice-lite\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
		"a=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecretsecret\r\na=mid:0\r\n"
		"a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n"
		"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n";
	char ufrag[3];

	char *fragment = ice_fragment_write(answer);
	g_assert_cmpstr(fragment, ==,
		"a=ice-lite\r\na=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecretsecret\r\n"
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
		"a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n");
	free(fragment);
	char *renewed = ice_renewed(answer, "efgh", "other");
	g_assert_cmpstr(renewed, ==,
		"v=0\r\na=ice-lite\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:efgh\r\n"
		"a=ice-pwd:other\r\na=mid:0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n");
	free(renewed);
	g_assert_false(ice_refuses(answer));
	g_assert_true(ice_refuses("v=0\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\n"));
	ice_value(answer, "ice-ufrag", ufrag, sizeof ufrag);
	g_assert_cmpstr(ufrag, ==, "ab");
	ice_value(answer, "nothing", ufrag, sizeof ufrag);
	g_assert_cmpstr(ufrag, ==, "");
}

static void
test_gate(void)
{
	struct gate *gate = gate_new(60);
	int64_t wait_s = 0, now_us = 1000000;

	for (int i = 0; i < 60; i++)
		g_assert_true(gate_pass(gate, "a", now_us, &wait_s));
	g_assert_false(gate_pass(gate, "a", now_us, &wait_s));
	g_assert_cmpint(wait_s, ==, 1 + 1);
	g_assert_true(gate_pass(gate, "b", now_us, &wait_s));
	g_assert_true(gate_pass(gate, "a", now_us + wait_s * 1000000, &wait_s));
	/* A day off is worth no more than what may be asked at once. */
	now_us += INT64_C(86400000000);
	for (int i = 0; i < 60; i++)
		g_assert_true(gate_pass(gate, "a", now_us, &wait_s));
	g_assert_false(gate_pass(gate, "a", now_us, &wait_s));
	gate_free(gate);
}

static void
test_addresses(void)
{
	char name[64], other[64];

	g_assert_false(gate_name("127.0.0.1", name));
	g_assert_false(gate_name("127.8.9.1", name));
	g_assert_false(gate_name("::1", name));
	g_assert_true(gate_name("192.0.2.7", name));
	g_assert_cmpstr(name, ==, "192.0.2.7");
	g_assert_true(gate_name("2001:db8:1:2:3:4:5:6", name));
	g_assert_true(gate_name("2001:db8:1:2:ffff::1", other));
	g_assert_cmpstr(name, ==, other);
	g_assert_true(gate_name("", name));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/transports/whip/types", test_types);
	g_test_add_func("/transports/whip/authorization", test_authorization);
	g_test_add_func("/transports/whip/matches", test_matches);
	g_test_add_func("/transports/whip/paths", test_paths);
	g_test_add_func("/transports/whip/names", test_names);
	g_test_add_func("/transports/whip/fragments", test_fragments);
	g_test_add_func("/transports/whip/many-candidates", test_many_candidates);
	g_test_add_func("/transports/whip/descriptions", test_descriptions);
	g_test_add_func("/transports/whip/gate", test_gate);
	g_test_add_func("/transports/whip/addresses", test_addresses);
	return g_test_run();
}
