/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of a third party: counts the packets of whoever publishes to it. It shows what the echo
 * plugin does not: a tap, which runs on a media thread, and how its numbers come home. */
#include <stdatomic.h>
#include <stdlib.h>

#include <aula/module.h>

enum { STREAMS_MOST = 16 };

struct counter {
	const aula_host *host;
};

/* What a tap counts into. It outlives the client while the media thread may still write to it. */
struct tally {
	const aula_host *host;
	struct client *client; /* [control] NULL when the client has gone */
	struct tally *next;    /* [control] */
	aula_tap tap;
	atomic_llong packets;
};

struct client {
	struct tally *tallies;
	long long ended; /* packets of tracks that are no more */
};

/* -- [media] -- */

static void
count_packet(void *data, aula_track track, aula_packet *packet, const aula_packet_view *view)
{
	struct tally *tally = data;
	(void)track, (void)packet, (void)view;

	atomic_fetch_add_explicit(&tally->packets, 1, memory_order_relaxed);
}

static void tally_end(void *data);

/* The last call of a tap: from here on the tally belongs to the control thread again. */
static void
tap_closed(void *data, aula_track track)
{
	struct tally *tally = data;
	(void)track;

	tally->host->timers->post(tally->host, tally_end, tally);
}

static const aula_tap_ops tap_ops = {
	.size = sizeof tap_ops, .packet = count_packet, .closed = tap_closed
};

/* -- [control] -- */

static void
tally_end(void *data)
{
	struct tally *tally = data;

	if (tally->client != NULL) {
		struct tally **link = &tally->client->tallies;
		while (*link != tally)
			link = &(*link)->next;
		*link = tally->next;
		tally->client->ended += tally->packets;
	}
	free(tally);
}

static void
tap_track(const aula_host *host, struct client *client, aula_track track)
{
	struct tally *tally = calloc(1, sizeof *tally);

	if (tally == NULL)
		return;
	tally->host = host;
	tally->client = client;
	if (host->media->tap(host, track, &tap_ops, tally, &tally->tap) != AULA_OK) {
		free(tally);
		return;
	}
	tally->next = client->tallies;
	client->tallies = tally;
}

static aula_code
run_publish(void *self, aula_call *call, const void *args)
{
	const aula_host *host = ((struct counter *)self)->host;
	struct client *client = call->state;
	aula_stream streams[STREAMS_MOST];
	(void)args;

	if (client->tallies != NULL) {
		call->error = "This handle publishes already.";
		return AULA_WRONG_STATE;
	}
	aula_code code = host->peers->answer(host, call->from,
		&(aula_answer){ .size = sizeof(aula_answer), .receive = true }, &call->jsep);
	if (code != AULA_OK)
		return code;
	size_t count =
		host->peers->streams(host, call->from, streams, sizeof *streams, STREAMS_MOST);
	for (size_t i = 0; i < count && i < STREAMS_MOST; i++)
		if (streams[i].track.id != 0)
			tap_track(host, client, streams[i].track);
	json_object_set_new(call->reply, "counter", json_string("publish"));
	return AULA_OK;
}

static aula_code
run_count(void *self, aula_call *call, const void *args)
{
	const struct client *client = call->state;
	long long packets = client->ended;
	(void)self, (void)args;

	for (const struct tally *tally = client->tallies; tally != NULL; tally = tally->next)
		packets += tally->packets;
	json_object_set_new(call->reply, "counter", json_string("count"));
	json_object_set_new(call->reply, "packets", json_integer(packets));
	return AULA_OK;
}

/* Sorted by name. */
static const aula_request requests[] = {
	{ .name = "count", .run = run_count, .summary = "How many packets came." },
	{ .name = "publish", .flags = AULA_ASYNC, .run = run_publish,
		.summary = "Takes what the offer that comes along has." },
	{ .name = "publish_now", .run = run_publish,
		.summary = "The same, with the answer in the reply." },
};

static aula_code
attach(void *self, aula_handle handle, void **ret_state)
{
	(void)self, (void)handle;
	*ret_state = calloc(1, sizeof(struct client));
	return *ret_state != NULL ? AULA_OK : AULA_INTERNAL;
}

static void
detach(void *self, aula_handle handle, void *state)
{
	const aula_host *host = ((struct counter *)self)->host;
	struct client *client = state;
	(void)handle;

	for (struct tally *tally = client->tallies; tally != NULL; tally = tally->next) {
		tally->client = NULL;
		host->media->untap(host, tally->tap);
	}
	free(client);
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct counter *counter = malloc(sizeof *counter);
	(void)config;

	if (counter == NULL)
		return AULA_INTERNAL;
	counter->host = host;
	*ret_self = counter;
	return AULA_OK;
}

static const char *const packages[] = { "example.plugin.counter", NULL };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "counter",
	.error_fallback = 499,
	.attach = attach,
	.detach = detach,
};

AULA_MODULE(
	.name = "counter",
	.summary = "Counts the packets of whoever publishes to it.",
	.author = "A third party",
	.version = "1.0",
	.requests = requests,
	.request_count = sizeof requests / sizeof *requests,
	.start = start,
	.stop = free,
	.plugin = &plugin);
