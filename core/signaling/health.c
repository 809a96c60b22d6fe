/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/health.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

/* The control thread ticks each second; a busy moment is no death. */
enum { SILENCE_US = 10 * 1000 * 1000 };

typedef enum { SESSIONS, HANDLES, CLIENTS, ROOMS, GAUGE_COUNT } gauge;

static const struct {
	const char *name, *help;
} gauges[GAUGE_COUNT] = {
	[SESSIONS] = { "aula_sessions", "Signalling sessions." },
	[HANDLES] = { "aula_handles", "Attachments of sessions to plugins." },
	[CLIENTS] = { "aula_clients", "Connections and requests of clients, over all transports." },
	[ROOMS] = { "aula_rooms", "Rooms." },
};

struct aula_health {
	const aula_switchboard *board;
	/* Written by [control], read by [web]. */
	atomic_bool ready;
	atomic_llong last_us; /* the last sign of life */
	atomic_llong values[GAUGE_COUNT];
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
answer_live(void *data, const char *query, bool local, aula_web_answer *ret_answer)
{
	(void)query, (void)local;
	answer_word(is_alive(data), "alive", ret_answer);
}

static void
answer_ready(void *data, const char *query, bool local, aula_web_answer *ret_answer)
{
	const aula_health *health = data;

	(void)query, (void)local;
	answer_word(atomic_load(&health->ready) && is_alive(health), "ready", ret_answer);
}

static void
answer_metrics(void *data, const char *query, bool local, aula_web_answer *ret_answer)
{
	const aula_health *health = data;

	(void)query;
	if (!local) {
		answer(403, "text/plain; charset=utf-8",
			g_strdup("Metrics are for this machine only.\n"), ret_answer);
		return;
	}
	GString *text = g_string_new(NULL);
	for (int i = 0; i < GAUGE_COUNT; i++)
		g_string_append_printf(text, "# HELP %s %s\n# TYPE %s gauge\n%s %lld\n",
			gauges[i].name, gauges[i].help, gauges[i].name, gauges[i].name,
			atomic_load(&health->values[i]));
	g_string_append_printf(text,
		"# HELP aula_ready Whether new sessions are taken.\n# TYPE aula_ready gauge\n"
		"aula_ready %d\n",
		atomic_load(&health->ready));
	answer(200, "text/plain; version=0.0.4; charset=utf-8", g_string_free(text, FALSE),
		ret_answer);
}

aula_health *
aula_health_new(const aula_switchboard *board)
{
	aula_health *health = g_new0(aula_health, 1);

	health->board = board;
	atomic_store(&health->last_us, g_get_monotonic_time());
	aula_web_page_add(board->web, "/health/live", answer_live, health);
	aula_web_page_add(board->web, "/health/ready", answer_ready, health);
	aula_web_page_add(board->web, "/metrics", answer_metrics, health);
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
	const aula_switchboard *board = health->board;

	atomic_store(&health->last_us, now_us);
	atomic_store(&health->values[SESSIONS], (long long)aula_sessions_count(board->sessions));
	atomic_store(
		&health->values[HANDLES], (long long)aula_sessions_handle_count(board->sessions));
	atomic_store(&health->values[CLIENTS], (long long)aula_clients_count(board->clients));
	atomic_store(&health->values[ROOMS], (long long)aula_room_list_count(board->rooms));
}

void
aula_health_set_ready(aula_health *health, bool ready)
{
	atomic_store(&health->ready, ready);
}
