/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <stdlib.h>
#include <sys/random.h>

enum { PLACES = 16384, LOCK_MOST_S = 900, ANYWHERE = 10 };

static const int64_t day_us = INT64_C(86400) * 1000000;

struct place {
	int64_t failures, until_us, last_us;
};

struct guard {
	int64_t most, lock_s;
	uint64_t salt; /* so that nobody can choose whose place they share */
	struct place places[PLACES];
};

struct guard *
guard_new(int64_t most, int64_t lock_s)
{
	struct guard *guard = calloc(1, sizeof *guard);

	if (guard == NULL ||
		getrandom(&guard->salt, sizeof guard->salt, 0) != (ssize_t)sizeof guard->salt) {
		free(guard);
		return NULL;
	}
	guard->most = most;
	guard->lock_s = lock_s;
	return guard;
}

void
guard_free(struct guard *guard)
{
	free(guard);
}

static uint64_t
mix(uint64_t value, const char *text)
{
	for (; *text != '\0'; text++)
		value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3); /* FNV-1a */
	return (value ^ 0xff) * UINT64_C(0x100000001b3);
}

/* `address` NULL: from anywhere. */
static struct place *
place_of(struct guard *guard, const char *login, const char *address)
{
	uint64_t value = mix(UINT64_C(0xcbf29ce484222325) ^ guard->salt, login);

	if (address != NULL)
		value = mix(value, address);
	return &guard->places[(value ^ value >> 29) % PLACES];
}

static void
count(const struct guard *guard, struct place *place, int64_t most, int64_t now_us)
{
	if (now_us - place->last_us > day_us)
		place->failures = 0;
	place->last_us = now_us;
	place->failures++;
	if (place->failures < most)
		return;
	int64_t lock_s = guard->lock_s;
	for (int64_t i = place->failures - most; i > 0 && lock_s < LOCK_MOST_S; i--)
		lock_s *= 2;
	place->until_us = now_us + (lock_s < LOCK_MOST_S ? lock_s : LOCK_MOST_S) * INT64_C(1000000);
}

static int64_t
locked_until_us(struct guard *guard, const char *login, const char *address)
{
	int64_t near_us = place_of(guard, login, address)->until_us;
	int64_t all_us = place_of(guard, login, NULL)->until_us;

	return near_us > all_us ? near_us : all_us;
}

bool
guard_is_locked(struct guard *guard, const char *login, const char *address, int64_t now_us)
{
	return locked_until_us(guard, login, address) > now_us;
}

bool
guard_try(struct guard *guard, const char *login, const char *address, int64_t now_us,
	int64_t *ret_wait_s)
{
	int64_t until_us = locked_until_us(guard, login, address);

	if (until_us > now_us) {
		*ret_wait_s = 1 + (until_us - now_us) / 1000000;
		return false;
	}
	count(guard, place_of(guard, login, address), guard->most, now_us);
	count(guard, place_of(guard, login, NULL), guard->most * ANYWHERE, now_us);
	return true;
}

void
guard_forgive(struct guard *guard, const char *login, const char *address)
{
	*place_of(guard, login, address) = (struct place){ 0 };
	*place_of(guard, login, NULL) = (struct place){ 0 };
}
