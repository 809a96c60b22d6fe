/* SPDX-License-Identifier: Apache-2.0 */
/** A camera and a microphone: VP8 (RFC 7741) in one or three encodings, and Opus. */
#ifndef AULA_BENCH_PUBLISHER_H
#define AULA_BENCH_PUBLISHER_H

#include "frames.h"
#include "webrtc.h"

enum {
	PUBLISHER_ENCODINGS = 3,
	PUBLISHER_OPUS = 111,
	PUBLISHER_VP8 = 96,
	/* extension ids of its description */
	PUBLISHER_ID_MID = 1,
	PUBLISHER_ID_RID = 2,
	PUBLISHER_ID_TWCC = 3,
	PUBLISHER_ID_LEVEL = 4,
};

typedef struct {
	uint32_t ssrc, timestamp;
	uint16_t sequence, picture;
	uint8_t tl0;
	bool keyframe; /* asked for */
	frames sizes;
} publisher_encoding;

typedef struct {
	webrtc *client;
	unsigned encoding_count;
	publisher_encoding encodings[PUBLISHER_ENCODINGS]; /* highest first */
	uint32_t audio_ssrc, audio_timestamp;
	uint16_t audio_sequence, transport_sequence;
	int64_t audio_due_us, video_due_us;
	uint64_t sent, keyframes;
	int64_t latest_us; /* how late a packet left at most */
	bool dark;         /* no picture */
	bool quiet;        /* nor a voice: what Opus sends of silence (DTX) */
} publisher;

/** The rids, highest first. */
extern const char *const publisher_rids[PUBLISHER_ENCODINGS];

/** `bps` of the highest encoding. Starts with keyframes, at `now_us`. */
void publisher_init(publisher *self, webrtc *client, unsigned encodings, int64_t bps, bool unequal,
	bool flat, int64_t now_us);
/** Sends what is due. */
void publisher_tick(publisher *self, int64_t now_us);
/** RTCP came, opened: a keyframe may be asked for. */
void publisher_feedback(publisher *self, const uint8_t *rtcp, size_t length);

#endif
