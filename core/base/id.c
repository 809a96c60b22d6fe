/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include <glib.h>

struct aula_id_slot {
	void *thing; /* NULL: free */
	uint32_t generation;
	uint32_t next; /* of the free list: slot + 1, 0 at its end */
};

void
aula_id_table_init(aula_id_table *table, size_t most)
{
	g_assert(most < UINT32_MAX);
	*table = (aula_id_table){ .most = most };
}

void
aula_id_table_finish(aula_id_table *table)
{
	g_free(table->slots);
	*table = (aula_id_table){ 0 };
}

static struct aula_id_slot *
slot_new(aula_id_table *table)
{
	if (table->count == table->capacity) {
		size_t wanted = table->capacity == 0 ? 16 : table->capacity * 2;
		table->capacity = MIN(wanted, table->most);
		table->slots = g_renew(struct aula_id_slot, table->slots, table->capacity);
	}
	struct aula_id_slot *slot = &table->slots[table->count++];
	*slot = (struct aula_id_slot){ .generation = 1 };
	return slot;
}

uint64_t
aula_id_add(aula_id_table *table, void *thing)
{
	struct aula_id_slot *slot;

	g_assert(thing != NULL);
	if (table->used >= table->most)
		return 0;
	if (table->free != 0) {
		slot = &table->slots[table->free - 1];
		table->free = slot->next;
	} else {
		slot = slot_new(table);
	}
	slot->thing = thing;
	table->used++;
	return (uint64_t)slot->generation << 32 | (uint64_t)(slot - table->slots + 1);
}

static struct aula_id_slot *
slot_of(const aula_id_table *table, uint64_t id)
{
	uint32_t index = aula_id_slot_of(id);

	if (id == 0 || index >= table->count)
		return NULL;
	struct aula_id_slot *slot = &table->slots[index];
	return slot->thing != NULL && slot->generation == id >> 32 ? slot : NULL;
}

void *
aula_id_get(const aula_id_table *table, uint64_t id)
{
	const struct aula_id_slot *slot = slot_of(table, id);

	return slot != NULL ? slot->thing : NULL;
}

void
aula_id_remove(aula_id_table *table, uint64_t id)
{
	struct aula_id_slot *slot = slot_of(table, id);

	if (slot == NULL)
		return;
	slot->thing = NULL;
	slot->generation++;
	slot->next = table->free;
	table->free = aula_id_slot_of(id) + 1;
	table->used--;
}

size_t
aula_id_count(const aula_id_table *table)
{
	return table->used;
}

void *
aula_id_next(const aula_id_table *table, size_t *cursor)
{
	while (*cursor < table->count) {
		void *thing = table->slots[(*cursor)++].thing;
		if (thing != NULL)
			return thing;
	}
	return NULL;
}
