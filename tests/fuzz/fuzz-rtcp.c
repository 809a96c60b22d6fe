/* SPDX-License-Identifier: Apache-2.0 */
/* One compound packet. All that can be read is read, one item too far as well; what can be written
 * is written and read again. */
#include "fuzz.h"

#include <string.h>

#include "wire/rtcp.h"

static aula_rtcp
read_back(const aula_rtcp_writer *writer, aula_rtcp_kind kind)
{
	aula_rtcp_reader reader = aula_rtcp_read(writer->data, writer->length);
	aula_rtcp packet;

	HOLDS(aula_rtcp_next(&reader, &packet) && packet.kind == kind && reader.left == 0);
	return packet;
}

static void
check_reports(const aula_rtcp *packet)
{
	uint8_t bytes[1024];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	aula_rtcp_report reports[AULA_RTCP_REPORTS_MOST], report;
	aula_rtcp_sender sender;

	HOLDS(packet->items <= AULA_RTCP_REPORTS_MOST);
	for (size_t i = 0; i < packet->items; i++)
		HOLDS(aula_rtcp_read_report(packet, i, &reports[i]));
	HOLDS(!aula_rtcp_read_report(packet, packet->items, &report));
	if (packet->kind == AULA_RTCP_SR) {
		HOLDS(aula_rtcp_read_sender(packet, &sender));
		HOLDS(aula_rtcp_write_sr(&writer, &sender, reports, packet->items));
	} else {
		HOLDS(aula_rtcp_write_rr(&writer, packet->ssrc, reports, packet->items));
	}
	aula_rtcp again = read_back(&writer, packet->kind);
	HOLDS(again.ssrc == packet->ssrc && again.items == packet->items);
	HOLDS(again.length <= packet->length &&
		!memcmp(again.data + 4, packet->data + 4, again.length - 4));
}

static void
check_cnames(const aula_rtcp *packet)
{
	for (size_t i = 0; i <= packet->items; i++) {
		uint8_t bytes[512];
		aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
		uint32_t ssrc, ssrc_again;
		size_t length, length_again;
		const char *cname, *cname_again;
		char text[256] = "";

		if (!aula_rtcp_read_cname(packet, i, &ssrc, &cname, &length))
			continue;
		HOLDS(length < sizeof(text));
		memcpy(text, cname, length);
		HOLDS(aula_rtcp_write_sdes(&writer, ssrc, text));
		aula_rtcp again = read_back(&writer, AULA_RTCP_SDES);
		HOLDS(aula_rtcp_read_cname(&again, 0, &ssrc_again, &cname_again, &length_again));
		HOLDS(ssrc == ssrc_again && length_again == strlen(text));
		HOLDS(!memcmp(text, cname_again, length_again));
	}
}

static void
check_nack(const aula_rtcp *packet)
{
	uint8_t bytes[64];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	uint16_t lost[17], sequence;
	size_t cursor = 0, cursor_again = 0, count = 0, all = 0;

	while (aula_rtcp_read_nack(packet, &cursor, &sequence)) {
		if (cursor <= 17)
			lost[count++] = sequence;
		all++;
	}
	HOLDS(count > 0 && all >= packet->items && all <= packet->items * 17);
	HOLDS(aula_rtcp_write_nack(&writer, packet->ssrc, packet->media_ssrc, lost, count) ==
		count);
	aula_rtcp again = read_back(&writer, AULA_RTCP_NACK);
	HOLDS(again.items == 1 && again.media_ssrc == packet->media_ssrc);
	for (size_t i = 0; i < count; i++)
		HOLDS(aula_rtcp_read_nack(&again, &cursor_again, &sequence) && sequence == lost[i]);
	HOLDS(!aula_rtcp_read_nack(&again, &cursor_again, &sequence));
}

static void
check_remb(const aula_rtcp *packet)
{
	uint8_t bytes[64];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	int64_t bps, bps_again;

	HOLDS(aula_rtcp_read_remb(packet, &bps) && bps >= 0);
	HOLDS(aula_rtcp_write_remb(&writer, packet->ssrc, bps, NULL, 0));
	aula_rtcp again = read_back(&writer, AULA_RTCP_REMB);
	HOLDS(aula_rtcp_read_remb(&again, &bps_again));
	HOLDS(bps_again == bps || (bps == INT64_MAX && bps_again < bps));
}

static void
check_sources(const aula_rtcp *packet)
{
	uint32_t ssrc;
	uint8_t number;

	for (size_t i = 0; i < packet->items; i++) {
		HOLDS(aula_rtcp_read_source(packet, i, &ssrc));
		HOLDS(aula_rtcp_read_fir(packet, i, &ssrc, &number) ==
			(packet->kind == AULA_RTCP_FIR));
	}
	HOLDS(!aula_rtcp_read_source(packet, packet->items, &ssrc));
}

static void
check(const aula_rtcp *packet)
{
	switch (packet->kind) {
	case AULA_RTCP_SR:
	case AULA_RTCP_RR:
		check_reports(packet);
		break;
	case AULA_RTCP_SDES:
		check_cnames(packet);
		break;
	case AULA_RTCP_NACK:
		check_nack(packet);
		break;
	case AULA_RTCP_REMB:
		check_remb(packet);
		check_sources(packet);
		break;
	case AULA_RTCP_BYE:
	case AULA_RTCP_FIR:
		check_sources(packet);
		break;
	default:
		HOLDS(packet->items == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	aula_rtcp_reader reader = aula_rtcp_read(data, length);
	aula_rtcp packet;
	size_t walked = 0;

	while (aula_rtcp_next(&reader, &packet)) {
		HOLDS(packet.data == data + walked && packet.length <= length - walked);
		walked = length - reader.left;
		check(&packet);
	}
	HOLDS(walked + reader.left == length);
	return 0;
}
