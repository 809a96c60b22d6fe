/* SPDX-License-Identifier: Apache-2.0 */
#include "berth.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, DATAGRAM = 2048, SOCKET_BYTES = 1 << 20 };

struct berth {
	int fd;
	struct sockaddr_in to;
	unsigned places, taken, present, sunk;
	void *users[BERTH_PLACES_MOST];
};

static berth *latest;

static void
open_socket(berth *self)
{
	const int bytes = SOCKET_BYTES, yes = 1;

	self->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(self->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	setsockopt(self->fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
	if (self->places > 1) {
		struct sockaddr_in any = { .sin_family = AF_INET };
		setsockopt(self->fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
		if (bind(self->fd, (struct sockaddr *)&any, sizeof any) < 0)
			perror("bind");
	} else if (connect(self->fd, (struct sockaddr *)&self->to, sizeof self->to) < 0) {
		perror("connect");
	}
}

berth *
berth_join(const char *host, uint16_t port, unsigned places, void *user, unsigned *ret_place)
{
	berth *self = latest;

	if (self == NULL || self->taken == self->places || self->places != places) {
		self = calloc(1, sizeof *self);
		self->places = places;
		self->to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		inet_pton(AF_INET, host, &self->to.sin_addr);
		open_socket(self);
		latest = places > 1 ? self : latest;
	}
	*ret_place = self->taken++;
	self->present++;
	self->users[*ret_place] = user;
	return self;
}

void
berth_leave(berth *self, unsigned place)
{
	self->users[place] = NULL;
	if (--self->present > 0)
		return;
	if (latest == self)
		latest = NULL;
	close(self->fd);
	free(self);
}

int
berth_fd(const berth *self)
{
	return self->fd;
}

void
berth_remote(const berth *self, uint32_t *ret_address, uint16_t *ret_port)
{
	*ret_address = self->to.sin_addr.s_addr;
	*ret_port = self->to.sin_port;
}

/* -- datagrams -- */

void
berth_send(berth *self, unsigned place, const void *data, size_t length)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in_pktinfo))] = { 0 };
	struct iovec bytes = { (void *)data, length };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

	if (self->places > 1) {
		struct in_pktinfo from = { .ipi_spec_dst.s_addr = htonl(INADDR_LOOPBACK + place) };
		message.msg_name = &self->to;
		message.msg_namelen = sizeof self->to;
		message.msg_control = control;
		message.msg_controllen = sizeof control;
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		*header = (struct cmsghdr){ .cmsg_level = IPPROTO_IP,
			.cmsg_type = IP_PKTINFO,
			.cmsg_len = CMSG_LEN(sizeof from) };
		memcpy(CMSG_DATA(header), &from, sizeof from);
	}
	(void)!sendmsg(self->fd, &message, 0);
}

static int64_t
clock_us(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* When it came, by the kernel's note, and for whom. */
static unsigned
read_control(struct msghdr *header, int64_t *ret_arrived_us)
{
	struct timespec t;
	struct in_pktinfo to;
	unsigned place = 0;

	*ret_arrived_us = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&t, CMSG_DATA(c), sizeof t);
			*ret_arrived_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 -
					  clock_us(CLOCK_REALTIME) + clock_us(CLOCK_MONOTONIC);
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&to, CMSG_DATA(c), sizeof to);
			place = ntohl(to.ipi_addr.s_addr) - INADDR_LOOPBACK;
		}
	}
	return place;
}

void
berth_read(berth *self, berth_datagram datagram)
{
	static uint8_t data[BATCH][DATAGRAM];
	static _Alignas(struct cmsghdr) uint8_t control[BATCH][128];
	static struct mmsghdr messages[BATCH];
	static struct iovec parts[BATCH];
	int64_t arrived_us;
	int count;

	do {
		for (int i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){ data[i], DATAGRAM };
			messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i],
				.msg_iovlen = 1,
				.msg_control = control[i],
				.msg_controllen = sizeof control[i] };
		}
		count = recvmmsg(self->fd, messages, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < count; i++) {
			unsigned place = read_control(&messages[i].msg_hdr, &arrived_us);
			if (place < self->taken && self->users[place] != NULL)
				datagram(self->users[place], data[i], messages[i].msg_len,
					arrived_us);
		}
	} while (count == BATCH);
}

/* -- the sink -- */

void
berth_sink(berth *self)
{
	/* RTP (RFC 7983: 128 to 191, and no RTCP) is dropped, behind the header of UDP. */
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 128, 0, 5),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 192, 4, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 192, 0, 1),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 224, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
	};
	struct sock_fprog filter = { sizeof program / sizeof program[0], program };

	if (++self->sunk == self->places &&
		setsockopt(self->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0)
		perror("SO_ATTACH_FILTER");
}

uint32_t
berth_dropped(const berth *self)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t length = sizeof info;

	getsockopt(self->fd, SOL_SOCKET, SO_MEMINFO, info, &length);
	return info[SK_MEMINFO_DROPS];
}
