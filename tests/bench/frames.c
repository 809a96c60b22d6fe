/* SPDX-License-Identifier: Apache-2.0 */
#include "frames.h"

frames
frames_of(int64_t bps, bool unequal, uint32_t seed)
{
	return (frames){ .bps = bps, .unequal = unequal, .random = seed };
}

static uint32_t
random_below(frames *self, uint32_t limit)
{
	self->random = self->random * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(self->random >> 8) * limit >> 24);
}

/* As libwebrtc does: packets that differ by one byte at most, the longer ones last. */
static void
cut_equally(size_t bytes, frame *out)
{
	out->count = (bytes + FRAME_PAYLOAD_MOST - 1) / FRAME_PAYLOAD_MOST;
	size_t longer = bytes % out->count;
	for (size_t i = 0; i < out->count; i++)
		out->payloads[i] =
			(uint16_t)(bytes / out->count + (i >= out->count - longer ? 1 : 0));
}

static void
cut_anyhow(frames *self, size_t bytes, frame *out)
{
	for (out->count = 0; bytes > 0 && out->count < FRAME_PACKETS_MOST; out->count++) {
		size_t piece = 300 + random_below(self, FRAME_PAYLOAD_MOST - 300 + 1);
		if (piece > bytes)
			piece = bytes < FRAME_PAYLOAD_LEAST ? FRAME_PAYLOAD_LEAST : bytes;
		out->payloads[out->count] = (uint16_t)piece;
		bytes -= piece < bytes ? piece : bytes;
	}
}

void
frames_next(frames *self, bool keyframe, frame *ret_frame)
{
	static const uint8_t layers[] = { 0, 2, 1, 2 };
	static const int percents[] = { 150, 100, 75 }; /* of the average; together 400 in 4 */
	unsigned place = keyframe ? 0 : self->number++ % 4;
	uint8_t temporal = layers[place];
	int64_t percent = keyframe ? 400 : percents[temporal];
	int64_t average = self->bps / 8 / FRAMES_A_SECOND;
	size_t bytes = (size_t)(average * percent / 100 * (80 + random_below(self, 41)) / 100);

	if (bytes < FRAME_PAYLOAD_LEAST)
		bytes = FRAME_PAYLOAD_LEAST;
	if (bytes > (size_t)FRAME_PACKETS_MOST * FRAME_PAYLOAD_MOST)
		bytes = (size_t)FRAME_PACKETS_MOST * FRAME_PAYLOAD_MOST;
	ret_frame->temporal = self->flat ? 0 : temporal;
	ret_frame->sync = !self->flat && (place == 1 || place == 2);
	if (self->unequal)
		cut_anyhow(self, bytes, ret_frame);
	else
		cut_equally(bytes, ret_frame);
}
