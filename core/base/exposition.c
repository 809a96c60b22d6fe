/* SPDX-License-Identifier: Apache-2.0 */
#include "base/exposition.h"

#include <glib.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

struct aula_exposition {
	GString *text, *openmetrics;
	char *name;
	aula_metric_kind kind;
};

static const char *const kinds[] = {
	[AULA_GAUGE] = "gauge", [AULA_COUNTER] = "counter", [AULA_HISTOGRAM] = "histogram"
};

aula_exposition *
aula_exposition_new(void)
{
	aula_exposition *page = g_new0(aula_exposition, 1);

	page->text = g_string_sized_new(16384);
	page->openmetrics = g_string_sized_new(16384);
	return page;
}

void
aula_exposition_free(aula_exposition *page)
{
	if (page == NULL)
		return;
	g_string_free(page->text, TRUE);
	g_string_free(page->openmetrics, TRUE);
	g_free(page->name);
	g_free(page);
}

static const char *
suffix(const aula_exposition *page)
{
	return page->kind == AULA_COUNTER ? "_total" : "";
}

void
aula_exposition_begin(
	aula_exposition *page, aula_metric_kind kind, const char *name, const char *help)
{
	g_free(page->name);
	page->name = g_strdup(name);
	page->kind = kind;
	/* The older format names the sample, OpenMetrics the family. */
	g_string_append_printf(page->text, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix(page),
		help, name, suffix(page), kinds[kind]);
	g_string_append_printf(
		page->openmetrics, "# TYPE %s %s\n# HELP %s %s\n", name, kinds[kind], name, help);
}

static void
append_escaped(GString *labels, const char *value)
{
	g_autofree char *valid = g_utf8_make_valid(value, -1);

	for (const char *at = valid; *at != '\0'; at++) {
		if (*at == '\n')
			g_string_append(labels, "\\n");
		else if (*at == '"' || *at == '\\')
			g_string_append_printf(labels, "\\%c", *at);
		else
			g_string_append_c(labels, *at);
	}
}

/* a="b",c="d" */
static char *
read_labels(va_list pairs)
{
	GString *labels = g_string_new(NULL);
	const char *name;

	while ((name = va_arg(pairs, const char *)) != NULL) {
		g_string_append_printf(labels, "%s%s=\"", labels->len > 0 ? "," : "", name);
		append_escaped(labels, va_arg(pairs, const char *));
		g_string_append_c(labels, '"');
	}
	return g_string_free(labels, FALSE);
}

/* Whole numbers as such, whatever the locale. */
static const char *
number(double value, char *room, int size)
{
	if (isinf(value))
		return value > 0 ? "+Inf" : "-Inf";
	return g_ascii_formatd(
		room, size, fabs(value) < 1e15 && value == floor(value) ? "%.0f" : "%.9g", value);
}

static void
write_sample(
	aula_exposition *page, const char *part, const char *labels, const char *more, double value)
{
	char room[G_ASCII_DTOSTR_BUF_SIZE];
	bool any = labels[0] != '\0' || more[0] != '\0';
	bool both = labels[0] != '\0' && more[0] != '\0';
	g_autofree char *line =
		g_strdup_printf("%s%s%s%s%s%s%s %s\n", page->name, part, any ? "{" : "", labels,
			both ? "," : "", more, any ? "}" : "", number(value, room, sizeof room));

	g_string_append(page->text, line);
	g_string_append(page->openmetrics, line);
}

void
aula_exposition_add(aula_exposition *page, double value, ...)
{
	va_list pairs;

	va_start(pairs, value);
	g_autofree char *labels = read_labels(pairs);
	va_end(pairs);
	write_sample(page, suffix(page), labels, "", value);
}

void
aula_exposition_spread(aula_exposition *page, const aula_histogram *histogram, ...)
{
	char bound[G_ASCII_DTOSTR_BUF_SIZE];
	uint64_t count = 0;
	va_list pairs;

	va_start(pairs, histogram);
	g_autofree char *labels = read_labels(pairs);
	va_end(pairs);
	for (unsigned i = 0; i <= histogram->bound_count; i++) {
		double upper = i < histogram->bound_count ? histogram->bounds[i] : INFINITY;
		/* OpenMetrics wants "1.0", and takes what the older format writes as well. */
		g_autofree char *le =
			g_strdup_printf("le=\"%s\"", number(upper, bound, sizeof bound));
		count += histogram->counts[i];
		write_sample(page, "_bucket", labels, le, (double)count);
	}
	write_sample(page, "_sum", labels, "", histogram->sum);
	write_sample(page, "_count", labels, "", (double)count);
}

void
aula_exposition_one(aula_exposition *page, aula_metric_kind kind, const char *name,
	const char *help, double value)
{
	aula_exposition_begin(page, kind, name, help);
	aula_exposition_add(page, value, NULL);
}

const char *
aula_exposition_text(const aula_exposition *page, bool openmetrics)
{
	return openmetrics ? page->openmetrics->str : page->text->str;
}
