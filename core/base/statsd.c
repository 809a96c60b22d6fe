/* SPDX-License-Identifier: Apache-2.0 */
#include "base/statsd.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/histogram.h"

enum { TAG_MOST = 200 };

/* What a page counts up, by its name and labels. */
typedef struct {
	double told; /* with the last datagram that left */
	double now;
} series;

/* One histogram in the middle of its lines; the counts are what came since, up to each bound. */
typedef struct {
	double bounds[AULA_HISTOGRAM_BOUNDS_MOST + 1], counts[AULA_HISTOGRAM_BOUNDS_MOST + 1];
	unsigned count;
	double sum;
} spread;

struct aula_statsd {
	char *tags; /* "a:b,c:d"; "": none */
	size_t datagram_most;
	GHashTable *series;  /* text before the value -> series */
	GString *datagram;   /* lines that are to leave together, each with its end of line */
	GPtrArray *aboard;   /* the series in it */
	GPtrArray *boarding; /* those of the lines that are being made */
	spread spread;
};

/* Where a page is read and told. */
typedef struct {
	aula_statsd *statsd;
	aula_statsd_send send;
	void *data;
	char *kind; /* of the family; NULL: none yet */
	bool failed;
} telling;

/* A line of a page in its parts. */
typedef struct {
	char *name, *tags; /* "aula_rooms", "verb:create,result:ok" */
	char *bound;       /* the label "le"; NULL: none */
	double value;
} sample;

bool
aula_statsd_tag_is_good(const char *tag)
{
	size_t length = strlen(tag);

	for (const char *at = tag; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || strchr(",|#\x7f", *at) != NULL)
			return false;
	return length > 0 && length <= TAG_MOST && g_utf8_validate(tag, -1, NULL);
}

aula_statsd *
aula_statsd_new(const char *const *tags, size_t datagram_most)
{
	aula_statsd *statsd = g_new0(aula_statsd, 1);

	statsd->tags = g_strjoinv(",", (char **)(uintptr_t)tags);
	statsd->datagram_most = datagram_most;
	statsd->series = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	statsd->datagram = g_string_new(NULL);
	statsd->aboard = g_ptr_array_new();
	statsd->boarding = g_ptr_array_new();
	return statsd;
}

void
aula_statsd_free(aula_statsd *statsd)
{
	if (statsd == NULL)
		return;
	g_free(statsd->tags);
	g_hash_table_unref(statsd->series);
	g_string_free(statsd->datagram, TRUE);
	g_ptr_array_unref(statsd->aboard);
	g_ptr_array_unref(statsd->boarding);
	g_free(statsd);
}

/* -- datagrams -- */

/* What left has been told; what did not will be told again. */
static void
depart(telling *t)
{
	aula_statsd *statsd = t->statsd;
	GString *datagram = statsd->datagram;

	/* No end of line behind the last one. */
	if (datagram->len > 0 && !t->failed)
		t->failed = !t->send(t->data, datagram->str, datagram->len - 1);
	for (guint i = 0; i < statsd->aboard->len && !t->failed; i++) {
		series *one = g_ptr_array_index(statsd->aboard, i);
		one->told = one->now;
	}
	g_string_truncate(datagram, 0);
	g_ptr_array_set_size(statsd->aboard, 0);
}

/* Lines that belong together, with the series they tell. */
static void
board(telling *t, const GString *lines)
{
	aula_statsd *statsd = t->statsd;

	if (lines->len <= statsd->datagram_most + 1) {
		if (statsd->datagram->len + lines->len > statsd->datagram_most + 1)
			depart(t);
		g_string_append_len(statsd->datagram, lines->str, (gssize)lines->len);
		for (guint i = 0; i < statsd->boarding->len; i++)
			g_ptr_array_add(statsd->aboard, g_ptr_array_index(statsd->boarding, i));
	}
	g_ptr_array_set_size(statsd->boarding, 0);
}

static void
append_line(GString *lines, const aula_statsd *statsd, const sample *one, const char *part,
	double value, char type)
{
	char room[G_ASCII_DTOSTR_BUF_SIZE];
	bool whole = fabs(value) < 1e15 && value == floor(value);
	const char *name = one->name + (g_str_has_prefix(one->name, "aula_") ? 5 : 0);
	bool tagged = *one->tags != '\0' || *statsd->tags != '\0';
	bool both = *one->tags != '\0' && *statsd->tags != '\0';

	if (!isfinite(value))
		return;
	g_ascii_formatd(room, sizeof room, whole ? "%.0f" : "%.9g", value);
	g_string_append_printf(lines, "aula.%s%s:%s|%c%s%s%s%s\n", name, part, room, type,
		tagged ? "|#" : "", one->tags, both ? "," : "", statsd->tags);
}

/* -- a page -- */

/* By how much it has grown since it was told; one that began anew, from nothing. */
static double
growth(aula_statsd *statsd, const char *key, double value)
{
	series *one = g_hash_table_lookup(statsd->series, key);

	if (one == NULL) {
		one = g_new0(series, 1);
		g_hash_table_insert(statsd->series, g_strdup(key), one);
	}
	if (value < one->told)
		one->told = 0;
	one->now = value;
	g_ptr_array_add(statsd->boarding, one);
	return value - one->told;
}

/* The value below which a share of what came lies. */
static double
quantile(const spread *all, double share)
{
	double rank = share * all->counts[all->count - 1];
	unsigned at = 0;

	while (at + 1 < all->count && all->counts[at] < rank)
		at++;
	double under = at > 0 ? all->counts[at - 1] : 0, from = at > 0 ? all->bounds[at - 1] : 0;
	if (isinf(all->bounds[at]))
		return from;
	double in = all->counts[at] - under;
	return in > 0 ? from + (all->bounds[at] - from) * (rank - under) / in : all->bounds[at];
}

/* Ours ascend and end with infinity; the last line of one is its count. */
static void
take_spread(telling *t, sample *one, double grown)
{
	spread *all = &t->statsd->spread;
	char *part = strrchr(one->name, '_');
	g_autoptr(GString) lines = g_string_new(NULL);

	if (one->bound != NULL) {
		if (all->count < G_N_ELEMENTS(all->bounds)) {
			all->bounds[all->count] = g_ascii_strtod(one->bound, NULL);
			all->counts[all->count++] = grown;
		}
		return;
	}
	if (strcmp(part, "_sum") == 0) {
		all->sum = grown;
		return;
	}
	*part = '\0';
	append_line(lines, t->statsd, one, ".count", grown, 'c');
	if (grown > 0 && all->count > 0) {
		append_line(lines, t->statsd, one, ".avg", all->sum / grown, 'g');
		append_line(lines, t->statsd, one, ".median", quantile(all, 0.5), 'g');
		append_line(lines, t->statsd, one, ".95percentile", quantile(all, 0.95), 'g');
	}
	board(t, lines);
	*all = (spread){ 0 };
}

static void
take(telling *t, const char *key, sample *one)
{
	g_autoptr(GString) lines = g_string_new(NULL);

	if (strcmp(t->kind, "histogram") == 0) {
		take_spread(t, one, growth(t->statsd, key, one->value));
		return;
	}
	if (strcmp(t->kind, "counter") == 0) {
		if (g_str_has_suffix(one->name, "_total"))
			one->name[strlen(one->name) - strlen("_total")] = '\0';
		append_line(lines, t->statsd, one, "", growth(t->statsd, key, one->value), 'c');
	} else {
		append_line(lines, t->statsd, one, "", one->value, 'g');
	}
	board(t, lines);
}

/* The value of a label, from behind its first quote; what DogStatsD has a use for becomes "_". */
static const char *
read_label(const char *at, GString *value)
{
	for (; *at != '\0' && *at != '"'; at++) {
		bool escaped = *at == '\\' && at[1] != '\0';
		at += escaped;
		bool plain = (unsigned char)*at > ' ' && !(escaped && *at == 'n') &&
			     strchr(",|#\x7f", *at) == NULL;
		g_string_append_c(value, plain ? *at : '_');
	}
	return *at == '"' ? at + 1 : at;
}

/* `labels` is what is in the braces. */
static void
read_labels(const char *labels, sample *one)
{
	GString *tags = g_string_new(NULL);
	const char *is;

	while ((is = strstr(labels, "=\"")) != NULL) {
		g_autofree char *name = g_strndup(labels, (gsize)(is - labels));
		g_autoptr(GString) value = g_string_new(NULL);
		labels = read_label(is + 2, value);
		labels += *labels == ',';
		if (strcmp(name, "le") == 0 && one->bound == NULL)
			one->bound = g_strdup(value->str);
		else
			g_string_append_printf(
				tags, "%s%s:%s", tags->len > 0 ? "," : "", name, value->str);
	}
	one->tags = g_string_free(tags, FALSE);
}

static void
read_line(telling *t, char *line)
{
	char *space = strrchr(line, ' ');
	sample one = { 0 };

	if (space == NULL)
		return;
	if (g_str_has_prefix(line, "# TYPE ")) {
		g_free(t->kind);
		t->kind = g_strdup(space + 1);
		return;
	}
	if (*line == '#' || t->kind == NULL)
		return;
	*space = '\0';
	one.value = g_ascii_strtod(space + 1, NULL);
	const char *brace = strchr(line, '{');
	one.name = g_strndup(line, brace != NULL ? (gsize)(brace - line) : strlen(line));
	read_labels(brace != NULL ? brace + 1 : "", &one);
	take(t, line, &one);
	g_free(one.name);
	g_free(one.tags);
	g_free(one.bound);
}

bool
aula_statsd_tell(aula_statsd *statsd, const char *page, aula_statsd_send send, void *data)
{
	telling t = { .statsd = statsd, .send = send, .data = data };
	sample up = { .name = (char[]){ "aula_up" }, .tags = (char[]){ "" } };
	g_autoptr(GString) lines = g_string_new(NULL);

	append_line(lines, statsd, &up, "", 1, 'g');
	board(&t, lines);
	depart(&t);
	while (*page != '\0' && !t.failed) {
		size_t length = strcspn(page, "\n");
		g_autofree char *line = g_strndup(page, length);
		read_line(&t, line);
		page += length + (page[length] == '\n');
	}
	depart(&t);
	g_free(t.kind);
	statsd->spread = (spread){ 0 };
	g_ptr_array_set_size(statsd->boarding, 0);
	return !t.failed;
}
