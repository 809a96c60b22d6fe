/* SPDX-License-Identifier: Apache-2.0 */
#include "receiver.h"

#include <stdlib.h>
#include <string.h>

enum {
	REPORT_US = 1000000, /* as libwebrtc for pictures, and for sound alone */
	SOUND_REPORT_US = 5000000,
	FEEDBACK_US = 50000, /* what libwebrtc comes to at 1 Mbit/s */
	SAMPLES_MOST = 1 << 21,
	SYMBOLS = 7, /* a status vector chunk */
	TICK_US = 250,
	REFERENCE_US = 64000,
	NACK_MOST = 17,
	PICTURE_LEAST = 200, /* what is shorter is sound */
	RTCP_BYTES = 1400,
};

receiver_totals receiver_all;

static uint32_t
get(const uint8_t *at, int bytes)
{
	uint32_t value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static void
put(uint8_t *at, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static int64_t
report_us(void)
{
	return receiver_all.sound ? SOUND_REPORT_US : REPORT_US;
}

void
receiver_init(receiver *self, webrtc *client, uint32_t ssrc, uint8_t twcc_id, uint8_t rtx_pt,
	bool opens, unsigned loss_per_mille, int64_t now_us)
{
	*self = (receiver){ .client = client,
		.ssrc = ssrc,
		.twcc_id = twcc_id,
		.rtx_pt = rtx_pt,
		.opens = opens,
		.loss_per_mille = loss_per_mille,
		.report_due_us = now_us + ssrc % 1000 * report_us() / 1000,
		.feedback_due_us = now_us + ssrc % 50 * 1000 };
	if (twcc_id != 0)
		self->arrivals_us = calloc(RECEIVER_ARRIVALS, sizeof *self->arrivals_us);
	if (receiver_all.latencies_us == NULL)
		receiver_all.latencies_us = malloc(SAMPLES_MOST * sizeof(int32_t));
}

void
receiver_finish(receiver *self)
{
	free(self->arrivals_us);
	self->arrivals_us = NULL;
}

/* -- counting -- */

static void
send_rtcp(receiver *self, const uint8_t *rtcp, size_t length)
{
	uint8_t packet[RTCP_BYTES + 64];

	memcpy(packet, rtcp, length);
	webrtc_send(self->client, packet, length, true);
}

/* RFC 4585 section 6.2.1: the first missing, and 16 bits for those behind it. */
static void
ask_again(receiver *self, uint32_t ssrc, uint16_t first, unsigned count)
{
	uint8_t nack[16] = { 0x81, 205, 0, 3 };

	put(nack + 4, self->ssrc, 4);
	put(nack + 8, ssrc, 4);
	put(nack + 12, first, 2);
	put(nack + 14, (1u << (count - 1)) - 1, 2);
	send_rtcp(self, nack, sizeof nack);
}

static void
count(receiver *self, const uint8_t *packet)
{
	uint32_t ssrc = get(packet + 8, 4);
	uint16_t sequence = (uint16_t)get(packet + 2, 2);
	int i = 0;

	while (i < RECEIVER_STREAMS && self->streams[i].ssrc != ssrc && self->streams[i].ssrc != 0)
		i++;
	if (i == RECEIVER_STREAMS)
		return;
	receiver_stream *stream = &self->streams[i];
	if (stream->ssrc == 0)
		*stream = (receiver_stream){ .ssrc = ssrc, .highest = (uint16_t)(sequence - 1) };
	int16_t step = (int16_t)(sequence - stream->highest);
	stream->received++;
	if (step <= 0) {
		receiver_all.repaired++;
		return;
	}
	if (step > 1 && step <= NACK_MOST && self->loss_per_mille > 0)
		ask_again(self, ssrc, (uint16_t)(stream->highest + 1), (unsigned)step - 1);
	stream->expected += (uint64_t)step;
	stream->highest = sequence;
}

void
receiver_take(receiver *self)
{
	for (int i = 0; i < RECEIVER_STREAMS; i++) {
		receiver_stream *stream = &self->streams[i];
		receiver_all.received += stream->received;
		receiver_all.expected += stream->expected;
		stream->total_received += (uint32_t)stream->received;
		stream->total_expected += (uint32_t)stream->expected;
		stream->received = stream->expected = 0;
	}
}

void
receiver_forget_all(void)
{
	receiver_all = (receiver_totals){ .latencies_us = receiver_all.latencies_us,
		.sound = receiver_all.sound };
}

/* -- opening -- */

/* 0: nothing whose clock is looked at. */
static size_t
end_of_payload(const uint8_t *packet, size_t length)
{
	size_t padding = packet[0] & 0x20 ? packet[length - 1] : 0;

	return (padding + PICTURE_LEAST < length) != receiver_all.sound ? length - padding : 0;
}

static void
open_packet(receiver *self, uint8_t *packet, size_t length, int64_t now_us)
{
	int64_t sent_us, arrived_us = webrtc_arrived_us(self->client);

	if (!webrtc_unprotect(self->client, packet, &length, false)) {
		receiver_all.refused++;
		return;
	}
	receiver_all.opened++;
	size_t end = end_of_payload(packet, length);
	if (end == 0 || receiver_all.latency_count == SAMPLES_MOST)
		return;
	memcpy(&sent_us, packet + end - sizeof sent_us, sizeof sent_us);
	receiver_all.latencies_us[receiver_all.latency_count++] =
		(int32_t)((arrived_us != 0 ? arrived_us : now_us) - sent_us);
}

/* -- transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01) -- */

/* The number in a one-byte extension (RFC 8285); -1: none. */
static int
transport_number(const receiver *self, const uint8_t *packet, size_t length)
{
	size_t at = 12 + 4u * (packet[0] & 15);

	if (!(packet[0] & 0x10) || at + 4 > length || get(packet + at, 2) != 0xbede)
		return -1;
	size_t end = at + 4 + 4 * (size_t)get(packet + at + 2, 2);
	for (at += 4; end <= length && at + 2 < end;) {
		if (packet[at] == 0) {
			at++;
			continue;
		}
		if (packet[at] >> 4 == self->twcc_id)
			return (int)get(packet + at + 1, 2);
		at += 2u + (packet[at] & 15);
	}
	return -1;
}

static void
note_arrival(receiver *self, const uint8_t *packet, size_t length, int64_t now_us)
{
	int number = transport_number(self, packet, length);
	int64_t arrived_us = webrtc_arrived_us(self->client);

	if (number < 0)
		return;
	if (!self->started)
		self->first = self->next = (uint16_t)number;
	self->started = true;
	if ((uint16_t)(number - self->first) >= RECEIVER_ARRIVALS)
		return;
	self->arrivals_us[number % RECEIVER_ARRIVALS] = arrived_us != 0 ? arrived_us : now_us;
	if ((int16_t)(number - self->next) >= 0)
		self->next = (uint16_t)(number + 1);
}

/* The status of one packet: 0 not come, 1 a small step, 2 a large one. */
static unsigned
status_of(int64_t arrived_us, int64_t *last_us, uint8_t *deltas, size_t *used)
{
	if (arrived_us == 0)
		return 0;
	int64_t ticks = (arrived_us - *last_us) / TICK_US;
	*last_us += ticks * TICK_US;
	if (ticks >= 0 && ticks < 256) {
		deltas[(*used)++] = (uint8_t)ticks;
		return 1;
	}
	put(deltas + *used, (uint32_t)(uint16_t)(int16_t)ticks, 2);
	*used += 2;
	return 2;
}

static void
send_feedback(receiver *self)
{
	uint8_t rtcp[RTCP_BYTES] = { 0x80 | 15, 205 }, deltas[2 * RECEIVER_ARRIVALS];
	unsigned packets = (uint16_t)(self->next - self->first);
	size_t length = 20, used = 0;
	int64_t *first_us = &self->arrivals_us[self->first % RECEIVER_ARRIVALS];

	if (!self->started || packets == 0)
		return;
	for (unsigned i = 0; *first_us == 0 && i < packets; i++)
		first_us = &self->arrivals_us[(uint16_t)(self->first + i) % RECEIVER_ARRIVALS];
	int64_t last_us = *first_us / REFERENCE_US * REFERENCE_US;
	put(rtcp + 4, self->ssrc, 4);
	put(rtcp + 8, self->streams[0].ssrc, 4);
	put(rtcp + 12, self->first, 2);
	put(rtcp + 14, packets, 2);
	put(rtcp + 16, (uint32_t)(last_us / REFERENCE_US) & 0xffffff, 3);
	rtcp[19] = self->feedbacks++;
	for (unsigned i = 0; i < packets; length += 2) {
		unsigned chunk = 0xc000;
		for (unsigned k = 0; k < SYMBOLS && i < packets; k++, i++) {
			int64_t *at =
				&self->arrivals_us[(uint16_t)(self->first + i) % RECEIVER_ARRIVALS];
			chunk |= status_of(*at, &last_us, deltas, &used) << (12 - 2 * k);
			*at = 0;
		}
		put(rtcp + length, chunk, 2);
	}
	self->first = self->next;
	receiver_all.feedbacks++;
	if (length + used + 4 > sizeof rtcp)
		return;
	memcpy(rtcp + length, deltas, used);
	length = (length + used + 3) & ~(size_t)3;
	put(rtcp + 2, (uint32_t)(length / 4 - 1), 2);
	send_rtcp(self, rtcp, length);
}

/* -- reports -- */

static size_t
write_block(receiver_stream *stream, uint8_t *block)
{
	uint32_t received = stream->total_received + (uint32_t)stream->received;
	uint32_t expected = stream->total_expected + (uint32_t)stream->expected;
	uint32_t of = expected - stream->reported_expected;
	uint32_t came = received - stream->reported_received;
	uint32_t fraction = of > came ? (of - came) * 256 / of : 0;

	memset(block, 0, 24);
	put(block, stream->ssrc, 4);
	put(block + 4, fraction > 255 ? 255 : fraction, 1);
	put(block + 5, expected > received ? expected - received : 0, 3);
	put(block + 8, stream->highest, 4);
	stream->reported_received = received;
	stream->reported_expected = expected;
	return 24;
}

static void
send_report(receiver *self)
{
	uint8_t rtcp[8 + 24 * RECEIVER_STREAMS] = { 0x80, 201 };
	size_t length = 8;

	put(rtcp + 4, self->ssrc, 4);
	for (int i = 0; i < RECEIVER_STREAMS && self->streams[i].ssrc != 0; i++, rtcp[0]++)
		length += write_block(&self->streams[i], rtcp + length);
	put(rtcp + 2, (uint32_t)(length / 4 - 1), 2);
	send_rtcp(self, rtcp, length);
}

/* -- the way in -- */

void
receiver_rtp(receiver *self, uint8_t *packet, size_t length, int64_t now_us)
{
	if (self->loss_per_mille > 0 && (unsigned)rand() % 1000 < self->loss_per_mille)
		return;
	if (self->twcc_id != 0)
		note_arrival(self, packet, length, now_us);
	/* Nothing is lost where this is agreed on: it is the padding of a probe. */
	if (self->rtx_pt != 0 && (packet[1] & 0x7f) == self->rtx_pt)
		return;
	count(self, packet);
	if (self->opens)
		open_packet(self, packet, length, now_us);
}

void
receiver_tick(receiver *self, int64_t now_us)
{
	if (self->twcc_id != 0 && now_us >= self->feedback_due_us) {
		self->feedback_due_us = now_us + FEEDBACK_US;
		send_feedback(self);
	}
	if (now_us >= self->report_due_us) {
		self->report_due_us = now_us + report_us();
		send_report(self);
	}
}
