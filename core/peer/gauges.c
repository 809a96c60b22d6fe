/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/gauges.h"

#include <glib.h>

static const struct {
	aula_metric_kind kind;
	const char *name, *help;
} rows[] = {
#define X(id, what, title, sentence) \
	[AULA_GAUGE_##id] = { .kind = AULA_##what, .name = title, .help = sentence },
	AULA_GAUGES(X)
#undef X
};

void
aula_gauges_set_port(aula_gauges *gauges, const aula_port_counters *counters)
{
	const struct {
		aula_gauge gauge;
		uint64_t value;
	} values[] = {
		{ AULA_GAUGE_DATAGRAMS_IN, counters->datagrams_in },
		{ AULA_GAUGE_BYTES_IN, counters->bytes_in },
		{ AULA_GAUGE_DATAGRAMS_OUT, counters->datagrams_out },
		{ AULA_GAUGE_BYTES_OUT, counters->bytes_out },
		{ AULA_GAUGE_SENDS, counters->sends },
		{ AULA_GAUGE_RECEIVES, counters->receives },
		{ AULA_GAUGE_GARBAGE, counters->garbage },
		{ AULA_GAUGE_UNAUTHENTIC, counters->unauthentic },
		{ AULA_GAUGE_REPLAYED, counters->replayed },
		{ AULA_GAUGE_OVERSIZED, counters->oversized },
		{ AULA_GAUGE_BLOCKED, counters->send_blocked },
		{ AULA_GAUGE_EXHAUSTED, counters->exhausted },
		{ AULA_GAUGE_STREAMS_REFUSED, counters->streams_refused },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
		aula_gauges_set(gauges, values[i].gauge, values[i].value);
}

void
aula_gauges_expose(const aula_gauges *const *loops, unsigned loop_count, aula_exposition *page)
{
	for (size_t row = 0; row < G_N_ELEMENTS(rows); row++) {
		bool seconds = g_str_has_suffix(rows[row].name, "_seconds");
		aula_exposition_begin(page, rows[row].kind, rows[row].name, rows[row].help);
		for (unsigned i = 0; i < loop_count; i++) {
			double value = (double)aula_gauges_get(loops[i], (aula_gauge)row);
			char label[12];
			g_snprintf(label, sizeof label, "%u", i);
			aula_exposition_add(
				page, seconds ? value / 1e6 : value, "loop", label, NULL);
		}
	}
}
