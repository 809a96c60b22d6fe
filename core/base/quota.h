/* SPDX-License-Identifier: Apache-2.0 */
/** How often something may be done: the generic cell rate algorithm, a bucket of tokens that is one
 * number. Time is an argument. [any; one thread a table] */
#ifndef AULA_BASE_QUOTA_H
#define AULA_BASE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** So many in a row, and then so many a second. */
typedef struct {
	double rate_per_s; /* 0: there is no bound */
	double burst;
} aula_quota;

/** When the bucket is full again (monotonic); zero-initialised it is full. */
typedef struct {
	int64_t full_us;
} aula_quota_state;

/** What is left after one has been taken, or refused. */
typedef struct {
	int64_t remaining; /* that may be done at once */
	int64_t retry_us;  /* until one more may be done; 0: now */
	int64_t until_full_us;
} aula_quota_left;

/** Takes one. False: not now; nothing is taken. `ret_left` may be NULL. */
bool aula_quota_take(const aula_quota *quota, aula_quota_state *state, int64_t now_us,
	aula_quota_left *ret_left);
/** Takes `count` more, whether they are there or not. */
void aula_quota_debit(
	const aula_quota *quota, aula_quota_state *state, double count, int64_t now_us);

/** Many buckets in a bounded place, by name. What is full needs no place; past the bound the one
 * that is full soonest is forgotten, so a flood of names forgives a few and never refuses any. */
typedef struct aula_quotas aula_quotas;

/** Room for `most` names, rounded up to a power of two; 16 bytes each. */
aula_quotas *aula_quotas_new(size_t most);
/** NULL is fine. */
void aula_quotas_free(aula_quotas *quotas);
/** A name as a key; `kind` keeps names of different things apart. Keys are secret to this process,
 * so that nobody can choose names that share a place. */
uint64_t aula_quotas_key(const aula_quotas *quotas, unsigned kind, const void *name, size_t length);
/** The bucket of that key, to be used at once. Never NULL. */
aula_quota_state *aula_quotas_at(aula_quotas *quotas, uint64_t key, int64_t now_us);
/** How many buckets are not full. Walks all of them. */
size_t aula_quotas_count(const aula_quotas *quotas, int64_t now_us);

#endif
