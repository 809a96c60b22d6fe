/* SPDX-License-Identifier: Apache-2.0 */
/** Whether one encoding of a picture can be had, and what it costs: it flows; or its publisher
 * pauses it because nobody watches it; or it does not come although somebody waits for it. */
#ifndef AULA_MEDIA_SUPPLY_H
#define AULA_MEDIA_SUPPLY_H

#include "media/rate.h"

enum {
	AULA_SUPPLY_PATIENCE_US = 3000000, /* for an encoding to flow again */
	AULA_SUPPLY_RETRY_US = 10000000,   /* one that did not come is not to be had for so long */
};

typedef struct {
	aula_rate rate;
	int64_t nominal_bps; /* what it is taken for until it has flowed */
	unsigned watchers;
	int64_t watched_us; /* since when there are any */
	int64_t failed_us;  /* it was given up; 0: it was not */
} aula_supply;

void aula_supply_init(aula_supply *supply, int64_t nominal_bps);
/** A packet of it came. */
void aula_supply_came(aula_supply *supply, size_t bytes, int64_t now_us);
/** `change` more watch it. */
void aula_supply_watch(aula_supply *supply, int change, int64_t now_us);
/** What it costs, as measured, as it was, or as it is taken for; 0: it cannot be had. */
int64_t aula_supply_bps(const aula_supply *supply, int64_t now_us);

#endif
