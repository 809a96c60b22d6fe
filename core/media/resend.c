/* SPDX-License-Identifier: Apache-2.0 */
#include "media/resend.h"

#include <stdlib.h>
#include <string.h>

enum { REPAIR_BPS = 2000000, REPAIR_BURST_BYTES = 128 * 1024 };

void
aula_resend_init(aula_resend *resend, int64_t now_us)
{
	memset(resend, 0, sizeof(*resend));
	aula_budget_init(&resend->budget, REPAIR_BPS, REPAIR_BURST_BYTES, now_us);
}

void
aula_resend_clear(aula_resend *resend)
{
	free(resend->kept);
	resend->kept = NULL;
}

static int64_t
wait_us(int64_t rtt_us)
{
	/* A round trip varies: one asked for again a little early was lost again. */
	int64_t wait_us = rtt_us * 3 / 4;

	if (wait_us > AULA_RESEND_MOST_US)
		return AULA_RESEND_MOST_US;
	return wait_us > AULA_RESEND_LEAST_US ? wait_us : AULA_RESEND_LEAST_US;
}

bool
aula_resend_may(aula_resend *resend, uint64_t number, size_t bytes, int64_t rtt_us, int64_t now_us)
{
	resend->asked++;
	if (resend->kept == NULL)
		resend->kept = calloc(AULA_RESEND_KEPT, sizeof *resend->kept);
	if (resend->kept == NULL)
		return false;
	aula_resend_one *last = &resend->kept[number % AULA_RESEND_KEPT];
	bool again = last->number == number && last->times > 0;
	if (again && now_us - last->at_us < wait_us(rtt_us))
		return false;
	if ((again && last->times == AULA_RESEND_TIMES_MOST) ||
		!aula_budget_spend(&resend->budget, bytes, now_us)) {
		resend->refused++;
		return false;
	}
	last->times = again ? last->times + 1 : 1;
	last->number = number;
	last->at_us = now_us;
	resend->repeated++;
	return true;
}
