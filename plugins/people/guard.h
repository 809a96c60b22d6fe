/* SPDX-License-Identifier: Apache-2.0 */
/** Against guessing: how often a login was tried in vain, from one address and from anywhere. It is
 * a table of fixed size, so a guesser cannot fill it; two that share a place are locked together.
 * [control] */
#ifndef PEOPLE_GUARD_H
#define PEOPLE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct guard;

/** After `most` failures in a row a login is locked for one address, for `lock_s`, and twice as
 * long with each further one, up to 15 minutes; after ten times as many for every address. NULL: no
 * memory, or no random numbers. */
struct guard *guard_new(int64_t most, int64_t lock_s);
void guard_free(struct guard *guard);
/** Counts a try as a failure, before it is known to be none: many at once count as many. False: it
 * is locked for `*ret_wait_s` yet. */
bool guard_try(struct guard *guard, const char *login, const char *address, int64_t now_us,
	int64_t *ret_wait_s);
/** Whether the next try would be refused. */
bool guard_is_locked(struct guard *guard, const char *login, const char *address, int64_t now_us);
/** The try was none in vain. */
void guard_forgive(struct guard *guard, const char *login, const char *address);

#endif
