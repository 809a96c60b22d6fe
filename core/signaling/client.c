/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "signaling/turns.h"

enum {
	ADDRESS_BYTES = 64,
	SHARDS = 16,
	ADDRESS_BITS = 24,      /* of an address, in the name of a client that is one request */
	WAITING_DELIVERIES = 4, /* of the largest size */
	/* A request costs more than its bytes; a crowd of small ones is no small thing. */
	DELIVERY_BYTES_LEAST = 1000,
	/* Requests refused as too fast, above as many as are served, before it is closed. */
	PATIENCE = 2000,
	/* Of work that one request may cost; a common one takes a tenth of it. */
	WORK_US = 500,
};

/* In the name of a client that is not lasting. */
#define ONE_REQUEST (UINT64_C(1) << 62)

/* Deliveries wait in the control thread's mailbox: how many bytes of whom. A client that is one
 * request is known by its address, or many of them would be without a bound. */
typedef struct {
	pthread_mutex_t lock;
	GHashTable *bytes; /* key_of, allocated -> size_t */
} shard;

typedef struct {
	aula_client id;
	const aula_transport_ops *ops;
	void *self, *data;
	char address[ADDRESS_BYTES];
	bool lasting, closing;
	aula_quota_state requests, refusals;
} client;

struct aula_clients {
	aula_loop *control;
	aula_client_limits limits;
	const aula_client_listener *listener;
	void *data;
	GHashTable *by_id; /* [control] id -> client */
	aula_turns *turns; /* [control] */
	_Atomic uint64_t last_id;
	shard shards[SHARDS]; /* [any] */
};

typedef struct {
	aula_mail mail;
	aula_clients *clients;
	client *one;
} opened_mail;

/* What comes of one client, each in its turn. */
typedef struct {
	aula_mail mail;
	aula_clients *clients;
	aula_client id;
	void (*serve)(aula_mail *mail);
} delivery;

typedef struct {
	delivery from;
	aula_client_place place;
	size_t length;
	char text[];
} received_mail;

typedef struct {
	delivery from;
	aula_client_place place;
	int64_t most, hold_ms;
} listen_mail;

typedef struct {
	delivery from;
	aula_code why; /* it is to be closed; OK: it has closed */
	bool final;
	const char *flood; /* static */
} closed_mail;

static void
client_free(void *data)
{
	client *one = data;

	one->ops->released(one->self, one->data);
	g_free(one);
}

aula_clients *
aula_clients_new(aula_loop *control, const aula_client_limits *limits,
	const aula_client_listener *listener, void *data)
{
	aula_clients *clients = g_new0(aula_clients, 1);

	clients->control = control;
	clients->limits = *limits;
	clients->listener = listener;
	clients->data = data;
	clients->by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, client_free);
	clients->turns = aula_turns_new(control, limits->at_once);
	for (size_t i = 0; i < SHARDS; i++) {
		pthread_mutex_init(&clients->shards[i].lock, NULL);
		clients->shards[i].bytes =
			g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	}
	return clients;
}

void
aula_clients_free(aula_clients *clients)
{
	if (clients == NULL)
		return;
	g_hash_table_remove_all(clients->by_id);
	aula_turns_free(clients->turns);
	g_hash_table_destroy(clients->by_id);
	for (size_t i = 0; i < SHARDS; i++) {
		g_hash_table_destroy(clients->shards[i].bytes);
		pthread_mutex_destroy(&clients->shards[i].lock);
	}
	g_free(clients);
}

size_t
aula_clients_count(const aula_clients *clients)
{
	return g_hash_table_size(clients->by_id);
}

void
aula_clients_set_limits(aula_clients *clients, size_t clients_most, const aula_quota *requests)
{
	clients->limits.clients_most = clients_most;
	clients->limits.requests = *requests;
}

const aula_quota *
aula_clients_quota(const aula_clients *clients)
{
	return &clients->limits.requests;
}

static client *
find(const aula_clients *clients, aula_client id)
{
	return g_hash_table_lookup(clients->by_id, &id.id);
}

static void
hit(const aula_clients *clients, aula_limit limit, const client *one)
{
	aula_hits_tell(clients->limits.hits, limit, &(aula_hit){ .address = one->address });
}

/* -- in -- */

static gint64
key_of(aula_client id)
{
	const uint64_t address = ONE_REQUEST | ((UINT64_C(1) << ADDRESS_BITS) - 1);

	return (gint64)((id.id & ONE_REQUEST) != 0 ? id.id & address : id.id);
}

static void
take_turn(aula_mail *mail)
{
	delivery *from = (delivery *)(void *)mail;

	mail->deliver = from->serve;
	aula_turns_take(from->clients->turns, key_of(from->id), mail);
}

static delivery
delivery_of(aula_clients *clients, aula_client id, void (*serve)(aula_mail *mail))
{
	return (delivery){
		.mail.deliver = take_turn, .clients = clients, .id = id, .serve = serve
	};
}

void
aula_clients_settle(aula_clients *clients)
{
	aula_turns_settle(clients->turns);
}

static void
deliver_opened(aula_mail *mail)
{
	opened_mail *opened = (opened_mail *)mail;
	aula_clients *clients = opened->clients;
	client *one = opened->one;

	g_hash_table_insert(clients->by_id, &one->id.id, one);
	if (g_hash_table_size(clients->by_id) > clients->limits.clients_most) {
		hit(clients, AULA_LIMIT_CLIENTS, one);
		aula_clients_close(clients, one->id, AULA_FULL, "the server is full");
	}
	g_free(opened);
}

static aula_client
name_of(aula_clients *clients, const char *address, bool lasting)
{
	uint64_t number = atomic_fetch_add(&clients->last_id, 1) + 1;

	if (lasting || address == NULL)
		return (aula_client){ number };
	return (aula_client){ ONE_REQUEST | number << ADDRESS_BITS |
			      (g_str_hash(address) & ((1u << ADDRESS_BITS) - 1)) };
}

aula_client
aula_clients_opened(aula_clients *clients, const aula_transport_ops *ops, void *self,
	void *client_data, const char *address, bool lasting)
{
	opened_mail *opened = g_new0(opened_mail, 1);
	client *one = g_new0(client, 1);

	*one = (client){ .id = name_of(clients, address, lasting),
		.ops = ops,
		.self = self,
		.data = client_data,
		.lasting = lasting };
	g_strlcpy(one->address, address != NULL ? address : "", sizeof one->address);
	aula_client id = one->id;
	*opened = (opened_mail){ .mail.deliver = deliver_opened, .clients = clients, .one = one };
	aula_loop_post(clients->control, &opened->mail);
	return id;
}

static void
deliver_closed(aula_mail *mail)
{
	closed_mail *closed = (closed_mail *)(void *)mail;
	aula_clients *clients = closed->from.clients;
	aula_client id = closed->from.id;
	const client *one = find(clients, id);

	if (closed->why != AULA_OK) {
		if (one != NULL && !one->closing)
			hit(clients,
				closed->why == AULA_TOO_LARGE ? AULA_LIMIT_MESSAGE_BYTES
							      : AULA_LIMIT_CLIENT_WAITING,
				one);
		aula_clients_close(clients, id, closed->why, closed->flood);
	} else if (one != NULL) {
		clients->listener->on_client_closed(clients->data, id, closed->final);
		g_hash_table_remove(clients->by_id, &id.id);
	}
	g_free(closed);
}

static void
post_closed(aula_clients *clients, aula_client id, aula_code why, bool final, const char *flood)
{
	closed_mail *closed = g_new0(closed_mail, 1);

	*closed = (closed_mail){ .from = delivery_of(clients, id, deliver_closed),
		.why = why,
		.final = final,
		.flood = flood };
	aula_loop_post(clients->control, &closed->from.mail);
}

void
aula_clients_closed(aula_clients *clients, aula_client id, bool final)
{
	post_closed(clients, id, AULA_OK, final, NULL);
}

/* Whether so much more may wait, which it does from now on. */
static bool
begin_waiting(aula_clients *clients, aula_client id, size_t length)
{
	size_t weight = MAX(length, DELIVERY_BYTES_LEAST);
	gint64 key = key_of(id);
	shard *one = &clients->shards[(uint64_t)key % SHARDS];

	pthread_mutex_lock(&one->lock);
	size_t waiting = GPOINTER_TO_SIZE(g_hash_table_lookup(one->bytes, &key)) + weight;
	bool good = waiting <= WAITING_DELIVERIES * clients->limits.message_bytes_most;
	if (good)
		g_hash_table_insert(
			one->bytes, g_memdup2(&key, sizeof key), GSIZE_TO_POINTER(waiting));
	pthread_mutex_unlock(&one->lock);
	return good;
}

static void
end_waiting(aula_clients *clients, aula_client id, size_t length)
{
	size_t weight = MAX(length, DELIVERY_BYTES_LEAST);
	gint64 key = key_of(id);
	shard *one = &clients->shards[(uint64_t)key % SHARDS];

	pthread_mutex_lock(&one->lock);
	size_t waiting = GPOINTER_TO_SIZE(g_hash_table_lookup(one->bytes, &key)) - weight;
	if (waiting > 0)
		g_hash_table_insert(
			one->bytes, g_memdup2(&key, sizeof key), GSIZE_TO_POINTER(waiting));
	else
		g_hash_table_remove(one->bytes, &key);
	pthread_mutex_unlock(&one->lock);
}

static void
deliver_received(aula_mail *mail)
{
	received_mail *received = (received_mail *)(void *)mail;
	aula_clients *clients = received->from.clients;
	aula_client id = received->from.id;
	const client *one = find(clients, id);

	end_waiting(clients, id, received->length);
	if (one != NULL && !one->closing)
		clients->listener->on_client_text(
			clients->data, id, received->place, received->text, received->length);
	g_free(received);
}

void
aula_clients_received(aula_clients *clients, aula_client id, aula_client_place place,
	const char *text, size_t length)
{
	if (length > clients->limits.message_bytes_most) {
		post_closed(clients, id, AULA_TOO_LARGE, false, "a message larger than allowed");
		return;
	}
	if (!begin_waiting(clients, id, length)) {
		post_closed(
			clients, id, AULA_TOO_FAST, false, "more requests at once than are taken");
		return;
	}
	received_mail *received = g_malloc(sizeof *received + length);
	*received = (received_mail){
		.from = delivery_of(clients, id, deliver_received), .place = place, .length = length
	};
	received->place.heard_us = aula_now_us();
	memcpy(received->text, text, length);
	aula_loop_post(clients->control, &received->from.mail);
}

static void
deliver_listen(aula_mail *mail)
{
	listen_mail *listens = (listen_mail *)(void *)mail;
	aula_clients *clients = listens->from.clients;
	aula_client id = listens->from.id;
	const client *one = find(clients, id);

	if (one != NULL && !one->closing && one->ops->refused == NULL)
		aula_clients_close(clients, id, AULA_UNSUPPORTED, "the transport cannot listen");
	else if (one != NULL && !one->closing)
		clients->listener->on_client_listens(
			clients->data, id, listens->place, listens->most, listens->hold_ms);
	g_free(listens);
}

void
aula_clients_listen(aula_clients *clients, aula_client id, aula_client_place place, int64_t most,
	int64_t hold_ms)
{
	listen_mail *listens = g_new0(listen_mail, 1);

	*listens = (listen_mail){ .from = delivery_of(clients, id, deliver_listen),
		.place = place,
		.most = most,
		.hold_ms = hold_ms };
	aula_loop_post(clients->control, &listens->from.mail);
}

/* -- out -- */

aula_code
aula_clients_send(aula_clients *clients, aula_client id, const char *text, size_t length)
{
	const client *one = find(clients, id);

	return one != NULL && !one->closing ? one->ops->send(one->self, one->data, text, length)
					    : AULA_GONE;
}

aula_code
aula_clients_send_limited(aula_clients *clients, aula_client id, const aula_limited *about,
	const char *text, size_t length)
{
	const client *one = find(clients, id);

	if (one == NULL || one->closing)
		return AULA_GONE;
	if (one->ops->limited == NULL || one->lasting)
		return one->ops->send(one->self, one->data, text, length);
	return one->ops->limited(one->self, one->data, about, text, length);
}

void
aula_clients_refuse(aula_clients *clients, aula_client id, aula_code code)
{
	const client *one = find(clients, id);

	if (one != NULL && !one->closing)
		one->ops->refused(one->self, one->data, code);
}

void
aula_clients_close(aula_clients *clients, aula_client id, aula_code why, const char *reason)
{
	client *one = find(clients, id);

	if (one == NULL || one->closing)
		return;
	one->closing = true;
	one->ops->close(one->self, one->data, why, reason);
}

void
aula_clients_close_all(aula_clients *clients, aula_code why, const char *reason)
{
	GHashTableIter at;
	gpointer value;

	g_hash_table_iter_init(&at, clients->by_id);
	while (g_hash_table_iter_next(&at, NULL, &value))
		aula_clients_close(clients, ((client *)value)->id, why, reason);
}

aula_code
aula_clients_charge(
	aula_clients *clients, aula_client id, int64_t now_us, aula_quota_left *ret_left)
{
	client *one = find(clients, id);

	if (one == NULL || one->closing)
		return AULA_GONE;
	if (aula_quota_take(&clients->limits.requests, &one->requests, now_us, ret_left))
		return AULA_OK;
	hit(clients, AULA_LIMIT_CLIENT_RATE, one);
	return aula_clients_note_refusal(clients, id, now_us) ? AULA_TOO_FAST : AULA_GONE;
}

bool
aula_clients_note_refusal(aula_clients *clients, aula_client id, int64_t now_us)
{
	aula_quota patience = { MAX(clients->limits.requests.rate_per_s, 1), PATIENCE };
	client *one = find(clients, id);

	if (one == NULL || one->closing)
		return false;
	if (aula_quota_take(&patience, &one->refusals, now_us, NULL))
		return true;
	aula_clients_close(clients, id, AULA_TOO_FAST, "too many requests");
	return false;
}

void
aula_clients_debit(aula_clients *clients, aula_client id, int64_t worked_us, int64_t now_us)
{
	client *one = find(clients, id);

	if (one != NULL)
		aula_quota_debit(&clients->limits.requests, &one->requests,
			(double)(worked_us / WORK_US), now_us);
}

bool
aula_clients_is_lasting(const aula_clients *clients, aula_client id)
{
	const client *one = find(clients, id);

	return one != NULL && one->lasting;
}

const char *
aula_clients_address(const aula_clients *clients, aula_client id)
{
	const client *one = find(clients, id);

	return one != NULL ? one->address : "";
}
