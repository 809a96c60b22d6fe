/* SPDX-License-Identifier: Apache-2.0 */
#include "media/uplink.h"

enum {
	DATE_BITS = 24,
	DATE_HZ = 1 << 18,
	FALL_US = 300000, /* a fall takes so long to show */
	MUCH_LOST = 26,   /* of 256 */
};

static const double FALL = 0.85, RISE = 1.08, RISE_FIRST = 2; /* the latter two a second */
static const double AHEAD = 1.5, AHEAD_BPS = 50000;           /* of what comes: more says nothing */

void
aula_uplink_init(aula_uplink *uplink)
{
	*uplink = (aula_uplink){ .started = false };
	aula_delay_init(&uplink->delay);
}

static int64_t
unwrap(aula_uplink *uplink, uint32_t date)
{
	int32_t step = (int32_t)((date - uplink->date) << (32 - DATE_BITS)) >> (32 - DATE_BITS);

	if (!uplink->started)
		step = 0;
	uplink->date = date;
	uplink->sent_us += (int64_t)step * 1000000 / DATE_HZ;
	return uplink->sent_us;
}

static bool
fall(aula_uplink *uplink, int64_t now_us)
{
	if (now_us - uplink->fell_us < FALL_US)
		return false;
	double bps = FALL * (double)uplink->rate.bps;
	uplink->fell_us = uplink->rose_us = now_us;
	uplink->congested = true;
	if (bps >= uplink->bps)
		return false;
	uplink->bps = bps < AULA_UPLINK_LEAST_BPS ? AULA_UPLINK_LEAST_BPS : bps;
	return true;
}

static void
rise(aula_uplink *uplink, int64_t now_us)
{
	double most = AHEAD * (double)uplink->rate.bps + AHEAD_BPS;
	double passed_s = (double)(now_us - uplink->rose_us) / 1e6;
	double rate = uplink->congested ? RISE : RISE_FIRST;

	uplink->rose_us = now_us;
	if (passed_s > 1)
		passed_s = 1;
	double bps = uplink->bps * (1 + (rate - 1) * passed_s);
	/* What is not sent for want of content does not make the line thinner. */
	if (bps <= most)
		uplink->bps = bps;
}

bool
aula_uplink_note(aula_uplink *uplink, uint32_t date, size_t bytes, int64_t now_us)
{
	int64_t sent_us = unwrap(uplink, date);

	uplink->started = true;
	aula_rate_note(&uplink->rate, bytes, now_us);
	aula_delay_state state = aula_delay_note(&uplink->delay, sent_us, now_us);
	if (uplink->rate.bps == 0)
		return false;
	if (uplink->bps == 0) {
		uplink->bps = AHEAD * (double)uplink->rate.bps + AHEAD_BPS;
		uplink->rose_us = now_us;
	}
	if (state == AULA_DELAY_GROWS)
		return fall(uplink, now_us);
	if (state == AULA_DELAY_NORMAL)
		rise(uplink, now_us);
	return false;
}

void
aula_uplink_lost(aula_uplink *uplink, uint8_t fraction_lost, int64_t now_us)
{
	double came = (double)uplink->rate.bps;

	if (fraction_lost < MUCH_LOST || uplink->bps == 0)
		return;
	uplink->congested = true;
	uplink->fell_us = uplink->rose_us = now_us;
	double bps = (came < uplink->bps ? came : uplink->bps) * (1 - fraction_lost / 512.0);
	uplink->bps = bps < AULA_UPLINK_LEAST_BPS ? AULA_UPLINK_LEAST_BPS : bps;
}

int64_t
aula_uplink_bps(const aula_uplink *uplink)
{
	return (int64_t)uplink->bps;
}
