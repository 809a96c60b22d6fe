/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from people who mean ill or know no better. */
#include "server.h"

#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "peer/stun.h"
#include "peer/tcp.h"

#define GCM "SRTP_AEAD_AES_128_GCM"

static void
test_stun_errors(const void *data)
{
	static const struct {
		const char *ufrag, *pwd;
		check_flags flags;
		int code;
	} cases[] = {
		{ "aaaa", NULL, CHECK_NOMINATE, 0 },
		{ "aaaa", NULL, 0, 0 },
		{ "aaaa", "wrong password, but long", CHECK_NOMINATE, 401 },
		{ "aaab", NULL, CHECK_NOMINATE, 401 },
		{ "", NULL, CHECK_NOMINATE, 401 },
		{ "a-name-of-32-characters-or-so---", NULL, 0, 401 },
		{ "aaaa", NULL, CHECK_NO_CREDENTIALS, 400 },
		{ "aaaa", NULL, CHECK_STRANGE_ATTRIBUTE, 420 },
		{ "aaaa", NULL, CHECK_CONTROLLED | CHECK_NOMINATE, 487 },
	};
	bool tcp = data != NULL;
	server on = server_new(&(aula_port_options){ .tcp = true });
	server_peer *peer = server_peer_new(&on, "aaaa");

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		client *remote = client_new("127.0.0.1", on.number, tcp, GCM);
		client_name_server(remote, cases[i].ufrag,
			cases[i].pwd != NULL ? cases[i].pwd : peer->local.pwd);
		g_assert_cmpint(client_check(remote, cases[i].flags), ==, cases[i].code);
		client_free(remote);
	}
	server_peer_free(peer);
	server_free(&on);
}

/* Each prefix of a check, and each with one byte changed: nothing valid, no crash, no pair. */
static void
test_stun_damage(void)
{
	aula_stun *stun = aula_stun_new();
	client *remote = client_new("127.0.0.1", 9, false, GCM);
	uint8_t check[1024];
	aula_stun_reply reply;
	aula_address from;
	const char *name, *pwd = "the password of the server";
	size_t name_length;

	client_name_server(remote, "aaaa", pwd);
	g_assert_true(aula_address_parse("192.0.2.1", 5000, &from));
	size_t length = client_write_check(remote, CHECK_NOMINATE, check, sizeof(check));
	g_assert_true(aula_stun_name(check, length, &name, &name_length));
	g_assert_cmpmem(name, name_length, "aaaa", 4);
	g_assert_cmpint(
		aula_stun_check(stun, check, length, &from, pwd, &reply), ==, AULA_STUN_VALID);
	g_assert_true(reply.nominates);
	for (size_t cut = 0; cut < length; cut++) {
		g_autofree uint8_t *copy = g_memdup2(check, MAX(cut, 1));
		g_assert_false(aula_stun_name(copy, cut, &name, &name_length));
		g_assert_cmpint(
			aula_stun_check(stun, copy, cut, &from, pwd, &reply), ==, AULA_STUN_BROKEN);
		g_assert_cmpuint(reply.length, ==, 0);
	}
	for (size_t bit = 0; bit < 8 * length; bit++) {
		g_autofree uint8_t *copy = g_memdup2(check, length);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		aula_stun_name(copy, length, &name, &name_length);
		g_assert_cmpint(aula_stun_check(stun, copy, length, &from, pwd, &reply), !=,
			AULA_STUN_VALID);
	}
	client_free(remote);
	aula_stun_free(stun);
}

static uint32_t state = 7;

static uint8_t
random_byte(void)
{
	state = state * 1664525 + 1013904223;
	return (uint8_t)(state >> 24);
}

/* Waits until the server handled what was sent: a check is answered in order. */
static void
settle(client *remote)
{
	g_assert_cmpint(client_check(remote, 0), ==, 0);
	remote->held_count = 0;
}

/* Random datagrams with each kind of first byte, from the peer's own address and a stranger's. */
static void
test_garbage(void)
{
	static const size_t payload = 100;
	static const uint8_t firsts[] = { 0, 1, 3, 4, 19, 20, 22, 23, 25, 63, 64, 79, 127, 128, 144,
		191, 192, 255 };
	server on = server_new(&(aula_port_options){ .segmentation = true });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);
	client *stranger = client_new("127.0.0.1", on.number, false, GCM);
	uint8_t bytes[1600];

	for (int i = 0; i < 2000; i++) {
		size_t length =
			i % 50 == 0 ? 0 : (size_t)random_byte() * (i % 7) + random_byte() % 30;
		for (size_t k = 0; k < length; k++)
			bytes[k] = random_byte();
		bytes[0] = firsts[(unsigned)i % sizeof(firsts)];
		client_send(i % 2 ? remote : stranger, bytes, length);
		if (i % 20 == 0)
			settle(remote);
	}
	aula_port_counters counters = server_counters(&on);
	g_assert_cmpuint(counters.garbage, >, 100);
	g_assert_cmpuint(counters.unauthentic, >, 100);
	g_assert_cmpuint(counters.oversized, >, 0);
	g_assert_cmpint(peer->down, ==, 0);
	g_assert_cmpint(peer->rtp, ==, 0);
	g_assert_false(client_receive(stranger, 0));
	server_peer_send(peer, 1, &payload, 1);
	g_assert_true(client_receive_rtp(remote, CLIENT_PATIENCE_MS));
	client_send_rtp(remote, 1, payload);
	server_peer_await(peer, &peer->rtp, 1);
	client_free(stranger);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

static void
test_replay(void)
{
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);
	_Alignas(4) uint8_t packets[10][200];
	int lengths[10];

	for (uint16_t i = 0; i < 10; i++) {
		lengths[i] = (int)client_write_rtp(packets[i], i, 100);
		g_assert_cmpint(srtp_protect(remote->to_server, packets[i], &lengths[i]), ==, 0);
	}
	for (int round = 0; round < 3; round++)
		for (int i = 9; i >= 0; i--) /* backwards: late is not replayed */
			client_send(remote, packets[i], (size_t)lengths[i]);
	lengths[0] = (int)client_write_rtp(packets[0], 10, 100);
	g_assert_cmpint(srtp_protect(remote->to_server, packets[0], &lengths[0]), ==, 0);
	packets[0][50] ^= 1;
	client_send(remote, packets[0], (size_t)lengths[0]);
	settle(remote);
	aula_port_counters counters = server_counters(&on);
	g_assert_cmpuint(counters.replayed, ==, 20);
	g_assert_cmpuint(counters.unauthentic, ==, 1);
	g_assert_cmpint(peer->rtp, ==, 10);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* Every DTLS datagram of the handshake is sent twice and, once it is up, all of them again in the
 * other order. */
static void
test_dtls_replay(void)
{
	static uint8_t datagrams[64][CLIENT_BYTES];
	size_t lengths[64];
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = client_new("127.0.0.1", on.number, false, GCM);

	client_name_server(remote, "aaaa", peer->local.pwd);
	g_assert_true(server_peer_set_remote(peer, remote, "sha256", AULA_SETUP_PASSIVE));
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	int count = client_hello(remote, datagrams, lengths);
	for (int i = 0; i < count; i++) {
		client_send(remote, datagrams[i], lengths[i]);
		client_send(remote, datagrams[i], lengths[i]);
	}
	g_assert_true(client_finish(remote));
	server_peer_await(peer, &peer->up, 1);
	for (int i = count - 1; i >= 0; i--)
		client_send(remote, datagrams[i], lengths[i]);
	settle(remote);
	client_send_rtp(remote, 1, 100);
	server_peer_await(peer, &peer->rtp, 1);
	g_assert_cmpint(peer->up, ==, 1);
	g_assert_cmpint(peer->down, ==, 0);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* Early DTLS is kept, but not without end. */
static void
test_early_flood(void)
{
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = client_new("127.0.0.1", on.number, false, GCM);
	uint8_t datagram[1400] = { 22, 254, 253 };

	client_name_server(remote, "aaaa", peer->local.pwd);
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	for (int i = 0; i < 100; i++)
		client_send(remote, datagram, sizeof(datagram));
	settle(remote);
	g_assert_cmpuint(server_counters(&on).oversized, ==, 100 - 16);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* Before a valid check an address gets nothing: no DTLS, whatever it says. */
static void
test_no_reflection(void)
{
	static uint8_t hello[8][CLIENT_BYTES];
	size_t lengths[8];
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	server_peer *active = server_peer_new(&on, "bbbb");
	client *remote = client_new("127.0.0.1", on.number, false, GCM);

	g_assert_true(server_peer_set_remote(peer, remote, "sha256", AULA_SETUP_PASSIVE));
	g_assert_true(server_peer_set_remote(active, remote, "sha256", AULA_SETUP_ACTIVE));
	int count = client_hello(remote, hello, lengths);
	for (int i = 0; i < count; i++)
		client_send(remote, hello[i], lengths[i]);
	client_name_server(remote, "aaaa", "not the password of the server");
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 401);
	g_assert_cmpint(remote->held_count, ==, 0);
	g_assert_cmpuint(server_counters(&on).datagrams_out, ==, 1);
	client_free(remote);
	server_peer_free(peer);
	server_peer_free(active);
	server_free(&on);
}

/* A stranger's errors are answered, but not at any rate. */
static void
test_complaints(void)
{
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = client_new("127.0.0.1", on.number, false, GCM);
	uint8_t check[1024];

	client_name_server(remote, "aaaa", "not the password of the server");
	size_t length = client_write_check(remote, 0, check, sizeof(check));
	gint64 began_us = g_get_monotonic_time();
	for (int i = 0; i < 1000; i++)
		client_send(remote, check, length);
	client_name_server(remote, "aaaa", peer->local.pwd);
	while (client_receive(remote, 100))
		;
	settle(remote);
	aula_port_counters counters = server_counters(&on);
	g_assert_cmpuint(counters.unauthentic, >, 300);
	gint64 seconds = (g_get_monotonic_time() - began_us) / 1000000 + 2;
	g_assert_cmpuint(counters.datagrams_out, <=, (guint64)seconds * 100 + 1);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* -- TCP -- */

static bool
is_closed(client *remote, int ms)
{
	struct pollfd descriptor = { .fd = remote->fd, .events = POLLIN };
	uint8_t byte;

	return poll(&descriptor, 1, ms) == 1 && recv(remote->fd, &byte, 1, 0) <= 0;
}

static void
test_tcp_strangers(void)
{
	enum { COUNT = AULA_TCP_STRANGERS_A_SITE + 4 };
	server on = server_new(&(aula_port_options){ .tcp = true, .connect_ms = 1000 });
	client *clients[COUNT];

	for (int i = 0; i < COUNT; i++)
		clients[i] = client_new("127.0.0.1", on.number, true, GCM);
	for (int i = AULA_TCP_STRANGERS_A_SITE; i < COUNT; i++)
		g_assert_true(is_closed(clients[i], CLIENT_PATIENCE_MS));
	g_assert_cmpuint(server_counters(&on).streams_refused, ==, 4);
	for (int i = 0; i < AULA_TCP_STRANGERS_A_SITE; i++)
		g_assert_true(is_closed(clients[i], CLIENT_PATIENCE_MS));
	client *late = client_new("127.0.0.1", on.number, true, GCM); /* there is room again */
	g_assert_false(is_closed(late, 50));
	for (int i = 0; i < COUNT; i++)
		client_free(clients[i]);
	client_free(late);
	server_free(&on);
}

/* From many addresses: the oldest stranger gives way to the newest. */
static void
test_tcp_crowd(void)
{
	enum { SITES = AULA_TCP_STRANGERS_MOST / AULA_TCP_STRANGERS_A_SITE + 1 };
	server on = server_new(&(aula_port_options){ .tcp = true });
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(on.number) };
	int descriptors[SITES * AULA_TCP_STRANGERS_A_SITE];
	uint8_t byte;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (size_t i = 0; i < G_N_ELEMENTS(descriptors); i++) {
		struct sockaddr_in from = { .sin_family = AF_INET };
		from.sin_addr.s_addr =
			htonl(INADDR_LOOPBACK + 1 + (uint32_t)i / AULA_TCP_STRANGERS_A_SITE);
		descriptors[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		g_assert_cmpint(
			bind(descriptors[i], (struct sockaddr *)&from, sizeof(from)), ==, 0);
		g_assert_cmpint(connect(descriptors[i], (struct sockaddr *)&to, sizeof(to)), ==, 0);
	}
	for (size_t i = 0; i < AULA_TCP_STRANGERS_A_SITE; i++) /* waits until it is closed */
		g_assert_cmpint(recv(descriptors[i], &byte, 1, 0), <=, 0);
	for (size_t i = AULA_TCP_STRANGERS_A_SITE; i < G_N_ELEMENTS(descriptors); i++)
		g_assert_cmpint(recv(descriptors[i], &byte, 1, MSG_DONTWAIT), ==, -1);
	g_assert_cmpuint(server_counters(&on).streams_refused, ==, AULA_TCP_STRANGERS_A_SITE);
	for (size_t i = 0; i < G_N_ELEMENTS(descriptors); i++)
		close(descriptors[i]);
	server_free(&on);
}

/* Out of descriptors: the port waits without spinning, and goes on when there is one again. */
static void
test_tcp_no_descriptor(void)
{
	server on = server_new(&(aula_port_options){ .tcp = true });
	server_peer *peer = server_peer_new(&on, "aaaa");
	struct rlimit before, now;
	int next = dup(0);

	close(next);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
	now = before;
	now.rlim_cur = (rlim_t)next + 1; /* one more: the client's */
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &now), ==, 0);
	client *remote = client_new("127.0.0.1", on.number, true, GCM);
	clock_t began = clock();
	g_assert_false(client_receive(remote, 500));
	g_assert_cmpint(clock() - began, <, CLOCKS_PER_SEC / 4);
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
	client_name_server(remote, "aaaa", peer->local.pwd);
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

static void
test_tcp_frames(void)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0, 1 }, media[] = { 0, 4, 0x80, 1, 2, 3 };
	server on = server_new(&(aula_port_options){ .tcp = true });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *one = client_new("127.0.0.1", on.number, true, GCM);
	client *two = client_new("127.0.0.1", on.number, true, GCM);
	client *slow = client_new("127.0.0.1", on.number, true, GCM);
	uint8_t check[1026] = { 0 };

	g_assert_cmpint(send(one->fd, huge, sizeof(huge), 0), ==, sizeof(huge));
	g_assert_true(is_closed(one, CLIENT_PATIENCE_MS));
	g_assert_cmpint(send(two->fd, media, sizeof(media), 0), ==, sizeof(media));
	g_assert_true(is_closed(two, CLIENT_PATIENCE_MS));
	/* a frame byte by byte is a frame */
	client_name_server(slow, "aaaa", peer->local.pwd);
	size_t length = client_write_check(slow, CHECK_NOMINATE, check + 2, sizeof(check) - 2);
	check[0] = (uint8_t)(length >> 8);
	check[1] = (uint8_t)length;
	for (size_t i = 0; i < length + 2; i++)
		g_assert_cmpint(send(slow->fd, check + i, 1, 0), ==, 1);
	g_assert_true(client_receive(slow, CLIENT_PATIENCE_MS));
	g_assert_cmpuint(slow->bytes[0], ==, 1); /* a success response */
	client_free(one);
	client_free(two);
	client_free(slow);
	server_peer_free(peer);
	server_free(&on);
}

/* A client on TCP that stops reading: the queue is bounded, the rest is dropped and counted; when
 * it reads again, whole frames arrive. */
static void
test_tcp_slow(void)
{
	enum { ROUNDS = 800, EACH = 20 };
	size_t payloads[EACH];
	server on = server_new(&(aula_port_options){ .tcp = true });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", true, GCM, AULA_SETUP_PASSIVE);
	unsigned received = 0;

	for (int i = 0; i < EACH; i++)
		payloads[i] = 1100;
	for (uint32_t i = 0; i < ROUNDS; i++)
		server_peer_send(peer, i * EACH, payloads, EACH);
	uint64_t dropped = server_counters(&on).send_blocked;
	g_assert_cmpuint(dropped, >, 0);
	while (received < ROUNDS * EACH - dropped) {
		g_assert_true(client_receive_rtp(remote, CLIENT_PATIENCE_MS));
		received++;
	}
	server_peer_send(peer, ROUNDS * EACH, payloads, 1);
	g_assert_true(client_receive_rtp(remote, CLIENT_PATIENCE_MS));
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* The stream breaks: the connection lives on until another check comes. */
static void
test_tcp_broken(void)
{
	static const size_t payload = 100;
	server on = server_new(&(aula_port_options){ .tcp = true });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", true, GCM, AULA_SETUP_PASSIVE);

	shutdown(remote->fd, SHUT_RDWR);
	for (uint32_t i = 0; i < 50; i++)
		server_peer_send(peer, i, &payload, 1);
	client_move(remote);
	g_assert_cmpint(client_check(remote, 0), ==, 0);
	server_peer_send(peer, 100, &payload, 1);
	g_assert_true(client_receive_rtp(remote, CLIENT_PATIENCE_MS));
	g_assert_cmpint(peer->down, ==, 0);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* The packet pool is a bound: what it cannot hold is dropped and counted. */
static void
test_pool(void)
{
	server on = server_new(&(aula_port_options){ .packets_most = 1 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);

	client_send_rtp(remote, 1, 1490); /* with its header longer than a packet may be */
	settle(remote);
	g_assert_cmpuint(server_counters(&on).oversized, ==, 1);
	client_send_rtp(remote, 2, 100);
	client_send_rtp(remote, 3, 100);
	server_peer_await(peer, &peer->rtp, 2);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/peer/hostile/stun-errors/udp", NULL, test_stun_errors);
	g_test_add_data_func("/peer/hostile/stun-errors/tcp", "", test_stun_errors);
	g_test_add_func("/peer/hostile/stun-damage", test_stun_damage);
	g_test_add_func("/peer/hostile/garbage", test_garbage);
	g_test_add_func("/peer/hostile/replay", test_replay);
	g_test_add_func("/peer/hostile/dtls-replay", test_dtls_replay);
	g_test_add_func("/peer/hostile/early-flood", test_early_flood);
	g_test_add_func("/peer/hostile/no-reflection", test_no_reflection);
	g_test_add_func("/peer/hostile/complaints", test_complaints);
	g_test_add_func("/peer/hostile/tcp-strangers", test_tcp_strangers);
	g_test_add_func("/peer/hostile/tcp-crowd", test_tcp_crowd);
	g_test_add_func("/peer/hostile/tcp-no-descriptor", test_tcp_no_descriptor);
	g_test_add_func("/peer/hostile/tcp-frames", test_tcp_frames);
	g_test_add_func("/peer/hostile/tcp-slow", test_tcp_slow);
	g_test_add_func("/peer/hostile/tcp-broken", test_tcp_broken);
	g_test_add_func("/peer/hostile/pool", test_pool);
	return g_test_run();
}
