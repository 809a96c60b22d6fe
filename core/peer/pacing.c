/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/pacing.h"

#include "peer/line.h"

enum { GRAIN_US = 5000 /* what is due within it leaves together */ };

static void
ring(aula_alarm *alarm)
{
	aula_pacing *pacing = (aula_pacing *)((char *)alarm - offsetof(aula_pacing, alarm));
	int64_t now_us = aula_loop_now_us(pacing->loop), next_us = INT64_MAX;

	for (guint i = 0; i < pacing->lines->len;) {
		int64_t due_us = aula_line_pace(pacing->lines->pdata[i], now_us);
		if (due_us == INT64_MAX) {
			g_ptr_array_remove_index_fast(pacing->lines, i);
			continue;
		}
		next_us = MIN(next_us, due_us);
		i++;
	}
	if (pacing->lines->len > 0)
		aula_alarm_set(pacing->loop, &pacing->alarm, MAX(next_us, now_us + GRAIN_US));
}

void
aula_pacing_init(aula_pacing *pacing, aula_loop *loop)
{
	*pacing = (aula_pacing){ .loop = loop, .alarm.ring = ring, .lines = g_ptr_array_new() };
}

void
aula_pacing_finish(aula_pacing *pacing)
{
	g_ptr_array_free(pacing->lines, TRUE);
}

void
aula_pacing_stop(aula_pacing *pacing)
{
	aula_alarm_clear(pacing->loop, &pacing->alarm);
}

void
aula_pacing_add(aula_pacing *pacing, aula_line *line)
{
	g_ptr_array_add(pacing->lines, line);
	if (!aula_alarm_is_set(&pacing->alarm))
		aula_alarm_set(
			pacing->loop, &pacing->alarm, aula_loop_now_us(pacing->loop) + GRAIN_US);
}

void
aula_pacing_remove(aula_pacing *pacing, aula_line *line)
{
	g_ptr_array_remove_fast(pacing->lines, line);
}
