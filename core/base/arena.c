/* SPDX-License-Identifier: Apache-2.0 */
#include "base/schema.h"

#include <glib.h>
#include <stdalign.h>

enum { BLOCK_BYTES = 1024, ALIGNMENT = alignof(max_align_t) };

struct aula_arena_block {
	struct aula_arena_block *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

void *
aula_arena_take(aula_arena *arena, size_t size)
{
	struct aula_arena_block *block = arena->blocks;

	if (size == 0)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (block == NULL || block->size - block->used < size) {
		size_t room = MAX(size, BLOCK_BYTES);
		block = g_malloc0(sizeof *block + room);
		block->next = arena->blocks;
		block->size = room;
		arena->blocks = block;
	}
	void *taken = block->bytes + block->used;
	block->used += size;
	return taken;
}

void
aula_arena_free(aula_arena *arena)
{
	struct aula_arena_block *next;

	for (struct aula_arena_block *block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		g_free(block);
	}
	arena->blocks = NULL;
}
