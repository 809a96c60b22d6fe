/* SPDX-License-Identifier: Apache-2.0 */
#include "media/delay.h"

#include <math.h>
#include <string.h>

enum {
	GRACE_US = 10000,   /* a queue must grow for so long to count */
	RESET_US = 3000000, /* a jump of either clock, or a link that was away */
	ADAPT_MOST_US = 100000,
	TREND_COUNT_MOST = 60,
	BURST_MOST_US = 100000,
	JUMP_MS = 60, /* more than jitter makes of it */
	JUMP_MUCH_MS = 80,
	JUMP_GROUPS = 12,
};

static const double SMOOTHING = 0.9, GAIN = 4;
/* Milliseconds of trend: as in the draft's section 5.4, so that flows of browsers share fairly. */
static const double THRESHOLD = 12.5, THRESHOLD_LEAST = 6, THRESHOLD_MOST = 600;
static const double ADAPT_UP = 0.0087, ADAPT_DOWN = 0.039, ADAPT_REACH = 15;

void
aula_delay_init(aula_delay *delay)
{
	memset(delay, 0, sizeof(*delay));
	delay->threshold = THRESHOLD;
}

/* Least squares over the ring; 0 while it is not full. */
static double
fit(const aula_delay *delay)
{
	double mean_x = 0, mean_y = 0, above = 0, below = 0;

	if (delay->points < AULA_DELAY_POINTS)
		return 0;
	for (size_t i = 0; i < AULA_DELAY_POINTS; i++) {
		mean_x += delay->time_ms[i] / AULA_DELAY_POINTS;
		mean_y += delay->delay_ms[i] / AULA_DELAY_POINTS;
	}
	for (size_t i = 0; i < AULA_DELAY_POINTS; i++) {
		double x = delay->time_ms[i] - mean_x;

		above += x * (delay->delay_ms[i] - mean_y);
		below += x * x;
	}
	return below > 0 ? above / below : 0;
}

/* The threshold follows the trend slowly, or a flow that fills queues would starve this one. */
static void
adapt(aula_delay *delay, double trend, int64_t now_us)
{
	int64_t passed_us = delay->adapted_us == 0 ? 0 : now_us - delay->adapted_us;
	double distance = fabs(trend) - delay->threshold;

	delay->adapted_us = now_us;
	if (distance > ADAPT_REACH)
		return;
	passed_us = passed_us > ADAPT_MOST_US ? ADAPT_MOST_US : passed_us;
	delay->threshold +=
		(distance < 0 ? ADAPT_DOWN : ADAPT_UP) * distance * (double)passed_us / 1000;
	delay->threshold = fmin(fmax(delay->threshold, THRESHOLD_LEAST), THRESHOLD_MOST);
}

/* A line that turns thin at once fills its queue before twenty groups show a trend: one group that
 * comes much later than those of the last moments, or two that come later. What a radio holds up
 * comes in one burst, and hardly later than its last packet. */
static bool
is_jump(const aula_delay *delay)
{
	size_t known = delay->points < AULA_DELAY_POINTS ? delay->points : AULA_DELAY_POINTS;
	double least = INFINITY, last, before;

	if (known < AULA_DELAY_POINTS)
		return false;
	for (size_t i = 3; i <= JUMP_GROUPS; i++)
		least = fmin(least, delay->raw_ms[(delay->points - i) % AULA_DELAY_POINTS]);
	last = delay->raw_ms[(delay->points - 1) % AULA_DELAY_POINTS] - least;
	before = delay->raw_ms[(delay->points - 2) % AULA_DELAY_POINTS] - least;
	return (last > JUMP_MS && before > JUMP_MS) || last > JUMP_MUCH_MS;
}

static void
judge(aula_delay *delay, double slope, int64_t now_us)
{
	size_t weight = delay->points < TREND_COUNT_MOST ? delay->points : TREND_COUNT_MOST;
	double trend = (double)weight * slope * GAIN;

	if (trend > delay->threshold) {
		if (delay->grows++ == 0)
			delay->grows_since_us = now_us;
		if (now_us - delay->grows_since_us >= GRACE_US && delay->grows > 1 &&
			trend >= delay->trend)
			delay->state = AULA_DELAY_GROWS;
	} else if (trend >= delay->trend && is_jump(delay)) {
		delay->state = AULA_DELAY_GROWS;
	} else {
		delay->grows = 0;
		delay->state = trend < -delay->threshold ? AULA_DELAY_SHRINKS : AULA_DELAY_NORMAL;
	}
	delay->trend = trend;
	adapt(delay, trend, now_us);
}

static void
note_base(aula_delay *delay, int64_t now_us)
{
	if (delay->points == 1)
		delay->least_ms[1] = delay->accumulated_ms;
	if (delay->points == 1 || now_us - delay->least_since_us > AULA_DELAY_BASE_US) {
		if (delay->points > 1)
			delay->least_ms[1] = delay->least_ms[0];
		delay->least_ms[0] = delay->accumulated_ms;
		delay->least_since_us = now_us;
	}
	delay->least_ms[0] = fmin(delay->least_ms[0], delay->accumulated_ms);
}

static void
compare_groups(aula_delay *delay)
{
	int64_t sent_us = delay->present.last_sent_us - delay->before.last_sent_us;
	int64_t came_us = delay->present.came_us - delay->before.came_us;
	size_t at = delay->points % AULA_DELAY_POINTS;

	delay->accumulated_ms += (double)(came_us - sent_us) / 1000;
	delay->smoothed_ms =
		SMOOTHING * delay->smoothed_ms + (1 - SMOOTHING) * delay->accumulated_ms;
	if (delay->points == 0)
		delay->origin_us = delay->present.came_us;
	delay->time_ms[at] = (double)(delay->present.came_us - delay->origin_us) / 1000;
	delay->delay_ms[at] = delay->smoothed_ms;
	delay->raw_ms[at] = delay->accumulated_ms;
	delay->points++;
	note_base(delay, delay->present.came_us);
	judge(delay, fit(delay), delay->present.last_sent_us);
}

int64_t
aula_delay_queue_us(const aula_delay *delay)
{
	if (delay->points == 0)
		return 0;
	double base_ms = fmin(delay->least_ms[0], delay->least_ms[1]);
	return (int64_t)(1000 * (delay->accumulated_ms - base_ms));
}

aula_delay_state
aula_delay_note(aula_delay *delay, int64_t sent_us, int64_t came_us)
{
	aula_delay_group *present = &delay->present;
	int64_t apart_us = (came_us - present->came_us) - (sent_us - present->last_sent_us);

	if (delay->groups > 0 && (apart_us > RESET_US || apart_us < -RESET_US ||
					 sent_us - present->last_sent_us > RESET_US))
		aula_delay_init(delay);
	if (delay->groups == 0) {
		*present = (aula_delay_group){ sent_us, sent_us, came_us };
		delay->groups = 1;
		return delay->state;
	}
	/* What was held up on the way and came in one burst is one group too: a radio link does
	 * that, and its queue does not grow. */
	bool burst = came_us - present->came_us <= AULA_DELAY_GROUP_US && apart_us < 0 &&
		     sent_us - present->sent_us < BURST_MOST_US;
	if (sent_us - present->sent_us <= AULA_DELAY_GROUP_US || burst) {
		if (sent_us > present->last_sent_us)
			present->last_sent_us = sent_us;
		if (came_us > present->came_us)
			present->came_us = came_us;
		return delay->state;
	}
	if (delay->groups == 2)
		compare_groups(delay);
	delay->before = *present;
	delay->groups = 2;
	*present = (aula_delay_group){ sent_us, sent_us, came_us };
	return delay->state;
}
