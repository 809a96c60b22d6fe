/* SPDX-License-Identifier: Apache-2.0 */
/** How much the line to one subscriber carries. From transport-wide feedback: growing queues and
 * loss, additive increase and multiplicative decrease (draft-ietf-rmcat-gcc-02), and probes,
 * because a flow that is limited by its source never fills the line. From REMB and receiver reports
 * for those who send nothing better. */
#ifndef AULA_MEDIA_ESTIMATE_H
#define AULA_MEDIA_ESTIMATE_H

#include "media/delay.h"
#include "media/probe.h"
#include "wire/rtcp.h"

enum {
	/* Packets under way that are remembered; powers of two. */
	AULA_ESTIMATE_SENT_LEAST = 128,
	AULA_ESTIMATE_SENT_MOST = 4096,
	AULA_ESTIMATE_BUCKETS = 10,
	AULA_ESTIMATE_BUCKET_US = 50000, /* the rate received is measured over all buckets */
};

typedef struct {
	int64_t start_bps, least_bps, most_bps;
} aula_estimate_limits;

typedef struct {
	uint32_t sent_us; /* its lower half: none stays for an hour */
	uint16_t bytes;
	uint8_t probe; /* 0: none */
	uint8_t fate;
} aula_estimate_packet;

typedef struct {
	aula_estimate_limits limits;
	int64_t bps;        /* by delay, loss and probes */
	int64_t remb_bps;   /* 0: never told a limit */
	int64_t remb_us;    /* when it was last told one, or grew */
	int64_t wanted_bps; /* what could be sent if the line carried it */

	aula_estimate_packet *sent; /* `size` of them, more when more are under way */
	size_t size;
	uint64_t next;                       /* number of the next packet; extended */
	int64_t last_sent_us, unreported_us; /* unreported: the first since a report or silence */
	bool reported;                       /* transport-wide feedback has come */
	bool stalled;                        /* it has ceased to come */
	bool met;                            /* the limit of the line has been met once, or told */
	bool draining;                       /* less is sent until a long queue is gone */
	int64_t reported_us, rtt_us;
	uint64_t counted; /* packets before this one say nothing about loss */
	int64_t came_us;  /* the last arrival on the subscriber's clock, unwrapped */

	aula_delay delay;
	int64_t bucket_bytes[AULA_ESTIMATE_BUCKETS], bucket; /* by arrival */
	int64_t received_since_us, received_bps;
	int64_t increased_us, decreased_us;
	double capacity_bps; /* where queues began to grow; 0: not known */
	int64_t met_us;      /* when one last grew; 0: never */

	int64_t loss_since_us, loss_came, loss_missing;
	double loss, loss_before, loss_inherent; /* inherent: it does not go when less is sent */
	int64_t before_loss_bps;
	unsigned vain;       /* decreases for loss that did not help */
	int64_t fallback_us; /* of the last receiver report */

	aula_probe probe;
	int64_t probe_after_us, probe_wait_us;
	int64_t raised_us;  /* by a probe */
	int64_t gave_up_us; /* the last probe; its queue goes by itself */
	uint8_t probe_last;
	uint64_t probes; /* asked for */
} aula_estimate;

void aula_estimate_init(
	aula_estimate *estimate, const aula_estimate_limits *limits, int64_t now_us);
void aula_estimate_finish(aula_estimate *estimate);

/** A packet is about to leave, header and all `bytes` long; `probe` is 0 or what
 * aula_estimate_probe() said. Returns its transport-wide number. */
uint16_t aula_estimate_sent(aula_estimate *estimate, size_t bytes, uint8_t probe, int64_t now_us);
/** Transport-wide feedback came; anything else, or malformed, is ignored. */
void aula_estimate_feedback(aula_estimate *estimate, const aula_rtcp *packet, int64_t now_us);
/** A REMB came, while `sent_bps` were sent. Receivers allow little more than what comes, so that it
 * is a limit only where it says less than that; else more is tried slowly. */
void aula_estimate_remb(aula_estimate *estimate, int64_t bps, int64_t sent_bps, int64_t now_us);
/** A report block came, for subscribers without transport-wide feedback; `fraction_lost` of 256,
 * `rtt_us` 0 if not known. */
void aula_estimate_report(
	aula_estimate *estimate, uint8_t fraction_lost, int64_t rtt_us, int64_t now_us);

/** Ten times a second or so: notices that feedback has ceased. */
void aula_estimate_tick(aula_estimate *estimate, int64_t now_us);
/** What could be sent if the line carried it: above the estimate, it asks for probes. */
void aula_estimate_want(aula_estimate *estimate, int64_t wanted_bps);
/** True: send `*ret_bytes` at `*ret_bps` now, each packet marked with `*ret_probe`. */
bool aula_estimate_probe(aula_estimate *estimate, int64_t now_us, uint8_t *ret_probe,
	int64_t *ret_bps, int64_t *ret_bytes);

/** The probe under way; 0: none, or it is not worth going on with. */
uint8_t aula_estimate_probing(const aula_estimate *estimate);
/** How often to send each packet of a picture: twice on a line that loses much whatever is sent
 * (radio), because requests to repeat get lost there as well. */
unsigned aula_estimate_copies(const aula_estimate *estimate);
/** What to send at most. */
int64_t aula_estimate_bps(const aula_estimate *estimate);

#endif
