/* SPDX-License-Identifier: Apache-2.0 */
/* The media side of the benchmarks: many WebRTC clients in one thread, told what to do by JSON
 * lines on standard input, reporting by JSON lines on standard output. The signalling side is
 * load.mjs. bench/README.md has the lines. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "webrtc.h"

enum {
	STREAMS = 2,
	PAYLOAD = 1188,
	FRAME_PACKETS = 4,
	FRAME_US = 32000,
	AUDIO_US = 20000,
	SAMPLES = 1 << 20
};

struct stream {
	uint32_t ssrc;
	uint16_t highest;
	uint64_t received, expected;
};

struct peer {
	struct peer *next;
	int id;
	webrtc *client;
	bool publishes, sampled, media, gone;
	int64_t opened_us;
	struct stream streams[STREAMS];
	/* what a publisher sends */
	uint32_t ssrc[STREAMS], timestamp[STREAMS];
	uint16_t sequence[STREAMS];
	uint8_t payload_type[STREAMS];
	int64_t due_us[STREAMS];
	bool keyframe;
	uint64_t sent, keyframes;
};

static struct peer *peers;
static int epoll;
static int32_t *latency_us; /* until the packet was at the client's socket */
static int32_t *read_us;    /* until the client had read it */
static size_t latency_count;
static uint64_t bytes_in, unverified;

static int64_t
now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
say(const struct peer *peer, const char *event, const char *why)
{
	printf("{\"id\":%d,\"event\":\"%s\",\"us\":%" PRId64 ",\"why\":\"%s\"}\n", peer->id, event,
		now_us() - peer->opened_us, why);
	fflush(stdout);
}

static void
on_up(void *data)
{
	struct peer *peer = data;
	peer->keyframe = true;
	peer->due_us[0] = peer->due_us[1] = now_us();
	say(peer, "up", "");
}

static void
on_down(void *data, const char *why)
{
	struct peer *peer = data;
	peer->gone = true;
	say(peer, "down", why);
}

static void
count(struct peer *peer, const uint8_t *packet)
{
	uint32_t ssrc = (uint32_t)packet[8] << 24 | packet[9] << 16 | packet[10] << 8 | packet[11];
	uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);

	for (int i = 0; i < STREAMS; i++) {
		struct stream *stream = &peer->streams[i];
		if (stream->received == 0) {
			*stream = (struct stream){ ssrc, sequence, 1, 1 };
			return;
		}
		if (stream->ssrc != ssrc)
			continue;
		int16_t step = (int16_t)(sequence - stream->highest);
		stream->received++;
		if (step > 0) {
			stream->expected += (uint64_t)step;
			stream->highest = sequence;
		}
		return;
	}
}

/* The publisher writes its clock behind the VP8 payload header. */
static void
sample(struct peer *peer, uint8_t *packet, size_t length)
{
	int64_t sent_us;

	if (!webrtc_unprotect(peer->client, packet, &length, false)) {
		unverified++;
		return;
	}
	if (length < PAYLOAD || latency_count == SAMPLES)
		return;
	memcpy(&sent_us, packet + length - sizeof sent_us, sizeof sent_us);
	int64_t now = now_us(), arrived_us = webrtc_arrived_us(peer->client);
	latency_us[latency_count] = (int32_t)((arrived_us != 0 ? arrived_us : now) - sent_us);
	read_us[latency_count++] = (int32_t)(now - sent_us);
}

static void
feedback(struct peer *peer, uint8_t *packet, size_t length)
{
	if (!peer->publishes || !webrtc_unprotect(peer->client, packet, &length, true))
		return;
	for (size_t at = 0; at + 8 <= length;
		at += 4u * ((size_t)(packet[at + 2] << 8 | packet[at + 3]) + 1))
		if (packet[at + 1] == 206 && ((packet[at] & 31) == 1 || (packet[at] & 31) == 4))
			peer->keyframe = true;
}

static void
on_media(void *data, uint8_t *packet, size_t length)
{
	struct peer *peer = data;

	if (length < 12)
		return;
	if (packet[1] >= 192 && packet[1] < 224) {
		feedback(peer, packet, length);
		return;
	}
	bytes_in += length;
	count(peer, packet);
	if (!peer->media) {
		peer->media = true;
		say(peer, "media", "");
	}
	if (peer->sampled)
		sample(peer, packet, length);
}

static const webrtc_listener listener = { on_up, on_down, on_media };

/* -- publishing -- */

static void
send_rtp(struct peer *peer, int stream, bool marker, const uint8_t *payload, size_t length)
{
	uint8_t packet[1500] = { 0x80, (uint8_t)(peer->payload_type[stream] | marker << 7) };
	uint16_t sequence = peer->sequence[stream]++;
	uint32_t timestamp = peer->timestamp[stream], ssrc = peer->ssrc[stream];

	packet[2] = (uint8_t)(sequence >> 8), packet[3] = (uint8_t)sequence;
	for (int i = 0; i < 4; i++) {
		packet[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
		packet[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
	}
	memcpy(packet + 12, payload, length);
	webrtc_send(peer->client, packet, 12 + length, false);
	peer->sent++;
}

/* One frame of VP8 (RFC 7741) in equal packets: about 1.2 Mbit/s at 31 frames a second. */
static void
send_frame(struct peer *peer)
{
	static const uint8_t key[] = { 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01 };
	uint8_t payload[PAYLOAD] = { 0 };
	int64_t clock_us;

	for (int i = 0; i < FRAME_PACKETS; i++) {
		memset(payload, 0, 16);
		if (i == 0 && peer->keyframe)
			memcpy(payload, key, sizeof key);
		else if (i == 0)
			payload[0] = 0x10, payload[1] = 0x01;
		clock_us = now_us();
		memcpy(payload + PAYLOAD - sizeof clock_us, &clock_us, sizeof clock_us);
		send_rtp(peer, 1, i == FRAME_PACKETS - 1, payload, PAYLOAD);
	}
	peer->keyframes += peer->keyframe;
	peer->keyframe = false;
	peer->timestamp[1] += 90 * FRAME_US / 1000;
}

static void
publish(struct peer *peer, int64_t now)
{
	static const uint8_t opus[80] = { 0x78 };

	while (peer->due_us[0] <= now) {
		send_rtp(peer, 0, false, opus, sizeof opus);
		peer->timestamp[0] += 960;
		peer->due_us[0] += AUDIO_US;
	}
	while (peer->due_us[1] <= now) {
		send_frame(peer);
		peer->due_us[1] += FRAME_US;
	}
}

/* -- orders -- */

static void
watch(struct peer *peer)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };
	epoll_ctl(epoll, EPOLL_CTL_ADD, webrtc_fd(peer->client), &event);
}

static void
open_peer(json_t *order)
{
	struct peer *peer = calloc(1, sizeof *peer);
	const char *ufrag, *pwd, *remote_ufrag, *remote_pwd, *host;
	int port, server = 0, publishes = 0, sampled = 0, audio_pt = 111, video_pt = 96;
	json_int_t audio_ssrc = 1, video_ssrc = 2;
	json_error_t error;

	if (json_unpack_ex(order, &error, 0,
		    "{s:i, s:s, s:s, s:s, s:s, s:s, s:i, s?b, s?b, s?b, s?i, s?i, s?I, s?I}", "id",
		    &peer->id, "ufrag", &ufrag, "pwd", &pwd, "remote_ufrag", &remote_ufrag,
		    "remote_pwd", &remote_pwd, "host", &host, "port", &port, "dtls_server", &server,
		    "publishes", &publishes, "sampled", &sampled, "audio_pt", &audio_pt, "video_pt",
		    &video_pt, "audio_ssrc", &audio_ssrc, "video_ssrc", &video_ssrc) < 0) {
		fprintf(stderr, "bad order: %s\n", error.text);
		free(peer);
		return;
	}
	peer->publishes = publishes, peer->sampled = sampled;
	peer->payload_type[0] = (uint8_t)audio_pt, peer->payload_type[1] = (uint8_t)video_pt;
	peer->ssrc[0] = (uint32_t)audio_ssrc, peer->ssrc[1] = (uint32_t)video_ssrc;
	peer->opened_us = now_us();
	peer->client = webrtc_new(ufrag, pwd, remote_ufrag, remote_pwd, host, (uint16_t)port,
		server, &listener, peer);
	if (peer->sampled)
		webrtc_note_arrivals(peer->client);
	peer->next = peers;
	peers = peer;
	watch(peer);
}

static void
close_peer(int id)
{
	for (struct peer **at = &peers; *at != NULL; at = &(*at)->next)
		if ((*at)->id == id) {
			struct peer *gone = *at;
			*at = gone->next;
			webrtc_free(gone->client);
			free(gone);
			return;
		}
}

static int
by_value(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

static int
percentile(int32_t *values, int percent)
{
	qsort(values, latency_count, sizeof *values, by_value);
	return latency_count > 0 ? values[latency_count * (size_t)percent / 100] : 0;
}

/* What came since the last report. */
static void
report(void)
{
	uint64_t received = 0, expected = 0, sent = 0, keyframes = 0;
	struct rusage usage;

	for (struct peer *peer = peers; peer != NULL; peer = peer->next) {
		for (int i = 0; i < STREAMS; i++) {
			received += peer->streams[i].received;
			expected += peer->streams[i].expected;
			peer->streams[i].expected = peer->streams[i].received > 0;
			peer->streams[i].received = peer->streams[i].received > 0;
		}
		sent += peer->sent, keyframes += peer->keyframes;
		peer->sent = peer->keyframes = 0;
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"event\":\"report\",\"received\":%" PRIu64 ",\"expected\":%" PRIu64
	       ",\"bytes\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"keyframes\":%" PRIu64
	       ",\"unverified\":%" PRIu64 ",\"samples\":%zu,\"p50_us\":%d,\"p99_us\":%d"
	       ",\"read_p50_us\":%d,\"read_p99_us\":%d}\n",
		received, expected, bytes_in, sent, keyframes, unverified, latency_count,
		percentile(latency_us, 50), percentile(latency_us, 99), percentile(read_us, 50),
		percentile(read_us, 99));
	fflush(stdout);
	bytes_in = 0;
	latency_count = 0;
}

static void
obey(const char *line)
{
	json_t *order = json_loads(line, 0, NULL);
	const char *op = json_string_value(json_object_get(order, "op"));

	if (op == NULL)
		fprintf(stderr, "not an order: %s\n", line);
	else if (strcmp(op, "open") == 0)
		open_peer(order);
	else if (strcmp(op, "close") == 0)
		close_peer((int)json_integer_value(json_object_get(order, "id")));
	else if (strcmp(op, "report") == 0)
		report();
	json_decref(order);
}

/* False at the end of the orders. */
static bool
read_orders(void)
{
	static char text[1 << 16];
	static size_t used;
	ssize_t got = read(0, text + used, sizeof text - used - 1);
	char *end;

	if (got == 0 || (got < 0 && errno != EAGAIN) || used == sizeof text - 1)
		return false;
	used += got > 0 ? (size_t)got : 0;
	text[used] = '\0';
	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		obey(text);
		used -= (size_t)(end + 1 - text);
		memmove(text, end + 1, used + 1);
	}
	return true;
}

static void
tick(int timer)
{
	uint64_t ticks;
	int64_t now = now_us();
	static unsigned turn;

	(void)!read(timer, &ticks, sizeof ticks);
	turn++;
	for (struct peer *peer = peers; peer != NULL; peer = peer->next) {
		if (peer->publishes && peer->keyframe + peer->due_us[0] > 0 && !peer->gone &&
			peer->due_us[0])
			publish(peer, now);
		if (turn % 5 == 0)
			webrtc_tick(peer->client, now);
	}
}

int
main(void)
{
	struct epoll_event events[256], order = { .events = EPOLLIN },
					alarm = { .events = EPOLLIN, .data.u64 = 1 };
	struct itimerspec period = { { 0, 4000000 }, { 0, 4000000 } };
	struct rlimit files;
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	latency_us = malloc(SAMPLES * sizeof *latency_us);
	read_us = malloc(SAMPLES * sizeof *read_us);
	printf("{\"event\":\"ready\",\"fingerprint\":\"%s\"}\n", webrtc_init());
	fflush(stdout);
	fcntl(0, F_SETFL, O_NONBLOCK);
	epoll = epoll_create1(0);
	timerfd_settime(timer, 0, &period, NULL);
	epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &order);
	epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &alarm);
	for (;;) {
		int count = epoll_wait(epoll, events, 256, -1);
		/* Orders last: they may free a peer whose event is in this batch. */
		bool orders = false;
		for (int i = 0; i < count; i++) {
			if (events[i].data.u64 == 0)
				orders = true;
			else if (events[i].data.u64 == 1)
				tick(timer);
			else
				webrtc_readable(((struct peer *)events[i].data.ptr)->client);
		}
		if (orders && !read_orders())
			break;
	}
	while (peers != NULL)
		close_peer(peers->id);
	free(latency_us);
	free(read_us);
	return 0;
}
