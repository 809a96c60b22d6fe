/* SPDX-License-Identifier: Apache-2.0 */
/** What servers look up in common: boards, which rank members by points, and small values by name,
 * each for a time. In this process, or in Redis. Nothing here is the only place of anything. All
 * [control]. */
#ifndef AULA_BUS_CACHE_H
#define AULA_BUS_CACHE_H

#include "bus/courier.h"

typedef struct aula_cache aula_cache;

/** Borrows the courier, and must end before it. */
aula_cache *aula_cache_new(aula_courier *courier, const char *prefix, aula_loop *control);
/** Calls nobody any more. NULL is fine. */
void aula_cache_free(aula_cache *cache);

/* As in aula_bus (aula/bus.h), where the errors are told. `owner` is a module. */
aula_code aula_cache_score(
	aula_cache *cache, const char *board, const char *member, double points, int64_t keep_s);
aula_code aula_cache_unscore(aula_cache *cache, const char *board, const char *member);
aula_code aula_cache_top(aula_cache *cache, unsigned owner, const char *board, size_t most,
	aula_bus_ranked ranked, void *data);
aula_code aula_cache_rank(aula_cache *cache, unsigned owner, const char *board, const char *member,
	aula_bus_ranked ranked, void *data);
aula_code aula_cache_set(
	aula_cache *cache, const char *name, const char *text, size_t length, int64_t keep_s);
aula_code aula_cache_get(
	aula_cache *cache, unsigned owner, const char *name, aula_bus_got got, void *data);
/** Calls nothing of the module any more. */
void aula_cache_forget(aula_cache *cache, unsigned owner);

#endif
