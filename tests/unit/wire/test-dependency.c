/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dependency.h"

#include <glib.h>

// clang-format off
/* Two spatial and two temporal layers, two chains, resolutions: what encoders send as L2T2. */
static const uint8_t l2t2[] = {
	0xc0, 0x00, 0x01, 0x80, 0x03, 0x18, 0x7a, 0xaa, 0xf1, 0x30, 0xa0, 0xa0, 0x14, 0xd1, 0x41,
	0x38, 0x23, 0x04, 0x60, 0x08, 0x64, 0x22, 0x22, 0x26, 0x50, 0x13, 0xf0, 0x0b, 0x30, 0x27,
	0xf0, 0x16, 0x70,
};
/* L1T3, template ids from 60 on, of which only two decode targets are sent. */
static const uint8_t l1t3[] = {
	0xbc, 0xff, 0xff, 0xc7, 0x82, 0x14, 0xea, 0xa8, 0x60, 0x41, 0x4d, 0x14, 0x10, 0x20, 0x84,
	0x26, 0x60,
};

typedef struct {
	uint8_t data[12];
	size_t length;
	bool good, start, end;
	uint16_t number;
	uint8_t spatial, temporal, reference_count;
	uint16_t references[4];
	char roles[5];
} frame_case;

/* After the keyframe of L2T2. */
static const frame_case frames[] = {
	{ { 0xc1, 0, 5 }, 3, true, true, true, 5, 0, 0, 1, { 4 }, "SSRR" },
	{ { 0x82, 0, 7 }, 3, true, true, false, 7, 0, 1, 1, { 2 }, "-D-R" },
	{ { 0x43, 0, 2 }, 3, true, false, true, 2, 1, 0, 1, { 1 }, "--SS" },
	{ { 0xc4, 0, 6 }, 3, true, true, true, 6, 1, 0, 2, { 4, 1 }, "--SS" },
	{ { 0xc5, 0xff, 0xff }, 3, true, true, true, 65535, 1, 1, 2, { 2, 1 }, "---D" },
	{ { 0xc1, 0, 7, 0x39, 0x1a, 0x76, 0x38, 0x12, 0x10 }, 9, true, true, true, 7, 0, 0, 2,
		{ 4, 200 }, "-S-R" },
	{ { 0xc6, 0, 7 }, 3, false, false, false, 0, 0, 0, 0, { 0 }, "" },
	{ { 0xc1, 0 }, 2, false, false, false, 0, 0, 0, 0, { 0 }, "" },
	{ { 0xc1, 0, 7, 0x39, 0x1a, 0x76 }, 6, false, false, false, 0, 0, 0, 0, { 0 }, "" },
};
// clang-format on

static void
expect_roles(const aula_dependency_template *frame, const char *roles)
{
	for (unsigned i = 0; roles[i] != 0; i++)
		g_assert_cmpint("-DSR"[aula_dependency_role_in(frame, i)], ==, roles[i]);
}

static void
test_structure(void)
{
	g_autofree uint8_t *bytes = g_memdup2(l2t2, sizeof(l2t2));
	aula_dependency_structure structure = { 0 };
	aula_dependency read;

	g_assert_true(aula_dependency_read(bytes, sizeof(l2t2), &structure, &read));
	g_assert_true(read.structured && read.activates && read.start && read.end);
	g_assert_cmpuint(read.active, ==, 15);
	g_assert_cmpuint(read.frame.reference_count, ==, 0);
	expect_roles(&read.frame, "SSSS");
	g_assert_cmpuint(structure.template_count, ==, 6);
	g_assert_cmpuint(structure.target_count, ==, 4);
	g_assert_cmpuint(structure.chain_count, ==, 2);
	for (unsigned i = 0; i < 4; i++) {
		g_assert_cmpuint(structure.target_spatial[i], ==, i / 2);
		g_assert_cmpuint(structure.target_temporal[i], ==, i % 2);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
		const frame_case *test = &frames[i];
		g_autofree uint8_t *copy = g_memdup2(test->data, test->length);

		g_assert_cmpint(aula_dependency_read(copy, test->length, &structure, &read), ==,
			test->good);
		if (!test->good)
			continue;
		g_assert_cmpint(read.start, ==, test->start);
		g_assert_cmpint(read.end, ==, test->end);
		g_assert_cmpuint(read.frame_number, ==, test->number);
		g_assert_cmpuint(read.frame.spatial, ==, test->spatial);
		g_assert_cmpuint(read.frame.temporal, ==, test->temporal);
		g_assert_cmpuint(read.frame.reference_count, ==, test->reference_count);
		for (unsigned j = 0; j < test->reference_count; j++)
			g_assert_cmpuint(read.frame.references[j], ==, test->references[j]);
		expect_roles(&read.frame, test->roles);
	}
}

static void
test_offset_and_active(void)
{
	const uint8_t delta[] = { 0xfe, 0, 0 };
	aula_dependency_structure structure = { 0 };
	aula_dependency read;

	g_assert_true(aula_dependency_read(l1t3, sizeof(l1t3), &structure, &read));
	g_assert_cmpuint(read.frame_number, ==, 65535);
	g_assert_cmpuint(read.active, ==, 3);
	g_assert_true(aula_dependency_read(delta, sizeof(delta), &structure, &read));
	g_assert_false(read.structured || read.activates);
	g_assert_cmpuint(read.frame.temporal, ==, 1);
	expect_roles(&read.frame, "-DS");
}

/* Whatever is wrong with it, what was known stays. */
static void
test_cut(void)
{
	aula_dependency_structure structure = { 0 };
	aula_dependency read;

	g_assert_true(aula_dependency_read(l1t3, sizeof(l1t3), &structure, &read));
	for (size_t length = 4; length < sizeof(l2t2) - 1; length++) {
		g_autofree uint8_t *bytes = g_memdup2(l2t2, length);
		g_assert_false(aula_dependency_read(bytes, length, &structure, &read));
	}
	g_assert_cmpuint(structure.id_offset, ==, 60);
	g_assert_cmpuint(structure.target_count, ==, 3);
}

static void
test_without_structure(void)
{
	aula_dependency_structure structure = { 0 };
	aula_dependency read = { .frame_number = 77 };

	g_assert_false(aula_dependency_read(frames[0].data, 3, &structure, &read));
	g_assert_cmpuint(read.frame_number, ==, 77);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/dependency/structure", test_structure);
	g_test_add_func("/wire/dependency/offset-and-active", test_offset_and_active);
	g_test_add_func("/wire/dependency/cut", test_cut);
	g_test_add_func("/wire/dependency/without-structure", test_without_structure);
	return g_test_run();
}
