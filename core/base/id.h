/* SPDX-License-Identifier: Apache-2.0 */
/** Slot and generation: names for things that may be gone when the name is used. One table belongs
 * to one thread. An id is (generation << 32 | slot + 1), so 0 is none. */
#ifndef AULA_BASE_ID_H
#define AULA_BASE_ID_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
	struct aula_id_slot *slots;
	size_t count, capacity, used, most;
	uint32_t free;
} aula_id_table;

/** At most `most` things at once. */
void aula_id_table_init(aula_id_table *table, size_t most);
void aula_id_table_finish(aula_id_table *table);
/** A new name for `thing`; 0 at the bound. */
uint64_t aula_id_add(aula_id_table *table, void *thing);
/** NULL when the name is dead. */
void *aula_id_get(const aula_id_table *table, uint64_t id);
void aula_id_remove(aula_id_table *table, uint64_t id);
size_t aula_id_count(const aula_id_table *table);
/** Walks what is alive: start with *cursor = 0; NULL at the end. Removing the one returned is fine.
 */
void *aula_id_next(const aula_id_table *table, size_t *cursor);
static inline uint32_t
aula_id_slot_of(uint64_t id)
{
	return (uint32_t)id - 1;
}

#endif
