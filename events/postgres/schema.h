/* SPDX-License-Identifier: Apache-2.0 */
/** The table of events, its days, and the views on it. [events] */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "link.h"

enum { SCHEMA_DAYS_MOST = 16 };

/** What is known to be there. All zero: nothing. */
struct schema {
	int64_t days[SCHEMA_DAYS_MOST]; /* since 1970 */
	unsigned next;
	int64_t kept_day; /* when old ones were last dropped */
	int hypertable;   /* TimescaleDB cuts the table itself */
	int foreign;      /* somebody else has made it, and makes its days */
};

/** Makes what is missing, and the staging table of this connection. */
aula_code schema_prepare(struct schema *schema, struct link *link);
/** Makes the partition of a day, if it is not known, and those of the next three; drops those
 * older than `keep_days` (0: none) once a day. */
aula_code schema_day(struct schema *schema, struct link *link, int64_t day, int64_t keep_days);

#endif
