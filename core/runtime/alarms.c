/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/alarms.h"

void
aula_alarms_finish(aula_alarms *alarms)
{
	g_free(alarms->heap);
	*alarms = (aula_alarms){ 0 };
}

static void
seat(aula_alarms *alarms, aula_alarm *alarm, uint32_t place)
{
	alarms->heap[place - 1] = alarm;
	alarm->place = place;
}

static void
rise(aula_alarms *alarms, aula_alarm *alarm)
{
	uint32_t place = alarm->place;

	for (; place > 1 && alarms->heap[place / 2 - 1]->at_us > alarm->at_us; place /= 2)
		seat(alarms, alarms->heap[place / 2 - 1], place);
	seat(alarms, alarm, place);
}

static void
sink(aula_alarms *alarms, aula_alarm *alarm)
{
	uint32_t place = alarm->place;

	for (;;) {
		uint32_t child = place * 2;
		if (child > alarms->count)
			break;
		if (child < alarms->count &&
			alarms->heap[child]->at_us < alarms->heap[child - 1]->at_us)
			child++;
		if (alarms->heap[child - 1]->at_us >= alarm->at_us)
			break;
		seat(alarms, alarms->heap[child - 1], place);
		place = child;
	}
	seat(alarms, alarm, place);
}

void
aula_alarms_put(aula_alarms *alarms, aula_alarm *alarm, int64_t at_us)
{
	alarm->at_us = at_us;
	if (alarm->place == 0) {
		if (alarms->count == alarms->room) {
			alarms->room = MAX(64, alarms->room * 2);
			alarms->heap = g_renew(aula_alarm *, alarms->heap, alarms->room);
		}
		seat(alarms, alarm, ++alarms->count);
	}
	rise(alarms, alarm);
	sink(alarms, alarm);
}

void
aula_alarms_drop(aula_alarms *alarms, aula_alarm *alarm)
{
	uint32_t place = alarm->place;

	if (place == 0)
		return;
	alarm->place = 0;
	aula_alarm *last = alarms->heap[--alarms->count];
	if (last == alarm)
		return;
	seat(alarms, last, place);
	rise(alarms, last);
	sink(alarms, last);
}

aula_alarm *
aula_alarms_first(const aula_alarms *alarms)
{
	return alarms->count > 0 ? alarms->heap[0] : NULL;
}
