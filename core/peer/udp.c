/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

enum {
	BATCH = 32,
	BATCHES_A_TURN = 4,
	DATAGRAM_BYTES = 65536,
	STRIDE_BYTES = DATAGRAM_BYTES + 192, /* not a power of two: or all share cache sets */
	CONTROL_BYTES = 96,
	SEGMENTS_MOST = 64,
	SEGMENTED_BYTES_MOST = 65000,
	SOCKET_BUFFER_BYTES = 8 << 20,
	GIVE_UP_AFTER = 16, /* segmented sends in a row that failed */
};

struct aula_udp_inbox {
	uint8_t *bytes; /* BATCH * STRIDE_BYTES; the kernel gives pages as they are touched */
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	aula_address remotes[BATCH];
	_Alignas(struct cmsghdr) uint8_t controls[BATCH][CONTROL_BYTES];
};

struct aula_udp {
	int fd;
	aula_watch *watch;
	aula_address bound;
	bool wild, segments;
	unsigned failures;
	aula_udp_inbox *inbox;
	aula_port_counters *counters;
	const aula_udp_listener *listener;
	void *data;
};

aula_udp_inbox *
aula_udp_inbox_new(void)
{
	aula_udp_inbox *inbox = g_new0(aula_udp_inbox, 1);

	inbox->bytes = g_malloc(BATCH * STRIDE_BYTES);
	return inbox;
}

void
aula_udp_inbox_free(aula_udp_inbox *inbox)
{
	if (inbox == NULL)
		return;
	g_free(inbox->bytes);
	g_free(inbox);
}

/* -- receiving -- */

/* Reads which of our addresses the datagram was for, and the length of its segments. */
static size_t
read_control(const aula_udp *udp, struct msghdr *header, size_t length, aula_address *ret_local)
{
	size_t segment = length;

	*ret_local = udp->bound;
	aula_address_set_port(ret_local, 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ret_local->v4.sin_addr = info.ipi_addr;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ret_local->v6.sin6_addr = info.ipi6_addr;
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			int bytes;
			memcpy(&bytes, CMSG_DATA(c), sizeof(bytes));
			segment = (size_t)MAX(bytes, 1);
		}
	}
	return segment;
}

static void
handle(aula_udp *udp, struct mmsghdr *message)
{
	struct msghdr *header = &message->msg_hdr;
	const aula_address *remote = header->msg_name;
	uint8_t *bytes = header->msg_iov->iov_base;
	size_t left = message->msg_len;
	aula_address local;
	size_t segment = read_control(udp, header, left, &local);

	if (header->msg_flags & MSG_TRUNC) {
		udp->counters->oversized++;
		return;
	}
	udp->counters->bytes_in += left;
	do {
		size_t length = MIN(segment, left);
		udp->counters->datagrams_in++;
		udp->listener->on_udp_datagram(udp->data, udp, remote, &local, bytes, length);
		bytes += length;
		left -= length;
	} while (left > 0);
}

static int
receive(aula_udp *udp)
{
	aula_udp_inbox *inbox = udp->inbox;

	for (int i = 0; i < BATCH; i++) {
		inbox->parts[i] =
			(struct iovec){ inbox->bytes + (size_t)i * STRIDE_BYTES, DATAGRAM_BYTES };
		inbox->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &inbox->remotes[i],
			.msg_namelen = sizeof(inbox->remotes[i]),
			.msg_iov = &inbox->parts[i],
			.msg_iovlen = 1,
			.msg_control = inbox->controls[i],
			.msg_controllen = CONTROL_BYTES,
		};
	}
	return recvmmsg(udp->fd, inbox->messages, BATCH, MSG_DONTWAIT, NULL);
}

static void
ready(void *data, uint32_t events)
{
	aula_udp *udp = data;

	(void)events;
	for (int batch = 0, count = BATCH; batch < BATCHES_A_TURN && count == BATCH; batch++) {
		count = receive(udp);
		udp->counters->receives++;
		for (int i = 0; i < count; i++)
			handle(udp, &udp->inbox->messages[i]);
	}
}

/* -- sending -- */

static void
add_control(struct msghdr *header, int level, int type, const void *data, size_t length)
{
	struct cmsghdr *c =
		(struct cmsghdr *)((uint8_t *)header->msg_control + header->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(length);
	memcpy(CMSG_DATA(c), data, length);
	header->msg_controllen += CMSG_SPACE(length);
}

static void
add_source(struct msghdr *header, const aula_address *local)
{
	if (local->any.sa_family == AF_INET6) {
		struct in6_pktinfo info = { .ipi6_addr = local->v6.sin6_addr };
		add_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	} else {
		struct in_pktinfo info = { .ipi_spec_dst = local->v4.sin_addr };
		add_control(header, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	}
}

static bool
send_one(aula_udp *udp, const aula_address *remote, const aula_address *local,
	const struct iovec *datagrams, size_t count)
{
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_BYTES] = { 0 };
	struct msghdr header = {
		.msg_name = (void *)remote,
		.msg_namelen = aula_address_length(remote),
		.msg_iov = (struct iovec *)datagrams,
		.msg_iovlen = count,
		.msg_control = control,
	};

	if (udp->wild && local->any.sa_family != AF_UNSPEC)
		add_source(&header, local);
	if (count > 1) {
		uint16_t segment = (uint16_t)datagrams[0].iov_len;
		add_control(&header, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	}
	if (header.msg_controllen == 0)
		header.msg_control = NULL;
	udp->counters->sends++;
	ssize_t sent = sendmsg(udp->fd, &header, MSG_DONTWAIT);
	if (sent < 0)
		return false;
	udp->counters->datagrams_out += count;
	udp->counters->bytes_out += (uint64_t)sent;
	return true;
}

/* How many from the first on can leave as one: all of its length, but the last may be shorter. */
static size_t
run_length(const aula_udp *udp, const struct iovec *datagrams, size_t count)
{
	size_t length = datagrams[0].iov_len, bytes = length, run = 1;

	while (udp->segments && run < MIN(count, SEGMENTS_MOST) && length > 0 &&
		datagrams[run - 1].iov_len == length && datagrams[run].iov_len <= length &&
		datagrams[run].iov_len > 0 &&
		bytes + datagrams[run].iov_len <= SEGMENTED_BYTES_MOST)
		bytes += datagrams[run++].iov_len;
	return run;
}

static void
send_run(aula_udp *udp, const aula_address *remote, const aula_address *local,
	const struct iovec *datagrams, size_t run)
{
	if (send_one(udp, remote, local, datagrams, run)) {
		if (run > 1)
			udp->failures = 0;
		return;
	}
	if (run == 1 || errno == EAGAIN || errno == ENOBUFS) {
		udp->counters->send_blocked += run;
		return;
	}
	/* No segmentation on this way out (EIO, EINVAL, EMSGSIZE...): one by one, and if no way
	 * out has it, never again. */
	if (++udp->failures == GIVE_UP_AFTER)
		udp->segments = false;
	for (size_t i = 0; i < run; i++)
		if (!send_one(udp, remote, local, datagrams + i, 1))
			udp->counters->send_blocked++;
}

void
aula_udp_send(aula_udp *udp, const aula_address *remote, const aula_address *local,
	const struct iovec *datagrams, size_t count)
{
	while (count > 0) {
		size_t run = run_length(udp, datagrams, count);
		send_run(udp, remote, local, datagrams, run);
		datagrams += run;
		count -= run;
	}
}

/* -- the socket -- */

static void
set(int fd, int level, int option, int value)
{
	/* Each is a wish: without it things go slower or from the default address. */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static void
tune(aula_udp *udp, bool offload)
{
	bool v6 = udp->bound.any.sa_family == AF_INET6;
	int value = 0;
	socklen_t length = sizeof(value);

	/* The forced kind is for root; the other stops at the limit of the machine. */
	set(udp->fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_BYTES);
	set(udp->fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_BYTES);
	set(udp->fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER_BYTES);
	set(udp->fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER_BYTES);
	if (v6)
		set(udp->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	else
		set(udp->fd, IPPROTO_IP, IP_PKTINFO, 1);
	/* A forged ICMP message must not shrink anybody's path. */
	if (!v6)
		set(udp->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	if (offload) {
		set(udp->fd, IPPROTO_UDP, UDP_GRO, 1);
		udp->segments = getsockopt(udp->fd, IPPROTO_UDP, UDP_SEGMENT, &value, &length) == 0;
	}
}

aula_udp *
aula_udp_new(aula_loop *loop, aula_address *address, bool offload, aula_udp_inbox *inbox,
	aula_port_counters *counters, const aula_udp_listener *listener, void *data, GError **error)
{
	int family = address->any.sa_family;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char text[AULA_ADDRESS_TEXT_BYTES];
	socklen_t length = sizeof(*address);

	if (fd >= 0 && family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (fd < 0 || bind(fd, &address->any, aula_address_length(address)) != 0 ||
		getsockname(fd, &address->any, &length) != 0) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			"UDP %s cannot be bound: %s", aula_address_text(address, text),
			g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	aula_udp *udp = g_new0(aula_udp, 1);
	*udp = (aula_udp){ .fd = fd,
		.bound = *address,
		.wild = aula_address_is_wild(address),
		.inbox = inbox,
		.counters = counters,
		.listener = listener,
		.data = data };
	tune(udp, offload);
	udp->watch = aula_watch_new(loop, fd, EPOLLIN, ready, udp);
	return udp;
}

void
aula_udp_free(aula_udp *udp)
{
	if (udp == NULL)
		return;
	aula_watch_free(udp->watch);
	close(udp->fd);
	g_free(udp);
}
