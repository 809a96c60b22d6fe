/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/backlog.h"

/* A class goes on while a page reloads. */
enum { TEXTS_MOST = 1000, BYTES_MOST = 512 * 1024 };

bool
aula_backlog_push(
	aula_backlog *backlog, const char *text, size_t length, size_t *all_bytes, size_t all_most)
{
	if (backlog->texts == NULL)
		backlog->texts = g_queue_new();
	if (backlog->texts->length >= TEXTS_MOST || backlog->bytes + length > BYTES_MOST ||
		(all_most != 0 && *all_bytes + length > all_most)) {
		aula_backlog_clear(backlog);
		return false;
	}
	g_queue_push_tail(backlog->texts, g_bytes_new(text, length));
	backlog->bytes += length;
	backlog->all_bytes = all_bytes;
	*all_bytes += length;
	return true;
}

size_t
aula_backlog_count(const aula_backlog *backlog)
{
	return backlog->texts != NULL ? backlog->texts->length : 0;
}

static void
append(GString *to, GBytes *text)
{
	gsize length;
	const char *bytes = g_bytes_get_data(text, &length);

	g_string_append_len(to, bytes, (gssize)length);
}

GString *
aula_backlog_join(const aula_backlog *backlog, size_t most, size_t *ret_count)
{
	GString *joined = g_string_new(NULL);
	size_t count = 0;

	if (most > 1)
		g_string_append_c(joined, '[');
	for (const GList *link = backlog->texts->head; link != NULL && count < most;
		link = link->next) {
		if (count++ > 0)
			g_string_append_c(joined, ',');
		append(joined, link->data);
	}
	if (most > 1)
		g_string_append_c(joined, ']');
	*ret_count = count;
	return joined;
}

void
aula_backlog_drop(aula_backlog *backlog, size_t count)
{
	while (count-- > 0) {
		GBytes *text = g_queue_pop_head(backlog->texts);
		backlog->bytes -= g_bytes_get_size(text);
		*backlog->all_bytes -= g_bytes_get_size(text);
		g_bytes_unref(text);
	}
	if (backlog->texts != NULL && backlog->texts->length == 0)
		aula_backlog_clear(backlog);
}

void
aula_backlog_clear(aula_backlog *backlog)
{
	if (backlog->texts != NULL)
		g_queue_free_full(g_steal_pointer(&backlog->texts), (GDestroyNotify)g_bytes_unref);
	if (backlog->all_bytes != NULL)
		*backlog->all_bytes -= backlog->bytes;
	backlog->bytes = 0;
}
