/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/red.h"

#include <glib.h>

typedef struct {
	const char *name;
	uint8_t bytes[16];
	size_t length;
	size_t at, primary; /* where the primary block is; 0: malformed */
} red_case;

static const red_case cases[] = {
	{ "primary-only", { 111, 1, 2, 3 }, 4, 1, 3 },
	{ "one-older", { 0x80 | 111, 60, 0, 3, 111, 1, 2, 3, 4, 5 }, 10, 8, 2 },
	{ "two-older", { 0x80 | 111, 0, 0, 2, 0x80 | 111, 0, 0, 1, 111, 1, 2, 3, 4 }, 13, 12, 1 },
	{ "empty", { 0 }, 0, 0, 0 },
	{ "header-only", { 111 }, 1, 0, 0 },
	{ "cut-in-a-header", { 0x80 | 111, 0, 0 }, 3, 0, 0 },
	{ "headers-without-end", { 0x80, 0, 0, 0, 0x80, 0, 0, 0 }, 8, 0, 0 },
	{ "cut-in-an-older-block", { 0x80 | 111, 0, 0, 9, 111, 1, 2, 3 }, 8, 0, 0 },
	{ "no-primary", { 0x80 | 111, 0, 0, 3, 111, 1, 2, 3 }, 8, 0, 0 },
};

static void
test_primary(const void *data)
{
	const red_case *test = data;
	/* On the heap, so that a sanitizer sees a read beyond the end. */
	g_autofree uint8_t *bytes = g_memdup2(test->bytes, test->length);
	const uint8_t *primary = NULL;
	size_t length = 0;

	g_assert_cmpint(
		aula_red_primary(bytes, test->length, &primary, &length), ==, test->primary > 0);
	if (test->primary == 0)
		return;
	g_assert_true(primary == bytes + test->at);
	g_assert_cmpuint(length, ==, test->primary);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/wire/red/%s", cases[i].name);
		g_test_add_data_func(path, &cases[i], test_primary);
	}
	return g_test_run();
}
