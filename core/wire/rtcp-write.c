/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/rtcp.h"

#include <string.h>

#include "wire/bytes.h"

enum {
	TYPE_SR = 200,
	TYPE_RR = 201,
	TYPE_SDES = 202,
	TYPE_BYE = 203,
	TYPE_RTPFB = 205,
	TYPE_PSFB = 206,
	FORMAT_NACK = 1,
	FORMAT_PLI = 1,
	FORMAT_FIR = 4,
	FORMAT_APPLICATION = 15,
	REPORT_BYTES = 24,
	FEEDBACK_BYTES = 12,
	PACKET_BYTES_MOST = 65536 * 4,
	TEXT_MOST = 255,
	BLP_BITS = 16,
};

aula_rtcp_writer
aula_rtcp_write(uint8_t *out, size_t size)
{
	return (aula_rtcp_writer){ .data = out, .size = size };
}

/* Room for a packet of `length` bytes, zeroed but for its header; NULL: there is none. */
static uint8_t *
begin(aula_rtcp_writer *writer, uint8_t type, size_t count, size_t length)
{
	size_t whole = (length + 3) / 4 * 4;

	if (whole > PACKET_BYTES_MOST || whole > writer->size - writer->length)
		return NULL;
	uint8_t *at = writer->data + writer->length;
	memset(at, 0, whole);
	at[0] = (uint8_t)(2 << 6 | count);
	at[1] = type;
	aula_put16(at + 2, (uint16_t)(whole / 4 - 1));
	writer->length += whole;
	return at;
}

static void
put_reports(uint8_t *at, const aula_rtcp_report *reports, size_t count)
{
	for (const aula_rtcp_report *report = reports; report < reports + count; report++) {
		int32_t lost = report->lost;

		lost = lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : lost;
		aula_put32(at, report->ssrc);
		at[4] = report->fraction_lost;
		aula_put24(at + 5, (uint32_t)lost & 0xffffff);
		aula_put32(at + 8, report->highest_sequence);
		aula_put32(at + 12, report->jitter);
		aula_put32(at + 16, report->last_sr);
		aula_put32(at + 20, report->delay_since_last_sr);
		at += REPORT_BYTES;
	}
}

bool
aula_rtcp_write_sr(aula_rtcp_writer *writer, const aula_rtcp_sender *sender,
	const aula_rtcp_report *reports, size_t count)
{
	uint8_t *at = count > AULA_RTCP_REPORTS_MOST
			      ? NULL
			      : begin(writer, TYPE_SR, count, 28 + count * REPORT_BYTES);

	if (!at)
		return false;
	aula_put32(at + 4, sender->ssrc);
	aula_put32(at + 8, (uint32_t)(sender->ntp >> 32));
	aula_put32(at + 12, (uint32_t)sender->ntp);
	aula_put32(at + 16, sender->rtp_timestamp);
	aula_put32(at + 20, sender->packets);
	aula_put32(at + 24, sender->octets);
	put_reports(at + 28, reports, count);
	return true;
}

bool
aula_rtcp_write_rr(
	aula_rtcp_writer *writer, uint32_t ssrc, const aula_rtcp_report *reports, size_t count)
{
	uint8_t *at = count > AULA_RTCP_REPORTS_MOST
			      ? NULL
			      : begin(writer, TYPE_RR, count, 8 + count * REPORT_BYTES);

	if (!at)
		return false;
	aula_put32(at + 4, ssrc);
	put_reports(at + 8, reports, count);
	return true;
}

bool
aula_rtcp_write_sdes(aula_rtcp_writer *writer, uint32_t ssrc, const char *cname)
{
	size_t length = strlen(cname);
	/* The list of items ends with at least one zero byte. */
	uint8_t *at = length > TEXT_MOST ? NULL : begin(writer, TYPE_SDES, 1, 10 + length + 1);

	if (!at)
		return false;
	aula_put32(at + 4, ssrc);
	at[8] = 1; /* CNAME */
	at[9] = (uint8_t)length;
	memcpy(at + 10, cname, length);
	return true;
}

bool
aula_rtcp_write_bye(
	aula_rtcp_writer *writer, const uint32_t *ssrcs, size_t count, const char *reason)
{
	size_t text = reason ? strlen(reason) : 0;
	uint8_t *at =
		count > AULA_RTCP_SOURCES_MOST || text > TEXT_MOST
			? NULL
			: begin(writer, TYPE_BYE, count, 4 + count * 4 + (text ? 1 + text : 0));

	if (!at)
		return false;
	at += 4;
	for (size_t i = 0; i < count; i++, at += 4)
		aula_put32(at, ssrcs[i]);
	if (text > 0) {
		*at = (uint8_t)text;
		memcpy(at + 1, reason, text);
	}
	return true;
}

static uint8_t *
begin_feedback(aula_rtcp_writer *writer, uint8_t type, uint8_t format, uint32_t ssrc,
	uint32_t media_ssrc, size_t more)
{
	uint8_t *at = begin(writer, type, format, FEEDBACK_BYTES + more);

	if (at) {
		aula_put32(at + 4, ssrc);
		aula_put32(at + 8, media_ssrc);
	}
	return at;
}

bool
aula_rtcp_write_pli(aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc)
{
	return begin_feedback(writer, TYPE_PSFB, FORMAT_PLI, ssrc, media_ssrc, 0) != NULL;
}

bool
aula_rtcp_write_fir(aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc, uint8_t number)
{
	/* RFC 5104 section 4.3.1.2: the media source of the header is 0. */
	uint8_t *at = begin_feedback(writer, TYPE_PSFB, FORMAT_FIR, ssrc, 0, 8);

	if (!at)
		return false;
	aula_put32(at + FEEDBACK_BYTES, media_ssrc);
	at[FEEDBACK_BYTES + 4] = number;
	return true;
}

/* One pair for the first of `sequences`; returns how many of them it names. */
static size_t
fill_pair(const uint16_t *sequences, size_t count, uint16_t *ret_mask)
{
	size_t named = 1;

	*ret_mask = 0;
	for (; named < count; named++) {
		uint16_t ahead = (uint16_t)(sequences[named] - sequences[0]);

		if (ahead > BLP_BITS)
			break;
		if (ahead > 0)
			*ret_mask |= (uint16_t)(1 << (ahead - 1));
	}
	return named;
}

size_t
aula_rtcp_write_nack(aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc,
	const uint16_t *sequences, size_t count)
{
	size_t room = writer->size - writer->length, pairs = 0, written = 0;
	uint8_t *packet = writer->data + writer->length;
	uint16_t mask;

	if (room > PACKET_BYTES_MOST)
		room = PACKET_BYTES_MOST;
	for (; written < count && FEEDBACK_BYTES + (pairs + 1) * 4 <= room; pairs++) {
		uint8_t *pair = packet + FEEDBACK_BYTES + pairs * 4;

		aula_put16(pair, sequences[written]);
		written += fill_pair(sequences + written, count - written, &mask);
		aula_put16(pair + 2, mask);
	}
	if (pairs == 0)
		return 0;
	packet[0] = 2 << 6 | FORMAT_NACK;
	packet[1] = TYPE_RTPFB;
	aula_put16(packet + 2, (uint16_t)(2 + pairs));
	aula_put32(packet + 4, ssrc);
	aula_put32(packet + 8, media_ssrc);
	writer->length += FEEDBACK_BYTES + pairs * 4;
	return written;
}

bool
aula_rtcp_write_remb(aula_rtcp_writer *writer, uint32_t ssrc, int64_t bitrate_bps,
	const uint32_t *ssrcs, size_t count)
{
	uint64_t mantissa = bitrate_bps < 0 ? 0 : (uint64_t)bitrate_bps;
	uint32_t exponent = 0;
	uint8_t *at = count > AULA_RTCP_REMB_SOURCES_MOST
			      ? NULL
			      : begin_feedback(writer, TYPE_PSFB, FORMAT_APPLICATION, ssrc, 0,
					8 + count * 4);

	if (!at)
		return false;
	for (; mantissa > 0x3ffff; exponent++)
		mantissa >>= 1;
	memcpy(at + FEEDBACK_BYTES, "REMB", 4);
	at[FEEDBACK_BYTES + 4] = (uint8_t)count;
	aula_put24(at + FEEDBACK_BYTES + 5, exponent << 18 | (uint32_t)mantissa);
	for (size_t i = 0; i < count; i++)
		aula_put32(at + FEEDBACK_BYTES + 8 + i * 4, ssrcs[i]);
	return true;
}
