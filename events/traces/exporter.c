/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "otlp.h"

enum {
	BATCH_MOST = 512,
	ANSWER_MOST = 4096,
	HEADER_MOST = 4000,
	HEADERS_MOST = 16,
	WAIT_MOST_MS = 30 * 1000,
	LAST_MS = 1500, /* of the last post */
};

typedef enum { TAKEN, REFUSED, AWAY } verdict;

struct exporter {
	struct exporter_options options;
	pthread_t thread;
	/* the thread's */
	CURL *curl;
	struct curl_slist *headers;
	char answer[ANSWER_MOST];
	size_t answer_bytes;
	char node[SPAN_TEXT_BYTES];
	int64_t wait_ms; /* 0: the collector took the last batch */
	uint64_t told_dropped;
	bool told_away;

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t change;
	bool ending;
	struct span *ring; /* of queue_most */
	size_t first, count;
	uint64_t dropped;
};

/* -- the collector -- */

static size_t
on_answer(char *bytes, size_t size, size_t count, void *data)
{
	struct exporter *exporter = data;
	size_t room = sizeof exporter->answer - exporter->answer_bytes;
	size_t some = size * count < room ? size * count : room;

	memcpy(exporter->answer + exporter->answer_bytes, bytes, some);
	exporter->answer_bytes += some;
	return size * count;
}

/* What is to be tried again is what OTLP says: 429, 502, 503, 504, and no answer. */
static verdict
post(struct exporter *exporter, const char *body, int64_t timeout_ms, char *ret_problem,
	size_t room)
{
	long status = 0;

	exporter->answer_bytes = 0;
	curl_easy_setopt(exporter->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(exporter->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(exporter->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
	CURLcode result = curl_easy_perform(exporter->curl);
	if (result != CURLE_OK) {
		snprintf(ret_problem, room, "%s", curl_easy_strerror(result));
		return AWAY;
	}
	curl_easy_getinfo(exporter->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return TAKEN;
	snprintf(ret_problem, room, "the collector answered %ld", status);
	return status == 429 || status == 502 || status == 503 || status == 504 ? AWAY : REFUSED;
}

/* -- a batch -- */

/* Up to BATCH_MOST of the oldest, which stay in the ring. Malloced. */
static struct span *
copy_oldest(struct exporter *exporter, size_t *ret_count)
{
	struct span *batch = NULL;
	size_t most = (size_t)exporter->options.queue_most;

	pthread_mutex_lock(&exporter->lock);
	size_t count = exporter->count < BATCH_MOST ? exporter->count : BATCH_MOST;
	if (count > 0)
		batch = malloc(count * sizeof *batch);
	for (size_t i = 0; batch != NULL && i < count; i++)
		batch[i] = exporter->ring[(exporter->first + i) % most];
	pthread_mutex_unlock(&exporter->lock);
	*ret_count = batch != NULL ? count : 0;
	return batch;
}

static void
take_off(struct exporter *exporter, size_t count, uint64_t dropped)
{
	pthread_mutex_lock(&exporter->lock);
	exporter->first = (exporter->first + count) % (size_t)exporter->options.queue_most;
	exporter->count -= count;
	exporter->dropped += dropped;
	pthread_mutex_unlock(&exporter->lock);
}

static void
settle(struct exporter *exporter, verdict said, size_t count, const char *problem)
{
	const aula_host *host = exporter->options.host;

	if (said == AWAY) {
		exporter->wait_ms = exporter->wait_ms == 0 ? exporter->options.interval_ms
							   : exporter->wait_ms * 2;
		exporter->wait_ms =
			exporter->wait_ms < WAIT_MOST_MS ? exporter->wait_ms : WAIT_MOST_MS;
		if (!exporter->told_away)
			host->log(host, AULA_LOG_WARNING, "spans wait for the collector: %s",
				problem);
		exporter->told_away = true;
		return;
	}
	uint64_t refused =
		said == REFUSED ? count : otlp_rejected(exporter->answer, exporter->answer_bytes);
	take_off(exporter, count, refused);
	if (said == REFUSED)
		host->log(
			host, AULA_LOG_WARNING, "spans are refused count=%zu: %s", count, problem);
	else if (exporter->told_away)
		host->log(host, AULA_LOG_INFO, "the collector takes spans again");
	exporter->told_away = false;
	exporter->wait_ms = 0;
}

static void
tell_dropped(struct exporter *exporter)
{
	const aula_host *host = exporter->options.host;

	pthread_mutex_lock(&exporter->lock);
	uint64_t dropped = exporter->dropped;
	pthread_mutex_unlock(&exporter->lock);
	if (dropped != exporter->told_dropped)
		host->log(host, AULA_LOG_WARNING, "spans were dropped count=%" PRIu64,
			dropped - exporter->told_dropped);
	exporter->told_dropped = dropped;
}

/* Posts what waits until there is none, or the collector is away. */
static void
post_all(struct exporter *exporter, int64_t timeout_ms)
{
	char problem[200] = "";
	struct span *batch;
	size_t count;

	do {
		batch = copy_oldest(exporter, &count);
		char *body = batch != NULL ? otlp_write(batch, count, exporter->options.service,
						     exporter->node)
					   : NULL;
		free(batch);
		if (body == NULL)
			break;
		settle(exporter, post(exporter, body, timeout_ms, problem, sizeof problem), count,
			problem);
		free(body);
	} while (count == BATCH_MOST && exporter->wait_ms == 0);
	tell_dropped(exporter);
}

/* -- the thread -- */

/* False: it is to end. */
static bool
rest(struct exporter *exporter)
{
	int64_t wait_ms =
		exporter->wait_ms != 0 ? exporter->wait_ms : exporter->options.interval_ms;
	struct timespec until;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t at_ns = until.tv_nsec + wait_ms % 1000 * 1000000;
	until.tv_sec += wait_ms / 1000 + at_ns / 1000000000;
	until.tv_nsec = at_ns % 1000000000;
	pthread_mutex_lock(&exporter->lock);
	while (!exporter->ending && status != ETIMEDOUT)
		status = pthread_cond_timedwait(&exporter->change, &exporter->lock, &until);
	bool ending = exporter->ending;
	pthread_mutex_unlock(&exporter->lock);
	return !ending;
}

static void *
run(void *data)
{
	struct exporter *exporter = data;

	while (rest(exporter)) {
		exporter->options.on_turn(exporter->options.data);
		post_all(exporter, exporter->options.timeout_ms);
	}
	exporter->options.on_turn(exporter->options.data);
	post_all(exporter, LAST_MS);
	return NULL;
}

/* -- life -- */

/* Lines "name: value", as a collector may want them to know who sends. */
static bool
read_headers(struct exporter *exporter, const char *path)
{
	char line[HEADER_MOST];
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return false;
	for (int i = 0; i < HEADERS_MOST && fgets(line, sizeof line, file) != NULL; i++) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strchr(line, ':') != NULL)
			exporter->headers = curl_slist_append(exporter->headers, line);
	}
	explicit_bzero(line, sizeof line);
	fclose(file);
	return true;
}

static bool
set_up_curl(struct exporter *exporter)
{
	const struct exporter_options *options = &exporter->options;
	CURL *curl;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	curl = exporter->curl = curl_easy_init();
	exporter->headers = curl_slist_append(exporter->headers, "content-type: application/json");
	exporter->headers = curl_slist_append(exporter->headers, "expect:");
	if (curl == NULL ||
		curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK ||
		curl_easy_setopt(curl, CURLOPT_URL, options->endpoint) != CURLE_OK)
		return false;
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "aula");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exporter->headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, exporter);
	if (options->ca_file != NULL) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	return true;
}

static void
destroy(struct exporter *exporter)
{
	curl_easy_cleanup(exporter->curl);
	curl_slist_free_all(exporter->headers);
	pthread_mutex_destroy(&exporter->lock);
	pthread_cond_destroy(&exporter->change);
	free(exporter->ring);
	free(exporter);
}

struct exporter *
exporter_new(const struct exporter_options *options, char *problem, size_t room)
{
	struct exporter *exporter = calloc(1, sizeof *exporter);
	pthread_condattr_t monotonic;

	snprintf(problem, room, "there is no memory");
	if (exporter == NULL)
		return NULL;
	exporter->options = *options;
	exporter->ring = calloc((size_t)options->queue_most, sizeof *exporter->ring);
	gethostname(exporter->node, sizeof exporter->node - 1);
	pthread_mutex_init(&exporter->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&exporter->change, &monotonic);
	pthread_condattr_destroy(&monotonic);
	bool read = options->headers_file == NULL || read_headers(exporter, options->headers_file);
	if (!read)
		snprintf(problem, room, "headers_file cannot be read");
	if (exporter->ring == NULL || !read || !set_up_curl(exporter) ||
		pthread_create(&exporter->thread, NULL, run, exporter) != 0) {
		destroy(exporter);
		return NULL;
	}
	pthread_setname_np(exporter->thread, "traces");
	return exporter;
}

void
exporter_add(struct exporter *exporter, const struct span *span)
{
	size_t most = (size_t)exporter->options.queue_most;

	pthread_mutex_lock(&exporter->lock);
	if (exporter->count < most)
		exporter->ring[(exporter->first + exporter->count++) % most] = *span;
	else
		exporter->dropped++;
	pthread_mutex_unlock(&exporter->lock);
}

void
exporter_free(struct exporter *exporter)
{
	if (exporter == NULL)
		return;
	pthread_mutex_lock(&exporter->lock);
	exporter->ending = true;
	pthread_cond_signal(&exporter->change);
	pthread_mutex_unlock(&exporter->lock);
	pthread_join(exporter->thread, NULL);
	destroy(exporter);
}
