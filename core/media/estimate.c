/* SPDX-License-Identifier: Apache-2.0 */
#include "media/estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/twcc.h"

enum { UNUSED, FLYING, CAME, MISSING };

enum {
	RTT_US = 100000, /* assumed until it is known */
	STALL_US = 600000,
	REMEMBERED_US = 2000000,
	LOSS_WINDOW_US = 800000,
	LOSS_PACKETS = 40, /* fewer say nothing */
	VAIN_MOST = 2,
	PACKET_BITS = 1200 * 8,
	SLACK_BPS = 10000,
	PROBE_WARY_US = 60000000,  /* since a queue grew: probes are long */
	PROBE_FAILED_US = 3000000, /* a queue grows so soon after one that found room */
	PROBE_WAIT_US = 1000000,
	PROBE_WAIT_MOST_US = 4000000,
	PROBE_SOON_US = 300000, /* after one that found room */
	FALLBACK_US = 200000,
	RECENT_BUCKETS = 4,
	PROVEN_US = AULA_ESTIMATE_BUCKETS * AULA_ESTIMATE_BUCKET_US,
	DRAIN_FROM_US = 100000,
	DRAIN_SOON_US = 1000000, /* after a decrease */
	DRAIN_TO_US = 60000,
	DRAIN_MOST_US = 3000000,
};

static const double DECREASE = 0.85, INCREASE = 0.08; /* a second */
static const double LOSS_LITTLE = 0.02, LOSS_MUCH = 0.10, LOSS_VAIN = 0.8, LOSS_INHERENT = 0.35;
static const double LOSS_TWICE = 0.08;
static const double DRAIN = 0.6, PROVEN = 0.9;
static const double REMB_LESS = 0.95;
static const double CAPACITY_REACH = 0.15;

void
aula_estimate_init(aula_estimate *estimate, const aula_estimate_limits *limits, int64_t now_us)
{
	memset(estimate, 0, sizeof(*estimate));
	estimate->limits = *limits;
	estimate->bps = limits->start_bps;
	estimate->next = estimate->counted = 1 << 16; /* as many bits are on the wire */
	estimate->reported_us = estimate->increased_us = now_us;
	estimate->decreased_us = now_us - PROBE_WAIT_US;
	estimate->probe_wait_us = PROBE_WAIT_US;
	estimate->probe_after_us = now_us;
	aula_delay_init(&estimate->delay);
}

void
aula_estimate_finish(aula_estimate *estimate)
{
	free(estimate->sent);
	estimate->sent = NULL;
	estimate->size = 0;
}

static aula_estimate_packet *
packet_of(const aula_estimate *estimate, uint64_t number)
{
	return &estimate->sent[number & (estimate->size - 1)];
}

static int64_t
sent_us(const aula_estimate_packet *packet, int64_t now_us)
{
	return now_us - (int64_t)(uint32_t)((uint32_t)now_us - packet->sent_us);
}

static void
set(aula_estimate *estimate, double bps)
{
	const aula_estimate_limits *limits = &estimate->limits;

	bps = fmin(bps, (double)limits->most_bps);
	estimate->bps = (int64_t)fmax(bps, (double)limits->least_bps);
}

static int64_t
rtt_us(const aula_estimate *estimate)
{
	return estimate->rtt_us > 0 ? estimate->rtt_us : RTT_US;
}

/* What nobody spoke of for a whole window does not count as lost: the stall does. */
static void
make_room(aula_estimate *estimate, int64_t now_us)
{
	size_t size = estimate->size * 2;

	if (estimate->sent != NULL) {
		const aula_estimate_packet *oldest = packet_of(estimate, estimate->next);
		if (oldest->fate != FLYING || size > AULA_ESTIMATE_SENT_MOST ||
			now_us - sent_us(oldest, now_us) > REMEMBERED_US)
			return;
	}
	size = size == 0 ? AULA_ESTIMATE_SENT_LEAST : size;
	aula_estimate_packet *more = calloc(size, sizeof(*more));
	if (more == NULL)
		abort();
	for (uint64_t i = 1; i <= estimate->size; i++)
		more[(estimate->next - i) & (size - 1)] = *packet_of(estimate, estimate->next - i);
	free(estimate->sent);
	estimate->sent = more;
	estimate->size = size;
}

uint16_t
aula_estimate_sent(aula_estimate *estimate, size_t bytes, uint8_t probe, int64_t now_us)
{
	make_room(estimate, now_us);
	uint64_t number = estimate->next++;

	if (estimate->last_sent_us <= estimate->reported_us ||
		now_us - estimate->last_sent_us > STALL_US)
		estimate->unreported_us = now_us;
	estimate->last_sent_us = now_us;
	*packet_of(estimate, number) = (aula_estimate_packet){
		.sent_us = (uint32_t)now_us,
		.bytes = bytes > UINT16_MAX ? UINT16_MAX : (uint16_t)bytes,
		.probe = probe,
		.fate = FLYING,
	};
	return (uint16_t)number;
}

/* -- what came, and how fast -- */

/* The number meant by 16 bits of it: one of those sent last; 0: none. */
static uint64_t
extend(const aula_estimate *estimate, uint16_t sequence)
{
	uint64_t last = estimate->next - 1;
	uint64_t back = (uint16_t)((uint16_t)last - sequence);

	return back < estimate->size ? last - back : 0;
}

static void
count_received(aula_estimate *estimate, int64_t came_us, size_t bytes)
{
	int64_t bucket = came_us / AULA_ESTIMATE_BUCKET_US, total = 0;

	if (estimate->received_since_us == 0 ||
		bucket - estimate->bucket > 4 * AULA_ESTIMATE_BUCKETS) {
		memset(estimate->bucket_bytes, 0, sizeof(estimate->bucket_bytes));
		estimate->received_since_us = came_us;
		estimate->bucket = bucket;
	}
	for (; estimate->bucket < bucket; estimate->bucket++)
		estimate->bucket_bytes[(estimate->bucket + 1) % AULA_ESTIMATE_BUCKETS] = 0;
	if (estimate->bucket - bucket < AULA_ESTIMATE_BUCKETS)
		estimate->bucket_bytes[bucket % AULA_ESTIMATE_BUCKETS] += (int64_t)bytes;
	int64_t whole_us = (int64_t)(AULA_ESTIMATE_BUCKETS - 1) * AULA_ESTIMATE_BUCKET_US;
	int64_t span_us = came_us - estimate->received_since_us;
	if (span_us < whole_us / 2)
		return;
	/* The present bucket is not full yet. */
	for (int i = 0; i < AULA_ESTIMATE_BUCKETS; i++)
		total += estimate->bucket_bytes[i];
	span_us = span_us < whole_us ? span_us : whole_us + came_us % AULA_ESTIMATE_BUCKET_US;
	estimate->received_bps = total * 8 * 1000000 / span_us;
}

static void
wait_longer(aula_estimate *estimate)
{
	estimate->probe_wait_us *= 2;
	if (estimate->probe_wait_us > PROBE_WAIT_MOST_US)
		estimate->probe_wait_us = PROBE_WAIT_MOST_US;
}

/* It fills a queue: what is left of it need not be sent. */
static void
give_probe_up(aula_estimate *estimate, int64_t now_us)
{
	if (estimate->probe.id == 0)
		return;
	estimate->probe.id = 0;
	estimate->gave_up_us = now_us;
	wait_longer(estimate);
	estimate->probe_after_us = now_us + estimate->probe_wait_us;
}

static void
finish_probe(aula_estimate *estimate, int64_t now_us)
{
	double found_bps;

	if (!aula_probe_finish(&estimate->probe, now_us, &found_bps))
		return;
	bool room = found_bps > 1.05 * (double)estimate->bps;
	if (room) {
		set(estimate, found_bps);
		estimate->capacity_bps = 0;
		estimate->increased_us = estimate->raised_us = now_us;
		estimate->probe_wait_us = PROBE_WAIT_US;
	} else if (found_bps > 0) {
		wait_longer(estimate);
	}
	estimate->probe_after_us = now_us + (room ? PROBE_SOON_US : estimate->probe_wait_us);
}

/* -- less -- */

/* How fast packets come while they queue: a burst of the last moments, not the mean over the
 * gaps of a source that sends little. */
static double
recent_bps(const aula_estimate *estimate)
{
	int64_t most = 0;

	for (int64_t i = 0; i < RECENT_BUCKETS - 1; i++) {
		int64_t at = estimate->bucket - i + 2 * AULA_ESTIMATE_BUCKETS;
		int64_t pair = estimate->bucket_bytes[at % AULA_ESTIMATE_BUCKETS] +
			       estimate->bucket_bytes[(at - 1) % AULA_ESTIMATE_BUCKETS];

		most = pair > most ? pair : most;
	}
	return (double)most * 8e6 / (2 * AULA_ESTIMATE_BUCKET_US);
}

/* What left before now says nothing more about loss. */
static void
forget_loss(aula_estimate *estimate, int64_t now_us)
{
	estimate->counted = estimate->next;
	estimate->loss_came = estimate->loss_missing = 0;
	estimate->loss_since_us = now_us;
}

static void
decreased(aula_estimate *estimate, int64_t now_us)
{
	estimate->decreased_us = estimate->increased_us = now_us;
	estimate->met = true;
	if (now_us - estimate->raised_us < PROBE_FAILED_US && estimate->raised_us != 0) {
		estimate->raised_us = 0;
		wait_longer(estimate);
	}
	give_probe_up(estimate, now_us);
	if (estimate->probe_after_us < now_us + estimate->probe_wait_us)
		estimate->probe_after_us = now_us + estimate->probe_wait_us;
}

static void
decrease_for_delay(aula_estimate *estimate, int64_t now_us)
{
	double received = recent_bps(estimate);

	estimate->met_us = now_us;
	give_probe_up(estimate, now_us);
	/* The last decrease has not shown yet. */
	if (now_us - estimate->decreased_us < rtt_us(estimate) + AULA_ESTIMATE_BUCKET_US ||
		received <= 0)
		return;
	double bps = DECREASE * received;
	if (bps >= (double)estimate->bps)
		return;
	estimate->capacity_bps = estimate->capacity_bps == 0
					 ? received
					 : 0.7 * estimate->capacity_bps + 0.3 * received;
	set(estimate, bps);
	decreased(estimate, now_us);
	/* What the same queue has no room for. */
	forget_loss(estimate, now_us);
}

/* Loss that stays when less is sent is the line's own (radio), and not a reason to send less. */
static bool
is_in_vain(aula_estimate *estimate)
{
	if (estimate->before_loss_bps == 0 || estimate->loss < LOSS_VAIN * estimate->loss_before) {
		estimate->vain = 0;
		return false;
	}
	if (++estimate->vain < VAIN_MOST)
		return false;
	estimate->loss_inherent = fmin(estimate->loss, LOSS_INHERENT);
	set(estimate, (double)estimate->before_loss_bps);
	estimate->before_loss_bps = 0;
	estimate->vain = 0;
	return true;
}

static void
judge_loss(aula_estimate *estimate, int64_t now_us)
{
	double excess = estimate->loss - estimate->loss_inherent;

	if (estimate->loss_inherent > 0)
		estimate->loss_inherent += 0.1 * fmin(excess, 0);
	if (excess < LOSS_MUCH) {
		estimate->before_loss_bps = 0;
		return;
	}
	if (is_in_vain(estimate))
		return;
	if (estimate->before_loss_bps == 0)
		estimate->before_loss_bps = estimate->bps;
	estimate->loss_before = estimate->loss;
	set(estimate, (double)estimate->bps * (1 - 0.5 * excess));
	decreased(estimate, now_us);
}

static void
close_loss_window(aula_estimate *estimate, int64_t now_us)
{
	int64_t all = estimate->loss_came + estimate->loss_missing;

	if (now_us - estimate->loss_since_us < LOSS_WINDOW_US || all < LOSS_PACKETS)
		return;
	estimate->loss = fmax((double)estimate->loss_missing, 0) / (double)all;
	estimate->loss_since_us = now_us;
	estimate->loss_came = estimate->loss_missing = 0;
	judge_loss(estimate, now_us);
}

/* -- more -- */

static void
increase(aula_estimate *estimate, int64_t now_us)
{
	double bps = (double)estimate->bps;
	double passed = (double)(now_us - estimate->increased_us) / 1e6;
	double most = 1.5 * (double)estimate->received_bps + SLACK_BPS;
	double proven = PROVEN * (double)estimate->received_bps;

	estimate->increased_us = now_us;
	if (estimate->loss - estimate->loss_inherent > LOSS_LITTLE + LOSS_MUCH / 4)
		return;
	passed = fmin(passed, 1);
	if (bps > estimate->capacity_bps * (1 + CAPACITY_REACH))
		estimate->capacity_bps = 0;
	if (estimate->capacity_bps > 0 && bps > estimate->capacity_bps * (1 - CAPACITY_REACH))
		bps += passed * PACKET_BITS * 1e6 / (double)(rtt_us(estimate) + RTT_US);
	else
		bps *= pow(1 + INCREASE, passed);
	/* More than the estimate comes, and no queue grows: a dip is over. */
	if (now_us - estimate->decreased_us > PROVEN_US)
		bps = fmax(bps, proven);
	/* A source that sends less than it may says nothing about more than it sends. */
	if (bps > most)
		bps = fmax(most, (double)estimate->bps);
	set(estimate, bps);
}

/* A long queue goes only if clearly less is sent than the line carries. One that does not go is
 * somebody else's. */
static void
watch_drain(aula_estimate *estimate, int64_t now_us)
{
	int64_t since_us = now_us - estimate->decreased_us;
	bool ours = estimate->gave_up_us != 0 &&
		    now_us - estimate->gave_up_us < rtt_us(estimate) + DRAIN_SOON_US;

	if (!ours && estimate->delay.state == AULA_DELAY_GROWS && since_us < DRAIN_SOON_US &&
		aula_delay_queue_us(&estimate->delay) > DRAIN_FROM_US)
		estimate->draining = true;
	else if (estimate->draining &&
		 (aula_delay_queue_us(&estimate->delay) < DRAIN_TO_US || since_us > DRAIN_MOST_US))
		estimate->draining = false;
}

/* -- what we are told -- */

/* The subscriber's clock in a straight line: the wire has 24 bits of 64 ms. */
static int64_t
unwrap(aula_estimate *estimate, int64_t came_us)
{
	const int64_t cycle = (int64_t)AULA_TWCC_REFERENCE_US << AULA_TWCC_REFERENCE_BITS;
	int64_t step = (came_us - estimate->came_us) % cycle;

	if (estimate->came_us == 0)
		step = (came_us % cycle + cycle) % cycle + cycle;
	else if (step >= cycle / 2)
		step -= cycle;
	else if (step < -cycle / 2)
		step += cycle;
	estimate->came_us += step;
	return estimate->came_us;
}

static void
count_missing(aula_estimate *estimate, const aula_twcc_walk *walk)
{
	for (uint16_t i = 0; i < walk->count; i++) {
		uint64_t number = extend(estimate, (uint16_t)(walk->base + i));
		aula_estimate_packet *packet = packet_of(estimate, number);

		if (number == 0 || packet->fate != FLYING)
			continue;
		packet->fate = MISSING;
		if (number >= estimate->counted)
			estimate->loss_missing++;
	}
}

static void
note_arrival(aula_estimate *estimate, const aula_twcc_arrival *arrival, int64_t now_us)
{
	uint64_t number = extend(estimate, arrival->sequence);
	aula_estimate_packet *packet = packet_of(estimate, number);
	int64_t came_us = unwrap(estimate, arrival->at_us);

	if (number == 0 || packet->fate == CAME || packet->fate == UNUSED)
		return;
	/* Only from now on: what left while the line was away is lost, and no congestion. */
	if (estimate->stalled) {
		estimate->stalled = false;
		estimate->met = true;
		forget_loss(estimate, now_us);
		estimate->received_since_us = 0;
		estimate->probe_after_us = now_us;
		estimate->probe_wait_us = PROBE_WAIT_US;
		estimate->capacity_bps = 0;
		estimate->draining = false;
		aula_delay_init(&estimate->delay);
		set(estimate, (double)estimate->bps / 2);
	}
	if (number >= estimate->counted) {
		estimate->loss_came++;
		estimate->loss_missing -= packet->fate == MISSING;
	}
	packet->fate = CAME;
	int64_t left_us = sent_us(packet, now_us);
	aula_delay_note(&estimate->delay, left_us, came_us);
	count_received(estimate, came_us, packet->bytes);
	aula_probe_note(&estimate->probe, packet->probe, packet->bytes, left_us, came_us);
}

/* The fastest of late, creeping up: feedback waits for its interval, the line does not. */
static void
note_rtt(aula_estimate *estimate, uint16_t last, int64_t now_us)
{
	uint64_t number = extend(estimate, last);

	if (number == 0)
		return;
	int64_t sample_us = now_us - sent_us(packet_of(estimate, number), now_us);
	if (estimate->rtt_us == 0 || sample_us < estimate->rtt_us)
		estimate->rtt_us = sample_us > 0 ? sample_us : 1;
	else
		estimate->rtt_us += (sample_us - estimate->rtt_us) / 16;
}

void
aula_estimate_feedback(aula_estimate *estimate, const aula_rtcp *packet, int64_t now_us)
{
	aula_twcc_walk whole, walk;
	aula_twcc_arrival arrival;
	bool any = false;

	if (estimate->sent == NULL || !aula_twcc_read(packet, &whole))
		return;
	for (walk = whole; aula_twcc_next(&walk, &arrival); any = true)
		note_arrival(estimate, &arrival, now_us);
	count_missing(estimate, &whole);
	if (!any)
		return;
	note_rtt(estimate, arrival.sequence, now_us);
	estimate->reported = true;
	estimate->reported_us = now_us;
	finish_probe(estimate, now_us);
	close_loss_window(estimate, now_us);
	if (estimate->delay.state == AULA_DELAY_GROWS)
		decrease_for_delay(estimate, now_us);
	else if (estimate->delay.state == AULA_DELAY_NORMAL && !estimate->draining)
		increase(estimate, now_us);
	else
		estimate->increased_us = now_us;
	watch_drain(estimate, now_us);
}

void
aula_estimate_remb(aula_estimate *estimate, int64_t bps, int64_t sent_bps, int64_t now_us)
{
	double passed = (double)(now_us - estimate->remb_us) / 1e6;

	bps = bps > estimate->limits.least_bps ? bps : estimate->limits.least_bps;
	if ((double)bps < REMB_LESS * (double)sent_bps) {
		estimate->met = true;
		estimate->remb_bps = bps;
	} else if (estimate->remb_bps > 0) {
		double grown = (double)estimate->remb_bps * pow(1 + INCREASE, fmin(passed, 2));

		estimate->remb_bps = (int64_t)fmax(grown, (double)bps);
	}
	estimate->remb_us = now_us;
}

void
aula_estimate_report(
	aula_estimate *estimate, uint8_t fraction_lost, int64_t round_trip_us, int64_t now_us)
{
	double passed = (double)(now_us - estimate->fallback_us) / 1e6;

	if (round_trip_us > 0 && !estimate->reported)
		estimate->rtt_us = round_trip_us;
	/* One report has a block for each stream: the first of them decides. */
	if (estimate->reported || now_us - estimate->fallback_us < FALLBACK_US)
		return;
	estimate->fallback_us = now_us;
	estimate->loss = fraction_lost / 256.0;
	if (estimate->loss > LOSS_MUCH) {
		judge_loss(estimate, now_us);
		return;
	}
	if (estimate->loss < LOSS_LITTLE)
		set(estimate, (double)estimate->bps * pow(1 + INCREASE, fmin(passed, 2)));
	judge_loss(estimate, now_us);
}

void
aula_estimate_tick(aula_estimate *estimate, int64_t now_us)
{
	if (!estimate->reported || estimate->stalled)
		return;
	/* Only if something was sent that should have been reported, and not before a silence,
	 * of which nobody speaks. */
	estimate->stalled = estimate->last_sent_us > estimate->reported_us &&
			    now_us - estimate->unreported_us > STALL_US + rtt_us(estimate);
}

void
aula_estimate_want(aula_estimate *estimate, int64_t wanted_bps)
{
	estimate->wanted_bps = wanted_bps;
}

bool
aula_estimate_probe(aula_estimate *estimate, int64_t now_us, uint8_t *ret_probe, int64_t *ret_bps,
	int64_t *ret_bytes)
{
	finish_probe(estimate, now_us);
	if (!estimate->reported || estimate->stalled || estimate->probe.id != 0 ||
		estimate->draining || estimate->delay.state == AULA_DELAY_GROWS ||
		estimate->wanted_bps <= estimate->bps ||
		estimate->bps >= estimate->limits.most_bps || now_us < estimate->probe_after_us)
		return false;
	/* Twice as much, and a little more than is wanted so that it will be enough. */
	int64_t bps = 2 * estimate->bps, enough = estimate->wanted_bps + estimate->wanted_bps / 5;
	bps = bps < enough ? bps : enough;
	estimate->probe_last = estimate->probe_last == UINT8_MAX ? 1 : estimate->probe_last + 1;
	bool wary = estimate->met_us != 0 && now_us - estimate->met_us < PROBE_WARY_US;
	aula_probe_start(
		&estimate->probe, estimate->probe_last, wary, bps, estimate->loss_inherent, now_us);
	estimate->probes++;
	*ret_probe = estimate->probe_last;
	*ret_bps = bps;
	*ret_bytes = estimate->probe.asked_bytes;
	return true;
}

uint8_t
aula_estimate_probing(const aula_estimate *estimate)
{
	return estimate->probe.id;
}

unsigned
aula_estimate_copies(const aula_estimate *estimate)
{
	return estimate->loss_inherent > LOSS_TWICE ? 2 : 1;
}

int64_t
aula_estimate_bps(const aula_estimate *estimate)
{
	int64_t bps = estimate->stalled ? estimate->limits.least_bps : estimate->bps;

	if (estimate->draining)
		bps = (int64_t)fmax(DRAIN * (double)bps, (double)estimate->limits.least_bps);
	return estimate->remb_bps > 0 && estimate->remb_bps < bps ? estimate->remb_bps : bps;
}
