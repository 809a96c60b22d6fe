/* SPDX-License-Identifier: Apache-2.0 */
/** What the control thread has a loop do, as mail: ids and values, and the function that does it
 * there. What an id names may be gone by then; nothing happens then, unless somebody waits. */
#ifndef AULA_PEER_ORDER_H
#define AULA_PEER_ORDER_H

#include "peer/engine.h"
#include "peer/gate.h"

typedef struct aula_hub aula_hub;
typedef struct aula_order aula_order;

/** [media] On the loop of `hub`. */
typedef void aula_order_run(aula_hub *hub, aula_order *order);

struct aula_order {
	aula_mail mail;
	aula_order_run *run;
	aula_hub *hub;
	uint64_t peer, track, sender, tap, feed; /* those that it is about */
	uint64_t owner;                          /* of the track */
	unsigned home;                           /* the track's loop */
	bool on;
	int64_t limit_bps;
	aula_setup setup;
	union {
		aula_ice_credentials credentials;
		aula_sdp_transport remote;
		struct {
			aula_candidate *list; /* g_malloc'ed; the order's run frees it */
			size_t count;
		} candidates;
		aula_capture *capture; /* the order's run takes it */
		aula_track_options track_options;
		aula_sender_options sender_options;
		aula_aim aim;
		struct {
			const aula_tap_ops *ops;
			void *data;
		} tapping;
		struct {
			aula_gate *gate;
			bool brief;
			void (*done)(void *data, json_t *stats);
			void *data;
		} asking;
	};
};

/** [any] To be filled and given; zeroed. */
aula_order *aula_order_new(aula_order_run *run);
/** [any] Takes `order`. */
void aula_order_give(aula_order *order, aula_hub *hub);

/* All [media]. */
aula_order_run aula_order_open, aula_order_close, aula_order_set_remote, aula_order_add_candidates,
	aula_order_restart, aula_order_limit, aula_order_stats, aula_order_capture;
aula_order_run aula_order_open_track, aula_order_close_track, aula_order_mute, aula_order_keyframe,
	aula_order_tap, aula_order_untap;
aula_order_run aula_order_open_feed, aula_order_close_feed, aula_order_switch;
aula_order_run aula_order_open_sender, aula_order_close_sender, aula_order_feed, aula_order_pause,
	aula_order_aim;

#endif
