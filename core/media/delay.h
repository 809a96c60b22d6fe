/* SPDX-License-Identifier: Apache-2.0 */
/** Whether a queue grows on the way to a subscriber: the trend of the time that packets are under
 * way, over groups that left together (draft-ietf-rmcat-gcc-02 sections 5.1 to 5.4, with a line
 * fitted instead of a Kalman filter). */
#ifndef AULA_MEDIA_DELAY_H
#define AULA_MEDIA_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AULA_DELAY_GROUP_US = 5000, /* packets that leave within it are one group */
	AULA_DELAY_POINTS = 20,     /* groups that the line is fitted to */
	AULA_DELAY_BASE_US = 10000000,
};

typedef enum { AULA_DELAY_NORMAL, AULA_DELAY_GROWS, AULA_DELAY_SHRINKS } aula_delay_state;

typedef struct {
	int64_t sent_us, last_sent_us, came_us;
} aula_delay_group;

typedef struct {
	aula_delay_group present, before;
	size_t groups; /* 0, 1, or 2: `present`, then `before` too are valid */

	double accumulated_ms, smoothed_ms;
	/* A ring; delay_ms is smoothed, raw_ms is not. */
	double time_ms[AULA_DELAY_POINTS], delay_ms[AULA_DELAY_POINTS], raw_ms[AULA_DELAY_POINTS];
	size_t points;
	int64_t origin_us;
	double least_ms[2]; /* of raw_ms, in the present and the last AULA_DELAY_BASE_US */
	int64_t least_since_us;

	double threshold, trend;
	int64_t adapted_us, grows_since_us;
	size_t grows;
	aula_delay_state state;
} aula_delay;

void aula_delay_init(aula_delay *delay);
/** A packet that left at `sent_us` (our clock) came at `came_us` (the subscriber's clock); in the
 * order of leaving. */
aula_delay_state aula_delay_note(aula_delay *delay, int64_t sent_us, int64_t came_us);
/** How much longer the last packets were under way than the fastest of the last 10 to 20 s: what
 * waits in queues, whoever filled them. */
int64_t aula_delay_queue_us(const aula_delay *delay);

#endif
