/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/receipt.h"

#include <glib.h>
#include <pthread.h>
#include <time.h>

struct aula_receipt {
	pthread_mutex_t lock;
	pthread_cond_t change; /* by the monotonic clock */
	unsigned refs, open;
	bool lost;
};

aula_receipt *
aula_receipt_new(void)
{
	aula_receipt *receipt = g_new0(aula_receipt, 1);
	pthread_condattr_t clock;

	pthread_mutex_init(&receipt->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&receipt->change, &clock);
	pthread_condattr_destroy(&clock);
	receipt->refs = 1;
	return receipt;
}

/* With the lock, which is given back. */
static void
let_go(aula_receipt *receipt)
{
	bool last = --receipt->refs == 0;

	pthread_mutex_unlock(&receipt->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&receipt->lock);
	pthread_cond_destroy(&receipt->change);
	g_free(receipt);
}

void
aula_receipt_unref(aula_receipt *receipt)
{
	if (receipt == NULL)
		return;
	pthread_mutex_lock(&receipt->lock);
	let_go(receipt);
}

aula_receipt *
aula_receipt_expect(aula_receipt *receipt)
{
	pthread_mutex_lock(&receipt->lock);
	receipt->refs++;
	receipt->open++;
	pthread_mutex_unlock(&receipt->lock);
	return receipt;
}

void
aula_receipt_sign(aula_receipt *receipt, bool good)
{
	pthread_mutex_lock(&receipt->lock);
	receipt->lost |= !good;
	if (--receipt->open == 0)
		pthread_cond_broadcast(&receipt->change);
	let_go(receipt);
}

aula_code
aula_receipt_await(aula_receipt *receipt, int64_t wait_ms)
{
	int64_t until_us = g_get_monotonic_time() + wait_ms * 1000;
	struct timespec until = { until_us / G_USEC_PER_SEC, until_us % G_USEC_PER_SEC * 1000 };

	pthread_mutex_lock(&receipt->lock);
	while (receipt->open > 0 &&
		pthread_cond_timedwait(&receipt->change, &receipt->lock, &until) == 0)
		continue;
	aula_code code = receipt->open > 0 ? AULA_UNAVAILABLE : receipt->lost ? AULA_GONE : AULA_OK;
	pthread_mutex_unlock(&receipt->lock);
	return code;
}
