/* SPDX-License-Identifier: Apache-2.0 */
#include "courier.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SIDE_BY_SIDE = 8,
	BODY_MOST = 256 * 1024,
	PROBLEM_BYTES = CURL_ERROR_SIZE + 64,
	POLL_MS = 60 * 1000, /* whoever has something to send wakes it */
};

struct errand {
	TAILQ_ENTRY(errand) others;
	CURL *curl;
	struct curl_slist *headers;
	char *body;
	size_t body_length;
	char said[CURL_ERROR_SIZE];
	CURLcode result;
	courier_done done; /* [control] NULL: nobody waits */
	void *data;
};
TAILQ_HEAD(errands, errand);

struct courier {
	const aula_host *host;
	size_t queue_most;
	CURLM *multi; /* of the thread, but for its waking */
	pthread_t thread;
	bool runs;
	struct errands under_way; /* of the thread */
	size_t under_way_count;
	pthread_mutex_t lock; /* guards what follows */
	struct errands waiting, finished;
	size_t pending;
	bool stops;
};

static void
errand_free(struct errand *errand)
{
	curl_easy_cleanup(errand->curl);
	curl_slist_free_all(errand->headers);
	if (errand->body != NULL)
		explicit_bzero(errand->body, errand->body_length);
	free(errand->body);
	free(errand);
}

/* -- what libcurl asks for -- */

static size_t
take_body(char *bytes, size_t size, size_t count, void *data)
{
	struct errand *errand = data;
	size_t length = size * count;

	if (errand->body_length + length > BODY_MOST)
		return 0;
	char *body = realloc(errand->body, errand->body_length + length + 1);
	if (body == NULL)
		return 0;
	memcpy(body + errand->body_length, bytes, length);
	errand->body = body;
	errand->body_length += length;
	body[errand->body_length] = '\0';
	return length;
}

/* -- its thread -- */

/* [control] One that has been finished; posted as often as there are such. */
static void
deliver(void *data)
{
	struct courier *courier = data;
	char problem[PROBLEM_BYTES];
	struct courier_news news = { .body = "" };

	pthread_mutex_lock(&courier->lock);
	struct errand *errand = TAILQ_FIRST(&courier->finished);
	TAILQ_REMOVE(&courier->finished, errand, others);
	courier->pending--;
	pthread_mutex_unlock(&courier->lock);
	curl_easy_getinfo(errand->curl, CURLINFO_RESPONSE_CODE, &news.status);
	if (errand->body != NULL)
		news.body = errand->body;
	if (errand->result != CURLE_OK) {
		const char *said =
			*errand->said != '\0' ? errand->said : curl_easy_strerror(errand->result);
		snprintf(problem, sizeof problem, "%s", said);
		news.problem = problem;
	} else if (news.status < 200 || news.status > 299) {
		snprintf(problem, sizeof problem, "The answer was %ld", news.status);
		news.problem = problem;
	}
	if (errand->done != NULL)
		errand->done(errand->data, &news);
	errand_free(errand);
}

static void
take_waiting(struct courier *courier)
{
	struct errand *errand;

	while (courier->under_way_count < SIDE_BY_SIDE &&
		(errand = TAILQ_FIRST(&courier->waiting)) != NULL) {
		TAILQ_REMOVE(&courier->waiting, errand, others);
		TAILQ_INSERT_TAIL(&courier->under_way, errand, others);
		courier->under_way_count++;
		curl_multi_add_handle(courier->multi, errand->curl);
	}
}

static void
take_finished(struct courier *courier)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(courier->multi, &left)) != NULL) {
		struct errand *errand = NULL;
		CURLcode result = message->data.result;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&errand);
		curl_multi_remove_handle(courier->multi, errand->curl);
		errand->result = result;
		TAILQ_REMOVE(&courier->under_way, errand, others);
		courier->under_way_count--;
		pthread_mutex_lock(&courier->lock);
		TAILQ_INSERT_TAIL(&courier->finished, errand, others);
		courier->host->timers->post(courier->host, deliver, courier);
		pthread_mutex_unlock(&courier->lock);
	}
}

static void *
work(void *data)
{
	struct courier *courier = data;
	int running = 0;

	for (bool stops = false; !stops;) {
		pthread_mutex_lock(&courier->lock);
		take_waiting(courier);
		stops = courier->stops;
		pthread_mutex_unlock(&courier->lock);
		curl_multi_perform(courier->multi, &running);
		size_t before = courier->under_way_count;
		take_finished(courier);
		if (!stops && courier->under_way_count == before)
			curl_multi_poll(courier->multi, NULL, 0, POLL_MS, NULL);
	}
	return NULL;
}

/* -- control -- */

struct courier *
courier_new(const aula_host *host, size_t queue_most)
{
	struct courier *courier = calloc(1, sizeof *courier);

	if (courier == NULL)
		return NULL;
	courier->host = host;
	courier->queue_most = queue_most;
	pthread_mutex_init(&courier->lock, NULL);
	TAILQ_INIT(&courier->under_way);
	TAILQ_INIT(&courier->waiting);
	TAILQ_INIT(&courier->finished);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	courier->multi = curl_multi_init();
	courier->runs = courier->multi != NULL &&
			pthread_create(&courier->thread, NULL, work, courier) == 0;
	if (courier->runs)
		return courier;
	courier_free(courier);
	return NULL;
}

static void
clear(struct errands *list)
{
	for (struct errand *one; (one = TAILQ_FIRST(list)) != NULL;) {
		TAILQ_REMOVE(list, one, others);
		errand_free(one);
	}
}

void
courier_free(struct courier *courier)
{
	if (courier == NULL)
		return;
	if (courier->runs) {
		pthread_mutex_lock(&courier->lock);
		courier->stops = true;
		pthread_mutex_unlock(&courier->lock);
		curl_multi_wakeup(courier->multi);
		pthread_join(courier->thread, NULL);
	}
	for (struct errand *one = TAILQ_FIRST(&courier->under_way); one != NULL;
		one = TAILQ_NEXT(one, others))
		curl_multi_remove_handle(courier->multi, one->curl);
	clear(&courier->under_way);
	clear(&courier->waiting);
	clear(&courier->finished);
	curl_multi_cleanup(courier->multi);
	pthread_mutex_destroy(&courier->lock);
	free(courier);
}

static bool
load_http(struct errand *errand, const struct courier_load *load)
{
	CURL *curl = errand->curl;

	if (load->form != NULL)
		curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, load->form);
	if (load->bearer != NULL) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, load->bearer);
	}
	errand->headers = curl_slist_append(NULL, "accept: application/json");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, errand->headers);
	return errand->headers != NULL;
}

static bool
load_up(struct errand *errand, const struct courier_load *load)
{
	CURL *curl = errand->curl = curl_easy_init();

	if (curl == NULL)
		return false;
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PRIVATE, errand);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)load->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "aula");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, errand->said);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, errand);
	if (load->ca_file != NULL) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, load->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (load->user != NULL) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, load->user);
		curl_easy_setopt(
			curl, CURLOPT_PASSWORD, load->password != NULL ? load->password : "");
	}
	return curl_easy_setopt(curl, CURLOPT_URL, load->url) == CURLE_OK &&
	       load_http(errand, load);
}

aula_code
courier_send(struct courier *courier, const struct courier_load *load, courier_done done,
	void *data, struct errand **ret_errand)
{
	struct errand *errand = calloc(1, sizeof *errand);
	bool full;

	if (errand == NULL)
		return AULA_INTERNAL;
	errand->done = done;
	errand->data = data;
	if (!load_up(errand, load)) {
		errand_free(errand);
		return AULA_INVALID;
	}
	pthread_mutex_lock(&courier->lock);
	full = courier->pending >= courier->queue_most;
	if (!full) {
		courier->pending++;
		TAILQ_INSERT_TAIL(&courier->waiting, errand, others);
		*ret_errand = errand;
	}
	pthread_mutex_unlock(&courier->lock);
	if (full)
		errand_free(errand);
	else
		curl_multi_wakeup(courier->multi);
	return full ? AULA_FULL : AULA_OK;
}

void
errand_cancel(struct errand *errand)
{
	errand->done = NULL;
}
