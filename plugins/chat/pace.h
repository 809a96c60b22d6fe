/* SPDX-License-Identifier: Apache-2.0 */
/** How fast people speak: by the subject of their token, whatever handles and sessions they have; a
 * guest by handle. A bounded table, whose places are worth having only while somebody has just
 * spoken. */
#ifndef CHAT_PACE_H
#define CHAT_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { PACE_SETS = 1024, PACE_WAYS = 4 };

/** When its bucket is full again; zero-initialised it is. */
struct pace {
	uint64_t who; /* of a subject; 0: empty */
	int64_t full_us;
};

struct paces {
	struct pace places[PACE_SETS][PACE_WAYS];
};

/** The pace of a subject; what was full soonest is forgotten for it. To be used at once. */
struct pace *pace_of(struct paces *paces, const char *subject);
/** One message more, of `burst` at once and `rate_per_minute` in the long run. 0, or after how many
 * milliseconds it may be said. */
int64_t pace_take(struct pace *pace, int64_t rate_per_minute, int64_t burst, int64_t now_us);

#endif
