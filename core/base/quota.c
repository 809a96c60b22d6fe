/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quota.h"

#include <glib.h>
#include <string.h>

enum { WAYS = 8 }; /* places that a key may have */

typedef struct {
	uint64_t key; /* 0: empty */
	aula_quota_state state;
} bucket;

struct aula_quotas {
	uint64_t secret[2];
	size_t sets; /* a power of two */
	bucket buckets[];
};

/* -- one bucket -- */

static double
step_us(const aula_quota *quota)
{
	return 1e6 / quota->rate_per_s;
}

static void
tell_left(const aula_quota *quota, const aula_quota_state *state, int64_t now_us,
	aula_quota_left *ret_left)
{
	double missing_us = (double)MAX(state->full_us - now_us, 0);
	double room_us = quota->burst * step_us(quota) - missing_us;

	*ret_left = (aula_quota_left){ .remaining = (int64_t)MAX(room_us / step_us(quota), 0),
		.retry_us = (int64_t)MAX(step_us(quota) - room_us, 0),
		.until_full_us = (int64_t)missing_us };
}

bool
aula_quota_take(
	const aula_quota *quota, aula_quota_state *state, int64_t now_us, aula_quota_left *ret_left)
{
	if (quota->rate_per_s <= 0) {
		if (ret_left != NULL)
			*ret_left = (aula_quota_left){ .remaining = INT64_MAX };
		return true;
	}
	int64_t full_us = MAX(state->full_us, now_us) + (int64_t)step_us(quota);
	bool good = (double)(full_us - now_us) <= quota->burst * step_us(quota);

	if (good)
		state->full_us = full_us;
	if (ret_left != NULL)
		tell_left(quota, state, now_us, ret_left);
	return good;
}

void
aula_quota_debit(const aula_quota *quota, aula_quota_state *state, double count, int64_t now_us)
{
	if (quota->rate_per_s > 0 && count > 0)
		state->full_us = MAX(state->full_us, now_us) + (int64_t)(count * step_us(quota));
}

/* -- many -- */

aula_quotas *
aula_quotas_new(size_t most)
{
	size_t sets = 1;

	while (sets * WAYS < most)
		sets *= 2;
	aula_quotas *quotas = g_malloc0(sizeof *quotas + sets * WAYS * sizeof(bucket));
	quotas->sets = sets;
	for (size_t i = 0; i < G_N_ELEMENTS(quotas->secret); i++)
		quotas->secret[i] = (uint64_t)g_random_int() << 32 | g_random_int();
	return quotas;
}

void
aula_quotas_free(aula_quotas *quotas)
{
	g_free(quotas);
}

static uint64_t
rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

/* One round of SipHash (Aumasson and Bernstein, 2012). */
static void
stir(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void
feed(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	stir(v);
	v[0] ^= word;
}

uint64_t
aula_quotas_key(const aula_quotas *quotas, unsigned kind, const void *name, size_t length)
{
	uint64_t v[4] = { quotas->secret[0] ^ UINT64_C(0x736f6d6570736575),
		quotas->secret[1] ^ UINT64_C(0x646f72616e646f6d),
		quotas->secret[0] ^ UINT64_C(0x6c7967656e657261),
		quotas->secret[1] ^ UINT64_C(0x7465646279746573) };
	const char *at = name;
	uint64_t word;

	for (size_t left = length; left > 0;) {
		size_t part = MIN(left, sizeof word);
		word = 0;
		memcpy(&word, at, part);
		feed(v, word);
		at += part;
		left -= part;
	}
	feed(v, (uint64_t)length << 32 | kind);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		stir(v);
	word = v[0] ^ v[1] ^ v[2] ^ v[3];
	return word != 0 ? word : 1;
}

aula_quota_state *
aula_quotas_at(aula_quotas *quotas, uint64_t key, int64_t now_us)
{
	bucket *set = &quotas->buckets[(key & (quotas->sets - 1)) * WAYS], *least = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i].state;
		if (set[i].state.full_us < least->state.full_us)
			least = &set[i];
	}
	*least = (bucket){ .key = key, .state = { now_us } };
	return &least->state;
}

size_t
aula_quotas_count(const aula_quotas *quotas, int64_t now_us)
{
	size_t count = 0;

	for (size_t i = 0; i < quotas->sets * WAYS; i++)
		count += quotas->buckets[i].state.full_us > now_us;
	return count;
}
