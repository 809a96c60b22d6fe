/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that does nothing but make events at a rate, for `seconds`, a while after the start. */
#include <stdlib.h>
#include <time.h>

#include "aula/module.h"

enum { TICK_MS = 5 };

struct config {
	int64_t rate, seconds, delay_ms;
};

static const aula_field config_fields[] = {
	AULA_INT(struct config, rate, "rate", 0, 1000000, .fallback = 20000,
		.summary = "Events a second."),
	AULA_INT(struct config, seconds, "seconds", 1, 3600, .fallback = 10,
		.summary = "For so long."),
	AULA_INT(struct config, delay_ms, "delay_ms", 1, 60000, .fallback = 1000,
		.summary = "Milliseconds before the first."),
};

struct maker {
	const aula_host *host;
	const struct config *config;
	int64_t began_ms, made;
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void
make_some(void *data)
{
	struct maker *maker = data;
	const struct config *config = maker->config;

	if (maker->began_ms == 0)
		maker->began_ms = now_ms();
	int64_t due = (now_ms() - maker->began_ms) * config->rate / 1000;
	if (due > config->rate * config->seconds)
		due = config->rate * config->seconds;
	for (; maker->made < due; maker->made++) {
		json_t *body = json_pack("{s:I, s:s, s:b, s:{s:s, s:f, s:i}}", "n",
			(json_int_t)maker->made, "mid", "0", "speaking", (int)(maker->made & 1),
			"summary", "path", "udp", "rtt_ms", 20.5, "quality", 97);
		maker->host->events->emit(maker->host, AULA_EVENT_EXTERNAL, (aula_room){ 0 },
			(aula_handle){ 0 }, "made", body);
		json_decref(body);
	}
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct maker *maker = calloc(1, sizeof *maker);

	if (maker == NULL)
		return AULA_INTERNAL;
	maker->host = host;
	maker->config = config;
	if (maker->config->rate > 0)
		host->timers->start(host, maker->config->delay_ms, TICK_MS, make_some, maker);
	*ret_self = maker;
	return AULA_OK;
}

static const char *const packages[] = { "example.plugin.maker", NULL };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin, .packages = packages, .key = "maker", .error_fallback = 499
};

AULA_MODULE(.name = "maker", .summary = "Makes events.", .author = "The Aula authors",
	.version = "0.1.0", .config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config), .start = start, .stop = free, .plugin = &plugin);
