/* SPDX-License-Identifier: Apache-2.0 */
/** Sends every client its own audio and video back: a test of devices and network, and the
 * template of a plugin. Everything that a module is stands in this one file: what may be set,
 * what may be asked, what happens, and the table that says so. */
#include <stdlib.h>

#include "aula/module.h"

enum { STREAMS_MOST = 32 };

/* Bit i is row i of `capabilities`. */
enum { MAY_ECHO = 1u << 0 };

static const aula_capability capabilities[] = {
	{ "media.echo", "Test camera and microphone against the server." },
};

struct config {
	int64_t max_bitrate_bps;
};

// clang-format off
static const aula_field config_fields[] = {
	AULA_INT(struct config, max_bitrate_bps, "max_bitrate", 0, 100000000, .flags = AULA_LIVE, .fallback = 3000000,
		.summary = "The most that a client is told to send, in bits per second; 0: no limit."),
};
// clang-format on

struct echo {
	const aula_host *host;
	const struct config *config; /* lives until stop */
};

/** What we keep for each handle. */
struct client {
	bool audio, video; /* what is sent back at present */
};

struct configure {
	aula_tristate audio, video;
	int64_t bitrate_bps; /* -1: not given */
};

// clang-format off
static const aula_field configure_fields[] = {
	AULA_SWITCH(struct configure, audio, "audio", .summary = "Whether audio is sent back."),
	AULA_SWITCH(struct configure, video, "video", .summary = "Whether video is sent back."),
	AULA_INT(struct configure, bitrate_bps, "bitrate", 0, INT32_MAX, .fallback = -1,
		.summary = "The most that the client should send, in bits per second; 0: no limit of its own."),
};
// clang-format on

/* Feeds each m-line on which the client receives by the track of the same m-line. */
static void
loop_back(struct echo *echo, aula_handle handle, const struct client *client)
{
	const aula_host *host = echo->host;
	aula_stream streams[STREAMS_MOST];
	size_t count = host->peers->streams(host, handle, streams, sizeof *streams, STREAMS_MOST);

	for (size_t i = 0; i < count && i < STREAMS_MOST; i++) {
		const aula_stream *stream = &streams[i];
		if (AULA_NONE(stream->sender))
			continue;
		host->media->feed(host, stream->sender, stream->track);
		host->media->pause(host, stream->sender,
			stream->kind == AULA_AUDIO ? !client->audio : !client->video);
	}
}

/* The lower of what the client asks for and what the administrator allows; 0 is no limit. */
static int64_t
bitrate_of(const struct echo *echo, int64_t wanted_bps)
{
	int64_t most_bps = echo->config->max_bitrate_bps;

	if (wanted_bps <= 0)
		return most_bps;
	return most_bps > 0 && wanted_bps > most_bps ? most_bps : wanted_bps;
}

static aula_code
run_configure(void *self, aula_call *call, const void *args)
{
	struct echo *echo = self;
	const aula_host *host = echo->host;
	const struct configure *configure = args;
	struct client *client = call->state;

	if (call->offer == NULL && configure->audio == AULA_UNSET &&
		configure->video == AULA_UNSET && configure->bitrate_bps < 0) {
		call->error = "Nothing to do: neither audio, video nor bitrate, and no offer.";
		return AULA_INVALID;
	}
	if (call->offer != NULL) {
		aula_code code = host->peers->answer(host, call->from,
			&(aula_answer){ .size = sizeof(aula_answer),
				.receive = true,
				.send = true,
				.max_bitrate_bps = bitrate_of(echo, configure->bitrate_bps) },
			&call->jsep);
		if (code != AULA_OK)
			return code;
	}

	if (configure->audio != AULA_UNSET)
		client->audio = configure->audio;
	if (configure->video != AULA_UNSET)
		client->video = configure->video;
	loop_back(echo, call->from, client);
	if (configure->bitrate_bps >= 0)
		host->peers->limit(host, call->from, bitrate_of(echo, configure->bitrate_bps));

	json_object_set_new(call->reply, "echotest", json_string("event"));
	json_object_set_new(call->reply, "result", json_string("ok"));
	return AULA_OK;
}

static const aula_request requests[] = {
	{ .name = "configure",
		.needs = MAY_ECHO,
		.flags = AULA_ASYNC,
		.fields = configure_fields,
		.field_count = sizeof configure_fields / sizeof *configure_fields,
		.args_size = sizeof(struct configure),
		.run = run_configure,
		.summary = "Answers an offer with the client's own media, and sets what is sent "
			   "back." },
};

static aula_code
attach(void *self, aula_handle handle, void **ret_state)
{
	(void)self, (void)handle;
	struct client *client = malloc(sizeof *client);

	if (client == NULL)
		return AULA_INTERNAL;
	*client = (struct client){ .audio = true, .video = true };
	*ret_state = client;
	return AULA_OK;
}

static void
detach(void *self, aula_handle handle, void *state)
{
	(void)self, (void)handle;
	free(state);
}

static void
disconnected(void *self, aula_handle handle, void *state, const char *reason)
{
	struct echo *echo = self;
	struct client *client = state;
	json_t *event = json_pack("{s:s, s:s}", "echotest", "event", "result", "done");
	(void)reason;

	*client = (struct client){ .audio = true, .video = true };
	echo->host->handles->push(echo->host, handle, event, NULL);
	json_decref(event);
}

static const char *const packages[] = { "aula.plugin.echo", "janus.plugin.echotest", NULL };

/* The numbers that the Janus EchoTest has for its errors. */
static const aula_error_number errors[] = {
	{ AULA_MISSING, 411 },
	{ AULA_INVALID, 413 },
	{ AULA_UNKNOWN, 413 },
	{ AULA_UNSUPPORTED, 414 },
};

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "echotest",
	.fallback_request = "configure",
	.errors = errors,
	.error_count = sizeof errors / sizeof *errors,
	.error_fallback = 499,
	.attach = attach,
	.detach = detach,
	.disconnected = disconnected,
};

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct echo *echo = malloc(sizeof *echo);

	if (echo == NULL)
		return AULA_INTERNAL;
	*echo = (struct echo){ .host = host, .config = config };
	*ret_self = echo;
	return AULA_OK;
}

static void
reconfigured(void *self, const void *config)
{
	((struct echo *)self)->config = config;
}

// clang-format off
AULA_MODULE(
	.name = "echo",
	.summary = "Sends every client its own audio and video back.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.capabilities = capabilities,
	.capability_count = sizeof capabilities / sizeof *capabilities,
	.requests = requests,
	.request_count = sizeof requests / sizeof *requests,
	.start = start,
	.stop = free,
	.plugin = &plugin,
	.reconfigured = reconfigured);
// clang-format on
