/* SPDX-License-Identifier: Apache-2.0 */
#include "camera.h"

#include <string.h>

void
camera_init(camera *c, unsigned encodings)
{
	static const int64_t three[CAMERA_ENCODINGS] = { 150000, 500000, 1400000 };

	memset(c, 0, sizeof(*c));
	c->encodings = encodings;
	for (unsigned i = 0; i < encodings; i++) {
		c->bps[i] = encodings == 1 ? 1200000 : three[i];
		c->next[i] = 100000;
	}
}

void
camera_want_keyframe(camera *c, unsigned encoding, int64_t now_us)
{
	if (c->keyframe_us[encoding] == 0)
		c->keyframe_us[encoding] = now_us + CAMERA_KEYFRAME_AFTER_US;
}

uint32_t
camera_timestamp(unsigned encoding)
{
	return encoding * 1000003u;
}

static void
film_one(camera *c, uint8_t encoding, int64_t now_us,
	void (*take)(void *data, const camera_packet *packet), void *data)
{
	static const uint8_t pattern[] = { 0, 2, 1, 2 };
	uint8_t temporal = pattern[c->frame % 4];
	bool asked = c->keyframe_us[encoding] != 0 && now_us >= c->keyframe_us[encoding];
	bool key = c->frame == 0 || (asked && temporal == 0);
	size_t bytes = (size_t)(c->bps[encoding] / 8 * CAMERA_FRAME_US / 1000000) * (key ? 4 : 1);

	c->keyframe_us[encoding] = key ? 0 : c->keyframe_us[encoding];
	c->picture[encoding] = (c->picture[encoding] + 1) & 0x7fff;
	c->tl0[encoding] = (uint8_t)(c->tl0[encoding] + (temporal == 0));
	for (size_t sent = 0; sent < bytes; sent += CAMERA_PACKET_BYTES) {
		size_t left = bytes - sent;
		bool last = left <= CAMERA_PACKET_BYTES;
		camera_packet *packet = &c->sent[encoding][c->next[encoding] % CAMERA_REMEMBERED];

		*packet = (camera_packet){
			.number = c->next[encoding]++,
			.timestamp = (uint32_t)(camera_timestamp(encoding) + c->frame * 2970),
			.bytes = (uint16_t)((last ? left : CAMERA_PACKET_BYTES) + 40),
			.marker = last,
			.encoding = encoding,
			.payload = {
				.keyframe = key && sent == 0,
				.start = sent == 0,
				.end = last,
				.picture_id = c->picture[encoding],
				.picture_id_bits = 15,
				.tl0_picture_index = c->tl0[encoding],
				.temporal = (int8_t)temporal,
				.spatial = -1,
				.switch_up = c->frame % 4 == 1 || c->frame % 4 == 2,
			},
		};
		take(data, packet);
	}
}

void
camera_film(camera *c, int64_t now_us, void (*take)(void *data, const camera_packet *packet),
	void *data)
{
	for (uint8_t i = 0; i < c->encodings; i++)
		film_one(c, i, now_us, take, data);
	c->frame++;
}
