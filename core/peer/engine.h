/* SPDX-License-Identifier: Apache-2.0 */
/** The media side as the control thread sees it: peers, tracks and senders by name. Each call posts
 * to the loop that has the peer and returns at once; what happens there comes back through the
 * listener, on the control thread. All [control]. */
#ifndef AULA_PEER_ENGINE_H
#define AULA_PEER_ENGINE_H

#include <jansson.h>

#include "aula/code.h"
#include "aula/media.h"
#include "peer/agents.h"
#include "peer/capture.h"
#include "peer/connection.h"
#include "peer/gauges.h"

typedef struct aula_engine aula_engine;

/** A peer by name: slot and generation. */
typedef struct {
	uint64_t id;
} aula_peer;

typedef struct {
	unsigned loops;               /* 0: one a CPU */
	const char *const *addresses; /* to bind, NULL-terminated */
	const char *const *announced; /* to write into candidates instead of the machine's own; NULL
					 or empty: its own */
	bool loopback;                /* announce loopback addresses as well */
	uint16_t first_port;          /* loop i takes first_port + i; 0: any */
	bool tcp, segmentation;
	int64_t packets_most; /* of each loop's pool */
	int64_t consent_ms, connect_ms;
	size_t peers_most;
	/** Full ICE: `addresses` and the rest that is told above is filled in; NULL: lite. */
	const aula_agents_options *agents;
} aula_engine_options;

typedef struct {
	void (*on_peer_connected)(void *data, aula_peer peer, const char *path, int64_t reached_us);
	/** The peer is over; its tracks and senders are dead. Not called for aula_engine_close().
	 */
	void (*on_peer_closed)(void *data, aula_peer peer, const char *reason);
	/** Full ICE: another candidate for this peer; NULL: that was the last. */
	void (*on_peer_candidate)(void *data, aula_peer peer, const aula_candidate *candidate);
	/** The first packet came, or none for a second. */
	void (*on_track_receiving)(void *data, aula_track track, bool receiving);
	/** Who sends the audio has begun or ceased to speak; `level_dbov` as media/speaker.h
	 * smoothes it. */
	void (*on_track_speaking)(void *data, aula_track track, bool speaking, int level_dbov);
	/** Of a track that `obeys`: the encodings that its client shall send from now on (bit i:
	 * encoding i); the others may be paused. */
	void (*on_track_wanted)(void *data, aula_track track, uint32_t encodings);
	/** What a sender of video shows is another; at most ten times a second. May be NULL. */
	void (*on_sender_shown)(void *data, aula_sender sender, const aula_shown *shown);
} aula_engine_listener;

enum {
	AULA_ENCODINGS_MOST = 3, /* of one track */
	AULA_RID_MOST = 16,
};

/** One simulcast encoding of a track, as agreed on. */
typedef struct {
	char rid[AULA_RID_MOST + 1]; /* "": told by its SSRC alone */
	uint32_t ssrc, rtx_ssrc;     /* 0: learnt: from MID and RID (RFC 8852); of a track with one
					encoding from the MID, else from the payload type */
} aula_encoding_options;

/** What a client sends on one m-line. */
typedef struct {
	aula_kind kind;
	char mid[AULA_MID_MOST + 1];
	aula_codec codec;
	uint8_t payload_type, rtx_payload_type; /* rtx 255: none */
	uint8_t red_payload_type; /* Opus RED (RFC 2198) is forwarded as it is; 255: none */
	uint32_t clock_hz;
	unsigned encoding_count;                              /* 1 to AULA_ENCODINGS_MOST */
	aula_encoding_options encodings[AULA_ENCODINGS_MOST]; /* the lowest first */
	bool obeys; /* the client pauses encodings when it is told; others are held down by REMB */
	aula_extension_map extensions;
	uint32_t feedback; /* AULA_FB_* agreed on */
} aula_track_options;

/** What a client receives on one m-line. */
typedef struct {
	aula_kind kind;
	char mid[AULA_MID_MOST + 1];
	aula_codec codec; /* a source of another codec is not forwarded */
	uint8_t payload_type, rtx_payload_type, red_payload_type;
	uint32_t clock_hz;
	uint32_t ssrc, rtx_ssrc; /* as written into the description; random, never 0 */
	char cname[64];
	aula_extension_map extensions;
	uint32_t feedback;
	uint64_t owner; /* what a feed carries of the same owner is not sent; 0: nobody's */
} aula_sender_options;

/** Binds the sockets and starts the loops. NULL with a sentence. `control` is where the listener
 * runs. */
aula_engine *aula_engine_new(const aula_engine_options *options,
	const aula_certificate *certificate, aula_loop *control,
	const aula_engine_listener *listener, void *data, GError **error);
/** Closes every peer (they are told), stops and joins the loops. NULL is fine. */
void aula_engine_free(aula_engine *engine);

/** A peer on the loop with the fewest; none at the bound. Its credentials are made here. */
aula_peer aula_engine_open(aula_engine *engine, aula_ice_credentials *ret_local);
/** The same for a peer to whom our description is the first of the two (RFC 8445 section 6.1.1). */
aula_peer aula_engine_open_first(aula_engine *engine, aula_ice_credentials *ret_local);
void aula_engine_close(aula_engine *engine, aula_peer peer);
/** Whether each peer has an ICE agent of its own. */
bool aula_engine_is_full(const aula_engine *engine);
/** The candidates to write for this peer, as far as they are known; returns how many. */
size_t aula_engine_candidates(
	aula_engine *engine, aula_peer peer, aula_candidate *ret_candidates, size_t most);
/** Whether these are all. */
bool aula_engine_gathered(const aula_engine *engine, aula_peer peer);
/** Where the peer may be reached, from its description or trickled. `last`: no more will come. */
void aula_engine_add_candidates(aula_engine *engine, aula_peer peer,
	const aula_candidate *candidates, size_t count, bool last);
void aula_engine_set_remote(
	aula_engine *engine, aula_peer peer, const aula_sdp_transport *remote, aula_setup setup);
void aula_engine_restart(aula_engine *engine, aula_peer peer, aula_ice_credentials *ret_local);
/** REMB to this peer (RFC draft-alvestrand-rmcat-remb); 0: none. */
void aula_engine_limit(aula_engine *engine, aula_peer peer, int64_t max_bitrate_bps);

aula_track aula_engine_open_track(
	aula_engine *engine, aula_peer peer, const aula_track_options *options);
void aula_engine_close_track(aula_engine *engine, aula_track track);
void aula_engine_mute(aula_engine *engine, aula_track track, bool muted);
void aula_engine_keyframe(aula_engine *engine, aula_track track);

aula_sender aula_engine_open_sender(
	aula_engine *engine, aula_peer peer, const aula_sender_options *options);
void aula_engine_close_sender(aula_engine *engine, aula_sender sender);
/** The source of a sender; none: silence. See aula_media.feed. */
void aula_engine_feed(aula_engine *engine, aula_sender sender, aula_track source);
void aula_engine_pause(aula_engine *engine, aula_sender sender, bool paused);
/** See aula_media.aim. */
void aula_engine_aim(aula_engine *engine, aula_sender sender, const aula_aim *aim);

/** A virtual track (see peer/feed.h): to be fed to senders, tapped, asked for keyframes like
 * others. None at the bound. */
aula_track aula_engine_open_feed(aula_engine *engine, aula_codec codec);
void aula_engine_close_feed(aula_engine *engine, aula_track feed);
/** What it carries from now on; none: silence. `owner` of `source`: see aula_sender_options; not 0.
 * UNSUPPORTED: the codec differs, or `source` is a feed. GONE. */
aula_code aula_engine_switch(
	aula_engine *engine, aula_track feed, aula_track source, uint64_t owner);

aula_code aula_engine_tap(aula_engine *engine, aula_track track, const aula_tap_ops *ops,
	void *data, aula_tap *ret_tap);
void aula_engine_untap(aula_engine *engine, aula_tap tap);

/** How many peers live on a loop; SIZE_MAX: there is no such loop. */
size_t aula_engine_peers_on(const aula_engine *engine, unsigned loop);
/** From now on what the peer sends and is sent is captured too, until the capture is stopped or the
 * peer is gone; one that was before is let go of. Takes a reference. */
void aula_engine_capture(aula_engine *engine, aula_peer peer, aula_capture *capture);

/** Statistics of a peer as a JSON object, delivered to `done` on the control thread, never within
 * this call; borrowed by it; NULL when the peer is gone. */
void aula_engine_stats(
	aula_engine *engine, aula_peer peer, void (*done)(void *data, json_t *stats), void *data);
/** The same, at little cost for who is silent: null stands for each sender that sent nothing yet,
 * and "dtls" is left out. */
void aula_engine_look(
	aula_engine *engine, aula_peer peer, void (*done)(void *data, json_t *stats), void *data);

/** What each loop tells of itself; they live as long as the engine. */
const aula_gauges *const *aula_engine_gauges(const aula_engine *engine, unsigned *ret_count);

#endif
