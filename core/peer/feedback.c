/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/feedback.h"

#include "peer/hub.h"
#include "peer/line.h"
#include "wire/rtcp.h"

enum {
	COMPOUND_BYTES = 1200,
	BLOCKS_AT_ONCE = 16,     /* report blocks in one receiver report */
	SENDER_BYTES_MOST = 400, /* a sender report and its name, with room to spare */
};

/* -- in -- */

static void
read_reports(aula_live_peer *peer, const aula_rtcp *packet)
{
	aula_rtcp_report report;

	for (size_t i = 0; aula_rtcp_read_report(packet, i, &report); i++) {
		aula_live_sender *sender = aula_peer_sender_by_ssrc(peer, report.ssrc);
		if (sender != NULL)
			aula_sender_note_report(sender, &report);
	}
}

static void
read_sender_report(aula_live_peer *peer, const aula_rtcp *packet)
{
	aula_rtcp_sender sender;
	unsigned encoding;

	if (aula_rtcp_read_sender(packet, &sender)) {
		aula_live_track *track = aula_peer_track_by_ssrc(peer, sender.ssrc, &encoding);
		if (track != NULL)
			aula_track_note_sender(track, encoding, &sender);
	}
	read_reports(peer, packet);
}

static void
read_bye(aula_live_peer *peer, const aula_rtcp *packet)
{
	uint32_t ssrc;
	unsigned encoding;

	for (size_t i = 0; aula_rtcp_read_source(packet, i, &ssrc); i++) {
		aula_live_track *track = aula_peer_track_by_ssrc(peer, ssrc, &encoding);
		if (track != NULL)
			aula_track_bye(track, encoding);
	}
}

static void
refresh(aula_live_peer *peer, aula_live_sender *sender)
{
	aula_hub_gauge_add(aula_peer_hub(peer), AULA_GAUGE_KEYFRAMES_WANTED, 1);
	aula_sender_refresh(sender);
}

static void
read_fir(aula_live_peer *peer, const aula_rtcp *packet)
{
	uint32_t ssrc;

	for (size_t i = 0; aula_rtcp_read_source(packet, i, &ssrc); i++) {
		aula_live_sender *sender = aula_peer_sender_by_ssrc(peer, ssrc);
		if (sender != NULL)
			refresh(peer, sender);
	}
}

static void
read_limit(aula_live_peer *peer, const aula_rtcp *packet)
{
	int64_t bps;

	if (aula_peer_line(peer) != NULL && aula_rtcp_read_remb(packet, &bps))
		aula_line_note_remb(aula_peer_line(peer), bps);
}

static void
read_one(aula_live_peer *peer, const aula_rtcp *packet)
{
	aula_live_sender *sender = NULL;

	if (packet->kind == AULA_RTCP_NACK || packet->kind == AULA_RTCP_PLI)
		sender = aula_peer_sender_by_ssrc(peer, packet->media_ssrc);
	switch (packet->kind) {
	case AULA_RTCP_SR:
		read_sender_report(peer, packet);
		break;
	case AULA_RTCP_RR:
		read_reports(peer, packet);
		break;
	case AULA_RTCP_BYE:
		read_bye(peer, packet);
		break;
	case AULA_RTCP_NACK:
		if (sender != NULL)
			aula_sender_nack(sender, packet);
		break;
	case AULA_RTCP_PLI:
		if (sender != NULL)
			refresh(peer, sender);
		break;
	case AULA_RTCP_FIR:
		read_fir(peer, packet);
		break;
	case AULA_RTCP_TRANSPORT_CC:
		if (aula_peer_line(peer) != NULL)
			aula_line_note_feedback(aula_peer_line(peer), packet);
		break;
	case AULA_RTCP_REMB:
		read_limit(peer, packet);
		break;
	default: /* names: not ours to act on */
		break;
	}
}

void
aula_feedback_read(aula_live_peer *peer, const uint8_t *rtcp, size_t length)
{
	aula_rtcp_reader reader = aula_rtcp_read(rtcp, length);
	aula_rtcp packet;

	while (aula_rtcp_next(&reader, &packet))
		read_one(peer, &packet);
}

/* -- out -- */

typedef struct {
	aula_live_peer *peer;
	uint8_t bytes[COMPOUND_BYTES];
	aula_rtcp_writer writer;
	bool sent; /* something */
} compound;

static void
compound_begin(compound *c, aula_live_peer *peer)
{
	c->peer = peer;
	c->writer = aula_rtcp_write(c->bytes, sizeof(c->bytes));
}

static void
compound_send(compound *c)
{
	if (c->writer.length > 0) {
		aula_connection_send_rtcp(
			aula_peer_connection(c->peer), c->bytes, c->writer.length);
		c->sent = true;
	}
	compound_begin(c, c->peer);
}

static void
add_blocks(compound *c, const aula_rtcp_report *reports, size_t count)
{
	uint32_t ssrc = aula_peer_ssrc(c->peer);

	aula_rtcp_write_rr(&c->writer, ssrc, reports, count);
	aula_rtcp_write_sdes(&c->writer, ssrc, aula_peer_cname(c->peer));
}

static void
add_receiver_reports(compound *c)
{
	aula_rtcp_report reports[BLOCKS_AT_ONCE];
	size_t track_count, count = 0;
	aula_live_track *const *tracks = aula_peer_tracks(c->peer, &track_count);
	uint8_t lost = 0;

	for (size_t i = 0; i < track_count; i++)
		for (unsigned k = 0; k < aula_track_encoding_count(tracks[i]); k++) {
			if (aula_track_report(tracks[i], k, &reports[count])) {
				lost = MAX(lost, reports[count].fraction_lost);
				count++;
			}
			if (count < BLOCKS_AT_ONCE)
				continue;
			add_blocks(c, reports, count);
			compound_send(c);
			count = 0;
		}
	if (count > 0)
		add_blocks(c, reports, count);
	aula_peer_note_loss(c->peer, lost);
}

static void
add_sender_reports(compound *c, int64_t now_us)
{
	size_t count;
	aula_live_sender *const *senders = aula_peer_senders(c->peer, &count);
	aula_rtcp_sender report;

	for (size_t i = 0; i < count; i++) {
		if (!aula_sender_report(senders[i], now_us, &report))
			continue;
		if (c->writer.size - c->writer.length < SENDER_BYTES_MOST)
			compound_send(c);
		aula_rtcp_write_sr(&c->writer, &report, NULL, 0);
		aula_rtcp_write_sdes(
			&c->writer, report.ssrc, aula_sender_options_of(senders[i])->cname);
	}
}

/* A compound packet begins with a report, though there be nothing to report. */
static void
begin_if_empty(compound *c)
{
	uint32_t ssrc = aula_peer_ssrc(c->peer);

	if (c->writer.length > 0)
		return;
	aula_rtcp_write_rr(&c->writer, ssrc, NULL, 0);
	aula_rtcp_write_sdes(&c->writer, ssrc, aula_peer_cname(c->peer));
}

static void
add_limit(compound *c)
{
	uint32_t ssrcs[AULA_RTCP_REMB_SOURCES_MOST];
	size_t track_count, count = 0;
	aula_live_track *const *tracks = aula_peer_tracks(c->peer, &track_count);
	int64_t limit_bps = aula_peer_limit_bps(c->peer);

	if (limit_bps <= 0)
		return;
	for (size_t i = 0; i < track_count; i++) {
		if ((aula_track_options_of(tracks[i])->feedback & AULA_FB_REMB) == 0)
			continue;
		for (unsigned k = 0; k < aula_track_encoding_count(tracks[i]); k++) {
			uint32_t ssrc = aula_track_ssrc(tracks[i], k);
			if (ssrc != 0 && count < AULA_RTCP_REMB_SOURCES_MOST)
				ssrcs[count++] = ssrc;
		}
	}
	if (count == 0)
		return;
	begin_if_empty(c);
	if (!aula_rtcp_write_remb(&c->writer, aula_peer_ssrc(c->peer), limit_bps, ssrcs, count)) {
		compound_send(c);
		begin_if_empty(c);
		aula_rtcp_write_remb(&c->writer, aula_peer_ssrc(c->peer), limit_bps, ssrcs, count);
	}
}

bool
aula_feedback_write(aula_live_peer *peer, int64_t now_us)
{
	compound c;

	c.sent = false;
	compound_begin(&c, peer);
	add_receiver_reports(&c);
	add_sender_reports(&c, now_us);
	add_limit(&c);
	compound_send(&c);
	return c.sent;
}

static uint32_t
any_ssrc(aula_live_peer *peer)
{
	size_t count;
	aula_live_track *const *tracks = aula_peer_tracks(peer, &count);

	for (size_t i = 0; i < count; i++)
		for (unsigned k = 0; k < aula_track_encoding_count(tracks[i]); k++)
			if (aula_track_ssrc(tracks[i], k) != 0)
				return aula_track_ssrc(tracks[i], k);
	return 0;
}

void
aula_feedback_twcc(aula_live_peer *peer, int64_t now_us)
{
	compound c;
	bool more = true;

	/* It names one stream of the transport, whichever. */
	while (more) {
		compound_begin(&c, peer);
		begin_if_empty(&c);
		more = aula_twcc_take(aula_peer_twcc(peer), &c.writer, aula_peer_ssrc(peer),
			any_ssrc(peer), now_us);
		if (more)
			compound_send(&c);
	}
}

void
aula_feedback_pli(aula_live_peer *peer, uint32_t ssrc)
{
	compound c;

	compound_begin(&c, peer);
	begin_if_empty(&c);
	aula_rtcp_write_pli(&c.writer, aula_peer_ssrc(peer), ssrc);
	compound_send(&c);
}

void
aula_feedback_fir(aula_live_peer *peer, uint32_t ssrc, uint8_t number)
{
	compound c;

	compound_begin(&c, peer);
	begin_if_empty(&c);
	aula_rtcp_write_fir(&c.writer, aula_peer_ssrc(peer), ssrc, number);
	compound_send(&c);
}

void
aula_feedback_nack(aula_live_peer *peer, uint32_t ssrc, const uint16_t *numbers, size_t count)
{
	compound c;

	compound_begin(&c, peer);
	begin_if_empty(&c);
	aula_rtcp_write_nack(&c.writer, aula_peer_ssrc(peer), ssrc, numbers, count);
	compound_send(&c);
}
