/* SPDX-License-Identifier: Apache-2.0 */
#include "media/probe.h"

#include <math.h>

enum {
	SHORT_US = 60000,
	LONG_US = 350000,
	LEAST_BYTES = 6000, /* a few packets */
	LEAST_PACKETS = 4,
	PATIENCE_US = 1000000,
};

/* Of what is awaited. */
static const double ENOUGH = 0.75, LONG_ENOUGH = 0.92, UNCOUNTED = 0.6;
static const double FULL = 0.9, BELOW = 0.95;

void
aula_probe_start(
	aula_probe *probe, uint8_t id, bool is_long, int64_t bps, double loss, int64_t now_us)
{
	int64_t bytes = bps * (is_long ? LONG_US : SHORT_US) / 8000000;

	*probe = (aula_probe){
		.id = id,
		.is_long = is_long,
		.bps = bps,
		.asked_us = now_us,
		.asked_bytes = bytes > LEAST_BYTES ? bytes : LEAST_BYTES,
	};
	probe->awaited_bytes = (1 - loss) * (double)probe->asked_bytes;
}

void
aula_probe_note(aula_probe *probe, uint8_t id, size_t bytes, int64_t sent_us, int64_t came_us)
{
	int64_t after = probe->bytes + (int64_t)bytes;
	double uncounted = UNCOUNTED * probe->awaited_bytes;

	if (probe->id == 0 || id != probe->id)
		return;
	if (probe->packets++ == 0 || (probe->is_long && (double)probe->bytes < uncounted &&
					     (double)after >= uncounted)) {
		/* What came up to here was there before the time that counts. */
		probe->first_sent_us = sent_us;
		probe->first_came_us = came_us;
		probe->uncounted_bytes = after;
	}
	probe->last_sent_us = sent_us;
	probe->last_came_us = came_us > probe->last_came_us ? came_us : probe->last_came_us;
	probe->bytes = after;
}

bool
aula_probe_finish(aula_probe *probe, int64_t now_us, double *ret_bps)
{
	double part = (double)probe->bytes / probe->awaited_bytes;
	bool late = now_us - probe->asked_us >= PATIENCE_US;

	if (probe->id == 0 || (!late && (probe->packets < LEAST_PACKETS ||
						part < (probe->is_long ? LONG_ENOUGH : ENOUGH))))
		return false;
	probe->id = 0;
	*ret_bps = 0;
	if (probe->packets < LEAST_PACKETS || part < ENOUGH)
		return true;
	double bits = (double)(probe->bytes - probe->uncounted_bytes) * 8e6;
	double sent = bits / fmax((double)(probe->last_sent_us - probe->first_sent_us), 1);
	double came = bits / fmax((double)(probe->last_came_us - probe->first_came_us), 1);
	*ret_bps = came < FULL * sent ? BELOW * came : fmin(came, sent);
	*ret_bps = fmin(*ret_bps, (double)probe->bps);
	return true;
}
