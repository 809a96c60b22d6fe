/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/metrics.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "host/statsd-link.h"
#include "signaling/relaying.h"
#include "web/network.h"

enum { VERBS_MOST = 24, FILES_TICKS = 15 };

/* How often a request ended how; rows are known by their address. */
typedef struct {
	unsigned module;
	const char *name; /* static, or of a module, which outlives us; NULL: unknown */
	uint64_t counts[AULA_CODE_COUNT_];
} tally;

struct aula_metrics {
	const aula_switchboard *board;
	tally verbs[VERBS_MOST]; /* the first: what is no verb */
	size_t verb_count;
	GHashTable *requests; /* aula_request -> tally */
	GHashTable *unknown;  /* module + 1 -> tally */
	GHashTable *work;     /* module + 1 -> aula_histogram: seconds in its requests */
	aula_histogram messages, connects;
	int64_t ticked_us;
	double start_s;
	long open_files; /* counted now and then: with many it takes a while */
	unsigned ticks;
	int64_t *worked_us;   /* of each media loop, at the last tick */
	pthread_mutex_t lock; /* of what follows, which [web] reads */
	aula_exposition *page;
	aula_web_networks *networks;
	aula_statsd_link *statsd; /* NULL: none */
};

/* The answer must live until the next one on this thread. */
static GPrivate kept = G_PRIVATE_INIT(g_free);

static bool
wants_openmetrics(const char *accept)
{
	return strstr(accept, "application/openmetrics-text") != NULL;
}

static void
answer_metrics(void *data, const aula_web_ask *ask, aula_web_answer *ret_answer)
{
	aula_metrics *metrics = data;
	bool open = wants_openmetrics(ask->accept);

	*ret_answer = (aula_web_answer){ .status = 403,
		.type = "text/plain; charset=utf-8",
		.body = "Metrics are for this machine and for metrics.networks only.\n" };
	ret_answer->length = strlen(ret_answer->body);
	if (!ask->local && !aula_web_networks_have_text(metrics->networks, ask->address))
		return;
	pthread_mutex_lock(&metrics->lock);
	char *text =
		g_strconcat(metrics->page != NULL ? aula_exposition_text(metrics->page, open) : "",
			open ? "# EOF\n" : "", NULL);
	pthread_mutex_unlock(&metrics->lock);
	g_private_replace(&kept, text);
	*ret_answer = (aula_web_answer){ .status = 200,
		.type = open ? AULA_EXPOSITION_TYPE_OPENMETRICS : AULA_EXPOSITION_TYPE_TEXT,
		.body = text,
		.length = strlen(text) };
}

aula_metrics *
aula_metrics_new(const aula_switchboard *board)
{
	aula_metrics *metrics = g_new0(aula_metrics, 1);

	metrics->board = board;
	metrics->verb_count = 1;
	metrics->requests = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	metrics->unknown = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	metrics->work = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	metrics->start_s = (double)g_get_real_time() / G_USEC_PER_SEC;
	metrics->networks = aula_web_networks_new(NULL, NULL);
	pthread_mutex_init(&metrics->lock, NULL);
	aula_histogram_init(
		&metrics->messages, aula_histogram_seconds, G_N_ELEMENTS(aula_histogram_seconds));
	aula_histogram_init(
		&metrics->connects, aula_histogram_seconds, G_N_ELEMENTS(aula_histogram_seconds));
	aula_web_page_add(board->web, "/metrics", answer_metrics, metrics);
	return metrics;
}

void
aula_metrics_free(aula_metrics *metrics)
{
	if (metrics == NULL)
		return;
	aula_statsd_link_free(metrics->statsd, metrics->page);
	g_hash_table_unref(metrics->requests);
	g_hash_table_unref(metrics->unknown);
	g_hash_table_unref(metrics->work);
	aula_exposition_free(metrics->page);
	aula_web_networks_free(metrics->networks);
	pthread_mutex_destroy(&metrics->lock);
	g_free(metrics->worked_us);
	g_free(metrics);
}

bool
aula_metrics_admit(aula_metrics *metrics, const char *const *networks, GError **error)
{
	aula_web_networks *read = aula_web_networks_new(networks, error);

	if (read == NULL)
		return false;
	aula_web_networks_free(metrics->networks);
	metrics->networks = read;
	return true;
}

void
aula_metrics_connect(aula_metrics *metrics, const aula_settings_metrics *settings)
{
	g_autofree const char **tags = aula_settings_texts(&settings->statsd_tags);

	if (settings->statsd_url != NULL)
		metrics->statsd = aula_statsd_link_new(
			settings->statsd_url, tags, settings->statsd_s * G_USEC_PER_SEC);
}

/* -- what happens -- */

static tally *
verb_tally(aula_metrics *metrics, const char *verb)
{
	size_t at = 1;

	if (verb == NULL)
		return &metrics->verbs[0];
	while (at < metrics->verb_count && metrics->verbs[at].name != verb)
		at++;
	if (at == VERBS_MOST)
		return &metrics->verbs[0];
	metrics->verbs[at].name = verb;
	metrics->verb_count = MAX(metrics->verb_count, at + 1);
	return &metrics->verbs[at];
}

void
aula_metrics_verb(
	aula_metrics *metrics, const char *verb, const aula_refusal *refusal, int64_t took_us)
{
	aula_code code = aula_error_code(refusal->error);

	if (metrics == NULL)
		return;
	verb_tally(metrics, verb)->counts[code]++;
	aula_histogram_add(&metrics->messages, (double)took_us / 1e6);
}

static aula_histogram *
work_of(aula_metrics *metrics, unsigned module)
{
	gpointer key = GUINT_TO_POINTER(module + 1);
	aula_histogram *work = g_hash_table_lookup(metrics->work, key);

	if (work == NULL) {
		work = g_new0(aula_histogram, 1);
		aula_histogram_init(
			work, aula_histogram_seconds, G_N_ELEMENTS(aula_histogram_seconds));
		g_hash_table_insert(metrics->work, key, work);
	}
	return work;
}

void
aula_metrics_request(aula_metrics *metrics, unsigned module, const aula_request *row,
	aula_code code, int64_t worked_us)
{
	if (metrics == NULL)
		return;
	GHashTable *table = row != NULL ? metrics->requests : metrics->unknown;
	gconstpointer key = row != NULL ? (gconstpointer)row : GUINT_TO_POINTER(module + 1);
	tally *one = g_hash_table_lookup(table, key);

	if (one == NULL) {
		one = g_new0(tally, 1);
		*one = (tally){ .module = module, .name = row != NULL ? row->name : NULL };
		g_hash_table_insert(table, (gpointer)(uintptr_t)key, one);
	}
	one->counts[code < AULA_CODE_COUNT_ ? code : AULA_INTERNAL]++;
	aula_histogram_add(work_of(metrics, module), (double)worked_us / 1e6);
}

void
aula_metrics_connected(aula_metrics *metrics, int64_t took_us)
{
	if (metrics != NULL)
		aula_histogram_add(&metrics->connects, (double)took_us / 1e6);
}

/* -- the page -- */

/* Less "." and "..", and the folder itself. */
static void
count_files(aula_metrics *metrics)
{
	DIR *folder = opendir("/proc/self/fd");

	metrics->open_files = -3;
	while (folder != NULL && readdir(folder) != NULL)
		metrics->open_files++;
	if (folder != NULL)
		closedir(folder);
}

static void
expose_process(const aula_metrics *metrics, aula_exposition *page)
{
	struct rusage usage;
	struct rlimit files;
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file != NULL && fscanf(file, "%*s %ld", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	getrusage(RUSAGE_SELF, &usage);
	getrlimit(RLIMIT_NOFILE, &files);
	aula_exposition_one(page, AULA_COUNTER, "process_cpu_seconds", "CPU time, user and system.",
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	aula_exposition_one(page, AULA_GAUGE, "process_resident_memory_bytes", "Resident memory.",
		(double)pages * (double)sysconf(_SC_PAGESIZE));
	aula_exposition_one(page, AULA_GAUGE, "process_open_fds", "Open file descriptors.",
		(double)metrics->open_files);
	aula_exposition_one(
		page, AULA_GAUGE, "process_max_fds", "Most of them.", (double)files.rlim_cur);
	aula_exposition_one(page, AULA_GAUGE, "process_start_time_seconds",
		"When the server started, in seconds since 1970.", metrics->start_s);
	aula_exposition_begin(
		page, AULA_GAUGE, "aula_build_info", "Always 1; the version is a label.");
	aula_exposition_add(page, 1, "version", AULA_VERSION, NULL);
}

static void
expose_counts(const aula_switchboard *board, aula_exposition *page)
{
	const struct {
		const char *name, *help;
		size_t value;
	} rows[] = {
		{ "aula_sessions", "Signalling sessions.", aula_sessions_count(board->sessions) },
		{ "aula_handles", "Attachments of sessions to plugins.",
			aula_sessions_handle_count(board->sessions) },
		{ "aula_clients", "Connections and requests of clients, over all transports.",
			aula_clients_count(board->clients) },
		{ "aula_rooms", "Rooms.", aula_room_list_count(board->rooms) },
		{ "aula_members", "Members of rooms.", aula_room_list_member_count(board->rooms) },
		{ "aula_web_connections", "Connections to the HTTP listener.",
			aula_web_connection_count(board->web) },
		{ "aula_ready", "Whether new sessions are taken.", !board->draining },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		aula_exposition_one(
			page, AULA_GAUGE, rows[i].name, rows[i].help, (double)rows[i].value);
}

static void
expose_limits(const aula_switchboard *board, aula_exposition *page)
{
	const aula_settings_limits *limits = &board->settings->limits;
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{ "clients", limits->clients },
		{ "sessions", limits->sessions },
		{ "peers", limits->peers },
		{ "rooms", limits->rooms },
		{ "web_connections", board->settings->web.connections_most },
	};

	aula_exposition_begin(page, AULA_GAUGE, "aula_limit", "What the server takes at most.");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		aula_exposition_add(page, (double)rows[i].value, "limit", rows[i].name, NULL);
	if (board->limits == NULL)
		return;
	aula_exposition_begin(
		page, AULA_COUNTER, "aula_limit_hits", "What was refused, by the limit it hit.");
	for (int i = 0; i < AULA_LIMIT_COUNT_; i++) {
		uint64_t hits = aula_hits_count(aula_limits_hits(board->limits), (aula_limit)i);
		aula_exposition_add(
			page, (double)hits, "limit", aula_limit_name((aula_limit)i), NULL);
	}
}

static void
expose_log(aula_exposition *page)
{
	static const char *const levels[] = { "error", "warning", "info", "debug" };

	aula_exposition_begin(page, AULA_COUNTER, "aula_log_lines",
		"What was worth a line of the log, written or only counted as a repeat.");
	for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
		aula_exposition_add(
			page, (double)aula_log_count((aula_log_level)i), "level", levels[i], NULL);
}

static void
expose_events(const aula_switchboard *board, aula_exposition *page)
{
	static const struct {
		aula_metric_kind kind;
		const char *key, *name, *help;
	} rows[] = {
		{ AULA_COUNTER, "delivered", "aula_events_delivered",
			"Events given to a handler." },
		{ AULA_COUNTER, "dropped", "aula_events_dropped",
			"Events that a handler's queue did not take." },
		{ AULA_GAUGE, "waiting", "aula_events_waiting", "Events in a handler's queue." },
		{ AULA_GAUGE, "spooled", "aula_events_spooled",
			"Events that wait on disk for a sink." },
		{ AULA_GAUGE, "spool_bytes", "aula_events_spool_bytes",
			"Bytes of disk of what waits for a sink." },
		{ AULA_COUNTER, "refused", "aula_events_refused",
			"Events that a sink refused and that were put aside." },
		{ AULA_GAUGE, "failures", "aula_events_sink_failures",
			"Deliveries that failed since a sink last worked; 0: it works." },
		{ AULA_COUNTER, "sync_failures", "aula_events_sync_failures",
			"Times that the disk failed to keep what waits for a sink against a power "
			"cut." },
	};
	json_t *all = aula_fanout_counted(board->events), *one;
	const char *name;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		aula_exposition_begin(page, rows[i].kind, rows[i].name, rows[i].help);
		json_object_foreach(all, name, one)
		{
			const json_t *count = json_object_get(one, rows[i].key);
			if (count != NULL)
				aula_exposition_add(
					page, json_number_value(count), "handler", name, NULL);
		}
	}
	json_decref(all);
}

static void
expose_tally(const tally *one, const char *module, aula_exposition *page)
{
	const char *name = one->name != NULL ? one->name : "unknown";

	for (int code = 0; code < AULA_CODE_COUNT_; code++) {
		double count = (double)one->counts[code];
		const char *result = aula_code_word((aula_code)code);
		if (count == 0)
			continue;
		if (module != NULL)
			aula_exposition_add(page, count, "module", module, "request", name,
				"result", result, NULL);
		else
			aula_exposition_add(page, count, "verb", name, "result", result, NULL);
	}
}

static const char *
module_name(const aula_metrics *metrics, unsigned module)
{
	return aula_loaded_name(aula_modules_get(metrics->board->modules, module));
}

static void
expose_requests(const aula_metrics *metrics, aula_exposition *page)
{
	GHashTable *tables[] = { metrics->requests, metrics->unknown };
	GHashTableIter at;
	gpointer key, value;

	aula_exposition_begin(
		page, AULA_COUNTER, "aula_verbs", "Verbs of the Janus API, by how they ended.");
	for (size_t i = 0; i < metrics->verb_count; i++)
		expose_tally(&metrics->verbs[i], NULL, page);
	aula_exposition_begin(
		page, AULA_COUNTER, "aula_requests", "Requests to plugins, by how they ended.");
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_hash_table_iter_init(&at, tables[i]);
		while (g_hash_table_iter_next(&at, NULL, &value))
			expose_tally(value, module_name(metrics, ((tally *)value)->module), page);
	}
	aula_exposition_begin(page, AULA_HISTOGRAM, "aula_request_work_seconds",
		"CPU time of a plugin's requests.");
	g_hash_table_iter_init(&at, metrics->work);
	while (g_hash_table_iter_next(&at, &key, &value))
		aula_exposition_spread(page, value, "module",
			module_name(metrics, GPOINTER_TO_UINT(key) - 1), NULL);
	aula_exposition_begin(page, AULA_HISTOGRAM, "aula_message_seconds",
		"From the arrival of a request at a transport until it is answered.");
	aula_exposition_spread(page, &metrics->messages, NULL);
	aula_exposition_begin(page, AULA_HISTOGRAM, "aula_peer_connect_seconds",
		"From a PeerConnection's first description until it can carry media.");
	aula_exposition_spread(page, &metrics->connects, NULL);
}

/* The share of the last second that the busiest media loop worked: what runs out first. */
static double
busiest(aula_metrics *metrics, const aula_gauges *const *loops, unsigned count, int64_t now_us)
{
	int64_t passed_us = MAX(now_us - metrics->ticked_us, 1);
	double most = 0;

	if (metrics->worked_us == NULL)
		metrics->worked_us = g_new0(int64_t, count + 1);
	for (unsigned i = 0; i < count; i++) {
		int64_t worked_us = (int64_t)aula_gauges_get(loops[i], AULA_GAUGE_WORKED_US);
		double share = (double)(worked_us - metrics->worked_us[i]) / (double)passed_us;
		most = MAX(most, share);
		metrics->worked_us[i] = worked_us;
	}
	return MIN(most, 1);
}

static void
expose_media(aula_metrics *metrics, aula_exposition *page, int64_t now_us)
{
	unsigned count;
	const aula_gauges *const *loops = aula_engine_gauges(metrics->board->engine, &count);

	aula_exposition_one(page, AULA_GAUGE, "aula_media_loop_busy_ratio_max",
		"The share of the last second that the busiest media loop worked.",
		busiest(metrics, loops, count, now_us));
	aula_gauges_expose(loops, count, page);
}

void
aula_metrics_tick(aula_metrics *metrics, int64_t now_us)
{
	aula_exposition *page = aula_exposition_new();

	if (metrics->ticks++ % FILES_TICKS == 0)
		count_files(metrics);
	expose_process(metrics, page);
	expose_counts(metrics->board, page);
	expose_limits(metrics->board, page);
	if (metrics->board->engine != NULL)
		expose_media(metrics, page, now_us);
	if (metrics->board->keeper != NULL)
		aula_keeper_expose(metrics->board->keeper, page);
	if (metrics->board->courier != NULL)
		aula_courier_expose(metrics->board->courier, page);
	aula_relaying_expose(metrics->board, page);
	expose_requests(metrics, page);
	expose_events(metrics->board, page);
	expose_log(page);
	if (metrics->statsd != NULL) {
		aula_statsd_link_expose(metrics->statsd, page);
		aula_statsd_link_tick(metrics->statsd, page, now_us);
	}
	metrics->ticked_us = now_us;
	pthread_mutex_lock(&metrics->lock);
	aula_exposition *before = metrics->page;
	metrics->page = page;
	pthread_mutex_unlock(&metrics->lock);
	aula_exposition_free(before);
}
