/* SPDX-License-Identifier: Apache-2.0 */
#include "web/exchange.h"

#include <string.h>

struct mail {
	aula_web_outbox_item item;
	aula_exchange *exchange;
	int status;
	char *type, *location;
	aula_http_header *headers;
	size_t header_count, length;
	char body[];
};

struct aula_exchange {
	/* [any] */
	atomic_uint references; /* the connection's, the module's, its mail's */
	atomic_bool answered;
	aula_web_outbox *outbox;
	/* [web] */
	aula_web_route *route;
	aula_exchange_answered on_answer;
	void *holder; /* NULL: the connection is gone */
	aula_http_request asked;
	GByteArray *body; /* until it was asked; NULL: none */
	int64_t since_us;
	bool counted; /* in the route's `waiting`: it was asked */
	bool accepted;
	void *data;
};

const char *
aula_web_route_below(const aula_web_route *route, const char *path)
{
	size_t length = strlen(route->path);

	return strncmp(path, route->path, length) == 0 &&
			       (path[length] == '\0' || path[length] == '/')
		       ? path + length
		       : NULL;
}

aula_web_route *
aula_web_route_find(aula_web_route *routes, size_t count, const char *path, const char **ret_below)
{
	for (size_t i = 0; i < count; i++)
		if ((*ret_below = aula_web_route_below(&routes[i], path)) != NULL)
			return &routes[i];
	return NULL;
}

static void
unref(aula_exchange *exchange)
{
	if (atomic_fetch_sub(&exchange->references, 1) > 1)
		return;
	aula_web_outbox_unref(exchange->outbox);
	g_free(exchange);
}

static aula_http_header *
headers_copy(const aula_http_header *headers, size_t count)
{
	aula_http_header *copy = g_new(aula_http_header, count);

	for (size_t i = 0; i < count; i++)
		copy[i] =
			(aula_http_header){ g_strdup(headers[i].name), g_strdup(headers[i].value) };
	return copy;
}

static void
headers_free(const aula_http_header *headers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		g_free((char *)(uintptr_t)headers[i].name);
		g_free((char *)(uintptr_t)headers[i].value);
	}
	g_free((aula_http_header *)(uintptr_t)headers);
}

static void
mail_free(struct mail *mail)
{
	unref(mail->exchange);
	headers_free(mail->headers, mail->header_count);
	g_free(mail->type);
	g_free(mail->location);
	g_free(mail);
}

static void
deliver(aula_web_outbox_item *item)
{
	struct mail *mail = (struct mail *)(void *)item;
	aula_exchange *exchange = mail->exchange;

	if (exchange->holder != NULL)
		exchange->on_answer(
			exchange->holder, &(aula_http_answer){ .size = sizeof(aula_http_answer),
						  .status = mail->status,
						  .type = mail->type,
						  .body = mail->body,
						  .length = mail->length,
						  .location = mail->location,
						  .headers = mail->headers,
						  .header_count = mail->header_count });
	mail_free(mail);
}

/* -- any thread -- */

aula_code
aula_exchange_answer(aula_exchange *exchange, const aula_http_answer *answer)
{
	aula_http_answer copy = { 0 };

	memcpy(&copy, answer, MIN(answer->size, sizeof copy));
	if (atomic_exchange(&exchange->answered, true))
		return AULA_GONE;
	struct mail *mail = g_malloc0(sizeof *mail + copy.length);
	*mail = (struct mail){ .item.deliver = deliver,
		.exchange = exchange,
		.status = copy.status,
		.type = g_strdup(copy.type),
		.location = g_strdup(copy.location),
		.headers = headers_copy(copy.headers, copy.header_count),
		.header_count = copy.header_count,
		.length = copy.length };
	if (copy.length > 0)
		memcpy(mail->body, copy.body, copy.length);
	atomic_fetch_add(&exchange->references, 1);
	if (aula_web_outbox_push(exchange->outbox, &mail->item))
		return AULA_OK;
	mail_free(mail);
	return AULA_GONE;
}

void
aula_exchange_fail(aula_exchange *exchange, int status, const char *sentence)
{
	aula_exchange_answer(exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
					       .status = status,
					       .type = "text/plain; charset=utf-8",
					       .body = sentence,
					       .length = strlen(sentence) });
}

void
aula_exchange_drop(aula_exchange *exchange)
{
	aula_exchange_fail(exchange, 503, "The server gave no answer.\n");
	unref(exchange);
}

/* -- the service thread -- */

aula_exchange *
aula_exchange_new(aula_web_route *route, aula_web_outbox *outbox, aula_exchange_answered answered,
	void *holder, const aula_http_request *asked)
{
	aula_exchange *exchange = g_new0(aula_exchange, 1);

	atomic_init(&exchange->references, 1);
	exchange->outbox = aula_web_outbox_ref(outbox);
	exchange->route = route;
	exchange->on_answer = answered;
	exchange->holder = holder;
	exchange->since_us = g_get_monotonic_time();
	exchange->asked = *asked;
	exchange->asked.size = sizeof exchange->asked;
	exchange->asked.path = g_strdup(asked->path);
	exchange->asked.address = g_strdup(asked->address);
	exchange->asked.query = g_strdup(asked->query);
	exchange->asked.headers = headers_copy(asked->headers, asked->header_count);
	return exchange;
}

bool
aula_exchange_body(aula_exchange *exchange, const char *bytes, size_t length)
{
	size_t most = (size_t)exchange->route->max_body_bytes;

	if (exchange->body == NULL)
		exchange->body = g_byte_array_new();
	if (length > most || exchange->body->len > most - length)
		return false;
	g_byte_array_append(exchange->body, (const guint8 *)bytes, (guint)length);
	return true;
}

/* What was asked is of no use any more; a long poll waits without it. */
static void
forget_asked(aula_exchange *exchange)
{
	g_free((char *)(uintptr_t)exchange->asked.path);
	g_free((char *)(uintptr_t)exchange->asked.query);
	g_free((char *)(uintptr_t)exchange->asked.address);
	headers_free(exchange->asked.headers, exchange->asked.header_count);
	exchange->asked.path = exchange->asked.query = exchange->asked.address = NULL;
	exchange->asked.headers = NULL;
	exchange->asked.header_count = 0;
	if (exchange->body != NULL)
		g_byte_array_unref(g_steal_pointer(&exchange->body));
}

void
aula_exchange_ask(aula_exchange *exchange)
{
	aula_web_route *route = exchange->route;

	if (exchange->counted)
		return;
	exchange->counted = true;
	if (atomic_fetch_add(&route->waiting, 1) >= route->max_waiting) {
		aula_hits_tell(route->hits, AULA_LIMIT_WEB_WAITING,
			&(aula_hit){ .address = exchange->asked.address, .what = route->path });
		aula_exchange_fail(exchange, 503, "Too many requests wait for an answer.\n");
	} else {
		if (exchange->body == NULL)
			exchange->body = g_byte_array_new();
		exchange->asked.length = exchange->body->len;
		g_byte_array_append(exchange->body, (const guint8 *)"", 1);
		exchange->asked.body = (const char *)exchange->body->data;
		atomic_fetch_add(&exchange->references, 1);
		exchange->accepted =
			route->ops->asked(route->self, exchange, &exchange->asked, &exchange->data);
		if (!exchange->accepted)
			aula_exchange_drop(exchange);
	}
	forget_asked(exchange);
}

void
aula_exchange_tick(aula_exchange *exchange, int64_t now_us)
{
	if (now_us - exchange->since_us > exchange->route->max_hold_ms * 1000)
		aula_exchange_fail(exchange, 503, "The server gave no answer in time.\n");
}

void
aula_exchange_gone(aula_exchange *exchange)
{
	aula_web_route *route = exchange->route;

	exchange->holder = NULL;
	atomic_store(&exchange->answered, true);
	forget_asked(exchange);
	if (exchange->counted)
		atomic_fetch_sub(&route->waiting, 1);
	if (exchange->accepted)
		route->ops->closed(route->self, exchange, exchange->data);
	unref(exchange);
}
