/* SPDX-License-Identifier: Apache-2.0 */
/* Whole connections over loopback, with a client that shares no code with them. */
#include "server.h"

#include <netinet/udp.h>
#include <string.h>

#define GCM "SRTP_AEAD_AES_128_GCM"

typedef struct {
	const char *name, *address;
	bool tcp, segmentation;
	aula_setup setup;
	const char *profiles, *chosen;
} way;

// clang-format off
static const way ways[] = {
	{ "udp/passive", "127.0.0.1", false, true, AULA_SETUP_PASSIVE, "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:" GCM, GCM },
	{ "udp/active", "127.0.0.1", false, true, AULA_SETUP_ACTIVE, GCM ":SRTP_AES128_CM_SHA1_80", GCM },
	{ "udp/plain-sends", "127.0.0.1", false, false, AULA_SETUP_PASSIVE, GCM, GCM },
	{ "udp/other-address", "127.0.0.2", false, true, AULA_SETUP_PASSIVE, GCM, GCM },
	{ "udp/gcm-256", "127.0.0.1", false, true, AULA_SETUP_PASSIVE, "SRTP_AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM" },
	{ "udp/cm-sha1", "127.0.0.1", false, true, AULA_SETUP_ACTIVE, "SRTP_AES128_CM_SHA1_80", "SRTP_AES128_CM_SHA1_80" },
	{ "udp6/passive", "::1", false, true, AULA_SETUP_PASSIVE, GCM, GCM },
	{ "udp6/active", "::1", false, false, AULA_SETUP_ACTIVE, GCM, GCM },
	{ "tcp/passive", "127.0.0.1", true, true, AULA_SETUP_PASSIVE, GCM, GCM },
	{ "tcp/active", "127.0.0.1", true, true, AULA_SETUP_ACTIVE, GCM, GCM },
	{ "tcp6/passive", "::1", true, true, AULA_SETUP_PASSIVE, GCM, GCM },
};
// clang-format on

static const char *const all_addresses[] = { "0.0.0.0", "::", NULL };

static void
expect_rtp(client *remote, uint16_t sequence, size_t payload)
{
	uint8_t expected[2048];

	g_assert_true(client_receive_rtp(remote, CLIENT_PATIENCE_MS));
	size_t length = client_write_rtp(expected, sequence, payload);
	g_assert_cmpmem(remote->bytes, remote->length, expected, length);
}

static void
test_way(const void *data)
{
	static const size_t payloads[] = { 1100, 1100, 1100, 700, 1100, 40, 1, 0, 90, 90 };
	const way *self = data;
	server on = server_new(&(aula_port_options){
		.addresses = all_addresses, .tcp = true, .segmentation = self->segmentation });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote =
		server_connect(peer, self->address, self->tcp, self->profiles, self->setup);

	g_assert_cmpstr(SSL_get_selected_srtp_profile(remote->ssl)->name, ==, self->chosen);
	g_assert_true(g_str_has_suffix(
		aula_connection_path(peer->connection), self->tcp ? " tcp" : " udp"));
	for (uint32_t first = 65500; first < 65600; first += 10) {
		server_peer_send(peer, first, payloads, G_N_ELEMENTS(payloads));
		for (size_t i = 0; i < G_N_ELEMENTS(payloads); i++)
			expect_rtp(remote, (uint16_t)(first + i), payloads[i]);
	}
	for (uint16_t i = 0; i < 100; i++)
		client_send_rtp(remote, i, 10u * i);
	server_peer_await(peer, &peer->rtp, 100);
	client_send_rtcp(remote);
	server_peer_await(peer, &peer->rtcp, 1);
	server_peer_send_rtcp(peer);
	g_assert_true(client_receive(remote, CLIENT_PATIENCE_MS));
	g_assert_cmpuint(remote->bytes[1], ==, 201);
	SSL_shutdown(remote->ssl);
	client_flush(remote);
	server_peer_await(peer, &peer->down, 1);
	g_assert_cmpstr(peer->reason, ==, "closed by the peer");
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* One sendmsg for what a turn owes, where the kernel cuts it up; what is nearly of one length is
 * padded to be. */
static void
test_segments(void)
{
	static const size_t payloads[] = { 900, 900, 897, 899, 900, 900, 900, 400 };
	server on = server_new(&(aula_port_options){ .segmentation = true });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);
	aula_port_counters before = server_counters(&on);

	server_peer_send(peer, 1, payloads, G_N_ELEMENTS(payloads));
	for (size_t i = 0; i < G_N_ELEMENTS(payloads); i++)
		expect_rtp(remote, (uint16_t)(1 + i), payloads[i]);
	aula_port_counters after = server_counters(&on);
	g_assert_cmpuint(after.datagrams_out - before.datagrams_out, ==, 8);
	g_assert_cmpuint(after.sends - before.sends, ==, 1);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* Datagrams that the kernel glued together are taken apart again. */
static void
test_glued(void)
{
	enum { COUNT = 6, PAYLOAD = 500 };
	server on = server_new(&(aula_port_options){ .segmentation = true });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);
	aula_port_counters before = server_counters(&on);
	_Alignas(4) uint8_t packets[COUNT][1024];
	uint8_t glued[COUNT * 1024];
	size_t length = 0;
	int segment = 0;

	for (uint16_t i = 0; i < COUNT; i++) {
		segment = (int)client_write_rtp(packets[i], i, PAYLOAD);
		g_assert_cmpint(srtp_protect(remote->to_server, packets[i], &segment), ==, 0);
		memcpy(glued + length, packets[i], (size_t)segment);
		length += (size_t)segment;
	}
	g_assert_cmpint(
		setsockopt(remote->fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)), ==, 0);
	g_assert_cmpint(send(remote->fd, glued, length, 0), ==, (ssize_t)length);
	server_peer_await(peer, &peer->rtp, COUNT);
	aula_port_counters after = server_counters(&on);
	g_assert_cmpuint(after.datagrams_in - before.datagrams_in, ==, COUNT);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* A turn that owes more than the outbox holds sends in between, and loses nothing on the way. */
static void
test_large_turn(void)
{
	enum { COUNT = 6000 };
	static size_t payloads[COUNT];
	server on = server_new(&(aula_port_options){ .segmentation = true });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);
	aula_port_counters before = server_counters(&on);

	for (int i = 0; i < COUNT; i++)
		payloads[i] = 1000;
	server_peer_send(peer, 1, payloads, COUNT);
	aula_port_counters after = server_counters(&on);
	g_assert_cmpuint(
		after.datagrams_out - before.datagrams_out + after.send_blocked, ==, COUNT);
	while (client_receive_rtp(remote, 0))
		;
	server_peer_send(peer, COUNT + 1, payloads, 1);
	expect_rtp(remote, COUNT + 1, payloads[0]);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

static const char *const suites[] = { "ECDHE-ECDSA-AES128-GCM-SHA256",
	"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305" };

static void
await_goodbye(client *remote)
{
	while (SSL_get_shutdown(remote->ssl) == 0) {
		g_assert_true(client_receive(remote, CLIENT_PATIENCE_MS));
		if (remote->bytes[0] < 64)
			client_dtls(remote, remote->bytes, remote->length);
	}
	g_assert_cmpint(SSL_get_shutdown(remote->ssl) & SSL_RECEIVED_SHUTDOWN, !=, 0);
}

/* The server's goodbye reaches the client, and so does what was queued before. */
static void
test_goodbye(void)
{
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);

	server_peer_free(peer);
	await_goodbye(remote);
	client_free(remote);
	server_free(&on);
}

/* Once media has come, little is left of DTLS; both sides can still end it, in every suite. */
static void
test_settled(const void *data)
{
	server on = server_new(&(aula_port_options){ 0 });

	for (int by_client = 0; by_client < 2; by_client++) {
		aula_setup setup = by_client ? AULA_SETUP_ACTIVE : AULA_SETUP_PASSIVE;
		server_peer *peer = server_peer_new(&on, by_client ? "aaaa" : "bbbb");
		client *remote = client_new("127.0.0.1", on.number, false, GCM);
		g_assert_cmpint(SSL_set_cipher_list(remote->ssl, data), ==, 1);
		server_connect_client(peer, remote, setup);
		g_assert_cmpstr(SSL_get_cipher_name(remote->ssl), ==, data);
		client_send_rtp(remote, 1, 100);
		server_peer_await(peer, &peer->rtp, 1);
		/* rubbish, and a goodbye in other keys */
		uint8_t rubbish[64] = { 21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 26 };
		for (size_t length = 1; length <= sizeof(rubbish); length++)
			client_send(remote, rubbish, length);
		client_send_rtp(remote, 2, 100);
		server_peer_await(peer, &peer->rtp, 2);
		g_assert_cmpint(peer->down, ==, 0);
		if (by_client) {
			SSL_shutdown(remote->ssl);
			client_flush(remote);
			server_peer_await(peer, &peer->down, 1);
			g_assert_cmpstr(peer->reason, ==, "closed by the peer");
			server_peer_free(peer);
		} else {
			server_peer_free(peer);
			await_goodbye(remote);
		}
		client_free(remote);
	}
	server_free(&on);
}

/* A ClientHello in several datagrams that comes before the description is answered at once when
 * that is there, without a repetition. */
static void
test_early_hello(void)
{
	static uint8_t hello[8][CLIENT_BYTES];
	size_t lengths[8];
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = client_new("127.0.0.1", on.number, false, GCM);

	client_name_server(remote, "aaaa", peer->local.pwd);
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	int count = client_hello(remote, hello, lengths);
	g_assert_cmpint(count, >=, 2);
	for (int i = 0; i < count; i++)
		client_send(remote, hello[i], lengths[i]);
	g_assert_cmpint(client_check(remote, 0), ==, 0); /* so the hello was handled */
	g_assert_false(client_receive(remote, 0));
	g_assert_true(server_peer_set_remote(peer, remote, "sha256", AULA_SETUP_PASSIVE));
	gint64 began_us = g_get_monotonic_time();
	g_assert_true(client_receive(remote, CLIENT_PATIENCE_MS));
	g_assert_cmpuint(remote->bytes[0], ==, 22);
	g_test_message("answered after %" G_GINT64_FORMAT " us", g_get_monotonic_time() - began_us);
	client_dtls(remote, remote->bytes, remote->length);
	g_assert_true(client_finish(remote));
	server_peer_await(peer, &peer->up, 1);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* A flight of the server that is lost comes again within a fraction of a second. */
static void
test_lost_flight(void)
{
	static uint8_t hello[8][CLIENT_BYTES];
	size_t lengths[8];
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = client_new("127.0.0.1", on.number, false, GCM);

	client_name_server(remote, "aaaa", peer->local.pwd);
	g_assert_true(server_peer_set_remote(peer, remote, "sha256", AULA_SETUP_PASSIVE));
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	int count = client_hello(remote, hello, lengths);
	for (int i = count - 1; i >= 0; i--) /* in the wrong order */
		client_send(remote, hello[i], lengths[i]);
	int flights = 0;
	gint64 began_us = g_get_monotonic_time();
	for (bool done = false; !done;) { /* a ServerHello is handshake message 2 */
		g_assert_true(client_receive(remote, CLIENT_PATIENCE_MS));
		flights += remote->bytes[0] == 22 && remote->bytes[13] == 2;
		done = flights == 3;
	}
	g_assert_cmpint(g_get_monotonic_time() - began_us, >=, 150 * 1000);
	client_dtls(remote, remote->bytes, remote->length);
	g_assert_true(client_finish(remote));
	server_peer_await(peer, &peer->up, 1);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

static void
test_fingerprint(const void *data)
{
	const char *digest = data;
	bool wrong = g_str_has_prefix(digest, "not ");
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = client_new("127.0.0.1", on.number, false, GCM);
	client *other = client_new("127.0.0.1", on.number, false, GCM);
	const char *name = wrong ? digest + 4 : digest;

	client_name_server(remote, "aaaa", peer->local.pwd);
	g_assert_true(
		server_peer_set_remote(peer, wrong ? other : remote, name, AULA_SETUP_PASSIVE));
	g_assert_false(
		server_peer_set_remote(peer, wrong ? remote : other, name, AULA_SETUP_PASSIVE));
	g_assert_false(
		server_peer_set_remote(peer, wrong ? other : remote, name, AULA_SETUP_ACTIVE));
	g_assert_true(
		server_peer_set_remote(peer, wrong ? other : remote, name, AULA_SETUP_PASSIVE));
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	client_handshake(remote, true);
	server_peer_await(peer, wrong ? &peer->down : &peer->up, 1);
	if (wrong) {
		g_assert_cmpstr(peer->reason, ==, "wrong fingerprint");
		g_assert_cmpint(peer->up, ==, 0);
	}
	client_free(remote);
	client_free(other);
	server_peer_free(peer);
	server_free(&on);
}

static void
test_deadlines(void)
{
	server on = server_new(&(aula_port_options){ .connect_ms = 150 });
	server patient = server_new(&(aula_port_options){ .consent_ms = 300 });
	server_peer *silent = server_peer_new(&on, "aaaa");
	server_peer *mute = server_peer_new(&on, "bbbb");
	server_peer *leaver = server_peer_new(&patient, "cccc");
	client *one = client_new("127.0.0.1", on.number, false, GCM);

	g_assert_true(server_peer_set_remote(silent, one, "sha256", AULA_SETUP_PASSIVE));
	g_assert_true(server_peer_set_remote(mute, one, "sha256", AULA_SETUP_PASSIVE));
	client_name_server(one, "bbbb", mute->local.pwd);
	g_assert_cmpint(client_check(one, CHECK_NOMINATE), ==, 0);
	client *two = server_connect(leaver, "127.0.0.1", false, GCM, AULA_SETUP_ACTIVE);
	server_peer_await(silent, &silent->down, 1);
	g_assert_cmpstr(silent->reason, ==, "ICE failed");
	server_peer_await(mute, &mute->down, 1);
	g_assert_cmpstr(mute->reason, ==, "DTLS timed out");
	server_peer_await(leaver, &leaver->down, 1);
	g_assert_cmpstr(leaver->reason, ==, "consent lost");
	client_free(one);
	client_free(two);
	server_peer_free(silent);
	server_peer_free(mute);
	server_peer_free(leaver);
	server_free(&on);
	server_free(&patient);
}

static void
test_restart(void)
{
	static const size_t payload = 100;
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);

	server_peer_restart(peer, "bbbb");
	g_assert_cmpint(client_check(remote, 0), ==, 0); /* to the old name */
	server_peer_send(peer, 1, &payload, 1);
	expect_rtp(remote, 1, payload);
	client_name_server(remote, "bbbb", peer->local.pwd);
	client_move(remote);
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	g_assert_true(server_peer_set_remote(peer, remote, "sha256", AULA_SETUP_PASSIVE));
	server_peer_send(peer, 2, &payload, 1);
	expect_rtp(remote, 2, payload);
	client_send_rtp(remote, 1, 50);
	server_peer_await(peer, &peer->rtp, 1);
	client_name_server(remote, "aaaa", remote->server_pwd);
	g_assert_cmpint(client_check(remote, 0), ==, 401);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* The client's address changes (a translator forgot it); a check from the new one moves the media.
 * From UDP to TCP as well. */
static void
test_move(void)
{
	static const size_t payload = 100;
	server on = server_new(&(aula_port_options){ .tcp = true });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);

	for (uint16_t i = 1; i <= 20; i++) {
		remote->tcp = i % 3 == 2;
		client_move(remote);
		if (!remote->tcp)
			client_send_rtp(remote, i, 10); /* from nowhere yet: dropped */
		g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
		server_peer_send(peer, i, &payload, 1);
		expect_rtp(remote, i, payload);
		client_send_rtp(remote, (uint16_t)(100 + i), 10);
		server_peer_await(peer, &peer->last_sequence, 100 + i);
	}
	g_assert_cmpint(peer->down, ==, 0);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* A listener that frees the connection in the middle of a batch. */
static void
test_free_inside(void)
{
	server on = server_new(&(aula_port_options){ .segmentation = true, .tcp = true });

	for (int tcp = 0; tcp < 2; tcp++) {
		server_peer *peer = server_peer_new(&on, "aaaa");
		client *remote =
			server_connect(peer, "127.0.0.1", tcp != 0, GCM, AULA_SETUP_PASSIVE);
		peer->free_on_rtp = true;
		for (uint16_t i = 0; i < 20; i++)
			client_send_rtp(remote, i, 100);
		server_peer_await(peer, &peer->rtp, 1);
		server_peer_free(peer);
		client_free(remote);
	}
	server_free(&on);
}

static void
test_profile(void)
{
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = client_new("127.0.0.1", on.number, false, "SRTP_AES128_CM_SHA1_32");

	client_name_server(remote, "aaaa", peer->local.pwd);
	g_assert_true(server_peer_set_remote(peer, remote, "sha256", AULA_SETUP_PASSIVE));
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	client_handshake(remote, true);
	server_peer_await(peer, &peer->down, 1);
	g_assert_cmpstr(peer->reason, ==, "no common SRTP profile");
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

static int
reject(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

/* The client does not like our certificate, and says so. */
static void
test_alert(void)
{
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = client_new("127.0.0.1", on.number, false, GCM);

	client_name_server(remote, "aaaa", peer->local.pwd);
	SSL_set_verify(remote->ssl, SSL_VERIFY_PEER, reject);
	g_assert_true(server_peer_set_remote(peer, remote, "sha256", AULA_SETUP_PASSIVE));
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	SSL_set_connect_state(remote->ssl);
	SSL_do_handshake(remote->ssl);
	client_flush(remote);
	while (peer->down == 0 && client_receive(remote, 200))
		client_dtls(remote, remote->bytes, remote->length);
	server_peer_await(peer, &peer->down, 1);
	g_assert_cmpstr(peer->reason, ==, "DTLS alert");
	g_assert_cmpint(peer->up, ==, 0);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

/* A second handshake inside the first is not for us; what is there goes on. */
static void
test_renegotiation(void)
{
	server on = server_new(&(aula_port_options){ 0 });
	server_peer *peer = server_peer_new(&on, "aaaa");
	client *remote = server_connect(peer, "127.0.0.1", false, GCM, AULA_SETUP_PASSIVE);

	g_assert_cmpint(SSL_renegotiate(remote->ssl), ==, 1);
	SSL_do_handshake(remote->ssl);
	client_flush(remote);
	g_assert_cmpint(client_check(remote, 0), ==, 0); /* it was handled */
	while (client_receive(remote, 0)) /* an alert at most, in the old keys; no handshake */
		g_assert_cmpuint(remote->bytes[0], ==, 21);
	client_send_rtp(remote, 1, 100);
	server_peer_await(peer, &peer->rtp, 1);
	g_assert_cmpint(peer->down, ==, 0);
	client_free(remote);
	server_peer_free(peer);
	server_free(&on);
}

int
main(int argc, char **argv)
{
	static const char *const digests[] = { "sha1", "sha224", "sha256", "sha384", "sha512",
		"not sha256", "not sha1" };

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autofree char *name = g_strdup_printf("/peer/connection/way/%s", ways[i].name);
		g_test_add_data_func(name, &ways[i], test_way);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(digests); i++) {
		g_autofree char *name =
			g_strdup_printf("/peer/connection/fingerprint/%s", digests[i]);
		g_test_add_data_func(name, digests[i], test_fingerprint);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
		g_autofree char *name = g_strconcat("/peer/connection/settled/", suites[i], NULL);
		g_test_add_data_func(name, suites[i], test_settled);
	}
	g_test_add_func("/peer/connection/segments", test_segments);
	g_test_add_func("/peer/connection/glued", test_glued);
	g_test_add_func("/peer/connection/large-turn", test_large_turn);
	g_test_add_func("/peer/connection/goodbye", test_goodbye);
	g_test_add_func("/peer/connection/early-hello", test_early_hello);
	g_test_add_func("/peer/connection/lost-flight", test_lost_flight);
	g_test_add_func("/peer/connection/deadlines", test_deadlines);
	g_test_add_func("/peer/connection/restart", test_restart);
	g_test_add_func("/peer/connection/move", test_move);
	g_test_add_func("/peer/connection/free-inside", test_free_inside);
	g_test_add_func("/peer/connection/profile", test_profile);
	g_test_add_func("/peer/connection/alert", test_alert);
	g_test_add_func("/peer/connection/renegotiation", test_renegotiation);
	return g_test_run();
}
