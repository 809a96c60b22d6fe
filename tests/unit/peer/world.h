/* SPDX-License-Identifier: Apache-2.0 */
/** An engine with a control thread of its own, and people with test clients who send and receive
 * through it. Everything here is called on the test's thread and waits for its effect. */
#ifndef TESTS_UNIT_PEER_WORLD_H
#define TESTS_UNIT_PEER_WORLD_H

#include <pthread.h> /* not GLib's, which the thread sanitizer does not see */

#include "client.h"
#include "peer/engine.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"

enum { WORLD_PATIENCE_MS = 10000, AUDIO_PT = 111, RED_PT = 63, VIDEO_PT = 96, VIDEO_RTX_PT = 97 };

enum { /* extensions of publishers */
	EXT_LEVEL = 1,
	EXT_ABS_SEND_TIME = 2,
	EXT_TRANSPORT_CC = 3,
	EXT_MID = 4,
	EXT_RID = 10,
	EXT_REPAIRED_RID = 11,
	EXT_ORIENTATION = 13,
};

typedef struct {
	aula_loop *control;
	aula_engine *engine;
	aula_certificate *certificate;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	GHashTable *connected, *closed, *receiving, *speaking; /* ids; locked */
	unsigned receiving_notices;                            /* locked */
	uint32_t wanted;                                       /* the last that was told; locked */
} world;

world *world_new(unsigned loops);
void world_free(world *w);
/** Runs `call(data)` on the control thread and waits for it. */
void world_do(world *w, void (*call)(void *data), void *data);
/** Waits until the id is in the set, or not in it. */
void world_wait(world *w, GHashTable *set, uint64_t id, bool in);
/** Waits until these encodings are wanted of the one track that obeys. */
void world_wait_wanted(world *w, uint32_t encodings);
/** Waits until one above `encoding` is wanted. */
void world_wait_wanted_above(world *w, unsigned encoding);

/** A browser: one peer. */
typedef struct {
	world *w;
	aula_peer peer;
	aula_ice_credentials local;
	aula_candidate candidate;
	client *client;
	uint64_t owner;                /* of the senders that are opened for it from now on */
	aula_extension_map extensions; /* of what it receives */
	uint8_t bytes[CLIENT_BYTES];   /* the last RTP or RTCP, in the clear */
	size_t length;
	aula_rtp rtp; /* of the last RTP */
} person;

/** Opens a peer and connects to it. */
person *person_new(world *w);
void person_free(person *p); /* closes the peer too */

aula_track person_send_audio(person *p, const char *mid, uint32_t ssrc);
aula_track person_send_video(person *p, const char *mid, uint32_t ssrc, uint32_t rtx_ssrc);
/* `like` 0: as agreed by browsers; bits of LACKS_*. */
enum { LACKS_RTX = 1, LACKS_RED = 2, LACKS_PLI = 4, LACKS_OBEDIENCE = 8 };
/** Three encodings of "q", "h" and "f", whose SSRCs are not told. `lacks`: bits of LACKS_*. */
aula_track person_send_simulcast(person *p, const char *mid, unsigned lacks);
aula_sender person_receive_audio(person *p, const char *mid, uint32_t ssrc, unsigned lacks);
aula_sender person_receive_video(
	person *p, const char *mid, uint32_t ssrc, uint32_t rtx_ssrc, unsigned lacks);
void world_feed(world *w, aula_sender sender, aula_track source);
void world_pause(world *w, aula_sender sender, bool paused);
void world_mute(world *w, aula_track track, bool muted);
void world_keyframe(world *w, aula_track track);
void world_close_track(world *w, aula_track track);
void world_close_sender(world *w, aula_sender sender);
/** Feeds, and returns when what `publisher` sends from now on reaches the sender of `subscriber`.
 */
void world_connect(person *subscriber, aula_sender sender, person *publisher, aula_track source);
/** Waits until all that was sent and ordered so far is done on the loops of both, with what that
 * ordered in turn. */
void world_settle(person *one, person *other);
/** New reference; NULL when it is gone. */
json_t *world_stats(world *w, aula_peer peer);

/** What to send: zero is left out. */
typedef struct {
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	uint8_t payload_type;
	bool marker;
	bool keyframe;                  /* VP8: what the payload says */
	const char *mid;                /* extension 4 */
	const char *rid, *repaired_rid; /* extensions 10 and 11 */
	uint16_t transport;             /* extension 3 when not 0 */
	uint32_t date;                  /* extension 2 when not 0 */
	uint8_t level;                  /* extension 1 when not 0 */
	uint8_t orientation;            /* extension 13 when not 0 */
	uint8_t stuffing; /* that many bytes more in each of these two, as nobody should */
	const uint8_t *payload;
	size_t payload_length; /* without `payload`: that many bytes that follow from `sequence` */
} rtp;
void person_rtp(person *p, const rtp *what);
void person_rtcp(person *p, const aula_rtcp_writer *writer);

/** The next RTP packet; false after `ms`. RTCP on the way is skipped. */
bool person_next_rtp(person *p, int ms);
/** The next RTCP packet of that kind, within any compound; false after `ms`. RTP is skipped. */
bool person_next_rtcp(person *p, aula_rtcp_kind kind, aula_rtcp *ret_packet, int ms);
/** Throws away what has come. */
void person_drain(person *p);

#endif
