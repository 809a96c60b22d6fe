/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <string.h>
#include <time.h>

enum { PATIENCE_S = 10 };

/* A glib mutex is opaque to the thread sanitizer; a semaphore is not. */
typedef struct {
	void (*call)(void *data);
	void *data;
	sem_t done;
} errand;

static void
run_errand(void *data)
{
	errand *self = data;

	self->call(self->data);
	sem_post(&self->done);
}

static void
await(sem_t *semaphore)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	if (sem_timedwait(semaphore, &until) != 0)
		g_error("nothing happened for %d s", PATIENCE_S);
}

void
server_do(server *self, void (*call)(void *data), void *data)
{
	errand one = { .call = call, .data = data };

	sem_init(&one.done, 0, 0);
	aula_loop_call(self->loop, run_errand, &one);
	await(&one.done);
	sem_destroy(&one.done);
}

server
server_new(const aula_port_options *options)
{
	static const char *const loopback[] = { "127.0.0.1", NULL };
	g_autoptr(GError) error = NULL;
	aula_port_options all = *options;
	server self = { 0 };

	if (all.addresses == NULL)
		all.addresses = loopback;
	if (all.packets_most == 0)
		all.packets_most = 256;
	if (all.consent_ms == 0)
		all.consent_ms = 30000;
	if (all.connect_ms == 0)
		all.connect_ms = 15000;
	self.loop = aula_loop_new("media", &error);
	self.certificate = aula_certificate_new("aula", NULL, 30, &error);
	g_assert_no_error(error);
	self.port = aula_port_new(self.loop, &all, self.certificate, &error);
	g_assert_no_error(error);
	self.number = aula_port_number(self.port);
	aula_loop_start(self.loop);
	return self;
}

static void
do_free(void *data)
{
	aula_port_free(data);
}

void
server_free(server *self)
{
	server_do(self, do_free, self->port);
	aula_loop_free(self->loop);
	aula_certificate_free(self->certificate);
}

typedef struct {
	server *on;
	aula_port_counters counters;
} counting;

static void
do_count(void *data)
{
	counting *self = data;

	self->counters = *aula_port_counted(self->on->port);
}

aula_port_counters
server_counters(server *self)
{
	counting one = { .on = self };

	server_do(self, do_count, &one);
	return one.counters;
}

/* -- the peer -- */

static void
on_up(void *data)
{
	server_peer *self = data;

	self->up++;
	sem_post(&self->news);
}

static void
on_down(void *data, const char *reason)
{
	server_peer *self = data;

	self->reason = reason;
	self->down++;
	sem_post(&self->news);
}

static void
on_rtp(void *data, aula_packet *packet)
{
	server_peer *self = data;
	uint8_t expected[2048];
	const aula_packet_view *view = &packet->view;
	size_t length = client_write_rtp(expected, view->sequence, view->payload_length);

	g_assert_cmpmem(view->data, view->length, expected, length);
	g_assert_cmpuint(view->header_length, ==, 12);
	g_assert_cmpuint(view->payload_type, ==, 96);
	aula_packet_unref(packet);
	self->last_sequence = view->sequence;
	self->rtp++;
	if (self->free_on_rtp) {
		aula_connection_free(self->connection);
		self->connection = NULL;
	}
	sem_post(&self->news);
}

static void
on_rtcp(void *data, const uint8_t *rtcp, size_t length)
{
	server_peer *self = data;

	g_assert_cmpuint(length, ==, 8);
	g_assert_cmpuint(rtcp[1], ==, 201);
	self->rtcp++;
	sem_post(&self->news);
}

static const aula_connection_listener listener = {
	.on_connection_up = on_up,
	.on_connection_down = on_down,
	.on_connection_rtp = on_rtp,
	.on_connection_rtcp = on_rtcp,
};

static void
do_new(void *data)
{
	server_peer *self = data;

	self->connection =
		aula_connection_new(self->on->port, &self->local, false, &listener, self);
}

server_peer *
server_peer_new(server *on, const char *ufrag)
{
	server_peer *self = g_new0(server_peer, 1);

	self->on = on;
	self->reason = "";
	g_strlcpy(self->local.ufrag, ufrag, sizeof(self->local.ufrag));
	g_snprintf(self->local.pwd, sizeof(self->local.pwd), "password of %s 0123456789", ufrag);
	sem_init(&self->news, 0, 0);
	server_do(on, do_new, self);
	g_assert_nonnull(self->connection);
	return self;
}

static void
do_peer_free(void *data)
{
	aula_connection_free(((server_peer *)data)->connection);
}

void
server_peer_free(server_peer *self)
{
	server_do(self->on, do_peer_free, self);
	sem_destroy(&self->news);
	g_free(self);
}

typedef struct {
	server_peer *peer;
	aula_sdp_transport remote;
	aula_setup setup;
	bool accepted;
} remote_errand;

static void
do_set_remote(void *data)
{
	remote_errand *self = data;

	self->accepted =
		aula_connection_set_remote(self->peer->connection, &self->remote, self->setup);
}

bool
server_peer_set_remote(
	server_peer *self, const client *remote, const char *digest, aula_setup setup)
{
	remote_errand one = { .peer = self, .setup = setup };

	g_snprintf(one.remote.fingerprint_hash, sizeof(one.remote.fingerprint_hash), "sha-%s",
		digest + 3);
	one.remote.fingerprint_length = client_fingerprint(remote, digest, one.remote.fingerprint);
	server_do(self->on, do_set_remote, &one);
	return one.accepted;
}

static void
do_restart(void *data)
{
	server_peer *self = data;

	aula_connection_restart(self->connection, &self->local, false);
}

void
server_peer_restart(server_peer *self, const char *ufrag)
{
	g_strlcpy(self->local.ufrag, ufrag, sizeof(self->local.ufrag));
	g_snprintf(self->local.pwd, sizeof(self->local.pwd), "password of %s 0123456789", ufrag);
	server_do(self->on, do_restart, self);
}

typedef struct {
	server_peer *peer;
	uint32_t first;
	const size_t *payloads;
	size_t count;
} send_errand;

static void
do_send(void *data)
{
	send_errand *self = data;
	uint8_t packet[2048];

	for (size_t i = 0; i < self->count; i++) {
		client_write_rtp(packet, (uint16_t)(self->first + i), self->payloads[i]);
		aula_connection_send_rtp(self->peer->connection, packet, 12, packet + 12,
			self->payloads[i], (uint32_t)(self->first + i) >> 16);
	}
}

void
server_peer_send(server_peer *self, uint32_t first, const size_t *payloads, size_t count)
{
	send_errand one = { self, first, payloads, count };

	server_do(self->on, do_send, &one);
}

static void
do_send_rtcp(void *data)
{
	const uint8_t rtcp[] = { 0x80, 201, 0, 1, 1, 2, 3, 4 };

	aula_connection_send_rtcp(((server_peer *)data)->connection, rtcp, sizeof(rtcp));
}

void
server_peer_send_rtcp(server_peer *self)
{
	server_do(self->on, do_send_rtcp, self);
}

void
server_peer_await(server_peer *self, _Atomic int *counter, int least)
{
	while (*counter < least)
		await(&self->news);
}

void
server_connect_client(server_peer *self, client *remote, aula_setup setup)
{
	client_name_server(remote, self->local.ufrag, self->local.pwd);
	g_assert_true(server_peer_set_remote(self, remote, "sha256", setup));
	g_assert_cmpint(client_check(remote, CHECK_NOMINATE), ==, 0);
	g_assert_true(client_handshake(remote, setup == AULA_SETUP_PASSIVE));
	server_peer_await(self, &self->up, 1);
}

client *
server_connect(
	server_peer *self, const char *address, bool tcp, const char *profiles, aula_setup setup)
{
	client *remote = client_new(address, self->on->number, tcp, profiles);

	server_connect_client(self, remote, setup);
	return remote;
}
