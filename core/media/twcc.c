/* SPDX-License-Identifier: Apache-2.0 */
#include "media/twcc.h"

#include <string.h>

void
aula_twcc_init(aula_twcc *twcc)
{
	memset(twcc, 0, sizeof(*twcc));
}

static int64_t *
slot(aula_twcc *twcc, uint64_t number)
{
	return &twcc->at_us[number % AULA_TWCC_WINDOW];
}

static void
restart(aula_twcc *twcc, uint16_t sequence)
{
	uint8_t number = twcc->number;
	uint64_t came = twcc->came, restarts = twcc->restarts + twcc->started;

	aula_twcc_init(twcc);
	twcc->started = true;
	twcc->number = number;
	twcc->came = came;
	twcc->restarts = restarts;
	/* Two cycles up, so that numbers before the first can be told too. */
	twcc->next = twcc->highest = (uint64_t)sequence + 0x20000;
}

/* Numbers beyond the highest have not come; what leaves the window unsaid is given up. */
static void
advance(aula_twcc *twcc, uint64_t number)
{
	uint64_t from = twcc->highest + 1;

	if (number - twcc->highest > AULA_TWCC_WINDOW)
		from = number - AULA_TWCC_WINDOW + 1;
	for (; from <= number; from++)
		*slot(twcc, from) = 0;
	twcc->highest = number;
	if (twcc->highest - twcc->next >= AULA_TWCC_WINDOW)
		twcc->next = twcc->highest - AULA_TWCC_WINDOW + 1;
}

void
aula_twcc_note(aula_twcc *twcc, uint16_t sequence, int64_t now_us)
{
	int16_t step = (int16_t)(sequence - (uint16_t)twcc->highest);

	if (!twcc->started || step > AULA_TWCC_JUMP || step < -AULA_TWCC_JUMP)
		restart(twcc, sequence);
	uint64_t number = twcc->highest + (uint64_t)(int16_t)(sequence - (uint16_t)twcc->highest);
	if (number > twcc->highest)
		advance(twcc, number);
	else if (twcc->highest - number >= AULA_TWCC_WINDOW || *slot(twcc, number) != 0)
		return;
	*slot(twcc, number) = now_us;
	twcc->came++;
	/* A latecomer is told with all that came after it: a second time harms nobody. */
	if (number < twcc->next)
		twcc->next = number;
	if (twcc->untold++ == 0)
		twcc->first_us = now_us;
}

int64_t
aula_twcc_due_us(const aula_twcc *twcc)
{
	if (twcc->untold == 0)
		return INT64_MAX;
	if (twcc->untold >= AULA_TWCC_EARLY)
		return twcc->first_us;
	/* The first after a silence waits too: the packets of its frame are about to come. */
	int64_t since_us = twcc->told_us > twcc->first_us - AULA_TWCC_INTERVAL_US / 2
				   ? twcc->told_us
				   : twcc->first_us - AULA_TWCC_INTERVAL_US / 2;
	return since_us + AULA_TWCC_INTERVAL_US;
}

bool
aula_twcc_take(aula_twcc *twcc, aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc,
	int64_t now_us)
{
	aula_twcc_arrival arrivals[AULA_TWCC_PACKET_MOST];
	size_t count = 0;
	uint64_t number = twcc->next;

	if (aula_twcc_due_us(twcc) > now_us)
		return false;
	for (; number <= twcc->highest && count < AULA_TWCC_PACKET_MOST; number++)
		if (*slot(twcc, number) != 0)
			arrivals[count++] =
				(aula_twcc_arrival){ (uint16_t)number, *slot(twcc, number) };
	size_t told = aula_twcc_write(
		writer, ssrc, media_ssrc, (uint16_t)twcc->next, twcc->number, arrivals, count);
	if (told == 0)
		return false;
	twcc->number++;
	twcc->next += (uint16_t)(arrivals[told - 1].sequence - (uint16_t)twcc->next) + 1u;
	/* What is left stays due at once. */
	twcc->untold = told == count && number > twcc->highest ? 0 : AULA_TWCC_EARLY;
	if (twcc->untold == 0)
		twcc->told_us = now_us;
	return true;
}
