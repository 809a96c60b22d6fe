/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/envelope.h"

#include <glib.h>
#include <string.h>

static void
test_checks(void)
{
	static const struct {
		const char *text;
		aula_error error;
		const char *field, *transaction;
	} cases[] = {
		{ "", AULA_ERROR_JSON, "", NULL },
		{ "nonsense", AULA_ERROR_JSON, "", NULL },
		{ "[]", AULA_ERROR_JSON, "", NULL },
		{ "1", AULA_ERROR_JSON, "", NULL },
		{ "{\"janus\":\"info\",\"janus\":\"ping\",\"transaction\":\"t\"}", AULA_ERROR_JSON,
			"", NULL },
		{ "{\"janus\":\"info\",\"transaction\":\"\xff\"}", AULA_ERROR_JSON, "", NULL },
		{ "{}", AULA_ERROR_MISSING, "transaction", NULL },
		{ "{\"transaction\":\"t\"}", AULA_ERROR_MISSING, "janus", "t" },
		{ "{\"transaction\":1,\"janus\":\"info\"}", AULA_ERROR_TYPE, "transaction", NULL },
		{ "{\"transaction\":\"t\",\"janus\":1}", AULA_ERROR_TYPE, "janus", "t" },
		{ "{\"transaction\":\"t\",\"janus\":null}", AULA_ERROR_TYPE, "janus", "t" },
		{ "{\"session_id\":\"1\",\"transaction\":\"t\"}", AULA_ERROR_TYPE, "session_id",
			"t" },
		{ "{\"session_id\":-1,\"transaction\":\"t\"}", AULA_ERROR_TYPE, "session_id", "t" },
		{ "{\"session_id\":1.5}", AULA_ERROR_TYPE, "session_id", NULL },
		{ "{\"handle_id\":{}}", AULA_ERROR_TYPE, "handle_id", NULL },
		{ "{\"transaction\":\"t\",\"janus\":\"info\"}", AULA_ERROR_NONE, "", "t" },
		{ "{\"transaction\":\"t\",\"janus\":\"Info\",\"session_id\":9007199254740992}",
			AULA_ERROR_NONE, "", "t" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_envelope envelope;
		aula_refusal refusal = { 0 };
		size_t used = 0;
		bool good = aula_envelope_open(
			cases[i].text, strlen(cases[i].text), &used, &envelope, &refusal);
		g_assert_cmpint(refusal.error, ==, cases[i].error);
		g_assert_true(good == (cases[i].error == AULA_ERROR_NONE));
		g_assert_cmpstr(refusal.field, ==, cases[i].field);
		g_assert_cmpstr(envelope.transaction, ==, cases[i].transaction);
		g_assert_cmpuint(used, ==, strlen(cases[i].text));
		aula_envelope_clear(&envelope);
	}
}

static void
test_several(void)
{
	static const char text[] = " {\"janus\":\"ping\",\"transaction\":\"1\"}"
				   "{\"janus\":\"ping\",\"transaction\":\"2\"} \n";
	size_t at = 0, used = 0;

	for (int i = 1; i <= 2; i++, at += used) {
		aula_envelope envelope;
		aula_refusal refusal;
		g_autofree char *expected = g_strdup_printf("%d", i);
		g_assert_true(aula_envelope_open(
			text + at, strlen(text + at), &used, &envelope, &refusal));
		g_assert_cmpstr(envelope.transaction, ==, expected);
		aula_envelope_clear(&envelope);
	}
	g_assert_true(aula_envelope_is_blank(text + at, strlen(text + at)));
	g_assert_false(aula_envelope_is_blank("\0", 1));
}

static void
test_depth(void)
{
	for (int depth = 1; depth <= 100000; depth = depth < 40 ? depth + 1 : depth * 2) {
		GString *text =
			g_string_new("{\"transaction\":\"t\",\"janus\":\"]}\\\"\",\"body\":");
		aula_envelope envelope;
		aula_refusal refusal;
		size_t used;
		for (int i = 1; i < depth; i++)
			g_string_append_c(text, '[');
		g_string_append(text, "1");
		for (int i = 1; i < depth; i++)
			g_string_append_c(text, ']');
		g_string_append_c(text, '}');
		g_assert_true(aula_envelope_open(text->str, text->len, &used, &envelope,
				      &refusal) == (depth <= AULA_JSON_DEPTH_MOST));
		aula_envelope_clear(&envelope);
		g_string_free(text, TRUE);
	}
}

static void
test_transaction_length(void)
{
	g_autofree char *most = g_strnfill(AULA_TRANSACTION_BYTES_MOST, 'x');
	g_autofree char *good =
		g_strdup_printf("{\"janus\":\"ping\",\"transaction\":\"%s\"}", most);
	g_autofree char *bad =
		g_strdup_printf("{\"janus\":\"ping\",\"transaction\":\"%sx\"}", most);
	aula_envelope envelope;
	aula_refusal refusal;
	size_t used;

	g_assert_true(aula_envelope_open(good, strlen(good), &used, &envelope, &refusal));
	aula_envelope_clear(&envelope);
	g_assert_false(aula_envelope_open(bad, strlen(bad), &used, &envelope, &refusal));
	g_assert_cmpint(refusal.error, ==, AULA_ERROR_TYPE);
	g_assert_null(envelope.transaction);
	aula_envelope_clear(&envelope);
}

static void
assert_json(json_t *json, const char *expected)
{
	g_autofree char *text = json_dumps(json, JSON_COMPACT);

	g_assert_cmpstr(text, ==, expected);
	json_decref(json);
}

static void
test_replies(void)
{
	aula_refusal refusal;

	assert_json(aula_envelope_reply("ack", 1, "t", 0),
		"{\"janus\":\"ack\",\"session_id\":1,\"transaction\":\"t\"}");
	assert_json(aula_envelope_reply("event", 1, NULL, 2),
		"{\"janus\":\"event\",\"session_id\":1,\"sender\":2}");
	assert_json(aula_envelope_reply("error", 0, NULL, 0), "{\"janus\":\"error\"}");
	g_assert_false(aula_refuse(&refusal, AULA_ERROR_SESSION, NULL, "No such session %d", 7));
	assert_json(aula_refusal_json(&refusal),
		"{\"code\":458,\"reason\":\"No such session 7\",\"word\":\"not-found\"}");
	g_assert_false(aula_refuse(&refusal, AULA_ERROR_FULL, "x", NULL));
	assert_json(aula_refusal_json(&refusal), "{\"code\":472,\"reason\":\"Currently not "
						 "accepting new sessions\",\"word\":\"full\","
						 "\"field\":\"x\"}");
}

/* A text may be long, but not of a hundred thousand values. */
static void
test_values(void)
{
	const unsigned counts[] = { AULA_JSON_VALUES_MOST - 100, AULA_JSON_VALUES_MOST + 100 };

	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		g_autoptr(GString) text =
			g_string_new("{\"janus\":\"ping\",\"transaction\":\"t\",\"s\":\"");
		for (unsigned k = 0; k < AULA_JSON_VALUES_MOST * 2; k++)
			g_string_append(text, ",[");
		g_string_append(text, "\",\"x\":[0");
		for (unsigned k = 0; k < counts[i]; k++)
			g_string_append(text, ",1");
		g_string_append(text, "]}");
		aula_envelope envelope;
		aula_refusal refusal = { 0 };
		size_t used;
		g_assert_cmpint(
			aula_envelope_open(text->str, text->len, &used, &envelope, &refusal), ==,
			i == 0);
		g_assert_cmpint(refusal.error, ==, i == 0 ? AULA_ERROR_NONE : AULA_ERROR_JSON);
		aula_envelope_clear(&envelope);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/signaling/envelope/values", test_values);
	g_test_add_func("/signaling/envelope/checks", test_checks);
	g_test_add_func("/signaling/envelope/several", test_several);
	g_test_add_func("/signaling/envelope/depth", test_depth);
	g_test_add_func("/signaling/envelope/transaction-length", test_transaction_length);
	g_test_add_func("/signaling/envelope/replies", test_replies);
	return g_test_run();
}
