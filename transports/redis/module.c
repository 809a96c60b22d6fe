/* SPDX-License-Identifier: Apache-2.0 */
/** The Janus API for back ends, over streams of Redis: README.md says how it looks from there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"

enum {
	LOOK_MS = 10000,
	NODE_BYTES = 64,
	STREAM_BYTES = 200,
	ERROR_FULL = 490, /* as Janus numbers what it has no number for */
	ERROR_JSON = 454,
};

struct config {
	const char *node;
	int64_t requests_most, replies_most, once_s, claim_ms, apps_most, idle_s;
};

// clang-format off
static const aula_field config_fields[] = {
	AULA_TEXT(struct config, node, "node", NODE_BYTES, .min = 1,
		.summary = "What this server is called among those with the same bus.prefix; it must be the only one of that name; absent: the name of the machine."),
	AULA_INT(struct config, requests_most, "requests_most", 100, 10000000, .fallback = 100000,
		.summary = "Entries that a stream of requests keeps, about; done ones included."),
	AULA_INT(struct config, replies_most, "replies_most", 100, 10000000, .flags = AULA_LIVE, .fallback = 10000,
		.summary = "Entries that the stream of replies of one application keeps, about."),
	AULA_INT(struct config, once_s, "once", 1, 86400, .fallback = 600,
		.summary = "Seconds for which a request that is sent again with the same id is not done again."),
	AULA_INT(struct config, claim_ms, "claim_ms", 1000, 600000, .fallback = 10000,
		.summary = "Milliseconds after which a request that a server took and did not do is another server's."),
	AULA_INT(struct config, apps_most, "apps_most", 1, 10000, .flags = AULA_LIVE, .fallback = 256,
		.summary = "Applications at once."),
	AULA_INT(struct config, idle_s, "idle", 10, 86400, .flags = AULA_LIVE, .fallback = 300,
		.summary = "Seconds after which an application without sessions that asks nothing is forgotten."),
};
// clang-format on

struct transport {
	const aula_host *host;
	const struct config *config;
	char node[NODE_BYTES + 1], own[STREAM_BYTES];
	struct app *apps;
	int64_t count;
	uint64_t dropped; /* replies that Redis was too long away for */
};

/* -- to Redis -- */

static void
reply(struct transport *transport, const char *app, const struct note *note, const char *text,
	size_t length)
{
	const aula_host *host = transport->host;
	char stream[STREAM_BYTES];
	aula_bus_field fields[5];
	size_t count = 0;

	snprintf(stream, sizeof stream, "replies:%s", app);
	if (*note->id != '\0')
		fields[count++] = (aula_bus_field){ "id", note->id, strlen(note->id) };
	if (*note->session != '\0') {
		fields[count++] =
			(aula_bus_field){ "session", note->session, strlen(note->session) };
		fields[count++] = (aula_bus_field){ "seq", note->seq, strlen(note->seq) };
	}
	fields[count++] = (aula_bus_field){ "to", transport->own, strlen(transport->own) };
	fields[count++] = (aula_bus_field){ "body", text, length };
	aula_code code =
		host->bus->append(host, stream, transport->config->replies_most, fields, count);
	if (code == AULA_OK && transport->dropped > 0) {
		host->log(host, AULA_LOG_WARNING, "replies go to Redis again dropped=%llu",
			(unsigned long long)transport->dropped);
		transport->dropped = 0;
	} else if (code != AULA_OK && transport->dropped++ == 0) {
		host->log(host, AULA_LOG_ERROR,
			"too much waits for Redis; replies are dropped, which shows in their seq");
	}
}

static void
refuse(struct transport *transport, const char *app, const char *id, int number, const char *word,
	const char *reason)
{
	struct note note = { 0 };
	json_t *message = json_pack("{s:s, s:{s:i, s:s, s:s}}", "janus", "error", "error", "code",
		number, "reason", reason, "word", word);

	snprintf(note.id, sizeof note.id, "%s", id);
	if (*id != '\0')
		json_object_set_new(message, "transaction", json_string(id));
	char *text = json_dumps(message, JSON_COMPACT);
	json_decref(message);
	if (text != NULL)
		reply(transport, app, &note, text, strlen(text));
	free(text);
}

/* -- applications -- */

static struct app *
app_find(struct transport *transport, const char *name)
{
	for (struct app *app = transport->apps; app != NULL; app = app->next)
		if (strcmp(app->name, name) == 0)
			return app;
	return NULL;
}

/* The core frees it, by `released`. */
static void
app_part(struct transport *transport, struct app *app, bool final)
{
	for (struct app **at = &transport->apps; *at != NULL; at = &(*at)->next)
		if (*at == app) {
			*at = app->next;
			transport->count--;
			transport->host->gateway->closed(transport->host, app->client, final);
			return;
		}
}

static struct app *
app_of(struct transport *transport, const char *name)
{
	const aula_host *host = transport->host;
	struct app *app = app_find(transport, name);
	char address[NAME_BYTES + 8];

	if (app != NULL)
		return app;
	if (transport->count >= transport->config->apps_most)
		return NULL;
	app = app_new(transport, name);
	if (app == NULL)
		return NULL;
	snprintf(address, sizeof address, "redis:%s", name);
	app->client = host->gateway->opened(host, app, address, true);
	if (AULA_NONE(app->client)) {
		app_free(app);
		return NULL;
	}
	app->next = transport->apps;
	transport->apps = app;
	transport->count++;
	return app;
}

static void
forget_idle(void *data)
{
	struct transport *transport = data;
	int64_t now_us = transport->host->timers->now_us();
	int64_t idle_us = transport->config->idle_s * 1000000;

	for (struct app *app = transport->apps, *next; app != NULL; app = next) {
		next = app->next;
		if (app_is_idle(app) && now_us - app->heard_us > idle_us)
			app_part(transport, app, true);
	}
}

/* -- from Redis -- */

/* The text of a field that may be at most `most` bytes; "" when it is absent, NULL when it is
 * longer or has a zero byte. */
static const char *
text_of(const aula_bus_entry *entry, const char *name, size_t most)
{
	const aula_bus_field *field = aula_bus_entry_field(entry, name);

	if (field == NULL)
		return "";
	return field->length <= most && strlen(field->text) == field->length ? field->text : NULL;
}

static void
pass_on(struct transport *transport, struct app *app, const char *id, json_t *request)
{
	app_ask(app, request, id);
	char *text = json_dumps(request, JSON_COMPACT);
	if (text != NULL)
		transport->host->gateway->received(
			transport->host, app->client, text, strlen(text));
	free(text);
}

static void
take_request(void *data, const aula_bus_entry *entry)
{
	struct transport *transport = data;
	const aula_host *host = transport->host;
	const char *name = text_of(entry, "app", NAME_BYTES);
	const char *id = text_of(entry, "id", ID_BYTES);
	const aula_bus_field *body = aula_bus_entry_field(entry, "body");

	if (name == NULL || !app_is_name(name) || id == NULL) {
		/* There is nobody to tell. */
		host->log(host, AULA_LOG_WARNING,
			"a request without a good app or id is left out entry=%s", entry->id);
		return;
	}
	json_t *request = body != NULL ? json_loadb(body->text, body->length, 0, NULL) : NULL;
	struct app *app = json_is_object(request) ? app_of(transport, name) : NULL;
	if (!json_is_object(request)) {
		refuse(transport, name, id, ERROR_JSON, "invalid", "The body is no JSON object.");
	} else if (app == NULL) {
		refuse(transport, name, id, ERROR_FULL, "full",
			"The server takes no more applications now.");
	} else {
		app->heard_us = host->timers->now_us();
		pass_on(transport, app, id, request);
	}
	json_decref(request);
}

/* -- from the core -- */

static aula_code
send_text(void *self, void *client_data, const char *text, size_t length)
{
	struct app *app = client_data;
	struct note note;
	json_t *message = json_loadb(text, length, 0, NULL);

	app_told(app, message, &note);
	json_decref(message);
	reply(self, app->name, &note, text, length);
	return AULA_OK;
}

static void
close_client(void *self, void *client_data, aula_code why, const char *reason)
{
	struct app *app = client_data;

	refuse(self, app->name, "", ERROR_FULL,
		why == AULA_TOO_FAST    ? "too-fast"
		: why == AULA_TOO_LARGE ? "too-large"
		: why == AULA_GONE      ? "gone"
					: "full",
		reason);
	app_part(self, app, why == AULA_GONE);
}

static void
released(void *self, void *client_data)
{
	(void)self;
	app_free(client_data);
}

static const aula_transport_ops transport_ops = {
	.size = sizeof transport_ops,
	.send = send_text,
	.close = close_client,
	.released = released,
};

/* -- life -- */

static aula_code
serve(struct transport *transport, const char *stream)
{
	const aula_host *host = transport->host;
	const struct config *config = transport->config;

	return host->bus->serve(host,
		&(aula_bus_queue){ .size = sizeof(aula_bus_queue),
			.stream = stream,
			.group = "servers",
			.once = "id",
			.once_s = config->once_s,
			.claim_ms = config->claim_ms,
			.most = config->requests_most },
		take_request, transport);
}

static void
reconfigured(void *self, const void *config)
{
	struct transport *transport = self;

	transport->config = config;
}

static void
stop(void *self)
{
	free(self);
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct transport *transport = calloc(1, sizeof *transport);

	if (transport == NULL)
		return AULA_INTERNAL;
	transport->host = host;
	transport->config = config;
	*ret_self = transport;
	if (!AULA_HAS(host, bus) || !host->bus->shared(host)) {
		host->log(host, AULA_LOG_DEBUG, "there is no bus.url, so nobody is served");
		return AULA_OK;
	}
	if (transport->config->node != NULL)
		snprintf(transport->node, sizeof transport->node, "%s", transport->config->node);
	else
		gethostname(transport->node, NODE_BYTES);
	if (!app_is_name(transport->node)) {
		host->log(host, AULA_LOG_ERROR,
			"node should be of letters, digits, \".\", \"_\" and \"-\"");
		free(transport);
		return AULA_INVALID;
	}
	snprintf(transport->own, sizeof transport->own, "requests:%s", transport->node);
	aula_code code = serve(transport, "requests");
	if (code == AULA_OK)
		code = serve(transport, transport->own);
	if (code != AULA_OK) {
		host->log(host, AULA_LOG_ERROR, "the bus takes no more readers");
		free(transport);
		return code;
	}
	host->timers->start(host, LOOK_MS, LOOK_MS, forget_idle, transport);
	return AULA_OK;
}

// clang-format off
AULA_MODULE(
	.name = "redis",
	.summary = "Carries the Janus API for back ends over streams of Redis; serves nobody while bus.url is not set.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.start = start,
	.stop = stop,
	.reconfigured = reconfigured,
	.transport = &transport_ops);
// clang-format on
