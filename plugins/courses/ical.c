/* SPDX-License-Identifier: Apache-2.0 */
#include "ical.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { LINE_MOST = 75 /* octets, without the line's end: section 3.1 */ };

/* A line, in several where it is long, and never cut within a character. */
static void
put(GString *out, const char *line)
{
	size_t room = LINE_MOST;

	while (strlen(line) > room) {
		size_t length = room;
		while (((unsigned char)line[length] & 0xc0) == 0x80)
			length--;
		g_string_append_len(out, line, (gssize)length);
		g_string_append(out, "\r\n ");
		line += length;
		room = LINE_MOST - 1;
	}
	g_string_append(out, line);
	g_string_append(out, "\r\n");
}

/* NAME:text, as section 3.3.11 wants it. */
static void
put_text(GString *out, const char *name, const char *text)
{
	GString *line = g_string_new(name);

	g_string_append_c(line, ':');
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			g_string_append(line, "\\n");
		else if (strchr("\\;,", *text) != NULL)
			g_string_append_printf(line, "\\%c", *text);
		else if ((unsigned char)*text >= ' ' && *text != 0x7f)
			g_string_append_c(line, *text);
	}
	put(out, line->str);
	g_string_free(line, TRUE);
}

static void
put_time(GString *out, const char *name, int64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm parts;
	char text[40];

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
	g_autofree char *line = g_strdup_printf("%s:%s", name, text);
	put(out, line);
}

void
ical_begin(GString *out, const char *name)
{
	put(out, "BEGIN:VCALENDAR");
	put(out, "VERSION:2.0");
	put(out, "PRODID:-//Aula//Aula//EN");
	put(out, "CALSCALE:GREGORIAN");
	put(out, "METHOD:PUBLISH");
	put_text(out, "X-WR-CALNAME", name);
	put(out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H"); /* RFC 7986 section 5.7 */
}

void
ical_event(GString *out, const struct ical_event *event, const char *host, int64_t now_us)
{
	g_autofree char *uid = g_strdup_printf("class-%" PRId64 "@%s", event->id, host);

	put(out, "BEGIN:VEVENT");
	put_text(out, "UID", uid);
	put_time(out, "DTSTAMP", now_us);
	put_time(out, "DTSTART", event->starts_us);
	put_time(out, "DTEND", event->ends_us);
	put_text(out, "SUMMARY", event->title);
	if (event->url != NULL) {
		g_autofree char *url = g_strdup_printf("URL:%s", event->url);
		put(out, url);
	}
	put(out, "END:VEVENT");
}

void
ical_end(GString *out)
{
	put(out, "END:VCALENDAR");
}
