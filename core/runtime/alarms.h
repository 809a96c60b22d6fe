/* SPDX-License-Identifier: Apache-2.0 */
/** A heap of alarms: an alarm knows its place, so moving and clearing need no search. Knows no
 * clock. */
#ifndef AULA_RUNTIME_ALARMS_H
#define AULA_RUNTIME_ALARMS_H

#include "runtime/loop.h"

typedef struct {
	aula_alarm **heap; /* heap[place - 1]->place == place */
	uint32_t count, room;
} aula_alarms;

void aula_alarms_finish(aula_alarms *alarms);
/** Puts or moves an alarm to `at_us`. */
void aula_alarms_put(aula_alarms *alarms, aula_alarm *alarm, int64_t at_us);
/** Takes an alarm out; nothing happens if it is not in. */
void aula_alarms_drop(aula_alarms *alarms, aula_alarm *alarm);
/** The next to ring, or NULL. */
aula_alarm *aula_alarms_first(const aula_alarms *alarms);

#endif
