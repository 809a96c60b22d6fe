/* SPDX-License-Identifier: Apache-2.0 */
/** Which encodings a publisher shall send: those that somebody watches. More at once, fewer after a
 * while; the lowest always, so that whoever comes sees a picture at once. */
#ifndef AULA_MEDIA_DEMAND_H
#define AULA_MEDIA_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

enum { AULA_DEMAND_HOLD_US = 3000000 };

/** Bit i: encoding i. */
typedef struct {
	uint32_t all, wanted;
	int64_t spare_since_us; /* since when not all that is wanted is watched; 0: it is */
} aula_demand;

/** All are wanted at first, for a while at least. */
void aula_demand_init(aula_demand *demand, unsigned encoding_count);
/** True: `demand->wanted` is another. Also to be called from time to time. */
bool aula_demand_note(aula_demand *demand, uint32_t watched, int64_t now_us);

#endif
