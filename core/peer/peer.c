/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/peer.h"

#include "media/report.h"
#include "media/uplink.h"
#include "peer/ssrcs.h"
#include "peer/feedback.h"
#include "peer/hub.h"
#include "peer/line.h"
#include "wire/bytes.h"
#include "wire/rtx.h"

enum {
	AUDIO_BPS = 100000,        /* that a voice may take, with its headers */
	LOWEST_BPS = 200000,       /* that the lowest encoding may always take */
	UNLIMITED_BPS = 100000000, /* told when a limit is lifted */
};

struct aula_live_peer {
	aula_hub *hub;
	uint64_t id;
	aula_connection *connection;
	aula_ssrcs ssrcs;
	GPtrArray *tracks, *senders;
	aula_line *line;
	aula_spent spent;
	aula_clock clock;
	aula_twcc *twcc;     /* NULL until a packet has a transport-wide number */
	aula_uplink *uplink; /* NULL until one has none, but a date */
	uint32_t ssrc;
	char cname[24];
	int64_t limit_bps;
	bool limited; /* a limit was told */
	int64_t report_at_us;
	bool awake; /* among those that the hub ticks */
	uint64_t malformed;
};

/* -- what the connection tells -- */

static void
on_up(void *data)
{
	aula_live_peer *peer = data;
	void *listener_data;
	const aula_hub_listener *listener = aula_hub_listener_of(peer->hub, &listener_data);
	size_t count;
	aula_live_sender *const *senders = aula_peer_senders(peer, &count);

	aula_peer_wake(peer);
	for (size_t i = 0; i < count; i++)
		aula_sender_connected(senders[i]);
	listener->on_hub_connected(listener_data, peer->id, aula_connection_path(peer->connection),
		aula_connection_reached_us(peer->connection));
}

static void
on_down(void *data, const char *reason)
{
	aula_live_peer *peer = data;
	void *listener_data;
	const aula_hub_listener *listener = aula_hub_listener_of(peer->hub, &listener_data);

	listener->on_hub_closed(listener_data, peer->id, reason);
	aula_peer_free(peer);
}

/* Turns a retransmission into what it repeats. False: it is a probe. */
static bool
unwrap(const aula_live_track *track, uint32_t ssrc, aula_packet *packet, aula_rtp *rtp)
{
	aula_packet_view *view = &packet->view;
	const aula_track_options *options = aula_track_options_of(track);
	size_t length = aula_rtx_unwrap(packet->bytes + (view->data - packet->bytes), view->length,
		options->payload_type, ssrc, rtp);

	if (length == 0)
		return false;
	view->length = length;
	view->payload_length = rtp->payload_length;
	view->sequence = rtp->sequence;
	view->ssrc = rtp->ssrc;
	view->payload_type = rtp->payload_type;
	return true;
}

/* Who does not number packets for all of the transport may date them (24 bits). */
static void
note_date(aula_live_peer *peer, const aula_packet *packet, const aula_rtp *rtp)
{
	const aula_rtp_element *date = &rtp->elements[AULA_EXTENSION_ABS_SEND_TIME];
	const uint8_t *bytes = packet->view.data + date->offset;

	if (date->length != 3 || peer->twcc != NULL)
		return;
	if (peer->uplink == NULL) {
		peer->uplink = g_new(aula_uplink, 1);
		aula_uplink_init(peer->uplink);
	}
	if (aula_uplink_note(peer->uplink, (uint32_t)bytes[0] << 16 | aula_get16(bytes + 1),
		    packet->view.length, packet->view.received_us))
		aula_peer_hurry_reports(peer);
}

/* Of every packet, also of those that are of no use: the sender counts them all. */
static void
note_arrival(aula_live_peer *peer, const aula_packet *packet, const aula_rtp *rtp)
{
	const aula_rtp_element *number = &rtp->elements[AULA_EXTENSION_TRANSPORT_CC];
	int64_t now_us = aula_hub_now_us(peer->hub);

	if (number->length != sizeof(uint16_t)) {
		note_date(peer, packet, rtp);
		return;
	}
	if (peer->twcc == NULL) {
		peer->twcc = g_new(aula_twcc, 1);
		aula_twcc_init(peer->twcc);
	}
	aula_twcc_note(peer->twcc, aula_get16(packet->view.data + number->offset),
		packet->view.received_us);
	if (aula_twcc_due_us(peer->twcc) <= now_us)
		aula_feedback_twcc(peer, now_us);
}

static void
on_rtp(void *data, aula_packet *packet)
{
	aula_live_peer *peer = data;
	aula_rtp rtp;
	aula_ssrcs_found found;

	aula_peer_wake(peer);
	if (!aula_rtp_parse(
		    packet->view.data, packet->view.length, &peer->ssrcs.extensions, &rtp)) {
		peer->malformed++;
		aula_packet_unref(packet);
		return;
	}
	note_arrival(peer, packet, &rtp);
	if (!aula_ssrcs_find(
		    &peer->ssrcs, packet->view.data, &rtp, aula_hub_now_us(peer->hub), &found) ||
		(found.repair &&
			(found.ssrc == 0 || !unwrap(found.track, found.ssrc, packet, &rtp)))) {
		aula_packet_unref(packet);
		return;
	}
	aula_track_take(found.track, found.encoding, packet, &rtp, found.repair);
}

static void
on_rtcp(void *data, const uint8_t *rtcp, size_t length)
{
	aula_feedback_read(data, rtcp, length);
}

static void
on_candidate(void *data, const aula_candidate *candidate)
{
	aula_live_peer *peer = data;
	void *listener_data;
	const aula_hub_listener *listener = aula_hub_listener_of(peer->hub, &listener_data);

	listener->on_hub_candidate(listener_data, peer->id, candidate);
}

static const aula_connection_listener listener_of_connection = {
	.on_connection_up = on_up,
	.on_connection_down = on_down,
	.on_connection_rtp = on_rtp,
	.on_connection_rtcp = on_rtcp,
	.on_connection_candidate = on_candidate,
};

/* -- life -- */

aula_live_peer *
aula_peer_new(aula_hub *hub, uint64_t id, const aula_ice_credentials *local, bool leads)
{
	aula_live_peer *peer = g_new0(aula_live_peer, 1);

	peer->connection = aula_connection_new(
		aula_hub_port(hub), local, leads, &listener_of_connection, peer);
	if (peer->connection == NULL) {
		g_free(peer);
		return NULL;
	}
	peer->hub = hub;
	peer->id = id;
	peer->tracks = g_ptr_array_new();
	peer->senders = g_ptr_array_new();
	peer->ssrc = aula_hub_random(hub) | 1;
	g_snprintf(peer->cname, sizeof(peer->cname), "%08x%08x", aula_hub_random(hub),
		aula_hub_random(hub));
	peer->report_at_us = aula_report_next_us(aula_hub_now_us(hub), aula_hub_random(hub));
	aula_ssrcs_init(&peer->ssrcs);
	aula_hub_add_peer(hub, &peer->id, peer);
	return peer;
}

void
aula_peer_free(aula_live_peer *peer)
{
	if (peer == NULL)
		return;
	aula_hub_remove_peer(peer->hub, peer->id);
	if (peer->awake)
		aula_wakes_remove(aula_hub_wakes(peer->hub), peer);
	for (guint i = 0; i < peer->tracks->len; i++)
		aula_track_free(peer->tracks->pdata[i]);
	for (guint i = 0; i < peer->senders->len; i++)
		aula_sender_free(peer->senders->pdata[i]);
	g_ptr_array_free(peer->tracks, TRUE);
	g_ptr_array_free(peer->senders, TRUE);
	aula_line_free(peer->line);
	aula_connection_free(peer->connection);
	aula_spent_finish(&peer->spent);
	aula_ssrcs_finish(&peer->ssrcs);
	g_free(peer->twcc);
	g_free(peer->uplink);
	g_free(peer);
}

uint64_t
aula_peer_id(const aula_live_peer *peer)
{
	return peer->id;
}

aula_hub *
aula_peer_hub(const aula_live_peer *peer)
{
	return peer->hub;
}

aula_connection *
aula_peer_connection(const aula_live_peer *peer)
{
	return peer->connection;
}

aula_clock *
aula_peer_clock(aula_live_peer *peer)
{
	return &peer->clock;
}

uint32_t
aula_peer_ssrc(const aula_live_peer *peer)
{
	return peer->ssrc;
}

const char *
aula_peer_cname(const aula_live_peer *peer)
{
	return peer->cname;
}

void
aula_peer_set_remote(aula_live_peer *peer, const aula_sdp_transport *remote, aula_setup setup)
{
	if (!aula_connection_set_remote(peer->connection, remote, setup))
		on_down(peer, "the fingerprint or DTLS role changed");
}

void
aula_peer_limit(aula_live_peer *peer, int64_t max_bitrate_bps)
{
	peer->limit_bps = max_bitrate_bps;
	aula_peer_hurry_reports(peer);
}

/* What a track needs at most as long as nobody watches more of it; -1: that cannot be told.
 * `*spare`: it sends more. */
static int64_t
needed_bps(const aula_live_track *track, bool *spare)
{
	const aula_track_options *options = aula_track_options_of(track);
	uint32_t wanted = aula_track_wanted(track);
	int64_t needed = 0;

	if (options->kind == AULA_AUDIO)
		return AUDIO_BPS;
	if (options->obeys || aula_track_encoding_count(track) == 1)
		return -1;
	for (unsigned i = 0; i < aula_track_encoding_count(track); i++) {
		if ((wanted >> i & 1) == 0) {
			*spare = true;
			continue;
		}
		if (!aula_track_receives(track, i) || aula_track_bps(track, i) == 0)
			return -1;
		needed += aula_track_bps(track, i) * 3 / 2;
	}
	return MAX(needed, LOWEST_BPS);
}

/* 0: there is nothing to spare, or it cannot be told what is not. */
static int64_t
watched_bps(const aula_live_peer *peer)
{
	bool spare = false;
	int64_t sum = 0;

	for (guint i = 0; i < peer->tracks->len; i++) {
		int64_t needed = needed_bps(peer->tracks->pdata[i], &spare);
		if (needed < 0)
			return 0;
		sum += needed;
	}
	return spare ? sum : 0;
}

int64_t
aula_peer_limit_bps(aula_live_peer *peer)
{
	int64_t limit_bps = peer->limit_bps, watched = watched_bps(peer);
	int64_t uplink_bps = peer->uplink != NULL ? aula_uplink_bps(peer->uplink) : 0;

	if (watched > 0 && (limit_bps <= 0 || watched < limit_bps))
		limit_bps = watched;
	if (uplink_bps > 0 && (limit_bps <= 0 || uplink_bps < limit_bps))
		limit_bps = uplink_bps;
	if (limit_bps > 0)
		peer->limited = true;
	return limit_bps > 0 || !peer->limited ? limit_bps : UNLIMITED_BPS;
}

void
aula_peer_note_loss(aula_live_peer *peer, uint8_t fraction_lost)
{
	if (peer->uplink != NULL)
		aula_uplink_lost(peer->uplink, fraction_lost, aula_hub_now_us(peer->hub));
}

aula_twcc *
aula_peer_twcc(aula_live_peer *peer)
{
	return peer->twcc;
}

aula_line *
aula_peer_line(const aula_live_peer *peer)
{
	return peer->line;
}

aula_spent *
aula_peer_spent(aula_live_peer *peer)
{
	return &peer->spent;
}

/* -- tracks and senders -- */

aula_live_track *
aula_peer_open_track(aula_live_peer *peer, uint64_t id, const aula_track_options *options)
{
	if (peer->ssrcs.count == AULA_SSRCS_TRACKS_MOST)
		return NULL;
	aula_live_track *track = aula_track_new(peer->hub, peer, id, options);
	aula_ssrcs_add(&peer->ssrcs, track, options);
	g_ptr_array_add(peer->tracks, track);
	return track;
}

/* Two senders of one SSRC would protect two packets with one nonce. */
static bool
is_in_use(const aula_live_peer *peer, uint32_t ssrc)
{
	for (guint i = 0; ssrc != 0 && i < peer->senders->len; i++) {
		const aula_sender_options *other = aula_sender_options_of(peer->senders->pdata[i]);
		if (other->ssrc == ssrc || other->rtx_ssrc == ssrc)
			return true;
	}
	return false;
}

aula_live_sender *
aula_peer_open_sender(aula_live_peer *peer, uint64_t id, const aula_sender_options *options)
{
	if (peer->senders->len == AULA_PEER_SENDERS_MOST || is_in_use(peer, options->ssrc) ||
		is_in_use(peer, options->rtx_ssrc))
		return NULL;
	if (peer->line == NULL)
		peer->line = aula_line_new(peer->hub, peer);
	aula_live_sender *sender = aula_sender_new(peer->hub, peer, id, options);
	g_ptr_array_add(peer->senders, sender);
	return sender;
}

void
aula_peer_close_track(aula_live_peer *peer, aula_live_track *track)
{
	if (!g_ptr_array_remove(peer->tracks, track))
		return;
	aula_ssrcs_remove(&peer->ssrcs, track);
	aula_track_free(track);
}

void
aula_peer_close_sender(aula_live_peer *peer, aula_live_sender *sender)
{
	if (g_ptr_array_remove(peer->senders, sender))
		aula_sender_free(sender);
}

aula_live_track *const *
aula_peer_tracks(const aula_live_peer *peer, size_t *ret_count)
{
	*ret_count = peer->tracks->len;
	return (aula_live_track *const *)peer->tracks->pdata;
}

aula_live_sender *const *
aula_peer_senders(const aula_live_peer *peer, size_t *ret_count)
{
	*ret_count = peer->senders->len;
	return (aula_live_sender *const *)peer->senders->pdata;
}

aula_live_track *
aula_peer_track_by_ssrc(aula_live_peer *peer, uint32_t ssrc, unsigned *ret_encoding)
{
	aula_ssrcs_found found;

	if (!aula_ssrcs_find_ssrc(&peer->ssrcs, ssrc, &found) || found.repair)
		return NULL;
	*ret_encoding = found.encoding;
	return found.track;
}

aula_live_sender *
aula_peer_sender_by_ssrc(aula_live_peer *peer, uint32_t ssrc)
{
	for (guint i = 0; i < peer->senders->len; i++)
		if (aula_sender_options_of(peer->senders->pdata[i])->ssrc == ssrc)
			return peer->senders->pdata[i];
	return NULL;
}

/* -- time -- */

void
aula_peer_hurry_reports(aula_live_peer *peer)
{
	peer->report_at_us = aula_hub_now_us(peer->hub);
	aula_peer_wake(peer);
}

void
aula_peer_wake(aula_live_peer *peer)
{
	if (peer->awake)
		return;
	peer->awake = true;
	aula_wakes_add(aula_hub_wakes(peer->hub), peer);
}

bool
aula_peer_tick(aula_live_peer *peer, int64_t now_us)
{
	bool up = aula_connection_is_up(peer->connection), told = true;

	if (peer->twcc != NULL && aula_twcc_due_us(peer->twcc) <= now_us)
		aula_feedback_twcc(peer, now_us);
	bool busy = peer->line != NULL && up && aula_line_tick(peer->line);
	if (now_us >= peer->report_at_us) {
		peer->report_at_us = aula_report_next_us(now_us, aula_hub_random(peer->hub));
		told = up && aula_feedback_write(peer, now_us);
	}
	if (told || busy || (peer->twcc != NULL && aula_twcc_due_us(peer->twcc) != INT64_MAX))
		return true;
	if (peer->line != NULL)
		aula_line_rest(peer->line);
	peer->awake = false;
	return false;
}

json_t *
aula_peer_stats(aula_live_peer *peer, bool brief)
{
	json_t *tracks = json_array(), *senders = json_array();

	for (guint i = 0; i < peer->tracks->len; i++)
		json_array_append_new(tracks, aula_track_stats(peer->tracks->pdata[i]));
	for (guint i = 0; i < peer->senders->len; i++)
		json_array_append_new(senders, aula_sender_stats(peer->senders->pdata[i], brief));
	json_t *stats = json_pack("{s:b s:s s:i s:I s:I s:I s:I s:o s:o s:o}", "connected",
		aula_connection_is_up(peer->connection), "path",
		aula_connection_path(peer->connection), "loop", (int)aula_hub_index(peer->hub),
		"limit_bps", (json_int_t)peer->limit_bps, "unknown_packets",
		(json_int_t)peer->ssrcs.unknown, "malformed_packets", (json_int_t)peer->malformed,
		"packets_dropped_between_loops", (json_int_t)aula_hub_dropped(peer->hub), "tracks",
		tracks, "senders", senders, "line",
		peer->line != NULL ? aula_line_stats(peer->line) : json_null());

	if (!brief)
		json_object_set_new(stats, "dtls", aula_connection_stats(peer->connection));
	return stats;
}
