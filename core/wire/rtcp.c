/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/rtcp.h"

#include <string.h>

#include "wire/bytes.h"

enum {
	TYPE_SR = 200,
	TYPE_RR = 201,
	TYPE_SDES = 202,
	TYPE_BYE = 203,
	TYPE_APP = 204,
	TYPE_RTPFB = 205,
	TYPE_PSFB = 206,
	TYPE_XR = 207,
	SR_BYTES = 28,
	RR_BYTES = 8,
	REPORT_BYTES = 24,
	FEEDBACK_BYTES = 12,
	FIR_BYTES = 8,
	REMB_BYTES = 20,
	TRANSPORT_CC_BYTES = 20,
	SDES_END = 0,
	SDES_CNAME = 1,
};

/* The items of a packet whose fixed part is `fixed` bytes: `count` of `each` bytes. */
static aula_rtcp_kind
with_items(aula_rtcp *packet, aula_rtcp_kind kind, size_t fixed, size_t count, size_t each)
{
	if (packet->length < fixed || (packet->length - fixed) / each < count)
		return AULA_RTCP_BROKEN;
	packet->items = count;
	return kind;
}

/* As many items as there is room for. */
static aula_rtcp_kind
with_rest(aula_rtcp *packet, aula_rtcp_kind kind, size_t each)
{
	packet->items = (packet->length - FEEDBACK_BYTES) / each;
	return packet->items > 0 ? kind : AULA_RTCP_BROKEN;
}

static aula_rtcp_kind
remb_or_other(aula_rtcp *packet)
{
	if (packet->length < REMB_BYTES || memcmp(packet->data + FEEDBACK_BYTES, "REMB", 4))
		return AULA_RTCP_OTHER;
	return with_items(packet, AULA_RTCP_REMB, REMB_BYTES, packet->data[FEEDBACK_BYTES + 4], 4);
}

static aula_rtcp_kind
feedback_kind(aula_rtcp *packet)
{
	if (packet->length < FEEDBACK_BYTES)
		return AULA_RTCP_BROKEN;
	packet->media_ssrc = aula_get32(packet->data + 8);
	switch (packet->type << 8 | packet->count) {
	case TYPE_RTPFB << 8 | 1:
		return with_rest(packet, AULA_RTCP_NACK, 4);
	case TYPE_RTPFB << 8 | 15:
		return packet->length < TRANSPORT_CC_BYTES ? AULA_RTCP_BROKEN
							   : AULA_RTCP_TRANSPORT_CC;
	case TYPE_PSFB << 8 | 1:
		return AULA_RTCP_PLI;
	case TYPE_PSFB << 8 | 4:
		return with_rest(packet, AULA_RTCP_FIR, FIR_BYTES);
	case TYPE_PSFB << 8 | 15:
		return remb_or_other(packet);
	default:
		return AULA_RTCP_OTHER;
	}
}

static aula_rtcp_kind
kind_of(aula_rtcp *packet)
{
	if (packet->type == TYPE_SDES)
		return with_items(packet, AULA_RTCP_SDES, 4, packet->count, 4);
	if (packet->type == TYPE_BYE)
		return with_items(packet, AULA_RTCP_BYE, 4, packet->count, 4);
	if (packet->length < 8)
		return packet->type < TYPE_SR || packet->type > TYPE_XR ? AULA_RTCP_OTHER
									: AULA_RTCP_BROKEN;
	packet->ssrc = aula_get32(packet->data + 4);
	switch (packet->type) {
	case TYPE_SR:
		return with_items(packet, AULA_RTCP_SR, SR_BYTES, packet->count, REPORT_BYTES);
	case TYPE_RR:
		return with_items(packet, AULA_RTCP_RR, RR_BYTES, packet->count, REPORT_BYTES);
	case TYPE_APP:
		return packet->length < 12 ? AULA_RTCP_BROKEN : AULA_RTCP_APP;
	case TYPE_RTPFB:
	case TYPE_PSFB:
		return feedback_kind(packet);
	case TYPE_XR:
		return AULA_RTCP_XR;
	default:
		return AULA_RTCP_OTHER;
	}
}

aula_rtcp_reader
aula_rtcp_read(const uint8_t *data, size_t length)
{
	return (aula_rtcp_reader){ .data = data, .left = length };
}

bool
aula_rtcp_next(aula_rtcp_reader *reader, aula_rtcp *ret_packet)
{
	const uint8_t *data = reader->data;

	if (reader->left < 4 || data[0] >> 6 != 2)
		return false;
	size_t length = ((size_t)aula_get16(data + 2) + 1) * 4;
	if (length > reader->left)
		return false;
	*ret_packet = (aula_rtcp){
		.type = data[1], .count = data[0] & 31, .data = data, .length = length
	};
	reader->data += length;
	reader->left -= length;

	size_t padding = data[0] & 0x20 ? data[length - 1] : 0;
	bool padding_fits = padding <= length - 4 && !(data[0] & 0x20 && padding == 0);
	if (padding_fits)
		ret_packet->length -= padding;
	ret_packet->kind = padding_fits ? kind_of(ret_packet) : AULA_RTCP_BROKEN;
	if (ret_packet->kind == AULA_RTCP_BROKEN)
		ret_packet->items = 0;
	return true;
}

bool
aula_rtcp_read_sender(const aula_rtcp *packet, aula_rtcp_sender *ret_sender)
{
	if (packet->kind != AULA_RTCP_SR)
		return false;
	*ret_sender = (aula_rtcp_sender){
		.ssrc = packet->ssrc,
		.ntp = (uint64_t)aula_get32(packet->data + 8) << 32 | aula_get32(packet->data + 12),
		.rtp_timestamp = aula_get32(packet->data + 16),
		.packets = aula_get32(packet->data + 20),
		.octets = aula_get32(packet->data + 24),
	};
	return true;
}

bool
aula_rtcp_read_report(const aula_rtcp *packet, size_t index, aula_rtcp_report *ret_report)
{
	bool sr = packet->kind == AULA_RTCP_SR;

	if ((!sr && packet->kind != AULA_RTCP_RR) || index >= packet->items)
		return false;
	const uint8_t *at = packet->data + (sr ? SR_BYTES : RR_BYTES) + index * REPORT_BYTES;
	int32_t lost = (int32_t)aula_get24(at + 5);
	*ret_report = (aula_rtcp_report){
		.ssrc = aula_get32(at),
		.fraction_lost = at[4],
		.lost = lost & 0x800000 ? lost - 0x1000000 : lost,
		.highest_sequence = aula_get32(at + 8),
		.jitter = aula_get32(at + 12),
		.last_sr = aula_get32(at + 16),
		.delay_since_last_sr = aula_get32(at + 20),
	};
	return true;
}

/* The items of the chunk at `*at`; moves `*at` to the next chunk. False: it has no end. */
static bool
walk_chunk(const aula_rtcp *packet, size_t *at, const char **ret_cname, size_t *ret_length)
{
	size_t item = *at + 4;

	*ret_cname = NULL;
	while (item < packet->length && packet->data[item] != SDES_END) {
		if (item + 2 > packet->length || item + 2 + packet->data[item + 1] > packet->length)
			return false;
		if (packet->data[item] == SDES_CNAME && !*ret_cname) {
			*ret_cname = (const char *)packet->data + item + 2;
			*ret_length = packet->data[item + 1];
		}
		item += 2 + (size_t)packet->data[item + 1];
	}
	*at = (item / 4 + 1) * 4; /* one END at least, then up to the next word */
	return item < packet->length;
}

bool
aula_rtcp_read_cname(const aula_rtcp *packet, size_t index, uint32_t *ret_ssrc,
	const char **ret_cname, size_t *ret_length)
{
	if (packet->kind != AULA_RTCP_SDES || index >= packet->items)
		return false;
	for (size_t chunk = 0, at = 4; chunk <= index; chunk++) {
		const char *cname;
		size_t start = at, length = 0;

		if (at + 4 > packet->length || !walk_chunk(packet, &at, &cname, &length))
			return false;
		if (chunk == index && cname) {
			*ret_ssrc = aula_get32(packet->data + start);
			*ret_cname = cname;
			*ret_length = length;
			return true;
		}
	}
	return false;
}

bool
aula_rtcp_read_source(const aula_rtcp *packet, size_t index, uint32_t *ret_ssrc)
{
	if (index >= packet->items)
		return false;
	switch (packet->kind) {
	case AULA_RTCP_BYE:
		*ret_ssrc = aula_get32(packet->data + 4 + index * 4);
		return true;
	case AULA_RTCP_FIR:
		*ret_ssrc = aula_get32(packet->data + FEEDBACK_BYTES + index * FIR_BYTES);
		return true;
	case AULA_RTCP_REMB:
		*ret_ssrc = aula_get32(packet->data + REMB_BYTES + index * 4);
		return true;
	default:
		return false;
	}
}

bool
aula_rtcp_read_fir(const aula_rtcp *packet, size_t index, uint32_t *ret_ssrc, uint8_t *ret_number)
{
	if (packet->kind != AULA_RTCP_FIR || !aula_rtcp_read_source(packet, index, ret_ssrc))
		return false;
	*ret_number = packet->data[FEEDBACK_BYTES + index * FIR_BYTES + 4];
	return true;
}

bool
aula_rtcp_read_remb(const aula_rtcp *packet, int64_t *ret_bitrate_bps)
{
	if (packet->kind != AULA_RTCP_REMB)
		return false;
	uint32_t packed = aula_get24(packet->data + FEEDBACK_BYTES + 5);
	uint64_t mantissa = packed & 0x3ffff;
	unsigned exponent = packed >> 18;

	*ret_bitrate_bps = mantissa > (uint64_t)INT64_MAX >> exponent
				   ? INT64_MAX
				   : (int64_t)(mantissa << exponent);
	return true;
}

bool
aula_rtcp_read_nack(const aula_rtcp *packet, size_t *cursor, uint16_t *ret_sequence)
{
	if (packet->kind != AULA_RTCP_NACK)
		return false;
	/* Seventeen steps a pair: the PID, then the bits of the BLP. */
	for (; *cursor / 17 < packet->items; (*cursor)++) {
		const uint8_t *pair = packet->data + FEEDBACK_BYTES + *cursor / 17 * 4;
		unsigned step = *cursor % 17;

		if (step == 0 || aula_get16(pair + 2) >> (step - 1) & 1) {
			*ret_sequence = (uint16_t)(aula_get16(pair) + step);
			(*cursor)++;
			return true;
		}
	}
	return false;
}
