/* SPDX-License-Identifier: Apache-2.0 */
/** Who was in a class, from when to when, and what they did there. All runs on the control thread.
 */
#ifndef ATTENDANCE_ATTENDANCE_H
#define ATTENDANCE_ATTENDANCE_H

#include <glib.h>
#include <sys/queue.h>

#include "aula/module.h"

enum {
	NAME_BYTES_MOST = 64,
	PAGE_MOST = 100,       /* people of a page; store.rows_most is never less */
	EXPORT_MOST = 20000,   /* people of an export */
	IN_FLIGHT_MOST = 16,   /* exports and pages at a time */
	WAITING_MOST = 100000, /* stays that ended and that the store did not take yet */
	SAVE_MS = 1000,
	SEEN_MS = 15 * 1000,
	LOST_MS = 3 * SEEN_MS, /* a server that has not been seen for so long is gone */
};

/** Capabilities: bit i is row i of the table in module.c. */
enum { MAY_READ = 1u << 0, MAY_READ_ALL = 1u << 1 };

struct config {
	int64_t history_days, idle_after_s;
};

struct stay;
TAILQ_HEAD(stay_queue, stay);
LIST_HEAD(asked_list, asked);

/** The plugin. */
struct attendance {
	const aula_host *host;
	const struct config *config; /* lives until stop, or the next reload */
	bool keeps;                  /* there is a store */
	int64_t started_us;          /* since 1970: names this life of the process in the store */
	int64_t last_id;
	GHashTable *there;         /* member -> stay */
	struct stay_queue changed; /* since the store was told */
	size_t waiting;            /* of these, those that have ended */
	aula_timer save;
	struct asked_list asked; /* of the store */
	size_t asked_count;
};

/** Microseconds since 1970. */
int64_t wall_us(void);

struct list_args {
	aula_key room;
	int64_t from_us, to_us, offset, limit;
};

struct export_args {
	aula_key room;
	int64_t from_us, to_us;
	const char *format;
};

enum { CONFIG_FIELD_COUNT = 2, REQUEST_COUNT = 2 };
extern const aula_field attendance_config_fields[CONFIG_FIELD_COUNT];
extern const aula_request attendance_requests[REQUEST_COUNT];

/* report.c */
aula_code run_list(void *self, aula_call *call, const void *args);
aula_code run_export(void *self, aula_call *call, const void *args);
/** Forgets what was asked; nothing will be answered any more. */
void report_stop(struct attendance *attendance);

#endif
