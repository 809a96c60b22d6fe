/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/line.h"

#include "media/allocate.h"
#include "media/estimate.h"
#include "peer/hub.h"

/* A start for the middle of three encodings of a browser; one that is too much shows within half a
 * second. */
static const aula_estimate_limits limits = {
	.start_bps = 1000000,
	.least_bps = 50000,
	.most_bps = 50000000,
};

enum { COUNT_US = 1000000 };

struct aula_line {
	aula_hub *hub;
	aula_live_peer *peer;
	bool awake;  /* its peer is ticked */
	bool moving; /* a picture comes that could be sent */
	aula_estimate estimate;
	aula_pacer pacer;
	bool paces;                               /* it is among those that the hub has paced */
	uint8_t copies;                           /* for each packet to find beside the pacer */
	int64_t left_bytes, left_bps, counted_us; /* what left, or will, whatever it says */
	uint64_t held, dropped, shared;
};

/* A packet that waits. */
typedef struct {
	aula_pacer_item item; /* the first member */
	bool repeat;
	aula_live_sender *sender;
	aula_packet *packet; /* a reference */
	aula_layers_out out;
} held;

aula_line *
aula_line_new(aula_hub *hub, aula_live_peer *peer)
{
	aula_line *line = g_new0(aula_line, 1);

	line->hub = hub;
	line->peer = peer;
	line->copies = 1;
	line->counted_us = aula_hub_now_us(hub);
	aula_estimate_init(&line->estimate, &limits, aula_hub_now_us(hub));
	aula_pacer_init(&line->pacer, 0, aula_hub_now_us(hub));
	return line;
}

static void
drop(aula_line *line, bool (*match)(const aula_pacer_item *item, const void *data),
	const void *data)
{
	for (int class = AULA_PACER_SOUND; class < AULA_PACER_FILL; class ++) {
		aula_pacer_item *item =
			aula_pacer_drop(&line->pacer, (aula_pacer_class) class, match, data);
		while (item != NULL) {
			held *one = (held *)item;
			item = item->next;
			aula_packet_unref(one->packet);
			g_free(one);
			line->dropped++;
		}
	}
}

void
aula_line_free(aula_line *line)
{
	if (line == NULL)
		return;
	if (line->paces)
		aula_pacing_remove(aula_hub_pacing(line->hub), line);
	drop(line, NULL, NULL);
	aula_estimate_finish(&line->estimate);
	g_free(line);
}

/* -- packets -- */

static void
wake(aula_line *line)
{
	if (line->awake)
		return;
	line->awake = true;
	aula_peer_wake(line->peer);
}

bool
aula_line_pass(aula_line *line, aula_pacer_class class, size_t bytes)
{
	wake(line);
	line->left_bytes += (int64_t)bytes;
	return aula_pacer_pass(&line->pacer, class, bytes, aula_hub_now_us(line->hub));
}

static void
start_pacing(aula_line *line)
{
	if (line->paces)
		return;
	line->paces = true;
	aula_pacing_add(aula_hub_pacing(line->hub), line);
}

bool
aula_line_hold(aula_line *line, aula_pacer_class class, size_t bytes, aula_live_sender *sender,
	aula_packet *packet, const aula_layers_out *out)
{
	held *one = g_new(held, 1);

	if (!aula_pacer_push(&line->pacer, class, &one->item, bytes)) {
		g_free(one);
		line->dropped++;
		return false;
	}
	one->repeat = class == AULA_PACER_REPEAT;
	one->sender = sender;
	one->packet = aula_packet_ref(packet);
	one->out = *out;
	line->held++;
	start_pacing(line);
	return true;
}

static bool
is_of(const aula_pacer_item *item, const void *sender)
{
	return ((const held *)item)->sender == sender;
}

void
aula_line_forget(aula_line *line, const aula_live_sender *sender)
{
	drop(line, is_of, sender);
}

uint16_t
aula_line_sent(aula_line *line, size_t bytes, uint8_t probe)
{
	return aula_estimate_sent(&line->estimate, bytes, probe, aula_hub_now_us(line->hub));
}

/* The sender whose retransmission stream takes the padding of probes; NULL: there is none. */
static aula_live_sender *
padder(const aula_line *line)
{
	size_t count;
	aula_live_sender *const *senders = aula_peer_senders(line->peer, &count);

	for (size_t i = 0; i < count; i++)
		if (aula_sender_may_pad(senders[i]))
			return senders[i];
	return NULL;
}

int64_t
aula_line_pace(aula_line *line, int64_t now_us)
{
	aula_live_sender *pads = NULL;
	aula_pacer_turn turn;

	while (aula_pacer_take(&line->pacer, now_us, &turn)) {
		held *one = (held *)turn.item;
		if (one != NULL) {
			aula_sender_emit(
				one->sender, one->packet, &one->out, one->repeat, turn.probe);
			aula_packet_unref(one->packet);
			g_free(one);
		} else if (pads != NULL || (pads = padder(line)) != NULL) {
			aula_sender_pad(pads, turn.bytes, turn.probe);
		}
	}
	int64_t due_us = aula_pacer_due_us(&line->pacer, now_us);
	line->paces = due_us != INT64_MAX;
	return due_us;
}

/* -- sharing -- */

static int64_t
least_bps(aula_share *const *shares, size_t count)
{
	int64_t bps = 0;

	for (size_t i = 0; i < count; i++)
		if (shares[i]->level_count > 0)
			bps += shares[i]->levels[0].bps + shares[i]->levels[0].bps / 4;
	return bps;
}

void
aula_line_share(aula_line *line)
{
	size_t count, shared = 0;
	aula_live_sender *const *senders = aula_peer_senders(line->peer, &count);
	aula_share *shares[AULA_PEER_SENDERS_MOST];
	int64_t now_us = aula_hub_now_us(line->hub), bps = aula_estimate_bps(&line->estimate);
	int64_t probe_bps, bytes;
	uint8_t probe;
	bool moving = false;

	line->shared++;
	line->copies = (uint8_t)aula_estimate_copies(&line->estimate);
	for (size_t i = 0; i < count; i++) {
		aula_share *share = aula_sender_share(senders[i]);
		if (share == NULL)
			continue;
		share->copies = aula_sender_may_pad(senders[i]) ? line->copies : 1;
		moving |= share->rank != AULA_SHARE_RANK_SOUND;
		shares[shared++] = share;
	}
	bool known = line->estimate.reported || line->estimate.remb_bps > 0;
	/* As long as nobody has met the limit of the line, the least of each stream is worth a try.
	 * And always where there is no feedback of packets: a REMB is made of what comes, so of a
	 * stream that is paused it would never say that there is room for it. */
	if (!line->estimate.met || !line->estimate.reported)
		bps = MAX(bps, least_bps(shares, shared));
	int64_t spent_bps = aula_allocate(shares, shared, bps, now_us);
	/* Who says nothing of use gets what there is, at once. */
	aula_pacer_rate(&line->pacer,
		!known                    ? 0
		: line->estimate.draining ? bps
					  : bps * 3 / 2,
		spent_bps > bps);
	aula_estimate_want(&line->estimate, aula_allocate_wanted_bps(shares, shared));
	for (size_t i = 0; i < count; i++)
		aula_sender_apply(senders[i], line->estimate.draining);
	if (padder(line) != NULL &&
		aula_estimate_probe(&line->estimate, now_us, &probe, &probe_bps, &bytes)) {
		aula_pacer_probe(&line->pacer, probe, probe_bps, bytes, now_us);
		start_pacing(line);
	}
	/* Sound leaves whatever the line carries: without a picture there is nothing to share. */
	line->moving = moving;
	if (moving)
		wake(line);
}

static void
count_left(aula_line *line, int64_t now_us)
{
	if (now_us - line->counted_us < COUNT_US)
		return;
	line->left_bps = line->left_bytes * 8 * 1000000 / (now_us - line->counted_us);
	line->left_bytes = 0;
	line->counted_us = now_us;
}

void
aula_line_wake(aula_line *line)
{
	line->moving = true;
	wake(line);
}

bool
aula_line_moves(const aula_line *line)
{
	return line->moving;
}

bool
aula_line_tick(aula_line *line)
{
	int64_t now_us = aula_hub_now_us(line->hub);

	count_left(line, now_us);
	if (!line->moving)
		return false;
	aula_estimate_tick(&line->estimate, now_us);
	aula_line_share(line);
	return line->moving;
}

void
aula_line_rest(aula_line *line)
{
	line->awake = false;
}

/* -- what the subscriber says -- */

/* Less is to be sent less at once, not with the next tick. */
static void
share_if_less(aula_line *line, int64_t before_bps)
{
	if (aula_estimate_bps(&line->estimate) < before_bps)
		aula_line_share(line);
}

void
aula_line_note_feedback(aula_line *line, const aula_rtcp *packet)
{
	int64_t before_bps = aula_estimate_bps(&line->estimate);

	/* The time of the turn, as for what was sent. */
	aula_estimate_feedback(&line->estimate, packet, aula_hub_now_us(line->hub));
	aula_pacer_end_probe(&line->pacer, aula_estimate_probing(&line->estimate));
	share_if_less(line, before_bps);
}

void
aula_line_note_remb(aula_line *line, int64_t bps)
{
	int64_t before_bps = aula_estimate_bps(&line->estimate);

	count_left(line, aula_hub_now_us(line->hub));
	aula_estimate_remb(&line->estimate, bps, line->left_bps, aula_hub_now_us(line->hub));
	share_if_less(line, before_bps);
}

void
aula_line_note_report(aula_line *line, uint8_t fraction_lost, int64_t rtt_us)
{
	aula_estimate_report(&line->estimate, fraction_lost, rtt_us, aula_hub_now_us(line->hub));
}

/* -- what is known -- */

int64_t
aula_line_rtt_us(const aula_line *line)
{
	return line->estimate.rtt_us;
}

unsigned
aula_line_copies(const aula_line *line)
{
	return line->copies;
}

double
aula_line_loss(const aula_line *line)
{
	return line->estimate.loss;
}

int64_t
aula_line_bps(const aula_line *line)
{
	return aula_estimate_bps(&line->estimate);
}

json_t *
aula_line_stats(const aula_line *line)
{
	const aula_estimate *estimate = &line->estimate;

	return json_pack("{s:I s:I s:I s:I s:f s:f s:b s:b s:b s:b s:I s:I s:I s:I s:I s:I s:I}",
		"estimate_bps", (json_int_t)aula_estimate_bps(estimate), "wanted_bps",
		(json_int_t)estimate->wanted_bps, "received_bps",
		(json_int_t)estimate->received_bps, "remb_bps", (json_int_t)estimate->remb_bps,
		"rtt_ms", (double)estimate->rtt_us / 1e3, "loss", estimate->loss, "feedback",
		estimate->reported, "limited", estimate->met, "stalled", estimate->stalled,
		"resting", !line->awake, "shared", (json_int_t)line->shared, "pacing_bps",
		(json_int_t)line->pacer.rate_bps, "sent_bps", (json_int_t)line->left_bps,
		"waiting_bytes", (json_int_t)line->pacer.waiting_bytes, "held",
		(json_int_t)line->held, "dropped", (json_int_t)line->dropped, "probes",
		(json_int_t)estimate->probes);
}
