/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/health.h"

#include <stdatomic.h>
#include <string.h>

/* The control thread ticks each second; a busy moment is no death. */
enum { SILENCE_US = 10 * 1000 * 1000 };

struct aula_health {
	const aula_switchboard *board;
	/* Written by [control], read by [web]. */
	atomic_bool ready;
	atomic_llong last_us; /* the last sign of life */
	atomic_bool shared, bus_up;
};

/* The answer must live until the next one on this thread. */
static GPrivate kept = G_PRIVATE_INIT(g_free);

static void
answer(int status, const char *type, char *text, aula_web_answer *ret_answer)
{
	g_private_replace(&kept, text);
	*ret_answer = (aula_web_answer){
		.status = status, .type = type, .body = text, .length = strlen(text)
	};
}

static void
answer_word(bool good, const char *word, aula_web_answer *ret_answer)
{
	answer(good ? 200 : 503, "text/plain; charset=utf-8",
		g_strdup_printf("%s%s\n", good ? "" : "not ", word), ret_answer);
}

static bool
is_alive(const aula_health *health)
{
	return g_get_monotonic_time() - atomic_load(&health->last_us) < SILENCE_US;
}

static void
answer_live(void *data, const aula_web_ask *ask, aula_web_answer *ret_answer)
{
	(void)ask;
	answer_word(is_alive(data), "alive", ret_answer);
}

static void
answer_ready(void *data, const aula_web_ask *ask, aula_web_answer *ret_answer)
{
	const aula_health *health = data;

	(void)ask;
	answer_word(atomic_load(&health->ready) && is_alive(health), "ready", ret_answer);
}

/* What is away and what classes go on without is told, and is no reason for 503. */
static void
answer_all(void *data, const aula_web_ask *ask, aula_web_answer *ret_answer)
{
	const aula_health *health = data;
	bool alive = is_alive(health), ready = alive && atomic_load(&health->ready);
	const char *bus = !atomic_load(&health->shared)  ? "in this process"
			  : atomic_load(&health->bus_up) ? "connected"
							 : "away";

	(void)ask;
	answer(ready ? 200 : 503, "application/json",
		g_strdup_printf("{\"alive\":%s,\"ready\":%s,\"bus\":\"%s\"}\n",
			alive ? "true" : "false", ready ? "true" : "false", bus),
		ret_answer);
}

aula_health *
aula_health_new(const aula_switchboard *board)
{
	aula_health *health = g_new0(aula_health, 1);

	health->board = board;
	atomic_store(&health->last_us, g_get_monotonic_time());
	aula_web_page_add(board->web, "/health", answer_all, health);
	aula_web_page_add(board->web, "/health/live", answer_live, health);
	aula_web_page_add(board->web, "/health/ready", answer_ready, health);
	return health;
}

void
aula_health_free(aula_health *health)
{
	g_free(health);
}

void
aula_health_tick(aula_health *health, int64_t now_us)
{
	aula_courier *courier = health->board->courier;

	atomic_store(&health->last_us, now_us);
	atomic_store(&health->shared, courier != NULL && aula_courier_shared(courier));
	atomic_store(&health->bus_up, courier != NULL && aula_courier_up(courier));
}

void
aula_health_set_ready(aula_health *health, bool ready)
{
	atomic_store(&health->ready, ready);
}
