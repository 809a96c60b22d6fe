/* SPDX-License-Identifier: Apache-2.0 */
/** Classes as a calendar that other programs read (RFC 5545). [any] */
#ifndef COURSES_ICAL_H
#define COURSES_ICAL_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/** One class. Texts are UTF-8; times are microseconds since 1970. */
struct ical_event {
	int64_t id, starts_us, ends_us;
	const char *title;
	const char *url; /* NULL: none */
};

/** Begins a calendar of that name; `now_us` goes into its events. */
void ical_begin(GString *out, const char *name);
void ical_event(GString *out, const struct ical_event *event, const char *host, int64_t now_us);
void ical_end(GString *out);

#endif
