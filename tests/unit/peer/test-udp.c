/* SPDX-License-Identifier: Apache-2.0 */
/* Sending where the kernel, or the way out, has no segmentation. */
#include "peer/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { RUN = 4, GIVE_UP_AFTER = 16 };

/* What the kernel says to segmented sends; 0: as it does. */
static int refusal;
static unsigned segmented;

/* In place of libc's. */
ssize_t
sendmsg(int fd, const struct msghdr *header, int flags)
{
	struct msghdr *mutable = (struct msghdr *)header;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mutable); c != NULL; c = CMSG_NXTHDR(mutable, c)) {
		if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_SEGMENT)
			continue;
		segmented++;
		if (refusal != 0) {
			errno = refusal;
			return -1;
		}
	}
	return syscall(SYS_sendmsg, fd, header, flags);
}

typedef struct {
	aula_loop *loop;
	aula_udp_inbox *inbox;
	aula_port_counters counters;
	aula_udp *udp;
	int remote;
	aula_address remote_address, none;
} fixture;

static void
start(fixture *f, bool offload)
{
	static const aula_udp_listener listener = { NULL };
	aula_address own;
	socklen_t length = sizeof(f->remote_address);
	GError *error = NULL;

	*f = (fixture){ .loop = aula_loop_new("test", NULL), .inbox = aula_udp_inbox_new() };
	refusal = 0;
	segmented = 0;
	g_assert_true(aula_address_parse("127.0.0.1", 0, &own));
	f->udp = aula_udp_new(
		f->loop, &own, offload, f->inbox, &f->counters, &listener, NULL, &error);
	g_assert_no_error(error);
	f->remote = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	g_assert_true(aula_address_parse("127.0.0.1", 0, &f->remote_address));
	g_assert_cmpint(bind(f->remote, &f->remote_address.any, sizeof(struct sockaddr_in)), ==, 0);
	g_assert_cmpint(getsockname(f->remote, &f->remote_address.any, &length), ==, 0);
}

static void
stop(fixture *f)
{
	aula_udp_free(f->udp);
	aula_udp_inbox_free(f->inbox);
	aula_loop_free(f->loop);
	close(f->remote);
}

static void
send_run(fixture *f)
{
	static uint8_t bytes[RUN][100];
	struct iovec datagrams[RUN];

	for (int i = 0; i < RUN; i++) {
		bytes[i][0] = (uint8_t)i;
		datagrams[i] = (struct iovec){ bytes[i], i + 1 < RUN ? 100 : 60 };
	}
	aula_udp_send(f->udp, &f->remote_address, &f->none, datagrams, RUN);
}

/* All have come, in order and whole. */
static void
expect_run(fixture *f)
{
	uint8_t got[200];

	for (int i = 0; i < RUN; i++) {
		g_assert_cmpint(recv(f->remote, got, sizeof(got), 0), ==, i + 1 < RUN ? 100 : 60);
		g_assert_cmpuint(got[0], ==, i);
	}
	g_assert_cmpint(recv(f->remote, got, sizeof(got), 0), ==, -1);
}

/* EIO: the device has no checksums to offer. EINVAL: an old kernel, or a path with a smaller MTU.
 */
static void
test_refused(const void *data)
{
	fixture f;

	start(&f, true);
	refusal = GPOINTER_TO_INT(data);
	for (int i = 0; i < 2 * GIVE_UP_AFTER; i++) {
		send_run(&f);
		expect_run(&f);
	}
	g_assert_cmpuint(segmented, ==, GIVE_UP_AFTER);
	g_assert_cmpuint(f.counters.datagrams_out, ==, 2 * GIVE_UP_AFTER * RUN);
	g_assert_cmpuint(f.counters.send_blocked, ==, 0);
	stop(&f);
}

/* One way out that lacks it does not take it from the others. */
static void
test_refused_now_and_then(void)
{
	fixture f;

	start(&f, true);
	for (int i = 0; i < 4 * GIVE_UP_AFTER; i++) {
		refusal = i % GIVE_UP_AFTER == 0 ? 0 : EIO;
		send_run(&f);
		expect_run(&f);
	}
	g_assert_cmpuint(segmented, ==, 4 * GIVE_UP_AFTER);
	stop(&f);
}

/* A queue that is full is no lack of segmentation; what it does not take is dropped and counted. */
static void
test_full(void)
{
	fixture f;

	start(&f, true);
	refusal = EAGAIN;
	for (int i = 0; i < 2 * GIVE_UP_AFTER; i++)
		send_run(&f);
	g_assert_cmpuint(segmented, ==, 2 * GIVE_UP_AFTER);
	g_assert_cmpuint(f.counters.send_blocked, ==, 2 * GIVE_UP_AFTER * RUN);
	refusal = 0;
	send_run(&f);
	expect_run(&f);
	stop(&f);
}

static void
test_without(void)
{
	fixture f;

	start(&f, false);
	send_run(&f);
	expect_run(&f);
	g_assert_cmpuint(segmented, ==, 0);
	g_assert_cmpuint(f.counters.sends, ==, RUN);
	stop(&f);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/peer/udp/refused/EIO", GINT_TO_POINTER(EIO), test_refused);
	g_test_add_data_func("/peer/udp/refused/EINVAL", GINT_TO_POINTER(EINVAL), test_refused);
	g_test_add_func("/peer/udp/refused-now-and-then", test_refused_now_and_then);
	g_test_add_func("/peer/udp/full", test_full);
	g_test_add_func("/peer/udp/without", test_without);
	return g_test_run();
}
