/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/twcc.h"

#include <glib.h>

enum { MOST = 64 };

typedef struct {
	const char *what;
	uint8_t data[40];
	size_t length;
	uint16_t base, count;
	size_t arrivals; /* 0: malformed */
	aula_twcc_arrival expected[8];
} read_case;

// clang-format off
static const read_case cases[] = {
	{ "run of small", { 0xaf, 0xcd, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 10, 0, 3, 0, 0, 5, 0,
		0x20, 3, 4, 8, 12, 0, 0, 3 }, 28, 10, 3, 3,
		{ { 10, 321000 }, { 11, 323000 }, { 12, 326000 } } },
	{ "two-bit vector, large and negative", { 0xaf, 0xcd, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2,
		0, 0, 0, 7, 0, 0, 1, 1, 0xd9, 0, 0x10, 0xff, 0xf0, 8, 0, 2 }, 28, 0, 7, 3,
		{ { 0, 68000 }, { 1, 64000 }, { 2, 66000 } } },
	{ "one-bit vector over the end of numbers, before time began", { 0xaf, 0xcd, 0, 7,
		0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfa, 0, 14, 0xff, 0xff, 0xff, 7, 0xaa, 0xaa,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 3 }, 32, 65530, 14, 7,
		{ { 65530, -64000 }, { 65532, -64000 }, { 65534, -64000 }, { 0, -64000 },
		  { 2, -64000 }, { 4, -64000 }, { 6, -64000 } } },
	{ "thousands missing", { 0x8f, 0xcd, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0x20, 0,
		0, 0, 1, 2, 0x1f, 0xff, 0x20, 1, 9, 0, 0, 0 }, 28, 0, 8192, 1,
		{ { 8191, 66250 } } },
	{ "fewer times than statuses", { 0x8f, 0xcd, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 9,
		0, 0, 1, 3, 0x20, 9, 1, 1 }, 24, 0, 0, 0, { { 0, 0 } } },
	{ "fewer statuses than announced", { 0x8f, 0xcd, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2,
		0, 0, 0x3f, 0xff, 0, 0, 1, 3, 0x1f, 0xff, 0x1f, 0xff }, 24, 0, 0, 0, { { 0, 0 } } },
	{ "a run of none", { 0x8f, 0xcd, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 9,
		0, 0, 1, 3, 0, 0, 0, 0 }, 24, 0, 0, 0, { { 0, 0 } } },
	{ "reserved status", { 0x8f, 0xcd, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2,
		0, 0, 1, 3, 0x60, 2, 0, 0 }, 24, 0, 0, 0, { { 0, 0 } } },
	{ "no numbers", { 0x8f, 0xcd, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 3 }, 20,
		0, 0, 0, { { 0, 0 } } },
};
// clang-format on

static void
test_read(const void *data)
{
	const read_case *test = data;
	g_autofree uint8_t *bytes = g_memdup2(test->data, test->length);
	aula_rtcp_reader reader = aula_rtcp_read(bytes, test->length);
	aula_rtcp packet;
	aula_twcc_walk walk;
	aula_twcc_arrival arrival;

	g_assert_true(aula_rtcp_next(&reader, &packet));
	g_assert_cmpint(aula_twcc_read(&packet, &walk), ==, test->arrivals > 0);
	if (test->arrivals == 0)
		return;
	g_assert_cmpuint(walk.base, ==, test->base);
	g_assert_cmpuint(walk.count, ==, test->count);
	for (size_t i = 0; i < test->arrivals; i++) {
		g_assert_true(aula_twcc_next(&walk, &arrival));
		g_assert_cmpuint(arrival.sequence, ==, test->expected[i].sequence);
		g_assert_cmpint(arrival.at_us, ==, test->expected[i].at_us);
	}
	g_assert_false(aula_twcc_next(&walk, &arrival));
}

static void
test_not_feedback(void)
{
	uint8_t bytes[64];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	aula_rtcp packet;
	aula_twcc_walk walk;

	g_assert_true(aula_rtcp_write_pli(&writer, 1, 2));
	aula_rtcp_reader reader = aula_rtcp_read(bytes, writer.length);
	g_assert_true(aula_rtcp_next(&reader, &packet));
	g_assert_false(aula_twcc_read(&packet, &walk));
}

static size_t
write_and_read(const aula_twcc_arrival *arrivals, size_t count, size_t size)
{
	uint8_t *bytes = g_malloc(size);
	aula_rtcp_writer writer = aula_rtcp_write(bytes, size);
	uint16_t base = (uint16_t)(arrivals[0].sequence - 3);
	size_t told = aula_twcc_write(&writer, 7, 8, base, 9, arrivals, count);
	aula_rtcp packet;
	aula_twcc_walk walk;
	aula_twcc_arrival arrival;

	g_assert_cmpuint(writer.length % 4, ==, 0);
	g_assert_cmpint(told == 0, ==, writer.length == 0);
	if (told > 0) {
		aula_rtcp_reader reader = aula_rtcp_read(bytes, writer.length);
		g_assert_true(aula_rtcp_next(&reader, &packet));
		g_assert_cmpuint(packet.ssrc, ==, 7);
		g_assert_cmpuint(packet.media_ssrc, ==, 8);
		g_assert_true(aula_twcc_read(&packet, &walk));
		g_assert_cmpuint(walk.base, ==, base);
		g_assert_cmpuint(walk.number, ==, 9);
	}
	for (size_t i = 0; i < told; i++) {
		g_assert_true(aula_twcc_next(&walk, &arrival));
		g_assert_cmpuint(arrival.sequence, ==, arrivals[i].sequence);
		int64_t off_us = arrivals[i].at_us - arrival.at_us;
		g_assert_cmpint(off_us, >=, 0);
		g_assert_cmpint(off_us, <, AULA_TWCC_TICK_US);
	}
	if (told > 0)
		g_assert_false(aula_twcc_next(&walk, &arrival));
	g_free(bytes);
	return told;
}

/* What is written is read again, whatever is missing, late or far apart. */
static void
test_write(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(3);
	aula_twcc_arrival arrivals[MOST];

	for (int round = 0; round < 20000; round++) {
		int64_t at_us = g_rand_int_range(random, 1, 1 << 30);
		uint16_t sequence = (uint16_t)g_rand_int(random);
		int style = round % 4;

		for (size_t i = 0; i < MOST; i++) {
			arrivals[i] = (aula_twcc_arrival){ sequence, at_us };
			sequence +=
				(uint16_t)(1 + (style & 1 ? g_rand_int_range(random, 0, 12) : 0) +
					   (i == 20 && style == 3 ? 9000 : 0));
			at_us += g_rand_int_range(random, style & 2 ? -20000 : 0, 100000);
		}
		g_assert_cmpuint(write_and_read(arrivals, MOST, 1200), ==, MOST);
	}
}

static void
test_bounds(void)
{
	aula_twcc_arrival arrivals[MOST] = { { 5, 1000 }, { 6, 9500000 }, { 7, 9501000 } };

	/* Nine seconds apart: the first alone. */
	g_assert_cmpuint(write_and_read(arrivals, 3, 1200), ==, 1);
	for (size_t i = 0; i < MOST; i++)
		arrivals[i] = (aula_twcc_arrival){ (uint16_t)(65500 + i), 100000 * (int64_t)i };
	size_t before = 0;
	for (size_t size = 0; size < 240; size++) {
		size_t told = write_and_read(arrivals, MOST, size);
		g_assert_cmpuint(told, >=, before);
		before = told;
	}
	g_assert_cmpuint(before, ==, MOST);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/wire/twcc/read/%s", cases[i].what);
		g_test_add_data_func(path, &cases[i], test_read);
	}
	g_test_add_func("/wire/twcc/not-feedback", test_not_feedback);
	g_test_add_func("/wire/twcc/write", test_write);
	g_test_add_func("/wire/twcc/bounds", test_bounds);
	return g_test_run();
}
