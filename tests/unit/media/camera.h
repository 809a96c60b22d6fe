/* SPDX-License-Identifier: Apache-2.0 */
/** A camera for simulations: VP8 in one or three encodings with three temporal layers each, whose
 * packets are handed out one by one as a server gets them. */
#ifndef TESTS_UNIT_MEDIA_CAMERA_H
#define TESTS_UNIT_MEDIA_CAMERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/payload.h"

enum {
	CAMERA_ENCODINGS = 3,
	CAMERA_FRAME_US = 33000,
	CAMERA_PACKET_BYTES = 1100,
	CAMERA_REMEMBERED = 4096,         /* packets of an encoding; a power of two */
	CAMERA_KEYFRAME_AFTER_US = 80000, /* from the request to the frame */
};

/** A packet as it came to the server. */
typedef struct {
	uint64_t number;
	uint32_t timestamp;
	uint16_t bytes;
	bool marker;
	uint8_t encoding;
	aula_payload payload;
} camera_packet;

typedef struct {
	unsigned encodings; /* 1 or 3 */
	int64_t bps[CAMERA_ENCODINGS];
	camera_packet sent[CAMERA_ENCODINGS][CAMERA_REMEMBERED]; /* by number */
	uint64_t next[CAMERA_ENCODINGS];
	uint16_t picture[CAMERA_ENCODINGS];
	uint8_t tl0[CAMERA_ENCODINGS];
	uint64_t frame;
	int64_t keyframe_us[CAMERA_ENCODINGS]; /* when the asked one is made; 0: not asked */
} camera;

void camera_init(camera *c, unsigned encodings);
void camera_want_keyframe(camera *c, unsigned encoding, int64_t now_us);
/** The timestamp that the first frame of an encoding has. */
uint32_t camera_timestamp(unsigned encoding);
/** The next frame of each encoding. */
void camera_film(camera *c, int64_t now_us, void (*take)(void *data, const camera_packet *packet),
	void *data);

#endif
