/* SPDX-License-Identifier: Apache-2.0 */
/** What a module says about media. It never touches a session description and never
 * forwards a packet: it says which track feeds which sender, and the core does the rest. */
#ifndef AULA_MEDIA_H
#define AULA_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aula/id.h"

typedef enum { AULA_AUDIO = 1, AULA_VIDEO } aula_kind;

enum { AULA_MID_MOST = 32, AULA_CODEC_MOST = 16, AULA_FMTP_MOST = 128 };

/** One m-line of a PeerConnection, as a module sees it. */
typedef struct {
	uint32_t index; /**< its place in the session description, from 0 */
	aula_kind kind;
	char mid[AULA_MID_MOST + 1]; /**< RFC 8843 identification tag */
	char codec[AULA_CODEC_MOST +
		   1]; /**< lower case: opus, vp8, vp9, h264, av1; "" before it is chosen */
	char fmtp[AULA_FMTP_MOST +
		  1];      /**< format parameters of the codec, as on the a=fmtp line; "" if none */
	bool active;       /**< false: rejected, or inactive and waiting for reuse */
	bool client_sends; /**< the client's direction includes send */
	bool client_receives;
	bool simulcast;     /**< the client offers several encodings */
	aula_track track;   /**< what the client sends here; none when it does not */
	aula_sender sender; /**< what the client receives here; none when it does not */
	bool svc;           /**< the client says that it sends layers in one encoding */
} aula_stream;

/** How to answer a client's offer. */
typedef struct {
	size_t size;  /**< sizeof(aula_answer) */
	bool receive; /**< take what the client offers to send: each such m-line becomes a track */
	bool send; /**< send where the client offers to receive: each such m-line becomes a sender
		    */
	const char *audio_codecs; /**< preference, comma-separated; NULL: every codec we know, in
				     the client's order */
	const char *video_codecs;
	int64_t max_bitrate_bps; /**< told to the sender by REMB and b=AS; 0: no limit */
} aula_answer;

/** The most that a sender is to show of its source, and how it is to stand against the others of
 * its subscriber when the line is thin. All within what the line carries. */
typedef struct {
	size_t size;              /**< sizeof(aula_aim) */
	int8_t encoding;          /**< simulcast: 0 is the lowest, -1: all */
	int8_t spatial, temporal; /**< layers of an encoding, 0 is the lowest, -1: all */
	uint8_t rank; /**< 1 gets its share first (a teacher), 2 is usual; equals share; 0: as it
			 is. Sound comes before all */
	int64_t fallback_us; /**< an encoding of which nothing came for that long is left for a
				lower one; 0: 1 s */
	int32_t min_delay_ms, max_delay_ms; /**< for the client's buffer, up to 40950; -1: as the
					       publisher has it */
} aula_aim;

/** What a sender shows. */
typedef struct {
	size_t size;
	int8_t encoding, spatial, temporal; /**< -1: spatial or temporal layers: all there are;
					       encoding: none */
	bool starved;                       /**< nothing, for the line carries no more */
} aula_shown;

/** A packet of RTP as a tap sees it: immutable, unencrypted, reference counted. */
typedef struct aula_packet aula_packet;

typedef struct {
	const uint8_t *data; /**< the whole packet, header included */
	size_t length;       /**< bytes */
	size_t header_length, payload_length;
	int64_t received_us; /**< monotonic */
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	uint8_t payload_type;
	bool marker;
	bool keyframe;     /**< video: starts a frame that needs no other */
	int8_t level_dbov; /**< audio: RFC 6464 level, -127..0; 1 when the packet has none */
	uint8_t encoding;  /**< simulcast: which of the track's encodings, 0 is the lowest; each has
			      numbers and timestamps of its own */
} aula_packet_view;

/** Reads a track's packets. */
typedef struct {
	size_t size;
	/** [media] Each packet, in the order of arrival, after duplicates are removed. May read,
	 * keep a reference, or post; must not block. `packet` is borrowed for the call. */
	void (*packet)(
		void *data, aula_track track, aula_packet *packet, const aula_packet_view *view);
	/** [media] The last call; may be NULL. The track is gone or the tap was removed. */
	void (*closed)(void *data, aula_track track);
} aula_tap_ops;

#endif
