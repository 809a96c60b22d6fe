/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/agents.h"

#include <stdatomic.h>
#include <string.h>

#include "peer/agent.h"
#include "peer/full.h"
#include "peer/outbox.h"

enum {
	PARCEL_BYTES = 64 << 10,
	/* Between the two threads, each way; a quarter of a second at 100 Mbit/s. */
	UNDER_WAY_BYTES_MOST = 3 << 20,
	GOODBYE_US = 500 * 1000, /* for relays to be given back at the end */
};

typedef struct parcel parcel;

struct aula_agents {
	aula_loop *loop;
	aula_context *context;
	aula_agents_options options; /* copied, but for the servers */
	char **addresses, **announced;
	_Atomic size_t out_bytes, in_bytes; /* under way */
	_Atomic uint64_t dropped;
	/* [loop] */
	GHashTable *fulls; /* id -> aula_full */
	uint64_t last_id;
	/* [context] */
	aula_servers *servers;
	aula_agent_world world;
	GHashTable *agents; /* &id -> entry */
	size_t closing;
	parcel *inbound; /* being filled in this turn; NULL: none */
};

typedef struct {
	uint64_t id;
	bool leads;
	aula_agent *agent;
	aula_agent *before; /* carries on until that has a pair; NULL: none */
} entry;

/* -- to the context -- */

typedef struct errand errand;

struct errand {
	aula_mail mail;
	aula_agents *agents;
	uint64_t id;
	/* `to` is NULL when it is gone, or not there yet. */
	void (*run)(errand *self, entry *to);
	union {
		aula_ice_credentials local;
		struct {
			char ufrag[AULA_UFRAG_MOST + 1], pwd[AULA_PWD_MOST + 1];
		} remote;
		size_t count; /* of the candidates or lengths that follow */
	};
	bool on; /* leads, the last, or anew */
	_Alignas(8) uint8_t rest[];
};

static void
deliver_errand(aula_mail *mail)
{
	errand *self = (errand *)mail;

	self->run(self, g_hash_table_lookup(self->agents->agents, &self->id));
	g_free(self);
}

static errand *
errand_new(
	aula_agents *agents, uint64_t id, void (*run)(errand *self, entry *to), size_t rest_bytes)
{
	errand *self = g_malloc(sizeof *self + rest_bytes);

	memset(self, 0, sizeof *self);
	self->mail.deliver = deliver_errand;
	self->agents = agents;
	self->id = id;
	self->run = run;
	return self;
}

static void
post(errand *self)
{
	aula_context_post(self->agents->context, &self->mail);
}

static void
end(aula_agents *agents, aula_agent *agent)
{
	agents->closing++;
	aula_agent_free(agent);
}

static void
end_before(aula_agents *agents, entry *of)
{
	if (of->before != NULL)
		end(agents, g_steal_pointer(&of->before));
}

static void
run_open(errand *self, entry *to)
{
	aula_agents *agents = self->agents;
	entry *made = g_new0(entry, 1);

	g_assert(to == NULL);
	made->id = self->id;
	made->leads = self->on;
	made->agent = aula_agent_new(&agents->world, self->id, &self->local, self->on);
	g_hash_table_insert(agents->agents, &made->id, made);
}

static void
run_close(errand *self, entry *to)
{
	if (to == NULL)
		return;
	end_before(self->agents, to);
	end(self->agents, to->agent);
	g_hash_table_remove(self->agents->agents, &self->id);
}

static void
run_set_remote(errand *self, entry *to)
{
	if (to != NULL)
		aula_agent_set_remote(to->agent, self->remote.ufrag, self->remote.pwd);
}

static void
run_add_candidates(errand *self, entry *to)
{
	if (to != NULL)
		aula_agent_add_candidates(
			to->agent, (const aula_candidate *)self->rest, self->count, self->on);
}

static void
run_restart(errand *self, entry *to)
{
	aula_agents *agents = self->agents;

	if (to == NULL)
		return;
	if (!self->on) {
		aula_agent_restart(to->agent, &self->local);
		return;
	}
	/* libnice gathers once: addresses, mappings and relays of today need another agent. */
	if (aula_agent_works(to->agent)) {
		end_before(agents, to);
		aula_agent_retire(to->agent);
		to->before = to->agent;
	} else {
		end(agents, to->agent);
	}
	to->agent = aula_agent_new(&agents->world, self->id, &self->local, to->leads);
}

static void
run_send(errand *self, entry *to)
{
	size_t *lengths = (size_t *)(void *)self->rest, total = 0;
	uint8_t *bytes = self->rest + self->count * sizeof *lengths;
	struct iovec datagrams[AULA_OUTBOX_RUN_MOST];

	for (size_t i = 0; i < self->count; i++) {
		datagrams[i] = (struct iovec){ bytes + total, lengths[i] };
		total += lengths[i];
	}
	if (to != NULL)
		aula_agent_send(
			to->before != NULL ? to->before : to->agent, datagrams, self->count);
	atomic_fetch_sub_explicit(&self->agents->out_bytes, total, memory_order_relaxed);
}

uint64_t
aula_agents_open(
	aula_agents *agents, struct aula_full *full, const aula_ice_credentials *local, bool leads)
{
	uint64_t *id = g_new(uint64_t, 1);

	AULA_ASSERT_ON(agents->loop);
	*id = ++agents->last_id;
	g_hash_table_insert(agents->fulls, id, full);
	errand *given = errand_new(agents, *id, run_open, 0);
	given->local = *local;
	given->on = leads;
	post(given);
	return *id;
}

void
aula_agents_close(aula_agents *agents, uint64_t id)
{
	AULA_ASSERT_ON(agents->loop);
	g_hash_table_remove(agents->fulls, &id);
	post(errand_new(agents, id, run_close, 0));
}

void
aula_agents_set_remote(aula_agents *agents, uint64_t id, const char *ufrag, const char *pwd)
{
	errand *given = errand_new(agents, id, run_set_remote, 0);

	g_strlcpy(given->remote.ufrag, ufrag, sizeof given->remote.ufrag);
	g_strlcpy(given->remote.pwd, pwd, sizeof given->remote.pwd);
	post(given);
}

void
aula_agents_add_candidates(
	aula_agents *agents, uint64_t id, const aula_candidate *candidates, size_t count, bool last)
{
	errand *given = errand_new(agents, id, run_add_candidates, count * sizeof *candidates);

	if (count > 0)
		memcpy(given->rest, candidates, count * sizeof *candidates);
	given->count = count;
	given->on = last;
	post(given);
}

void
aula_agents_restart(aula_agents *agents, uint64_t id, const aula_ice_credentials *local, bool anew)
{
	errand *given = errand_new(agents, id, run_restart, 0);

	given->local = *local;
	given->on = anew;
	post(given);
}

void
aula_agents_send(aula_agents *agents, uint64_t id, const struct iovec *datagrams, size_t count)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += datagrams[i].iov_len;
	if (atomic_load_explicit(&agents->out_bytes, memory_order_relaxed) + total >
		UNDER_WAY_BYTES_MOST) {
		atomic_fetch_add_explicit(&agents->dropped, count, memory_order_relaxed);
		return;
	}
	atomic_fetch_add_explicit(&agents->out_bytes, total, memory_order_relaxed);
	errand *given = errand_new(agents, id, run_send, count * sizeof(size_t) + total);
	size_t *lengths = (size_t *)(void *)given->rest;
	uint8_t *bytes = given->rest + count * sizeof *lengths;
	given->count = count;
	for (size_t i = 0; i < count; i++) {
		lengths[i] = datagrams[i].iov_len;
		memcpy(bytes, datagrams[i].iov_base, lengths[i]);
		bytes += lengths[i];
	}
	post(given);
}

uint64_t
aula_agents_dropped(const aula_agents *agents)
{
	return atomic_load_explicit(&agents->dropped, memory_order_relaxed);
}

/* -- to the loop -- */

typedef struct {
	aula_mail mail;
	aula_agents *agents;
	uint64_t id;
	bool none; /* no candidate, but the word that it was the last */
	aula_candidate candidate;
	bool lost;
	char chosen[AULA_TRANSPORT_TEXT_BYTES];
} tiding;

static void
deliver_tiding(aula_mail *mail)
{
	tiding *self = (tiding *)mail;
	aula_full *full = g_hash_table_lookup(self->agents->fulls, &self->id);

	if (full == NULL)
		;
	else if (self->lost)
		aula_full_lost(full);
	else if (self->chosen[0] != '\0')
		aula_full_chosen(full, self->chosen);
	else
		aula_full_candidate(full, self->none ? NULL : &self->candidate);
	g_free(self);
}

static tiding *
tiding_new(aula_agents *agents, uint64_t id)
{
	tiding *self = g_new0(tiding, 1);

	self->mail.deliver = deliver_tiding;
	self->agents = agents;
	self->id = id;
	return self;
}

static void
on_candidate(void *data, uint64_t id, const aula_candidate *candidate)
{
	aula_agents *agents = data;
	tiding *told = tiding_new(agents, id);

	told->none = candidate == NULL;
	if (candidate != NULL)
		told->candidate = *candidate;
	aula_loop_post(agents->loop, &told->mail);
}

static void
on_chosen(void *data, uint64_t id, const char *text)
{
	aula_agents *agents = data;
	entry *of = g_hash_table_lookup(agents->agents, &id);
	tiding *told = tiding_new(agents, id);

	if (of != NULL)
		end_before(agents, of);
	g_strlcpy(told->chosen, text, sizeof told->chosen);
	aula_loop_post(agents->loop, &told->mail);
}

static void
on_lost(void *data, uint64_t id)
{
	aula_agents *agents = data;
	tiding *told = tiding_new(agents, id);

	told->lost = true;
	aula_loop_post(agents->loop, &told->mail);
}

static void
on_closed(void *data)
{
	((aula_agents *)data)->closing--;
}

/* What one turn of the context received, for all agents. */
struct parcel {
	aula_mail mail;
	aula_agents *agents;
	size_t used;
	_Alignas(8) uint8_t bytes[PARCEL_BYTES];
};

typedef struct {
	uint64_t id;
	size_t length;
	_Alignas(8) uint8_t bytes[];
} piece;

static size_t
piece_bytes(size_t length)
{
	return (sizeof(piece) + length + 7) & ~(size_t)7;
}

static void
deliver_parcel(aula_mail *mail)
{
	parcel *self = (parcel *)mail;
	aula_agents *agents = self->agents;

	for (size_t at = 0; at < self->used;) {
		piece *one = (piece *)(void *)(self->bytes + at);
		/* Each time anew: what comes before may have closed it. */
		aula_full *full = g_hash_table_lookup(agents->fulls, &one->id);
		if (full != NULL)
			aula_full_datagram(full, one->bytes, one->length);
		at += piece_bytes(one->length);
	}
	atomic_fetch_sub_explicit(&agents->in_bytes, self->used, memory_order_relaxed);
	g_free(self);
}

static void
ship(aula_agents *agents)
{
	parcel *full = g_steal_pointer(&agents->inbound);

	if (full == NULL)
		return;
	/* Most are small; what is not used goes back. */
	full = g_realloc(full, offsetof(parcel, bytes) + full->used);
	atomic_fetch_add_explicit(&agents->in_bytes, full->used, memory_order_relaxed);
	aula_loop_post(agents->loop, &full->mail);
}

static void
on_datagram(void *data, uint64_t id, const uint8_t *bytes, size_t length)
{
	aula_agents *agents = data;

	if (length > AULA_OUTBOX_DATAGRAM_MOST ||
		atomic_load_explicit(&agents->in_bytes, memory_order_relaxed) >
			UNDER_WAY_BYTES_MOST) {
		atomic_fetch_add_explicit(&agents->dropped, 1, memory_order_relaxed);
		return;
	}
	if (agents->inbound != NULL && agents->inbound->used + piece_bytes(length) > PARCEL_BYTES)
		ship(agents);
	if (agents->inbound == NULL) {
		agents->inbound = g_malloc(sizeof(parcel));
		agents->inbound->mail.deliver = deliver_parcel;
		agents->inbound->agents = agents;
		agents->inbound->used = 0;
	}
	piece *one = (piece *)(void *)(agents->inbound->bytes + agents->inbound->used);
	one->id = id;
	one->length = length;
	memcpy(one->bytes, bytes, length);
	agents->inbound->used += piece_bytes(length);
}

static void
turn_ends(void *data)
{
	ship(data);
}

static const aula_agent_listener listener = { on_candidate, on_chosen, on_lost, on_datagram,
	on_closed };

/* -- life -- */

aula_agents *
aula_agents_new(aula_loop *loop, const aula_agents_options *options, GError **error)
{
	aula_agents *agents = g_new0(aula_agents, 1);

	agents->loop = loop;
	agents->options = *options;
	agents->addresses = g_strdupv((char **)options->addresses);
	agents->announced = g_strdupv((char **)options->announced);
	agents->options.addresses = (const char *const *)agents->addresses;
	agents->options.announced = (const char *const *)agents->announced;
	agents->fulls = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	agents->agents = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	agents->context = aula_context_new("ice", turn_ends, agents);
	agents->servers = aula_servers_new(
		agents->context, options->servers, options->server_count, options->ca_path, error);
	agents->options.servers = NULL;
	agents->world = (aula_agent_world){ .context = agents->context,
		.options = &agents->options,
		.servers = agents->servers,
		.listener = &listener,
		.data = agents };
	if (agents->servers != NULL)
		return agents;
	aula_agents_free(agents);
	return NULL;
}

/* The relays are given back. */
static bool
may_end(void *data)
{
	return ((const aula_agents *)data)->closing == 0;
}

void
aula_agents_free(aula_agents *agents)
{
	if (agents == NULL)
		return;
	g_assert(g_hash_table_size(agents->fulls) == 0);
	aula_context_free(agents->context, may_end, agents, aula_now_us() + GOODBYE_US);
	aula_servers_free(agents->servers);
	g_free(agents->inbound);
	g_hash_table_destroy(agents->fulls);
	g_hash_table_destroy(agents->agents);
	g_strfreev(agents->addresses);
	g_strfreev(agents->announced);
	g_free(agents);
}
