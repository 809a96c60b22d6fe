/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t day_us = INT64_C(86400) * 1000 * 1000;
/* The years 1970 to 9999. */
static const int64_t time_us_most = INT64_C(253402300799999999);

static void
put_text(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		switch (text[i]) {
		case '\\':
			fputs("\\\\", out);
			break;
		case '\n':
			fputs("\\n", out);
			break;
		case '\r':
			fputs("\\r", out);
			break;
		case '\t':
			fputs("\\t", out);
			break;
		default:
			putc_unlocked(text[i], out);
		}
	}
	putc_unlocked('\t', out);
}

static void
put_time(FILE *out, int64_t time_us)
{
	time_t when = (time_t)(time_us / 1000000);
	struct tm parts;

	gmtime_r(&when, &parts);
	fprintf(out, "%04d-%02d-%02d %02d:%02d:%02d.%06d+00\t", parts.tm_year + 1900,
		parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
		(int)(time_us % 1000000));
}

/* A number or a text, as a text; absent: NULL. */
static void
put_member(FILE *out, const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);

	if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT "\t", json_integer_value(value));
	else if (json_is_string(value))
		put_text(out, json_string_value(value), json_string_length(value));
	else
		fputs("\\N\t", out);
}

static int
dump(const char *bytes, size_t length, void *data)
{
	FILE *out = data;

	/* Compact JSON has no control characters, so only this one means something to COPY. */
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\\')
			putc_unlocked('\\', out);
		putc_unlocked(bytes[i], out);
	}
	return 0;
}

aula_code
rows_write(FILE *out, const aula_event_text *event, int64_t *ret_day)
{
	json_t *json = json_loadb(event->text, event->length, JSON_ALLOW_NUL, NULL);
	int64_t time_us = json_integer_value(json_object_get(json, "time"));
	int64_t epoch_us = json_integer_value(json_object_get(json, "epoch"));
	const json_t *body = json_object_get(json, "event");

	if (!json_is_integer(json_object_get(json, "seq")) ||
		!json_is_integer(json_object_get(json, "type")) ||
		!json_is_string(json_object_get(json, "name")) || body == NULL || time_us <= 0 ||
		time_us > time_us_most || epoch_us <= 0 || epoch_us > time_us_most) {
		json_decref(json);
		return AULA_INVALID;
	}
	*ret_day = time_us / day_us;
	put_time(out, time_us);
	put_time(out, epoch_us);
	put_member(out, json, "seq");
	put_member(out, json, "type");
	put_member(out, json, "name");
	put_member(out, json, "session_id");
	put_member(out, json, "handle_id");
	put_member(out, json, "room");
	put_member(out, json, "user");
	json_dump_callback(body, dump, out, JSON_COMPACT | JSON_ENCODE_ANY);
	putc_unlocked('\n', out);
	json_decref(json);
	return AULA_OK;
}
