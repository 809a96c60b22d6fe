/* SPDX-License-Identifier: Apache-2.0 */
/** The code under test on a loop of its own, with one connection or several, driven from the test's
 * thread. */
#ifndef TESTS_UNIT_PEER_SERVER_H
#define TESTS_UNIT_PEER_SERVER_H

#include <semaphore.h>

#include "client.h"
#include "peer/connection.h"

typedef struct {
	aula_loop *loop;
	aula_certificate *certificate;
	aula_port *port;
	uint16_t number;
} server;

/** What its listener saw; atomic, as the test looks from another thread. */
typedef struct {
	server *on;
	aula_ice_credentials local;
	aula_connection *connection; /* [loop] */
	_Atomic int up, down, rtp, rtcp;
	const char *_Atomic reason;
	_Atomic int last_sequence;
	bool free_on_rtp;
	sem_t news;
} server_peer;

/** On the addresses of `options`; 0 fields get defaults. */
server server_new(const aula_port_options *options);
void server_free(server *self);
/** Runs `call(data)` on its loop and waits. */
void server_do(server *self, void (*call)(void *data), void *data);
aula_port_counters server_counters(server *self);

server_peer *server_peer_new(server *on, const char *ufrag);
void server_peer_free(server_peer *self);
/** Sets `remote` from the client; `digest` as OpenSSL names it. Returns what the connection said.
 */
bool server_peer_set_remote(
	server_peer *self, const client *remote, const char *digest, aula_setup setup);
void server_peer_restart(server_peer *self, const char *ufrag);
/** Sends RTP packets with these payload lengths in one turn; their index (rollover counter and
 * sequence) is from `first` on. */
void server_peer_send(server_peer *self, uint32_t first, const size_t *payloads, size_t count);
void server_peer_send_rtcp(server_peer *self);
/** Waits until the counter reaches `least`; fails the test after 10 s. */
void server_peer_await(server_peer *self, _Atomic int *counter, int least);
/** The whole way up. */
void server_connect_client(server_peer *self, client *remote, aula_setup setup);
/** The same over `address`; returns the client. */
client *server_connect(
	server_peer *self, const char *address, bool tcp, const char *profiles, aula_setup setup);

#endif
