/* SPDX-License-Identifier: Apache-2.0 */
#include "publisher.h"

#include <string.h>

#include "process.h"

enum {
	AUDIO_US = 20000,
	SILENCE_US = 400000,
	VIDEO_US = 1000000 / FRAMES_A_SECOND,
	OPUS_BYTES = 80,
	AUDIO_SSRC = 1111,
	VIDEO_SSRC = 2222,
	PACKET_BYTES = 1500,
	DESCRIPTOR_BYTES = 6,
};

const char *const publisher_rids[PUBLISHER_ENCODINGS] = { "h", "m", "l" };

void
publisher_init(publisher *self, webrtc *client, unsigned encodings, int64_t bps, bool unequal,
	bool flat, int64_t now_us)
{
	*self = (publisher){ .client = client,
		.encoding_count = encodings,
		.audio_ssrc = AUDIO_SSRC,
		.audio_due_us = now_us,
		.video_due_us = now_us + AUDIO_US / 3 };
	for (unsigned i = 0; i < encodings; i++, bps /= 3)
		self->encodings[i] = (publisher_encoding){ .ssrc = VIDEO_SSRC + i,
			.picture = (uint16_t)(100 * i),
			.keyframe = true,
			.sizes = frames_of(bps, unequal, 7 + i) };
	for (unsigned i = 0; i < encodings; i++)
		self->encodings[i].sizes.flat = flat;
}

static void
put(uint8_t *at, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static uint8_t *
put_element(uint8_t *at, int id, const void *data, size_t length)
{
	*at = (uint8_t)(id << 4 | (int)(length - 1));
	memcpy(at + 1, data, length);
	return at + 1 + length;
}

/* With the extensions that a browser sends; returns the header's length. */
static size_t
write_header(publisher *self, uint8_t *packet, int payload_type, bool marker, uint16_t sequence,
	uint32_t timestamp, uint32_t ssrc, const char *mid, const char *rid)
{
	uint8_t *start = packet + 16, *at = start, number[2];

	memset(packet, 0, 64);
	packet[0] = 0x90;
	packet[1] = (uint8_t)(payload_type | marker << 7);
	put(packet + 2, sequence, 2);
	put(packet + 4, timestamp, 4);
	put(packet + 8, ssrc, 4);
	put(number, self->transport_sequence++, 2);
	at = put_element(at, PUBLISHER_ID_TWCC, number, 2);
	at = put_element(at, PUBLISHER_ID_MID, mid, 1);
	if (rid != NULL)
		at = put_element(at, PUBLISHER_ID_RID, rid, 1);
	if (payload_type == PUBLISHER_OPUS)
		at = put_element(at, PUBLISHER_ID_LEVEL, (const uint8_t[]){ 0x80 | 30 }, 1);
	size_t words = (size_t)(at - start + 3) / 4;
	put(packet + 12, 0xbede0000 | (uint32_t)words, 4);
	return 16 + 4 * words;
}

/* The clock lies at the end of each payload, for whoever opens it. */
static void
write_clock(uint8_t *end)
{
	int64_t clock_us = process_now_us();

	memcpy(end - sizeof clock_us, &clock_us, sizeof clock_us);
}

static void
send_audio(publisher *self)
{
	uint8_t packet[PACKET_BYTES];
	size_t header = write_header(self, packet, PUBLISHER_OPUS, false, self->audio_sequence++,
		self->audio_timestamp, self->audio_ssrc, "0", NULL);

	memset(packet + header, 0x5a, OPUS_BYTES);
	packet[header] = 0x78;
	write_clock(packet + header + OPUS_BYTES);
	webrtc_send(self->client, packet, header + OPUS_BYTES, false);
	self->audio_timestamp += 48 * (self->quiet ? SILENCE_US : AUDIO_US) / 1000;
	self->sent++;
}

/* The payload descriptor that libwebrtc writes for temporal layers, and the start of a frame. */
static void
write_vp8(
	const publisher_encoding *encoding, bool first, bool key, const frame *of, uint8_t *payload)
{
	static const uint8_t start[] = { 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0,
		0x02 };

	payload[0] = (uint8_t)(0x80 | (of->temporal == 2 ? 0x20 : 0) | (first ? 0x10 : 0));
	payload[1] = 0xf0;
	put(payload + 2, 0x8000u | (encoding->picture & 0x7fff), 2);
	payload[4] = encoding->tl0;
	payload[5] = (uint8_t)(of->temporal << 6 | (of->sync ? 0x20 : 0));
	if (first && key)
		memcpy(payload + DESCRIPTOR_BYTES, start, sizeof start);
	else if (first)
		payload[DESCRIPTOR_BYTES] = 0x11; /* not a key frame */
}

static void
send_frame(publisher *self, publisher_encoding *encoding, const char *rid)
{
	uint8_t packet[PACKET_BYTES];
	bool key = encoding->keyframe;
	frame next;

	frames_next(&encoding->sizes, key, &next);
	encoding->picture++;
	encoding->tl0 += next.temporal == 0;
	for (size_t i = 0; i < next.count; i++) {
		size_t header = write_header(self, packet, PUBLISHER_VP8, i + 1 == next.count,
			encoding->sequence++, encoding->timestamp, encoding->ssrc, "1", rid);
		size_t length = next.payloads[i];
		memset(packet + header, 0x5a, length);
		write_vp8(encoding, i == 0, key, &next, packet + header);
		write_clock(packet + header + length);
		webrtc_send(self->client, packet, header + length, false);
		self->sent++;
	}
	encoding->timestamp += 90000 / FRAMES_A_SECOND;
	self->keyframes += key;
	encoding->keyframe = false;
}

void
publisher_tick(publisher *self, int64_t now_us)
{
	int64_t step_us = self->quiet ? SILENCE_US : AUDIO_US;

	for (; self->audio_due_us <= now_us; self->audio_due_us += step_us) {
		if (now_us - self->audio_due_us > self->latest_us)
			self->latest_us = now_us - self->audio_due_us;
		send_audio(self);
	}
	for (; self->video_due_us <= now_us && !self->dark; self->video_due_us += VIDEO_US)
		for (unsigned i = self->encoding_count; i-- > 0;)
			send_frame(self, &self->encodings[i],
				self->encoding_count > 1 ? publisher_rids[i] : NULL);
}

static void
want_keyframe(publisher *self, const uint8_t *ssrc)
{
	uint32_t wanted = (uint32_t)ssrc[0] << 24 | (uint32_t)ssrc[1] << 16 |
			  (uint32_t)ssrc[2] << 8 | ssrc[3];

	for (unsigned i = 0; i < self->encoding_count; i++)
		if (self->encodings[i].ssrc == wanted)
			self->encodings[i].keyframe = true;
}

/* PLI (RFC 4585 section 6.3.1) and FIR (RFC 5104 section 4.3.1) */
void
publisher_feedback(publisher *self, const uint8_t *rtcp, size_t length)
{
	for (size_t at = 0; at + 12 <= length;
		at += 4u * ((size_t)(rtcp[at + 2] << 8 | rtcp[at + 3]) + 1)) {
		int format = rtcp[at] & 31;
		if (rtcp[at + 1] == 206 && format == 1)
			want_keyframe(self, rtcp + at + 8);
		else if (rtcp[at + 1] == 206 && format == 4 && at + 16 <= length)
			want_keyframe(self, rtcp + at + 12);
	}
}
