/* SPDX-License-Identifier: Apache-2.0 */
/* The bus, as modules know it. */
#include "signaling/services-module.h"

static aula_courier *
courier_of(const aula_host *host)
{
	return aula_module_of(host)->board->courier;
}

static bool
shared(const aula_host *host)
{
	return courier_of(host) != NULL && aula_courier_shared(courier_of(host));
}

static bool
up(const aula_host *host)
{
	return courier_of(host) != NULL && aula_courier_up(courier_of(host));
}

static aula_code
append(const aula_host *host, const char *stream, int64_t most, const aula_bus_field *fields,
	size_t count)
{
	aula_courier *courier = courier_of(host);

	return courier == NULL ? AULA_UNAVAILABLE
			       : aula_courier_append(courier, stream, most, fields, count, NULL);
}

static aula_code
publish(const aula_host *host, const char *channel, const char *text, size_t length)
{
	aula_courier *courier = courier_of(host);

	return courier == NULL ? AULA_UNAVAILABLE
			       : aula_courier_publish(courier, channel, text, length, NULL);
}

static aula_code
follow(const aula_host *host, const char *stream, aula_bus_reader read, void *data)
{
	aula_courier *courier = courier_of(host);

	return courier == NULL ? AULA_UNAVAILABLE
			       : aula_courier_follow(
					 courier, aula_module_of(host)->index, stream, read, data);
}

static aula_code
serve(const aula_host *host, const aula_bus_queue *queue, aula_bus_reader read, void *data)
{
	aula_courier *courier = courier_of(host);

	return courier == NULL ? AULA_UNAVAILABLE
			       : aula_courier_serve(
					 courier, aula_module_of(host)->index, queue, read, data);
}

static aula_receipt *
receipt_of(aula_bus_receipt *receipt)
{
	return (aula_receipt *)(void *)receipt;
}

static aula_code
hand_over(const aula_host *host, const aula_bus_item *items, size_t count, size_t *ret_taken,
	aula_bus_receipt **ret_receipt)
{
	aula_courier *courier = courier_of(host);
	aula_code code = AULA_OK;
	size_t taken = 0;

	if (courier == NULL || !aula_courier_shared(courier))
		return AULA_UNAVAILABLE;
	aula_receipt *receipt = aula_receipt_new();
	for (; taken < count; taken++) {
		const aula_bus_item *item = &items[taken];
		code = item->channel != NULL
			       ? aula_courier_publish(courier, item->channel, item->fields[0].text,
					 item->fields[0].length, receipt)
			       : aula_courier_append(courier, item->stream, item->most,
					 item->fields, item->count, receipt);
		if (code != AULA_OK)
			break;
	}
	if (taken == 0 && code != AULA_OK) {
		aula_receipt_unref(receipt);
		return code;
	}
	*ret_taken = taken;
	*ret_receipt = (aula_bus_receipt *)(void *)receipt;
	return AULA_OK;
}

static aula_code
await(aula_bus_receipt *receipt, int64_t wait_ms)
{
	return aula_receipt_await(receipt_of(receipt), wait_ms);
}

static void
drop(aula_bus_receipt *receipt)
{
	aula_receipt_unref(receipt_of(receipt));
}

/* -- what servers look up in common -- */

static aula_cache *
cache_of(const aula_host *host)
{
	return aula_module_of(host)->board->cache;
}

static aula_code
score(const aula_host *host, const char *board, const char *member, double points, int64_t keep_s)
{
	return cache_of(host) != NULL
		       ? aula_cache_score(cache_of(host), board, member, points, keep_s)
		       : AULA_UNAVAILABLE;
}

static aula_code
unscore(const aula_host *host, const char *board, const char *member)
{
	return cache_of(host) != NULL ? aula_cache_unscore(cache_of(host), board, member)
				      : AULA_UNAVAILABLE;
}

static aula_code
top(const aula_host *host, const char *board, size_t most, aula_bus_ranked ranked, void *data)
{
	return cache_of(host) != NULL ? aula_cache_top(cache_of(host), aula_module_of(host)->index,
						board, most, ranked, data)
				      : AULA_UNAVAILABLE;
}

static aula_code
rank(const aula_host *host, const char *board, const char *member, aula_bus_ranked ranked,
	void *data)
{
	return cache_of(host) != NULL ? aula_cache_rank(cache_of(host), aula_module_of(host)->index,
						board, member, ranked, data)
				      : AULA_UNAVAILABLE;
}

static aula_code
set(const aula_host *host, const char *name, const char *text, size_t length, int64_t keep_s)
{
	return cache_of(host) != NULL ? aula_cache_set(cache_of(host), name, text, length, keep_s)
				      : AULA_UNAVAILABLE;
}

static aula_code
get(const aula_host *host, const char *name, aula_bus_got got, void *data)
{
	return cache_of(host) != NULL ? aula_cache_get(cache_of(host), aula_module_of(host)->index,
						name, got, data)
				      : AULA_UNAVAILABLE;
}

const aula_bus aula_service_bus = { .size = sizeof aula_service_bus,
	.shared = shared,
	.up = up,
	.append = append,
	.publish = publish,
	.follow = follow,
	.serve = serve,
	.hand_over = hand_over,
	.await = await,
	.drop = drop,
	.score = score,
	.unscore = unscore,
	.top = top,
	.rank = rank,
	.set = set,
	.get = get };
