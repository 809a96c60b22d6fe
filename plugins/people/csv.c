/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include <string.h>

void
csv_begin(struct csv *csv, char *text, size_t length)
{
	static const char mark[] = "\xef\xbb\xbf";

	*csv = (struct csv){ .at = text, .end = text + length, .separator = ',', .line = 1 };
	if (length >= 3 && memcmp(text, mark, 3) == 0)
		csv->at += 3;
	for (const char *at = csv->at; at < csv->end && *at != '\n'; at++) {
		if (*at == ',' || *at == ';' || *at == '\t') {
			csv->separator = *at;
			break;
		}
	}
}

static bool
ends(const struct csv *csv)
{
	return csv->at == csv->end || *csv->at == csv->separator || *csv->at == '\n';
}

/* Behind the opening quote; returns where the value ends. */
static char *
read_quoted(struct csv *csv, struct csv_record *record)
{
	char *out = csv->at;

	for (;; csv->at++) {
		if (csv->at == csv->end) {
			record->fault = "A quote is not closed.";
			return out;
		}
		if (*csv->at == '"') {
			csv->at++;
			if (csv->at == csv->end || *csv->at != '"')
				break;
		}
		csv->line += *csv->at == '\n';
		*out++ = *csv->at;
	}
	for (; !ends(csv); csv->at++)
		if (*csv->at != ' ' && *csv->at != '\r')
			record->fault = "There is something behind a closing quote.";
	return out;
}

static char *
read_plain(struct csv *csv, const char *start)
{
	while (!ends(csv))
		csv->at++;
	char *out = csv->at;
	while (out > start && (out[-1] == ' ' || out[-1] == '\r'))
		out--;
	return out;
}

/* True: another follows on the line. */
static bool
read_value(struct csv *csv, struct csv_record *record)
{
	while (csv->at < csv->end && *csv->at == ' ' && csv->separator != ' ')
		csv->at++;
	bool quoted = csv->at < csv->end && *csv->at == '"';
	csv->at += quoted;
	char *start = csv->at, *out = quoted ? read_quoted(csv, record) : read_plain(csv, start);
	bool more = csv->at < csv->end && *csv->at == csv->separator;
	csv->line += csv->at < csv->end && !more;
	csv->at += csv->at < csv->end;
	*out = '\0';
	if (record->count < CSV_VALUES_MOST)
		record->values[record->count++] = start;
	else
		record->fault = "There are too many values.";
	return more;
}

bool
csv_next(struct csv *csv, struct csv_record *ret_record)
{
	while (csv->at < csv->end) {
		*ret_record = (struct csv_record){ .line = csv->line };
		while (read_value(csv, ret_record))
			;
		if (ret_record->fault != NULL || ret_record->count > 1 ||
			*ret_record->values[0] != '\0')
			return true;
	}
	return false;
}
