/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/spent.h"

void
aula_spent_finish(aula_spent *spent)
{
	if (spent->entries != NULL)
		g_array_free(spent->entries, TRUE);
	spent->entries = NULL;
}

static guint
place_of(const aula_spent *spent, uint32_t ssrc)
{
	guint place = 0;

	while (place < spent->entries->len &&
		g_array_index(spent->entries, aula_spent_entry, place).ssrc != ssrc)
		place++;
	return place;
}

void
aula_spent_note(aula_spent *spent, const aula_spent_entry *entry)
{
	if (spent->entries == NULL)
		spent->entries = g_array_new(FALSE, FALSE, sizeof(*entry));
	guint place = place_of(spent, entry->ssrc);
	if (place < spent->entries->len)
		g_array_remove_index(spent->entries, place);
	else if (spent->entries->len == AULA_SPENT_MOST)
		g_array_remove_index(spent->entries, 0);
	g_array_append_vals(spent->entries, entry, 1);
}

bool
aula_spent_find(const aula_spent *spent, uint32_t ssrc, aula_spent_entry *ret_entry)
{
	if (spent->entries == NULL)
		return false;
	guint place = place_of(spent, ssrc);
	if (place == spent->entries->len)
		return false;
	*ret_entry = g_array_index(spent->entries, aula_spent_entry, place);
	return true;
}
