/* SPDX-License-Identifier: Apache-2.0 */
/* members --url ws://HOST:PORT --pid PID [--members N] [--join-rate N] [--messages N]: N students
 * in one room of the class and its chat, a WebSocket each, without media. Prints one JSON object:
 * how long they took to join, what each costs, what idling costs, and how long a message takes to
 * reach all of them. In one thread, which reads them all: its own time is part of what it measures,
 * and reported. */
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

#include "process.h"
#include "websocket.h"

enum {
	EVENTS = 512,
	TURN_US = 1000,
	SETTLE_US = 3000000,
	IDLE_US = 10000000,
	PATIENCE_US = 120000000,
	MESSAGE_EVERY_US = 500000,
	KEEPALIVE_US = 25000000, /* as the clients of the Janus API and ours do */
	ROOM = 9100,
};

typedef enum {
	CREATING,
	ATTACHING_CLASS,
	MAKING_ROOM,
	JOINING_CLASS,
	ATTACHING_CHAT,
	JOINING_CHAT,
	JOINED
} step;

typedef struct {
	unsigned id;
	websocket *socket;
	step step;
	bool down;
	int64_t session, class, chat, began_us, keepalive_us;
	int32_t joined_us; /* how long it took */
} member;

static struct {
	char host[64];
	unsigned port;
	int pid;
	unsigned members, messages;
	double joins_a_second;
} options = { .host = "127.0.0.1", .members = 10000, .messages = 20, .joins_a_second = 250 };

static member *everybody;
static unsigned begun, joined, downs;
static int epoll;
static int32_t *latencies_us; /* of all messages to all */
static size_t latency_count;
static const char *first_why;

static void
give_up(member *self, const char *why)
{
	if (!self->down && first_why == NULL)
		first_why = strdup(why != NULL ? why : "no reason given");
	downs += !self->down;
	self->down = true;
}

static void
say(member *self, int64_t handle, json_t *request)
{
	json_object_set_new(request, "transaction", json_string("t"));
	if (self->session != 0)
		json_object_set_new(request, "session_id", json_integer(self->session));
	if (handle != 0)
		json_object_set_new(request, "handle_id", json_integer(handle));
	char *text = json_dumps(request, JSON_COMPACT);
	websocket_send(self->socket, text, strlen(text));
	free(text);
	json_decref(request);
}

static void
attach(member *self, const char *plugin)
{
	say(self, 0, json_pack("{s:s, s:s}", "janus", "attach", "plugin", plugin));
}

static void
ask(member *self, int64_t handle, json_t *body)
{
	say(self, handle, json_pack("{s:s, s:o}", "janus", "message", "body", body));
}

/* What a member does next, after the answer to what it did. */
static void
advance(member *self, json_int_t id)
{
	if (self->step == ATTACHING_CLASS && self->id > 0)
		self->step = MAKING_ROOM; /* the first has made it */
	switch (self->step++) {
	case CREATING:
		self->session = id;
		attach(self, "aula.plugin.classroom");
		break;
	case ATTACHING_CLASS:
		self->class = id;
		ask(self, id, json_pack("{s:s, s:i}", "request", "create", "room", ROOM));
		break;
	case MAKING_ROOM:
		if (self->id > 0)
			self->class = id;
		ask(self, self->class,
			json_pack("{s:s, s:s, s:i}", "request", "join", "ptype", "publisher",
				"room", ROOM));
		break;
	case JOINING_CLASS:
		attach(self, "aula.plugin.chat");
		break;
	case ATTACHING_CHAT:
		self->chat = id;
		ask(self, id, json_pack("{s:s, s:i}", "request", "join", "room", ROOM));
		break;
	case JOINING_CHAT:
		self->joined_us = (int32_t)(process_now_us() - self->began_us);
		self->keepalive_us = process_now_us();
		joined++;
		break;
	case JOINED:
		break;
	}
}

static void
on_opened(void *data)
{
	say(data, 0, json_pack("{s:s}", "janus", "create"));
}

/* Messages are found without reading the JSON: ten thousand copies come at once. */
static void
on_text(void *data, char *text, size_t length)
{
	member *self = data;
	const char *clock = self->step == JOINED ? strstr(text, "clock=") : NULL;

	if (clock != NULL) {
		if (latency_count < (size_t)options.members * options.messages)
			latencies_us[latency_count++] =
				(int32_t)(process_now_us() - strtoll(clock + 6, NULL, 10));
		return;
	}
	if (self->step == JOINED)
		return;
	json_t *reply = json_loadb(text, length, 0, NULL);
	const char *kind = json_string_value(json_object_get(reply, "janus"));
	json_t *body = json_object_get(json_object_get(reply, "plugindata"), "data");
	const char *error = json_string_value(json_object_get(body, "error"));
	if (kind == NULL || strcmp(kind, "error") == 0)
		give_up(self, text);
	else if (error != NULL)
		give_up(self, error);
	else if (strcmp(kind, "ack") != 0 && json_object_get(reply, "transaction") != NULL)
		advance(self,
			json_integer_value(json_object_get(json_object_get(reply, "data"), "id")));
	json_decref(reply);
}

static void
on_closed(void *data, const char *why)
{
	give_up(data, why);
}

static void
begin(member *self, unsigned id)
{
	static const websocket_listener listener = { on_opened, on_text, on_closed };

	*self = (member){ .id = id, .began_us = process_now_us() };
	self->socket = websocket_new(
		options.host, (uint16_t)options.port, "janus-protocol", &listener, self);
	if (self->socket == NULL) {
		give_up(self, strerror(errno));
		return;
	}
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = self };
	epoll_ctl(epoll, EPOLL_CTL_ADD, websocket_fd(self->socket), &event);
}

static void
look(void)
{
	struct epoll_event events[EVENTS];
	int ready;

	do {
		ready = epoll_wait(epoll, events, EVENTS, 0);
		for (int i = 0; i < ready; i++) {
			member *one = events[i].data.ptr;
			if (!one->down)
				websocket_ready(one->socket);
		}
	} while (ready == EVENTS);
}

static void
keep_alive(int64_t now_us)
{
	static unsigned next;

	for (unsigned n = 0; n < begun / 100 + 1 && begun > 0; n++, next++) {
		member *one = &everybody[next % begun];
		if (one->down || one->step != JOINED || now_us - one->keepalive_us < KEEPALIVE_US)
			continue;
		one->keepalive_us = now_us;
		say(one, 0, json_pack("{s:s}", "janus", "keepalive"));
	}
}

/* Runs until `done`, or for so long; false: it took longer. */
static bool
run(bool (*done)(int64_t now_us), int64_t most_us)
{
	const struct timespec turn = { 0, TURN_US * 1000 };
	int64_t now_us = process_now_us(), end_us = now_us + most_us;

	for (; now_us < end_us; now_us = process_now_us()) {
		if (done != NULL && done(now_us))
			return true;
		look();
		keep_alive(now_us);
		nanosleep(&turn, NULL);
	}
	return done == NULL;
}

static int64_t joins_began_us;

static bool
have_joined(int64_t now_us)
{
	unsigned due =
		(unsigned)((double)(now_us - joins_began_us) / 1e6 * options.joins_a_second) + 1;

	/* The first makes the room. */
	if (begun == 1 && joined == 0)
		due = 1;
	for (; begun < options.members && begun < due; begun++)
		begin(&everybody[begun], begun);
	return begun == options.members && joined + downs >= begun;
}

static unsigned sent;
static int64_t send_at_us;

static bool
have_heard(int64_t now_us)
{
	if (sent < options.messages && now_us >= send_at_us) {
		ask(&everybody[0], everybody[0].chat,
			json_pack("{s:s, s:o}", "request", "message", "text",
				json_sprintf(
					"Good morning, class. clock=%" PRId64, process_now_us())));
		sent++;
		send_at_us = now_us + MESSAGE_EVERY_US;
	}
	return sent == options.messages && latency_count >= (size_t)options.messages * joined;
}

static int
by_value(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static double
rounded(double value, double unit)
{
	return (double)(int64_t)(value / unit + 0.5) * unit;
}

static json_t *
spread(int32_t *values_us, size_t length)
{
	if (length == 0)
		return json_null();
	qsort(values_us, length, sizeof *values_us, by_value);
	return json_pack("{s:f, s:f, s:f}", "p50", rounded(values_us[length / 2] / 1e3, 0.1), "p99",
		rounded(values_us[length * 99 / 100] / 1e3, 0.1), "max",
		rounded(values_us[length - 1] / 1e3, 0.1));
}

static void
put(json_t *result, const char *name, double value, double unit)
{
	json_object_set_new(result, name, json_real(rounded(value, unit)));
}

static void
join_all(json_t *result)
{
	int64_t before_bytes = process_memory_bytes(options.pid);
	int64_t cpu_ns = process_cpu_ns(options.pid);

	joins_began_us = process_now_us();
	run(have_joined, PATIENCE_US);
	double took_s = (double)(process_now_us() - joins_began_us) / 1e6;
	int32_t *times_us = calloc(begun, sizeof *times_us);
	size_t length = 0;
	for (unsigned i = 0; i < begun; i++)
		if (everybody[i].step == JOINED)
			times_us[length++] = everybody[i].joined_us;
	json_object_set_new(result, "joined", json_integer(joined));
	put(result, "joined_in_s", took_s, 0.1);
	json_object_set_new(result, "join_ms", spread(times_us, length));
	put(result, "join_cpu_ms",
		(double)(process_cpu_ns(options.pid) - cpu_ns) / 1e6 / (joined > 0 ? joined : 1),
		0.001);
	free(times_us);
	run(NULL, SETTLE_US);
	put(result, "member_kB",
		(double)(process_memory_bytes(options.pid) - before_bytes) / 1e3 /
			(joined > 0 ? joined : 1),
		0.1);
}

int
main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "pid", required_argument, NULL, 'p' },
		{ "members", required_argument, NULL, 'n' },
		{ "join-rate", required_argument, NULL, 'j' },
		{ "messages", required_argument, NULL, 'm' },
		{ 0 },
	};

	for (int letter; (letter = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		if (letter == 'u')
			sscanf(optarg, "ws://%63[^:/]:%u", options.host, &options.port);
		else if (letter == 'p')
			options.pid = atoi(optarg);
		else if (letter == 'n')
			options.members = (unsigned)atoi(optarg);
		else if (letter == 'j')
			options.joins_a_second = atof(optarg);
		else if (letter == 'm')
			options.messages = (unsigned)atoi(optarg);
		else
			return 2;
	}
	if (options.port == 0 || options.pid == 0 || options.members == 0) {
		fprintf(stderr, "members: --url ws://ADDRESS:PORT and --pid PID are needed\n");
		return 2;
	}
	process_raise_files();
	everybody = calloc(options.members, sizeof *everybody);
	latencies_us = calloc((size_t)options.members * options.messages + 1, sizeof *latencies_us);
	epoll = epoll_create1(0);
	json_t *result = json_pack("{s:i}", "members", (int)options.members);
	join_all(result);
	int64_t began_us = process_now_us(), cpu_ns = process_cpu_ns(options.pid);
	run(NULL, IDLE_US);
	put(result, "idle_cpu_percent",
		(double)(process_cpu_ns(options.pid) - cpu_ns) / 1e7 /
			((double)(process_now_us() - began_us) / 1e6),
		0.01);
	int64_t own_ns = process_cpu_ns(getpid());
	cpu_ns = process_cpu_ns(options.pid);
	run(have_heard, PATIENCE_US / 4);
	double copies = latency_count > 0 ? (double)latency_count : 1;
	put(result, "message_cpu_us", (double)(process_cpu_ns(options.pid) - cpu_ns) / 1e3 / copies,
		0.01);
	put(result, "client_cpu_us", (double)(process_cpu_ns(getpid()) - own_ns) / 1e3 / copies,
		0.01);
	json_object_set_new(result, "copies", json_integer((json_int_t)latency_count));
	json_object_set_new(result, "message_ms", spread(latencies_us, latency_count));
	json_object_set_new(result, "down", json_integer(downs));
	if (first_why != NULL)
		json_object_set_new(result, "first_down", json_string(first_why));
	char *text = json_dumps(result, JSON_COMPACT | JSON_REAL_PRECISION(10));
	puts(text);
	free(text);
	json_decref(result);
	return downs > 0;
}
