/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/ledger.h"

#include <glib.h>
#include <pthread.h>

struct aula_ledger {
	bool shared;
	size_t most, bytes_most;
	pthread_mutex_t lock; /* of all that follows; GLib's is not seen by the thread sanitizer */
	bool up;
	size_t waiting, waiting_bytes;
	uint64_t connects, dropped, failed, sent, sent_bytes, received, received_bytes;
	aula_histogram delays;
};

aula_ledger *
aula_ledger_new(bool shared, size_t most, size_t bytes_most)
{
	aula_ledger *ledger = g_new0(aula_ledger, 1);

	ledger->shared = shared;
	ledger->most = most;
	ledger->bytes_most = bytes_most;
	ledger->up = !shared;
	pthread_mutex_init(&ledger->lock, NULL);
	aula_histogram_init(
		&ledger->delays, aula_histogram_seconds, G_N_ELEMENTS(aula_histogram_seconds));
	return ledger;
}

void
aula_ledger_free(aula_ledger *ledger)
{
	if (ledger == NULL)
		return;
	pthread_mutex_destroy(&ledger->lock);
	g_free(ledger);
}

bool
aula_ledger_take(aula_ledger *ledger, size_t bytes)
{
	pthread_mutex_lock(&ledger->lock);
	bool fits = ledger->waiting < ledger->most && bytes <= ledger->bytes_most &&
		    ledger->waiting_bytes <= ledger->bytes_most - bytes;
	if (fits) {
		ledger->waiting++;
		ledger->waiting_bytes += bytes;
	} else {
		ledger->dropped++;
	}
	pthread_mutex_unlock(&ledger->lock);
	return fits;
}

void
aula_ledger_settle(aula_ledger *ledger, size_t bytes, bool good, int64_t took_us)
{
	pthread_mutex_lock(&ledger->lock);
	ledger->waiting--;
	ledger->waiting_bytes -= bytes;
	if (good) {
		ledger->sent++;
		ledger->sent_bytes += bytes;
		aula_histogram_add(&ledger->delays, (double)took_us / 1e6);
	} else {
		ledger->failed++;
	}
	pthread_mutex_unlock(&ledger->lock);
}

void
aula_ledger_received(aula_ledger *ledger, size_t bytes)
{
	pthread_mutex_lock(&ledger->lock);
	ledger->received++;
	ledger->received_bytes += bytes;
	pthread_mutex_unlock(&ledger->lock);
}

void
aula_ledger_set_up(aula_ledger *ledger, bool up)
{
	pthread_mutex_lock(&ledger->lock);
	ledger->up = up;
	ledger->connects += up;
	pthread_mutex_unlock(&ledger->lock);
}

bool
aula_ledger_is_shared(const aula_ledger *ledger)
{
	return ledger->shared;
}

bool
aula_ledger_is_up(aula_ledger *ledger)
{
	pthread_mutex_lock(&ledger->lock);
	bool up = ledger->up;
	pthread_mutex_unlock(&ledger->lock);
	return up;
}

size_t
aula_ledger_waiting(aula_ledger *ledger)
{
	pthread_mutex_lock(&ledger->lock);
	size_t waiting = ledger->waiting;
	pthread_mutex_unlock(&ledger->lock);
	return waiting;
}

void
aula_ledger_expose(aula_ledger *ledger, aula_exposition *page)
{
	pthread_mutex_lock(&ledger->lock);
	const struct {
		aula_metric_kind kind;
		const char *name, *help;
		double value;
	} rows[] = {
		{ AULA_GAUGE, "aula_bus_connected",
			"Whether Redis takes what is appended; 1 without one.", ledger->up },
		{ AULA_COUNTER, "aula_bus_connects",
			"How often a connection for writing came up: the first time, and each time "
			"again.",
			(double)ledger->connects },
		{ AULA_GAUGE, "aula_bus_queued_entries", "What waits to go to Redis.",
			(double)ledger->waiting },
		{ AULA_GAUGE, "aula_bus_queued_bytes", "Bytes of it.",
			(double)ledger->waiting_bytes },
		{ AULA_COUNTER, "aula_bus_dropped_entries",
			"What was refused, for too much waited: whoever appended it was told.",
			(double)ledger->dropped },
		{ AULA_COUNTER, "aula_bus_failed_entries",
			"What Redis refused, or what was lost when the server stopped without it.",
			(double)ledger->failed },
		{ AULA_COUNTER, "aula_bus_sent_entries", "What Redis has taken.",
			(double)ledger->sent },
		{ AULA_COUNTER, "aula_bus_sent_bytes", "Bytes of it.", (double)ledger->sent_bytes },
		{ AULA_COUNTER, "aula_bus_received_entries", "What came from streams.",
			(double)ledger->received },
		{ AULA_COUNTER, "aula_bus_received_bytes", "Bytes of it.",
			(double)ledger->received_bytes },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		aula_exposition_one(page, rows[i].kind, rows[i].name, rows[i].help, rows[i].value);
	aula_exposition_begin(page, AULA_HISTOGRAM, "aula_bus_delay_seconds",
		"From appending an entry until Redis had it, waiting included.");
	aula_exposition_spread(page, &ledger->delays, NULL);
	pthread_mutex_unlock(&ledger->lock);
}
