/* SPDX-License-Identifier: Apache-2.0 */
/* The floor: what no server can do without. For each of 100 keys in turn: copy 1,188 bytes of
 * payload behind a header, encrypt by AES-128-GCM with a kept context, send over loopback. Four
 * equal packets leave as one segmented send in the second row; the third has the load of peers.c:
 * frames of four packets, and between them 50 packets of sound for 125 of video, each alone.
 * Prints CPU microseconds of the sending thread per packet, user and system. */
#include <arpa/inet.h>
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

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
	KEYS = 100,
	HEADER = 12,
	PAYLOAD = 1188,
	SOUND = 80,
	TAG = 16,
	PACKET = HEADER + PAYLOAD + TAG,
	GROUP = 4,
	ROUNDS = 2000
};

static struct {
	EVP_CIPHER_CTX *cipher;
	struct sockaddr_in address;
	int receiver;
} viewers[KEYS];

static double
cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The viewers read what they are sent, on another core. */
static void *
drain(void *data)
{
	struct epoll_event events[KEYS];
	static char buffer[65536];
	int epoll = *(int *)data;

	for (;;) {
		int count = epoll_wait(epoll, events, KEYS, -1);
		for (int i = 0; i < count; i++)
			while (recv(events[i].data.fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
				;
	}
	return NULL;
}

static void
open_viewer(int index, int epoll)
{
	uint8_t key[16] = { (uint8_t)index };
	struct sockaddr_in any = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof any;
	struct epoll_event event = { .events = EPOLLIN };
	int bytes = 1 << 20;

	viewers[index].cipher = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(viewers[index].cipher, EVP_aes_128_gcm(), NULL, key, NULL);
	event.data.fd = viewers[index].receiver = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(event.data.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	bind(event.data.fd, (struct sockaddr *)&any, sizeof any);
	getsockname(event.data.fd, (struct sockaddr *)&viewers[index].address, &size);
	epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
}

static void
protect(int index, uint64_t number, const uint8_t *payload, int payload_length, uint8_t *out)
{
	uint8_t iv[12] = { 0 };
	int length;

	memcpy(iv + 4, &number, sizeof number);
	memcpy(out, iv, HEADER);
	EVP_EncryptInit_ex(viewers[index].cipher, NULL, NULL, NULL, iv);
	EVP_EncryptUpdate(viewers[index].cipher, NULL, &length, out, HEADER);
	EVP_EncryptUpdate(viewers[index].cipher, out + HEADER, &length, payload, payload_length);
	EVP_EncryptFinal_ex(viewers[index].cipher, out + HEADER + payload_length, &length);
	EVP_CIPHER_CTX_ctrl(
		viewers[index].cipher, EVP_CTRL_AEAD_GET_TAG, TAG, out + HEADER + payload_length);
}

static void
send_group(int socket, int index, uint8_t *packets, int count, int packet_length)
{
	uint8_t control[CMSG_SPACE(sizeof(uint16_t))] = { 0 };
	struct iovec bytes = { packets, (size_t)(count * packet_length) };
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
		uint16_t size = PACKET;
		memcpy(CMSG_DATA(header), &size, sizeof size);
	}
	(void)!sendmsg(socket, &message, 0);
}

static double
measure(int socket, int group)
{
	static uint8_t payload[PAYLOAD], packets[GROUP * PACKET];
	uint64_t number = 0;
	double began = cpu_us();

	for (int round = 0; round < ROUNDS / group; round++)
		for (int index = 0; index < KEYS; index++) {
			for (int i = 0; i < group; i++)
				protect(index, ++number, payload, PAYLOAD, packets + i * PACKET);
			send_group(socket, index, packets, group, PACKET);
		}
	return (cpu_us() - began) / (double)number;
}

/* As the server gets it: a frame for all, then sound for all. */
static double
measure_load(int socket)
{
	static const int sounds[] = { 2, 1, 2, 1, 2 }; /* a frame: 8 for 20 packets of video */
	static uint8_t payload[PAYLOAD], packets[GROUP * PACKET];
	uint64_t number = 0;
	double began = cpu_us();

	for (int round = 0; round < ROUNDS / GROUP; round++) {
		for (int index = 0; index < KEYS; index++) {
			for (int i = 0; i < GROUP; i++)
				protect(index, ++number, payload, PAYLOAD, packets + i * PACKET);
			send_group(socket, index, packets, GROUP, PACKET);
		}
		for (int sound = 0; sound < sounds[round % 5]; sound++)
			for (int index = 0; index < KEYS; index++) {
				protect(index, ++number, payload, SOUND, packets);
				send_group(socket, index, packets, 1, HEADER + SOUND + TAG);
			}
	}
	return (cpu_us() - began) / (double)number;
}

int
main(void)
{
	int epoll = epoll_create1(0), sender = socket(AF_INET, SOCK_DGRAM, 0);
	pthread_t thread;

	for (int i = 0; i < KEYS; i++)
		open_viewer(i, epoll);
	pthread_create(&thread, NULL, drain, &epoll);
	measure(sender, 1);
	printf("{\"single_us\": %.2f, ", measure(sender, 1));
	printf("\"segmented_us\": %.2f, ", measure(sender, GROUP));
	printf("\"load_us\": %.2f}\n", measure_load(sender));
	return 0;
}
