/* SPDX-License-Identifier: Apache-2.0 */
/** What a media loop tells of itself, for monitoring: written by its thread at each tick or as it
 * happens, read by any at any time. Each number by itself is right; together they may be of two
 * ticks. */
#ifndef AULA_PEER_GAUGES_H
#define AULA_PEER_GAUGES_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/exposition.h"
#include "peer/counters.h"

/** X(identifier, kind, name for monitoring, sentence). Durations are in microseconds here, and in
 * seconds there. */
// clang-format off
#define AULA_GAUGES(X) \
	X(WORKED_US, COUNTER, "aula_media_loop_work_seconds", "CPU time of a media loop.") \
	X(LATE_US, GAUGE, "aula_media_loop_late_seconds", "How late the last tick of a media loop was.") \
	X(PEERS, GAUGE, "aula_peers", "PeerConnections, connected or about to be.") \
	X(TRACKS, GAUGE, "aula_tracks", "What peers send.") \
	X(SENDERS, GAUGE, "aula_senders", "What peers receive.") \
	X(FEEDS, GAUGE, "aula_feeds", "Virtual tracks of stages.") \
	X(DATAGRAMS_IN, COUNTER, "aula_media_datagrams_received", "Datagrams and TCP frames from browsers.") \
	X(BYTES_IN, COUNTER, "aula_media_received_bytes", "Bytes of them.") \
	X(DATAGRAMS_OUT, COUNTER, "aula_media_datagrams_sent", "Datagrams and TCP frames to browsers.") \
	X(BYTES_OUT, COUNTER, "aula_media_sent_bytes", "Bytes of them.") \
	X(SENDS, COUNTER, "aula_media_sends", "System calls that sent them.") \
	X(RECEIVES, COUNTER, "aula_media_receives", "System calls that received.") \
	X(GARBAGE, COUNTER, "aula_media_garbage_datagrams", "Datagrams that are nothing we know, or of nobody.") \
	X(UNAUTHENTIC, COUNTER, "aula_media_unauthentic_datagrams", "Datagrams that failed their integrity check.") \
	X(REPLAYED, COUNTER, "aula_media_replayed_datagrams", "Packets that had come before.") \
	X(OVERSIZED, COUNTER, "aula_media_oversized_datagrams", "Datagrams longer than are taken, or too many at once.") \
	X(BLOCKED, COUNTER, "aula_media_send_blocked_datagrams", "Datagrams that the kernel, or a full TCP queue, refused.") \
	X(EXHAUSTED, COUNTER, "aula_media_pool_exhausted_packets", "Packets dropped because media.packets_most were held.") \
	X(STREAMS_REFUSED, COUNTER, "aula_media_tcp_streams_refused", "TCP connections to the media port that were closed.") \
	X(LINK_DROPPED, COUNTER, "aula_media_link_dropped_packets", "Packets that a busy loop did not take from another.") \
	X(PACKETS_IN, COUNTER, "aula_rtp_received_packets", "RTP packets of tracks that came, retransmitted ones included.") \
	X(REPAIRED_IN, COUNTER, "aula_rtp_repaired_packets", "Of these, retransmitted because we had asked for them.") \
	X(LOST_IN, COUNTER, "aula_rtp_received_lost_packets", "RTP packets of tracks that did not come, not even later, as we reported it.") \
	X(NACKED_OUT, COUNTER, "aula_rtp_nack_sent_packets", "RTP packets that we asked publishers for again (NACK).") \
	X(KEYFRAMES_ASKED, COUNTER, "aula_rtp_keyframe_requests_sent", "Keyframes that we asked publishers for (PLI, FIR).") \
	X(PACKETS_OUT, COUNTER, "aula_rtp_sent_packets", "RTP packets to subscribers, retransmitted ones included.") \
	X(REPEATED_OUT, COUNTER, "aula_rtp_retransmitted_packets", "Of these, retransmitted because subscribers asked for them.") \
	X(LOST_OUT, COUNTER, "aula_rtp_sent_lost_packets", "RTP packets that subscribers reported as lost.") \
	X(NACKED_IN, COUNTER, "aula_rtp_nack_received_packets", "RTP packets that subscribers asked for again (NACK).") \
	X(KEYFRAMES_WANTED, COUNTER, "aula_rtp_keyframe_requests_received", "Keyframes that subscribers asked for (PLI, FIR).")
// clang-format on

typedef enum {
#define X(id, ...) AULA_GAUGE_##id,
	AULA_GAUGES(X)
#undef X
		AULA_GAUGE_COUNT_
} aula_gauge;

typedef struct {
	_Atomic uint64_t values[AULA_GAUGE_COUNT_];
} aula_gauges;

/** [media, its loop] */
static inline void
aula_gauges_set(aula_gauges *gauges, aula_gauge gauge, uint64_t value)
{
	atomic_store_explicit(&gauges->values[gauge], value, memory_order_relaxed);
}
/** [media, its loop] One more, or `count`; nobody else writes. */
static inline void
aula_gauges_add(aula_gauges *gauges, aula_gauge gauge, uint64_t count)
{
	aula_gauges_set(gauges, gauge,
		atomic_load_explicit(&gauges->values[gauge], memory_order_relaxed) + count);
}
void aula_gauges_set_port(aula_gauges *gauges, const aula_port_counters *counters);

/** [any] */
static inline uint64_t
aula_gauges_get(const aula_gauges *gauges, aula_gauge gauge)
{
	return atomic_load_explicit(&gauges->values[gauge], memory_order_relaxed);
}
/** [any] A family a gauge, one sample a loop, labelled with its index. */
void aula_gauges_expose(
	const aula_gauges *const *loops, unsigned loop_count, aula_exposition *page);

#endif
