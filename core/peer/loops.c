/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/loops.h"

#include <pthread.h>

#include "peer/candidates.h"

static bool
make_loop(aula_loops *loops, unsigned index, const aula_engine_options *options,
	const aula_certificate *certificate, const aula_hub_listener *listener, void *data,
	GError **error)
{
	g_autofree char *name = g_strdup_printf("media-%u", index);
	const aula_agents_options *wanted = options->agents;
	g_auto(GStrv) own = aula_addresses_find(options->addresses, NULL, options->loopback);
	aula_agents_options agents = wanted != NULL ? *wanted : (aula_agents_options){ 0 };
	agents.addresses = (const char *const *)own;
	agents.announced = options->announced;
	agents.tcp = options->tcp;
	agents.loopback = options->loopback;
	const aula_port_options port = {
		.agents = wanted != NULL ? &agents : NULL,
		.addresses = options->addresses,
		.number = options->first_port != 0 ? (uint16_t)(options->first_port + index) : 0,
		.tcp = options->tcp,
		.segmentation = options->segmentation,
		.packets_most = (size_t)options->packets_most,
		.consent_ms = options->consent_ms,
		.connect_ms = options->connect_ms,
	};

	loops->loops[index] = aula_loop_new(name, error);
	if (loops->loops[index] == NULL)
		return false;
	loops->ports[index] = aula_port_new(loops->loops[index], &port, certificate, error);
	if (loops->ports[index] == NULL)
		return false;
	loops->hubs[index] = aula_hub_new(index, loops->hubs, loops->count, loops->loops[index],
		loops->ports[index], listener, data);
	return true;
}

static void
free_parts(aula_loops *loops)
{
	for (unsigned i = 0; i < loops->count; i++)
		aula_loop_free(loops->loops[i]);
	for (unsigned i = 0; i < loops->count; i++)
		aula_hub_free(loops->hubs[i]);
	g_free(loops->loops);
	g_free(loops->ports);
	g_free(loops->hubs);
	g_free(loops->gauges);
	*loops = (aula_loops){ 0 };
}

bool
aula_loops_init(aula_loops *loops, const aula_engine_options *options,
	const aula_certificate *certificate, const aula_hub_listener *listener, void *data,
	GError **error)
{
	bool made = true;

	loops->count = options->loops != 0 ? options->loops : g_get_num_processors();
	loops->loops = g_new0(aula_loop *, loops->count);
	loops->ports = g_new0(aula_port *, loops->count);
	loops->hubs = g_new0(aula_hub *, loops->count);
	loops->gauges = g_new0(const aula_gauges *, loops->count);
	for (unsigned i = 0; i < loops->count && made; i++)
		made = make_loop(loops, i, options, certificate, listener, data, error);
	for (unsigned i = 0; i < loops->count && made; i++)
		aula_loop_start(loops->loops[i]);
	for (unsigned i = 0; i < loops->count && made; i++)
		loops->gauges[i] = aula_hub_gauges(loops->hubs[i]);
	if (made)
		return true;
	for (unsigned i = 0; i < loops->count; i++) {
		if (loops->hubs[i] != NULL)
			aula_hub_close(loops->hubs[i]);
		aula_port_free(loops->ports[i]);
	}
	free_parts(loops);
	return false;
}

/* All hubs are closed before the first loop ends: from then on nobody posts to anybody. */
typedef struct {
	pthread_mutex_t lock;
	pthread_cond_t done;
	unsigned left;
} barrier;

typedef struct {
	aula_mail mail;
	aula_hub *hub;
	barrier *barrier;
} closing;

static void
deliver_closing(aula_mail *mail)
{
	closing *arrived = (closing *)mail;

	aula_hub_close(arrived->hub);
	pthread_mutex_lock(&arrived->barrier->lock);
	arrived->barrier->left--;
	pthread_cond_signal(&arrived->barrier->done);
	pthread_mutex_unlock(&arrived->barrier->lock);
	g_free(arrived);
}

static void
free_port(void *data)
{
	aula_port_free(data);
}

void
aula_loops_finish(aula_loops *loops)
{
	barrier all = { .left = loops->count };

	pthread_mutex_init(&all.lock, NULL);
	pthread_cond_init(&all.done, NULL);
	for (unsigned i = 0; i < loops->count; i++) {
		closing *posted = g_new0(closing, 1);
		*posted = (closing){ { .deliver = deliver_closing }, loops->hubs[i], &all };
		aula_loop_post(loops->loops[i], &posted->mail);
	}
	pthread_mutex_lock(&all.lock);
	while (all.left > 0)
		pthread_cond_wait(&all.done, &all.lock);
	pthread_mutex_unlock(&all.lock);
	pthread_mutex_destroy(&all.lock);
	pthread_cond_destroy(&all.done);
	/* In a later turn than the goodbyes, which leave at the end of theirs. */
	for (unsigned i = 0; i < loops->count; i++)
		aula_loop_call(loops->loops[i], free_port, loops->ports[i]);
	free_parts(loops);
}
