/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/receipt.h"

#include <glib.h>

struct aula_receipt {
	GMutex lock;
	GCond change;
	unsigned refs, open;
	bool lost;
};

aula_receipt *
aula_receipt_new(void)
{
	aula_receipt *receipt = g_new0(aula_receipt, 1);

	g_mutex_init(&receipt->lock);
	g_cond_init(&receipt->change);
	receipt->refs = 1;
	return receipt;
}

/* With the lock, which is given back. */
static void
let_go(aula_receipt *receipt)
{
	bool last = --receipt->refs == 0;

	g_mutex_unlock(&receipt->lock);
	if (!last)
		return;
	g_mutex_clear(&receipt->lock);
	g_cond_clear(&receipt->change);
	g_free(receipt);
}

void
aula_receipt_unref(aula_receipt *receipt)
{
	if (receipt == NULL)
		return;
	g_mutex_lock(&receipt->lock);
	let_go(receipt);
}

aula_receipt *
aula_receipt_expect(aula_receipt *receipt)
{
	g_mutex_lock(&receipt->lock);
	receipt->refs++;
	receipt->open++;
	g_mutex_unlock(&receipt->lock);
	return receipt;
}

void
aula_receipt_sign(aula_receipt *receipt, bool good)
{
	g_mutex_lock(&receipt->lock);
	receipt->lost |= !good;
	if (--receipt->open == 0)
		g_cond_broadcast(&receipt->change);
	let_go(receipt);
}

aula_code
aula_receipt_await(aula_receipt *receipt, int64_t wait_ms)
{
	int64_t until_us = g_get_monotonic_time() + wait_ms * 1000;

	g_mutex_lock(&receipt->lock);
	while (receipt->open > 0 && g_cond_wait_until(&receipt->change, &receipt->lock, until_us))
		continue;
	aula_code code = receipt->open > 0 ? AULA_UNAVAILABLE : receipt->lost ? AULA_GONE : AULA_OK;
	g_mutex_unlock(&receipt->lock);
	return code;
}
