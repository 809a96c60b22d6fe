/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/rtcp.h"

#include <glib.h>
#include <string.h>

static uint8_t bytes[4096];

static aula_rtcp
only(const aula_rtcp_writer *writer)
{
	aula_rtcp_reader reader = aula_rtcp_read(writer->data, writer->length);
	aula_rtcp packet;

	g_assert_true(aula_rtcp_next(&reader, &packet));
	g_assert_cmpuint(reader.left, ==, 0);
	return packet;
}

static void
test_compound(void)
{
	static const aula_rtcp_kind kinds[] = { AULA_RTCP_SR, AULA_RTCP_SDES, AULA_RTCP_NACK,
		AULA_RTCP_PLI, AULA_RTCP_FIR, AULA_RTCP_REMB, AULA_RTCP_BYE };
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	aula_rtcp_sender sender = { .ssrc = 1 };
	uint32_t ssrcs[] = { 1, 2 };
	uint16_t lost[] = { 7 };
	aula_rtcp packet;

	g_assert_true(aula_rtcp_write_sr(&writer, &sender, NULL, 0));
	g_assert_true(aula_rtcp_write_sdes(&writer, 1, "cname"));
	g_assert_cmpuint(aula_rtcp_write_nack(&writer, 1, 2, lost, 1), ==, 1);
	g_assert_true(aula_rtcp_write_pli(&writer, 1, 2));
	g_assert_true(aula_rtcp_write_fir(&writer, 1, 2, 3));
	g_assert_true(aula_rtcp_write_remb(&writer, 1, 1000, ssrcs, 2));
	g_assert_true(aula_rtcp_write_bye(&writer, ssrcs, 2, "gone"));
	aula_rtcp_reader reader = aula_rtcp_read(bytes, writer.length);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_assert_true(aula_rtcp_next(&reader, &packet));
		g_assert_cmpint(packet.kind, ==, kinds[i]);
	}
	g_assert_false(aula_rtcp_next(&reader, &packet));
	g_assert_cmpuint(reader.left, ==, 0);
}

static void
test_reports(void)
{
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	aula_rtcp_sender sender = { .ssrc = 0xabcdef01,
		.ntp = 0xe123456789abcdef,
		.rtp_timestamp = 90000,
		.packets = 5,
		.octets = 6000 },
			 sender_again;
	aula_rtcp_report reports[2] = {
		{ .ssrc = 9,
			.fraction_lost = 255,
			.lost = -3,
			.highest_sequence = 0x1ffff,
			.jitter = 4,
			.last_sr = 0x456789ab,
			.delay_since_last_sr = 65536 },
		{ .ssrc = 10, .lost = 0x7fffffff },
	};
	aula_rtcp_report again;

	g_assert_true(aula_rtcp_write_sr(&writer, &sender, reports, 2));
	aula_rtcp packet = only(&writer);
	g_assert_cmpuint(packet.items, ==, 2);
	g_assert_true(aula_rtcp_read_sender(&packet, &sender_again));
	g_assert_cmphex(sender_again.ssrc, ==, sender.ssrc);
	g_assert_cmphex(sender_again.ntp, ==, sender.ntp);
	g_assert_cmpuint(sender_again.rtp_timestamp, ==, sender.rtp_timestamp);
	g_assert_cmpuint(sender_again.packets, ==, sender.packets);
	g_assert_cmpuint(sender_again.octets, ==, sender.octets);
	g_assert_true(aula_rtcp_read_report(&packet, 0, &again));
	g_assert_cmpuint(again.ssrc, ==, 9);
	g_assert_cmpint(again.lost, ==, -3);
	g_assert_cmpuint(again.fraction_lost, ==, 255);
	g_assert_cmphex(again.highest_sequence, ==, 0x1ffff);
	g_assert_cmphex(again.last_sr, ==, 0x456789ab);
	g_assert_cmpuint(again.delay_since_last_sr, ==, 65536);
	g_assert_true(aula_rtcp_read_report(&packet, 1, &again));
	g_assert_cmpint(again.lost, ==, 0x7fffff); /* as far as 24 bits go */
	g_assert_false(aula_rtcp_read_report(&packet, 2, &again));
}

static void
test_no_room(void)
{
	aula_rtcp_report reports[32] = { 0 };
	uint32_t ssrcs[256] = { 0 };
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	g_autofree char *long_name = g_strnfill(256, 'x');

	g_assert_false(aula_rtcp_write_rr(&writer, 1, reports, 32));
	g_assert_false(aula_rtcp_write_bye(&writer, ssrcs, 32, NULL));
	g_assert_false(aula_rtcp_write_remb(&writer, 1, 1, ssrcs, 256));
	g_assert_false(aula_rtcp_write_sdes(&writer, 1, long_name));
	g_assert_cmpuint(writer.length, ==, 0);
	g_assert_true(aula_rtcp_write_rr(&writer, 1, reports, 31));
	g_assert_true(aula_rtcp_write_remb(&writer, 1, 1, ssrcs, 255));

	writer = aula_rtcp_write(bytes, 15);
	g_assert_true(aula_rtcp_write_pli(&writer, 1, 2));
	g_assert_false(aula_rtcp_write_pli(&writer, 1, 2));
	g_assert_cmpuint(writer.length, ==, 12);
	writer = aula_rtcp_write(bytes, 11);
	g_assert_cmpuint(aula_rtcp_write_nack(&writer, 1, 2, (uint16_t[]){ 1 }, 1), ==, 0);
	g_assert_cmpuint(writer.length, ==, 0);
}

static void
test_nack(void)
{
	static const struct {
		uint16_t lost[8];
		size_t count, pairs;
	} cases[] = {
		{ { 5 }, 1, 1 },
		{ { 5, 6, 21 }, 3, 1 },
		{ { 5, 22 }, 2, 2 },
		{ { 65530, 65535, 0, 10, 11 }, 5, 2 },
		{ { 1, 100, 200, 300, 400, 500, 600, 700 }, 8, 8 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
		size_t cursor = 0;
		uint16_t sequence;

		g_assert_cmpuint(aula_rtcp_write_nack(&writer, 1, 2, cases[i].lost, cases[i].count),
			==, cases[i].count);
		aula_rtcp packet = only(&writer);
		g_assert_cmpuint(packet.items, ==, cases[i].pairs);
		g_assert_cmpuint(packet.media_ssrc, ==, 2);
		for (size_t k = 0; k < cases[i].count; k++) {
			g_assert_true(aula_rtcp_read_nack(&packet, &cursor, &sequence));
			g_assert_cmpuint(sequence, ==, cases[i].lost[k]);
		}
		g_assert_false(aula_rtcp_read_nack(&packet, &cursor, &sequence));
	}
}

static void
test_nack_cut(void)
{
	uint16_t lost[] = { 1, 2, 100, 101, 200 };
	aula_rtcp_writer writer = aula_rtcp_write(bytes, 12 + 2 * 4 + 3);

	g_assert_cmpuint(aula_rtcp_write_nack(&writer, 1, 2, lost, 5), ==, 4);
	g_assert_cmpuint(only(&writer).items, ==, 2);
	g_assert_cmpuint(aula_rtcp_write_nack(&writer, 1, 2, lost + 4, 1), ==, 0);
	g_assert_cmpuint(aula_rtcp_write_nack(&writer, 1, 2, lost, 0), ==, 0);
	g_assert_cmpuint(writer.length, ==, 20);
}

static void
test_remb(void)
{
	static const struct {
		int64_t bps, read;
	} cases[] = {
		{ 0, 0 },
		{ 262143, 262143 },
		{ 262145, 262144 },
		{ 2000000, 2000000 },
		{ -5, 0 },
		{ INT64_MAX, (int64_t)0x3ffff << 45 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
		int64_t bps;
		uint32_t ssrc;

		g_assert_true(
			aula_rtcp_write_remb(&writer, 1, cases[i].bps, (uint32_t[]){ 77, 78 }, 2));
		aula_rtcp packet = only(&writer);
		g_assert_true(aula_rtcp_read_remb(&packet, &bps));
		g_assert_cmpint(bps, ==, cases[i].read);
		g_assert_true(aula_rtcp_read_source(&packet, 1, &ssrc));
		g_assert_cmpuint(ssrc, ==, 78);
	}
}

static void
test_names_and_commands(void)
{
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	uint32_t ssrc;
	uint8_t number;
	const char *cname;
	size_t length;

	/* Every length modulo a word: the list always ends with a zero. */
	for (size_t size = 0; size < 9; size++) {
		g_autofree char *name = g_strnfill(size, 'n');

		writer.length = 0;
		g_assert_true(aula_rtcp_write_sdes(&writer, 3, name));
		aula_rtcp sdes = only(&writer);
		g_assert_true(aula_rtcp_read_cname(&sdes, 0, &ssrc, &cname, &length));
		g_assert_cmpuint(ssrc, ==, 3);
		g_assert_cmpmem(cname, length, name, size);
		g_assert_false(aula_rtcp_read_cname(&sdes, 1, &ssrc, &cname, &length));
	}
	writer.length = 0;
	g_assert_true(aula_rtcp_write_fir(&writer, 1, 2, 200));
	aula_rtcp fir = only(&writer);
	g_assert_cmpuint(fir.media_ssrc, ==, 0); /* RFC 5104 section 4.3.1.2 */
	g_assert_true(aula_rtcp_read_fir(&fir, 0, &ssrc, &number));
	g_assert_cmpuint(ssrc, ==, 2);
	g_assert_cmpuint(number, ==, 200);
	g_assert_false(aula_rtcp_read_fir(&fir, 1, &ssrc, &number));
}

static void
test_second_chunk(void)
{
	static const uint8_t sdes[] = { 0x82, 202, 0, 6, 0, 0, 0, 1, 2, 3, 'a', 'b', 'c', 0, 0, 0,
		0, 0, 0, 2, 1, 2, 'x', 'y', 0, 0, 0, 0 };
	aula_rtcp_reader reader = aula_rtcp_read(sdes, sizeof(sdes));
	aula_rtcp packet;
	uint32_t ssrc;
	const char *cname;
	size_t length;

	g_assert_true(aula_rtcp_next(&reader, &packet));
	g_assert_false(aula_rtcp_read_cname(&packet, 0, &ssrc, &cname, &length));
	g_assert_true(aula_rtcp_read_cname(&packet, 1, &ssrc, &cname, &length));
	g_assert_cmpuint(ssrc, ==, 2);
	g_assert_cmpmem(cname, length, "xy", 2);
}

static void
test_odd_packets(void)
{
	static const struct {
		uint8_t data[24];
		size_t length;
		aula_rtcp_kind kind;
	} cases[] = {
		{ { 0x80, 207, 0, 1, 0, 0, 0, 1 }, 8, AULA_RTCP_XR },
		{ { 0x80, 204, 0, 2, 0, 0, 0, 1, 'n', 'a', 'm', 'e' }, 12, AULA_RTCP_APP },
		{ { 0x80, 209, 0, 0 }, 4, AULA_RTCP_OTHER },
		{ { 0x83, 205, 0, 2 }, 12, AULA_RTCP_OTHER }, /* TMMBR */
		{ { 0x8f, 206, 0, 2 }, 12, AULA_RTCP_OTHER }, /* application, not REMB */
		{ { 0x8f, 205, 0, 4 }, 20, AULA_RTCP_TRANSPORT_CC },
		{ { 0x81, 205, 0, 2 }, 12, AULA_RTCP_BROKEN }, /* NACK of nothing */
		{ { 0x81, 206, 0, 1 }, 8, AULA_RTCP_BROKEN },
		{ { 0x81, 201, 0, 1 }, 8, AULA_RTCP_BROKEN },
		{ { 0x80, 200, 0, 1 }, 8, AULA_RTCP_BROKEN },
		{ { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4 }, 12, AULA_RTCP_RR },
		{ { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 12 }, 12, AULA_RTCP_BROKEN },
		{ { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0 }, 12, AULA_RTCP_BROKEN },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_rtcp_reader reader = aula_rtcp_read(cases[i].data, cases[i].length);
		aula_rtcp packet;

		g_assert_true(aula_rtcp_next(&reader, &packet));
		g_assert_cmpint(packet.kind, ==, cases[i].kind);
		g_assert_cmpuint(reader.left, ==, 0);
		reader = aula_rtcp_read(cases[i].data, cases[i].length - 1);
		g_assert_false(aula_rtcp_next(&reader, &packet));
		g_assert_cmpuint(reader.left, ==, cases[i].length - 1);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/rtcp/compound", test_compound);
	g_test_add_func("/wire/rtcp/reports", test_reports);
	g_test_add_func("/wire/rtcp/no-room", test_no_room);
	g_test_add_func("/wire/rtcp/nack", test_nack);
	g_test_add_func("/wire/rtcp/nack-cut", test_nack_cut);
	g_test_add_func("/wire/rtcp/remb", test_remb);
	g_test_add_func("/wire/rtcp/names-and-commands", test_names_and_commands);
	g_test_add_func("/wire/rtcp/second-chunk", test_second_chunk);
	g_test_add_func("/wire/rtcp/odd-packets", test_odd_packets);
	return g_test_run();
}
