/* SPDX-License-Identifier: Apache-2.0 */
/** Posts events as JSON to an address, signed as Standard Webhooks say (webhook-id,
 * webhook-timestamp, webhook-signature). What is posted is a list of events, the oldest first:
 * [{"seq": 7, "epoch": .., ..}, ..]. Any 2xx takes them. 400, 413, 415 and 422 refuse them for
 * good: the core then sends them one by one and puts aside what is refused. All else, a wrong
 * address or secret included, counts as away: they wait on disk. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aula/event.h"
#include "aula/module.h"
#include "post.h"

enum {
	URL_MOST = 2000,
	PATH_MOST = 4000,
	BODY_BYTES_MOST = 1 << 20,
	ID_BYTES = 80,
	PROBLEM_BYTES = 200,
};

struct config {
	const char *url, *secret_file, *ca_file;
	int64_t timeout_ms, batch;
	aula_list types; /* of const char * */
};

static const char *const type_words[] = { AULA_EVENT_WORDS, NULL };

// clang-format off
static const aula_field config_fields[] = {
	AULA_TEXT(struct config, url, "url", URL_MOST, .min = 1,
		.summary = "Where to post events, https://... or http://...; absent: nowhere, and none are kept for it."),
	AULA_TEXT(struct config, secret_file, "secret_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File whose first line is the secret to sign with, as whsec_ and base64 of 24 to 64 bytes; needed with url."),
	AULA_TEXT(struct config, ca_file, "ca_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File of certificates (PEM) to trust instead of those of the system."),
	AULA_INT(struct config, timeout_ms, "timeout_ms", 100, 60000, .fallback = 10000,
		.summary = "Milliseconds that one request may take; after that the receiver counts as away."),
	AULA_INT(struct config, batch, "batch", 1, 1000, .fallback = 100,
		.summary = "Events in one request; a request has at most about 1 MB."),
	AULA_TEXTS(struct config, types, "types", 16, .choices = type_words,
		.summary = "Types of events to post; none: all but jsep and media."),
};
// clang-format on

/* Made on [control]; after `start` only the thread of events touches what is below `config`. */
struct webhook {
	const aula_host *host;
	const struct config *config;
	struct post *post;           /* NULL: there is no url */
	size_t sent;                 /* so many of the events that come next are posted already */
	char problem[PROBLEM_BYTES]; /* that was told; empty: it works */
};

/* "EPOCH-SEQ-COUNT": the same when the same is posted again. */
static void
name_of(const aula_event_text *event, size_t count, char *ret_id)
{
	json_t *json = json_loadb(event->text, event->length, JSON_ALLOW_NUL, NULL);

	snprintf(ret_id, ID_BYTES, "%" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT "-%zu",
		json_integer_value(json_object_get(json, "epoch")),
		json_integer_value(json_object_get(json, "seq")), count);
	json_decref(json);
}

/* How many of `events` go into one request. */
static size_t
fitting(const struct webhook *webhook, const aula_event_text *events, size_t count)
{
	size_t bytes = 0, fit = 0;

	while (fit < count && fit < (size_t)webhook->config->batch &&
		(fit == 0 || bytes + events[fit].length < BODY_BYTES_MOST))
		bytes += events[fit++].length + 1;
	return fit;
}

static char *
join(const aula_event_text *events, size_t count, size_t *ret_length)
{
	size_t length = 1;

	for (size_t i = 0; i < count; i++)
		length += events[i].length + 1;
	char *body = malloc(length), *at = body;
	if (body == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		*at++ = i == 0 ? '[' : ',';
		memcpy(at, events[i].text, events[i].length);
		at += events[i].length;
	}
	*at = ']';
	*ret_length = length;
	return body;
}

static aula_code
send_some(struct webhook *webhook, const aula_event_text *events, size_t count)
{
	char id[ID_BYTES], problem[PROBLEM_BYTES] = "";
	size_t length;
	char *body = join(events, count, &length);

	if (body == NULL)
		return AULA_UNAVAILABLE;
	name_of(&events[0], count, id);
	aula_code code = post_send(webhook->post, id, body, length, problem, sizeof problem);
	free(body);
	if (code != AULA_OK && strcmp(problem, webhook->problem) != 0)
		webhook->host->log(
			webhook->host, AULA_LOG_WARNING, "events cannot be posted: %s", problem);
	snprintf(webhook->problem, sizeof webhook->problem, "%s", problem);
	return code;
}

/* The core brings the same again after a failure, from the same first on, so a count is enough to
 * know what was posted. */
static aula_code
deliver(void *self, const aula_event_text *events, size_t count)
{
	struct webhook *webhook = self;
	size_t done = webhook->sent < count ? webhook->sent : count;

	while (done < count) {
		size_t some = fitting(webhook, events + done, count - done);
		aula_code code = send_some(webhook, events + done, some);
		if (code != AULA_OK) {
			webhook->sent = webhook->sent > done ? webhook->sent : done;
			return code;
		}
		done += some;
	}
	webhook->sent -= webhook->sent < count ? webhook->sent : count;
	return AULA_OK;
}

static uint32_t
mask(void *self)
{
	const struct webhook *webhook = self;

	if (webhook->post == NULL)
		return 0;
	return aula_event_mask(
		webhook->config->types, ~(uint32_t)(AULA_EVENT_JSEP | AULA_EVENT_MEDIA));
}

/* -- life -- */

static void
stop(void *self)
{
	struct webhook *webhook = self;

	post_free(webhook->post);
	free(webhook);
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct webhook *webhook = calloc(1, sizeof *webhook);
	char problem[PROBLEM_BYTES];

	if (webhook == NULL)
		return AULA_INTERNAL;
	webhook->host = host;
	webhook->config = config;
	if (webhook->config->url != NULL) {
		webhook->post = post_new(webhook->config->url, webhook->config->secret_file,
			webhook->config->ca_file, webhook->config->timeout_ms, problem,
			sizeof problem);
		if (webhook->post == NULL) {
			host->log(host, AULA_LOG_ERROR, "events cannot be posted: %s", problem);
			stop(webhook);
			return AULA_UNAVAILABLE;
		}
	}
	*ret_self = webhook;
	return AULA_OK;
}

static const aula_event_ops events = {
	.size = sizeof events,
	.mask = mask,
	.deliver = deliver,
};

// clang-format off
AULA_MODULE(
	.name = "webhook",
	.summary = "Posts events to an address, signed; they wait on disk while it is away.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.start = start,
	.stop = stop,
	.events = &events);
// clang-format on
