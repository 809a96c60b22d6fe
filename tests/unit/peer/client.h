/* SPDX-License-Identifier: Apache-2.0 */
/** A browser's transport for tests, made of OpenSSL, libsrtp and libnice only: nothing of the code
 * under test. Blocking, on the test's thread. */
#ifndef TESTS_UNIT_PEER_CLIENT_H
#define TESTS_UNIT_PEER_CLIENT_H

#include <glib.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stun/stunagent.h>
#include <sys/socket.h>

enum { CLIENT_BYTES = 4096, CLIENT_PATIENCE_MS = 10000 };

typedef struct {
	int fd;
	bool tcp;
	struct sockaddr_storage server, own;
	StunAgent stun;
	char server_ufrag[33], server_pwd[33];
	SSL_CTX *context;
	SSL *ssl;
	BIO *in, *out; /* the ssl's */
	EVP_PKEY *key;
	X509 *x509;
	srtp_t to_server, from_server;
	uint8_t bytes[CLIENT_BYTES]; /* the last datagram received */
	size_t length;
	uint8_t held[8][CLIENT_BYTES]; /* other datagrams that came while waiting for STUN */
	size_t held_lengths[8];
	int held_count;
} client;

/** `address` and `port` of the server; `profiles` as OpenSSL names them. */
client *client_new(const char *address, uint16_t port, bool tcp, const char *profiles);
void client_free(client *self);
void client_name_server(client *self, const char *ufrag, const char *pwd);
/** Another socket of the same client: its address changes. */
void client_move(client *self);

void client_send(client *self, const void *data, size_t length);
/** The next datagram, into `bytes`; false after `ms`. */
bool client_receive(client *self, int ms);

typedef enum {
	CHECK_NOMINATE = 1,
	CHECK_CONTROLLED = 2,
	CHECK_NO_CREDENTIALS = 4,
	CHECK_STRANGE_ATTRIBUTE = 8,
} check_flags;

/** A Binding request to send; returns its length. */
size_t client_write_check(client *self, check_flags flags, uint8_t *out, size_t size);
/** Sends a check and waits for the answer: 0 if it is a success response that is authentic and
 * names our address, else its error code; -1: none came. */
int client_check(client *self, check_flags flags);

/** Fingerprint by the named digest. */
size_t client_fingerprint(const client *self, const char *digest, uint8_t *out);
/** The datagrams of our first flight as DTLS client, not sent; returns how many. */
int client_hello(client *self, uint8_t datagrams[8][CLIENT_BYTES], size_t *lengths);
/** Shakes hands, as client or server; false: it failed. Makes the SRTP sessions. */
bool client_handshake(client *self, bool as_client);
/** The same after client_hello(). */
bool client_finish(client *self);
/** Feeds a datagram to DTLS and sends what it answers. */
void client_dtls(client *self, const uint8_t *data, size_t length);
/** Sends what DTLS has to say, one record a datagram. */
void client_flush(client *self);

/** One RTP packet with a payload that follows from its sequence. */
size_t client_write_rtp(uint8_t *out, uint16_t sequence, size_t payload);
/** Protects (in place) and sends. */
void client_send_rtp(client *self, uint16_t sequence, size_t payload);
void client_send_rtcp(client *self);
/** The next RTP packet, opened into `bytes`, without padding; RTCP and others are skipped. False
 * after `ms`. */
bool client_receive_rtp(client *self, int ms);

#endif
