/* SPDX-License-Identifier: Apache-2.0 */
/* floor [KEYS [SECONDS]]: what no server can do without. For each key in turn: copy the payload
 * behind a header, encrypt by AES-128-GCM with a kept context, send over loopback; the same camera
 * and microphone as load.c publishes. Prints CPU microseconds of the sending thread per packet:
 *
 * alone  each packet of a camera by a send of its own, as fast as it goes
 * whole  each frame, its packets made equal, by one segmented send
 * mix    the same, and between the frames sound, which is alone whatever a server does
 * paced  the mix at the pace of a real camera, asleep in between: caches are cold again each time
 * latency  of that: milliseconds from the frame until it is sent to a viewer
 *
 * The viewers look by the clock, as those of load.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "frames.h"
#include "process.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
	KEYS_MOST = 2000,
	HEADER = 12,
	SOUND = 80,
	TAG = 16,
	PACKETS = 200000, /* of a measurement */
	BPS = 1200000,
	SOUNDS = 5, /* for three frames */
	TURN_US = 1000,
	SAMPLES_MOST = 1 << 20,
	SAMPLED = 20, /* each such viewer is looked at, as by load.c */
};

static struct {
	EVP_CIPHER_CTX *cipher;
	struct sockaddr_in address;
} viewers[KEYS_MOST];

static int keys = 100, sender;
static uint64_t number;
static int64_t frame_began_us; /* 0: no latency is measured */
static int32_t latencies_us[SAMPLES_MOST];
static size_t latency_count;

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
sleep_us(int64_t us)
{
	const struct timespec span = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&span, NULL);
}

/* The viewers read what they are sent, on another core. */
static void *
drain(void *data)
{
	struct epoll_event events[512];
	static char buffer[65536];
	int epoll = *(int *)data;

	for (;;) {
		int count = epoll_wait(epoll, events, 512, 0);
		for (int i = 0; i < count; i++)
			while (recv(events[i].data.fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
				;
		if (count < 512)
			sleep_us(TURN_US);
	}
	return NULL;
}

static void
open_viewer(int index, int epoll)
{
	uint8_t key[16] = { (uint8_t)index, (uint8_t)(index >> 8) };
	struct sockaddr_in any = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof any;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int bytes = 1 << 20;

	viewers[index].cipher = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(viewers[index].cipher, EVP_aes_128_gcm(), NULL, key, NULL);
	event.data.fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(event.data.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	bind(event.data.fd, (struct sockaddr *)&any, sizeof any);
	getsockname(event.data.fd, (struct sockaddr *)&viewers[index].address, &size);
	epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
}

static void
protect(int index, const uint8_t *payload, int payload_length, uint8_t *out)
{
	uint8_t iv[12] = { 0 };
	int length;

	number++;
	memcpy(iv + 4, &number, sizeof number);
	memcpy(out, iv, HEADER);
	EVP_EncryptInit_ex(viewers[index].cipher, NULL, NULL, NULL, iv);
	EVP_EncryptUpdate(viewers[index].cipher, NULL, &length, out, HEADER);
	EVP_EncryptUpdate(viewers[index].cipher, out + HEADER, &length, payload, payload_length);
	EVP_EncryptFinal_ex(viewers[index].cipher, out + HEADER + payload_length, &length);
	EVP_CIPHER_CTX_ctrl(
		viewers[index].cipher, EVP_CTRL_AEAD_GET_TAG, TAG, out + HEADER + payload_length);
}

/* `count` packets of one length, which lie one behind the other. */
static void
send_group(int index, uint8_t *packets, size_t count, size_t packet_length)
{
	uint8_t control[CMSG_SPACE(sizeof(uint16_t))] = { 0 };
	struct iovec bytes = { packets, count * packet_length };
	struct msghdr message = { .msg_name = &viewers[index].address,
		.msg_namelen = sizeof viewers[index].address,
		.msg_iov = &bytes,
		.msg_iovlen = 1 };

	if (count > 1) {
		message.msg_control = control;
		message.msg_controllen = sizeof control;
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		*header = (struct cmsghdr){ .cmsg_level = SOL_UDP,
			.cmsg_type = UDP_SEGMENT,
			.cmsg_len = CMSG_LEN(sizeof(uint16_t)) };
		uint16_t size = (uint16_t)packet_length;
		memcpy(CMSG_DATA(header), &size, sizeof size);
	}
	(void)!sendmsg(sender, &message, 0);
}

/* Each packet counts, as it does for who receives it. */
static void
note_latency(int index, size_t packets)
{
	if (frame_began_us == 0 || index % SAMPLED != 0)
		return;
	int32_t latency_us = (int32_t)(process_now_us() - frame_began_us);
	for (size_t i = 0; i < packets && latency_count < SAMPLES_MOST; i++)
		latencies_us[latency_count++] = latency_us;
}

/* `count` packets to each viewer, `together` at a time. */
static void
send_all(size_t count, size_t together, int payload)
{
	static uint8_t source[FRAME_PAYLOAD_MOST], packets[65536];
	size_t length = HEADER + (size_t)payload + TAG;

	for (int index = 0; index < keys; index++)
		for (size_t sent = 0; sent < count; sent += together) {
			size_t run = count - sent < together ? count - sent : together;
			for (size_t i = 0; i < run; i++)
				protect(index, source, payload, packets + i * length);
			send_group(index, packets, run, length);
			note_latency(index, run);
		}
}

static void
send_frame(frames *camera, bool whole)
{
	frame next;

	frames_next(camera, false, &next);
	send_all(next.count, whole ? next.count : 1, next.payloads[next.count - 1]);
}

static double
measure(bool whole, bool sound)
{
	frames camera = frames_of(BPS, false, 7);
	uint64_t first = number;
	double began = cpu_us();

	for (int round = 0; number - first < PACKETS; round++) {
		send_frame(&camera, whole);
		for (int i = 0; sound && i < (round % 3 == 0 ? 1 : 2); i++)
			send_all(1, 1, SOUND);
	}
	return (cpu_us() - began) / (double)(number - first);
}

static int
by_value(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static void
print_latency(void)
{
	qsort(latencies_us, latency_count, sizeof *latencies_us, by_value);
	printf("\"latency_ms\": {\"p50\": %.2f, \"p99\": %.2f}}\n",
		latencies_us[latency_count / 2] / 1e3,
		latencies_us[latency_count * 99 / 100] / 1e3);
}

static double
measure_paced(double seconds)
{
	frames camera = frames_of(BPS, false, 7);
	uint64_t first = number;
	int64_t now_us = process_now_us(), end_us = now_us + (int64_t)(seconds * 1e6);
	int64_t frame_us = now_us, sound_us = now_us + 7000;
	double began = cpu_us();

	while (now_us < end_us) {
		if (frame_us <= now_us) {
			frame_began_us = now_us;
			send_frame(&camera, true);
			frame_began_us = 0;
			frame_us += 1000000 / FRAMES_A_SECOND;
		}
		if (sound_us <= now_us) {
			send_all(1, 1, SOUND);
			sound_us += 20000;
		}
		now_us = process_now_us();
		int64_t next_us = frame_us < sound_us ? frame_us : sound_us;
		if (next_us > now_us)
			sleep_us(next_us - now_us);
		now_us = process_now_us();
	}
	return (cpu_us() - began) / (double)(number - first);
}

int
main(int argc, char **argv)
{
	int epoll = epoll_create1(0);
	double seconds = argc > 2 ? atof(argv[2]) : 5;
	pthread_t thread;

	if (argc > 1)
		keys = atoi(argv[1]);
	if (keys < 1 || keys > KEYS_MOST)
		return 2;
	process_raise_files();
	sender = socket(AF_INET, SOCK_DGRAM, 0);
	for (int i = 0; i < keys; i++)
		open_viewer(i, epoll);
	pthread_create(&thread, NULL, drain, &epoll);
	measure(false, false);
	printf("{\"keys\": %d, \"alone_us\": %.2f, ", keys, measure(false, false));
	printf("\"whole_us\": %.2f, ", measure(true, false));
	printf("\"mix_us\": %.2f, ", measure(true, true));
	printf("\"paced_us\": %.2f, ", measure_paced(seconds));
	print_latency();
	return 0;
}
