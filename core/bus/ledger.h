/* SPDX-License-Identifier: Apache-2.0 */
/** What the bus has carried and what waits to go to Redis: the bound of its queue, and what a
 * monitoring system is told. [any] */
#ifndef AULA_BUS_LEDGER_H
#define AULA_BUS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/exposition.h"

typedef struct aula_ledger aula_ledger;

/** What may wait. `shared`: there is a Redis, or will be. */
aula_ledger *aula_ledger_new(bool shared, size_t most, size_t bytes_most);
/** NULL is fine. */
void aula_ledger_free(aula_ledger *ledger);

/** False: too much waits, and this was dropped. */
bool aula_ledger_take(aula_ledger *ledger, size_t bytes);
/** What was taken is answered after so long, or lost. */
void aula_ledger_settle(aula_ledger *ledger, size_t bytes, bool good, int64_t took_us);
/** Entries that came from a stream. */
void aula_ledger_received(aula_ledger *ledger, size_t bytes);
/** A connection for writing is up, or down. */
void aula_ledger_set_up(aula_ledger *ledger, bool up);

bool aula_ledger_is_shared(const aula_ledger *ledger);
bool aula_ledger_is_up(aula_ledger *ledger);
size_t aula_ledger_waiting(aula_ledger *ledger);
void aula_ledger_expose(aula_ledger *ledger, aula_exposition *page);

#endif
