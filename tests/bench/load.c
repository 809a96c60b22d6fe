/* SPDX-License-Identifier: Apache-2.0 */
/* load --url ws://HOST:PORT --pid PID [OPTION...]: one camera and N subscribers with a connection
 * each, in one thread, against any server that speaks the Janus API. Prints one JSON object.
 * bench/README.md says how to read it.
 *
 * It looks at its sockets by the clock, not when something comes: a send to a sleeping reader
 * pays for waking it, which a network card does not ask of a server. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "berth.h"
#include "caller.h"
#include "process.h"
#include "publisher.h"
#include "receiver.h"

enum {
	EVENTS = 512,
	ROUNDS = 4,
	SLICES = 20,      /* each participant gets a tick in one turn of so many */
	DARK_SLICE = 100, /* or so many a turn, where nobody answers to each packet */
	PATIENCE_US = 30000000,
	SETTLE_US = 2500000,
};

static struct {
	char host[64];
	unsigned port;
	int pid;
	unsigned subscribers, encodings, loss_per_mille, sample, turn_us, share;
	int64_t room, bps;
	double joins_a_second, seconds;
	bool unequal, sink, viewers, dark, quiet;
	const char *token;
} options = {
	.host = "127.0.0.1",
	.subscribers = 100,
	.encodings = 1,
	.sample = 20,
	.turn_us = 1000,
	.share = 1,
	.room = 9000,
	.bps = 1200000,
	.joins_a_second = 100,
	.seconds = 10,
};

typedef struct participant participant;

/* What epoll is told of: one of the two descriptors. */
typedef struct {
	participant *of;
	bool media;
} watch;

struct participant {
	unsigned id;
	caller *caller;
	webrtc *client;
	watch signalling, transport;
	publisher publisher;
	receiver receiver;
	caller_remote remote;
	bool publishes, up, media, down;
	int64_t began_us, media_us, agreed_us;
	uint32_t dropped;
	const char *why;
};

static participant *everybody;
static unsigned count, downs, waiting; /* waiting: for the first packet */
static int epoll;
static const char *fingerprint;
static json_t *whys; /* how many went down, by reason */

/* -- one participant -- */

static void
give_up(participant *self, const char *why)
{
	if (self->down)
		return;
	self->down = true;
	downs++;
	waiting -= !self->media && !self->publishes;
	why = why != NULL ? why : "no reason given";
	json_int_t before = json_integer_value(json_object_get(whys, why));
	json_object_set_new(whys, why, json_integer(before + 1));
}

static bool
opens(const participant *self)
{
	return !self->publishes && self->id % options.sample == 0;
}

static void
on_up(void *data)
{
	participant *self = data;
	int64_t now_us = process_now_us();

	self->up = true;
	if (self->publishes) {
		publisher_init(&self->publisher, self->client,
			self->remote.simulcast ? options.encodings : 1, options.bps,
			options.unequal, options.sink, now_us);
		self->publisher.dark = options.dark;
		self->publisher.quiet = options.quiet;
	} else
		receiver_init(&self->receiver, self->client, 100000 + self->id,
			self->remote.twcc_id, self->remote.rtx_pt, opens(self),
			options.loss_per_mille, now_us);
}

static void
on_down(void *data, const char *why)
{
	give_up(data, why);
}

static void
on_media(void *data, uint8_t *packet, size_t length)
{
	participant *self = data;

	if (length < 12 || !self->up)
		return;
	if (packet[1] >= 192 && packet[1] < 224) {
		if (self->publishes && webrtc_unprotect(self->client, packet, &length, true))
			publisher_feedback(&self->publisher, packet, length);
		return;
	}
	int64_t now_us = process_now_us();
	if (!self->media) {
		self->media = true;
		waiting -= !self->down;
		self->media_us = now_us;
		if (options.sink && !self->receiver.opens)
			webrtc_sink(self->client);
	}
	receiver_rtp(&self->receiver, packet, length, now_us);
}

static void
look_at(int fd, watch *what)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = what };

	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void
on_agreed(void *data, const caller_remote *remote)
{
	static const webrtc_listener listener = { on_up, on_down, on_media };
	participant *self = data;

	self->remote = *remote;
	self->agreed_us = process_now_us();
	self->client = webrtc_new(caller_ufrag(self->caller), caller_pwd(self->caller),
		remote->ufrag, remote->pwd, remote->host, remote->port,
		opens(self) || self->publishes ? 1 : options.share,
		self->publishes && remote->active, &listener, self);
	if (webrtc_fd(self->client) >= 0)
		look_at(webrtc_fd(self->client), &self->transport);
}

static void
begin(participant *self, unsigned id, int64_t feed)
{
	static const caller_listener listener = { on_agreed, on_down };

	*self = (participant){ .id = id,
		.publishes = feed == 0,
		.began_us = process_now_us(),
		.signalling = { self, false },
		.transport = { self, true } };
	self->caller = caller_new(&(caller_options){ .host = options.host,
					  .port = (uint16_t)options.port,
					  .room = options.room,
					  .feed = feed,
					  .id = id,
					  .encodings = options.encodings,
					  .rtx = options.loss_per_mille == 0,
					  .viewer = options.viewers,
					  .token = feed == 0 ? options.token : NULL,
					  .fingerprint = fingerprint },
		&listener, self);
	if (self->caller == NULL)
		give_up(self, "no WebSocket");
	else
		look_at(caller_fd(self->caller), &self->signalling);
}

static void
tick(participant *self, int64_t now_us)
{
	if (self->down)
		return;
	if (self->caller != NULL)
		caller_tick(self->caller, now_us);
	if (self->client != NULL)
		webrtc_tick(self->client, now_us);
	if (self->up && !self->publishes)
		receiver_tick(&self->receiver, now_us);
}

static void
finish(participant *self)
{
	receiver_finish(&self->receiver);
	webrtc_free(self->client);
	caller_free(self->caller);
}

/* -- the turns -- */

static void
look(void)
{
	struct epoll_event events[EVENTS];
	int ready, rounds = 0;

	/* What comes faster than it is looked at must not keep the camera waiting. */
	do {
		ready = epoll_wait(epoll, events, EVENTS, 0);
		for (int i = 0; i < ready; i++) {
			watch *what = events[i].data.ptr;
			if (what->media) /* whoever shares the socket may still be there */
				webrtc_readable(what->of->client);
			else if (!what->of->down)
				caller_ready(what->of->caller);
		}
	} while (ready == EVENTS && ++rounds < ROUNDS);
}

static void
sleep_until(int64_t at_us)
{
	const struct timespec until = { at_us / 1000000, at_us % 1000000 * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static unsigned
slices(void)
{
	unsigned many = options.dark ? options.subscribers / DARK_SLICE : 0;

	return many > SLICES ? many : SLICES;
}

/* Runs until `done` says so, or for so long; false: it took longer. */
static bool
run(bool (*done)(int64_t now_us), int64_t most_us)
{
	static int64_t next_us;
	static unsigned slice;
	int64_t now_us = process_now_us(), end_us = now_us + most_us;

	for (; now_us < end_us; now_us = process_now_us()) {
		if (done != NULL && done(now_us))
			return true;
		look();
		if (everybody[0].up && everybody[0].publishes)
			publisher_tick(&everybody[0].publisher, process_now_us());
		for (unsigned i = slice; i < count; i += slices())
			tick(&everybody[i], now_us);
		slice = (slice + 1) % slices();
		next_us = next_us + options.turn_us < now_us ? now_us + options.turn_us
							     : next_us + options.turn_us;
		sleep_until(next_us);
	}
	return done == NULL;
}

/* -- phases -- */

static bool
is_published(int64_t now_us)
{
	(void)now_us;
	return everybody[0].up || everybody[0].down;
}

static int64_t joins_began_us;

static bool
have_joined(int64_t now_us)
{
	unsigned due =
		(unsigned)((double)(now_us - joins_began_us) / 1e6 * options.joins_a_second) + 1;
	while (count <= options.subscribers && count <= due) {
		waiting++;
		begin(&everybody[count], count, caller_feed(everybody[0].caller));
		count++;
	}
	return count > options.subscribers && waiting == 0;
}

static int
by_value(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static json_t *
round_to(double value, double unit)
{
	return json_real((double)(int64_t)(value / unit + (value < 0 ? -0.5 : 0.5)) * unit);
}

/* Milliseconds of sorted microseconds. */
static json_t *
spread(int32_t *values_us, size_t length)
{
	json_t *result = json_object();
	static const struct {
		const char *name;
		double part;
	} marks[] = { { "p50", 0.5 }, { "p95", 0.95 }, { "p99", 0.99 }, { "max", 1 } };

	if (length > 0)
		qsort(values_us, length, sizeof *values_us, by_value);
	for (size_t i = 0; length > 0 && i < sizeof marks / sizeof marks[0]; i++) {
		size_t place = (size_t)((double)length * marks[i].part);
		json_object_set_new(result, marks[i].name,
			round_to(values_us[place < length ? place : length - 1] / 1e3, 0.01));
	}
	return result;
}

static void
report_joins(json_t *result, int64_t cpu_ns)
{
	int32_t *whole_us = calloc(count, sizeof *whole_us),
		*media_us = calloc(count, sizeof *media_us);
	size_t length = 0;
	int64_t last_us = joins_began_us;

	for (unsigned i = 1; i < count; i++) {
		participant *one = &everybody[i];
		if (!one->media)
			continue;
		whole_us[length] = (int32_t)(one->media_us - one->began_us);
		media_us[length++] = (int32_t)(one->media_us - one->agreed_us);
		last_us = one->media_us > last_us ? one->media_us : last_us;
	}
	json_object_set_new(result, "joined", json_integer((json_int_t)length));
	json_object_set_new(
		result, "joined_in_s", round_to((double)(last_us - joins_began_us) / 1e6, 0.01));
	json_object_set_new(result, "join_ms", spread(whole_us, length));
	json_object_set_new(result, "join_media_ms", spread(media_us, length));
	json_object_set_new(result, "join_cpu_ms",
		round_to((double)cpu_ns / 1e6 / (double)(length > 0 ? length : 1), 0.01));
	free(whole_us);
	free(media_us);
}

/* Adds up what all have counted, and starts anew. Returns what the kernel dropped for a sink. */
static uint64_t
take_counts(void)
{
	uint64_t dropped = 0;

	for (unsigned i = 1; i < count; i++) {
		participant *one = &everybody[i];
		if (one->up)
			receiver_take(&one->receiver);
		if (one->up && options.sink && !one->receiver.opens) {
			uint32_t now = webrtc_dropped(one->client);
			dropped += now - one->dropped;
			one->dropped = now;
		}
	}
	return dropped;
}

static void
measure(json_t *result)
{
	publisher *source = &everybody[0].publisher;

	take_counts();
	receiver_forget_all();
	source->sent = source->keyframes = 0, source->latest_us = 0;
	int64_t began_us = process_now_us(), cpu_ns = process_cpu_ns(options.pid),
		own_ns = process_cpu_ns(getpid());
	run(NULL, (int64_t)(options.seconds * 1e6));
	int64_t spent_ns = process_cpu_ns(options.pid) - cpu_ns;
	double own_s = (double)(process_cpu_ns(getpid()) - own_ns) / 1e9;
	double elapsed_s = (double)(process_now_us() - began_us) / 1e6;
	uint64_t dropped = take_counts();
	uint64_t received = receiver_all.received + dropped;
	json_object_set_new(
		result, "packets_per_second", round_to((double)received / elapsed_s, 1));
	json_object_set_new(
		result, "published_per_second", round_to((double)source->sent / elapsed_s, 1));
	json_object_set_new(result, "keyframes", json_integer((json_int_t)source->keyframes));
	json_object_set_new(
		result, "server_cpu_percent", round_to((double)spent_ns / 1e7 / elapsed_s, 0.1));
	json_object_set_new(result, "cpu_us_per_packet",
		round_to((double)spent_ns / 1e3 / (double)(received > 0 ? received : 1), 0.001));
	json_object_set_new(result, "lost_percent",
		round_to(receiver_all.expected > 0 ? 100 - 100.0 * (double)receiver_all.received /
								     (double)receiver_all.expected
						   : 0,
			0.001));
	json_object_set_new(result, "unverified", json_integer((json_int_t)receiver_all.refused));
	json_object_set_new(result, "expected", json_integer((json_int_t)receiver_all.expected));
	json_object_set_new(result, "missing",
		json_integer((json_int_t)receiver_all.expected - (json_int_t)received));
	json_object_set_new(
		result, "late_or_repeated", json_integer((json_int_t)receiver_all.repaired));
	json_object_set_new(
		result, "twcc_feedbacks", json_integer((json_int_t)receiver_all.feedbacks));
	json_object_set_new(result, "latency_ms",
		spread(receiver_all.latencies_us, receiver_all.latency_count));
	json_object_set_new(result, "client_cpu_percent", round_to(100 * own_s / elapsed_s, 0.1));
	json_object_set_new(
		result, "publisher_late_ms", round_to((double)source->latest_us / 1e3, 0.1));
}

static int
run_all(json_t *result)
{
	everybody = calloc(options.subscribers + 1, sizeof *everybody);
	whys = json_object();
	begin(&everybody[0], 0, 0);
	count = 1;
	if (!run(is_published, PATIENCE_US) || everybody[0].down) {
		json_object_set_new(result, "error", json_string("no publisher"));
		json_object_set(result, "reasons", whys);
		return 1;
	}
	json_object_set_new(
		result, "encodings", json_integer(everybody[0].publisher.encoding_count));
	run(NULL, SETTLE_US);
	int64_t before_bytes = process_memory_bytes(options.pid);
	int64_t cpu_ns = process_cpu_ns(options.pid);
	joins_began_us = process_now_us();
	run(have_joined,
		PATIENCE_US + (int64_t)(options.subscribers / options.joins_a_second * 1e6));
	report_joins(result, process_cpu_ns(options.pid) - cpu_ns);
	run(NULL, SETTLE_US);
	json_object_set_new(result, "subscriber_kB",
		round_to((double)(process_memory_bytes(options.pid) - before_bytes) / 1e3 /
				 (options.subscribers > 0 ? options.subscribers : 1),
			0.1));
	measure(result);
	json_object_set_new(result, "down", json_integer(downs));
	if (downs > 0)
		json_object_set(result, "reasons", whys);
	for (unsigned i = 0; i < count; i++)
		finish(&everybody[i]);
	return downs > 0;
}

/* -- options -- */

static const struct option names[] = {
	{ "url", required_argument, NULL, 'u' },
	{ "pid", required_argument, NULL, 'p' },
	{ "subscribers", required_argument, NULL, 'n' },
	{ "join-rate", required_argument, NULL, 'j' },
	{ "seconds", required_argument, NULL, 's' },
	{ "encodings", required_argument, NULL, 'e' },
	{ "bps", required_argument, NULL, 'b' },
	{ "loss", required_argument, NULL, 'l' },
	{ "sample", required_argument, NULL, 'a' },
	{ "turn-us", required_argument, NULL, 't' },
	{ "share", required_argument, NULL, 'h' },
	{ "room", required_argument, NULL, 'r' },
	{ "unequal", no_argument, NULL, 'q' },
	{ "sink", no_argument, NULL, 'k' },
	{ "viewers", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'i' },
	{ "voice", no_argument, NULL, 'c' },
	{ "token", required_argument, NULL, 'o' },
	{ 0 },
};

static void
set_option(int letter)
{
	switch (letter) {
	case 'u':
		if (sscanf(optarg, "ws://%63[^:/]:%u", options.host, &options.port) == 2)
			return;
		fprintf(stderr, "load: not ws://ADDRESS:PORT: %s\n", optarg);
		exit(2);
	case 'p':
		options.pid = atoi(optarg);
		return;
	case 'n':
		options.subscribers = (unsigned)atoi(optarg);
		return;
	case 'j':
		options.joins_a_second = atof(optarg);
		return;
	case 's':
		options.seconds = atof(optarg);
		return;
	case 'e':
		options.encodings = atoi(optarg) > 1 ? PUBLISHER_ENCODINGS : 1;
		return;
	case 'b':
		options.bps = atoll(optarg);
		return;
	case 'l':
		options.loss_per_mille = (unsigned)(atof(optarg) * 10 + 0.5);
		return;
	case 'a':
		options.sample = (unsigned)atoi(optarg) > 0 ? (unsigned)atoi(optarg) : 1;
		return;
	case 't':
		options.turn_us = (unsigned)atoi(optarg);
		return;
	case 'h':
		options.share = (unsigned)atoi(optarg);
		if (options.share >= 1 && options.share <= BERTH_PLACES_MOST)
			return;
		fprintf(stderr, "load: --share is 1 to %d\n", BERTH_PLACES_MOST);
		exit(2);
	case 'r':
		options.room = atoll(optarg);
		return;
	case 'q':
		options.unequal = true;
		return;
	case 'k':
		options.sink = true;
		return;
	case 'v':
		options.viewers = true;
		return;
	case 'i':
		options.dark = options.quiet = true;
		return;
	case 'c':
		options.dark = true;
		return;
	case 'o':
		options.token = optarg;
		return;
	default:
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	for (int letter; (letter = getopt_long(argc, argv, "", names, NULL)) != -1;)
		set_option(letter);
	if (options.port == 0 || options.pid == 0 || options.joins_a_second <= 0) {
		fprintf(stderr, "load: --url ws://ADDRESS:PORT and --pid PID are needed\n");
		return 2;
	}
	process_raise_files();
	receiver_all.sound = options.dark;
	fingerprint = webrtc_init();
	epoll = epoll_create1(0);
	json_t *result = json_pack("{s:i, s:b, s:b}", "subscribers", (int)options.subscribers,
		"unequal", options.unequal, "sink", options.sink);
	int status = run_all(result);
	char *text = json_dumps(result, JSON_COMPACT | JSON_REAL_PRECISION(10));
	puts(text);
	free(text);
	json_decref(result);
	return status;
}
