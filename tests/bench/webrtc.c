/* SPDX-License-Identifier: Apache-2.0 */
#include "webrtc.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "berth.h"

enum { DATAGRAM = 2048, CHECK_US = 50000, CONSENT_US = 4000000 };

struct webrtc {
	webrtc_listener listener;
	void *data;
	berth *berth;
	unsigned place; /* at the berth */
	bool dtls_server, nominated, up, down;
	char pwd[64], remote_pwd[64], username[160];
	SSL *ssl;
	BIO *in, *out;
	srtp_t inbound, outbound;
	int64_t checked_us;
	int64_t arrived_us; /* the datagram at hand */
};

static SSL_CTX *context;
static char fingerprint[160];

static int
any_certificate(int ok, X509_STORE_CTX *store)
{
	(void)ok, (void)store;
	return 1;
}

const char *
webrtc_init(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_set_pubkey(certificate, key);
	X509_sign(certificate, key, EVP_sha256());
	X509_digest(certificate, EVP_sha256(), digest, &length);
	char *at = fingerprint + sprintf(fingerprint, "sha-256 ");
	for (unsigned i = 0; i < length; i++)
		at += sprintf(at, "%s%02X", i ? ":" : "", digest[i]);

	context = SSL_CTX_new(DTLS_method());
	SSL_CTX_use_certificate(context, certificate);
	SSL_CTX_use_PrivateKey(context, key);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, any_certificate);
	SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80");
	srtp_init();
	return fingerprint;
}

/* -- STUN (RFC 8489) -- */

static size_t
put_attribute(uint8_t *message, size_t at, uint16_t type, const void *value, uint16_t length)
{
	message[at] = (uint8_t)(type >> 8), message[at + 1] = (uint8_t)type;
	message[at + 2] = (uint8_t)(length >> 8), message[at + 3] = (uint8_t)length;
	memcpy(message + at + 4, value, length);
	memset(message + at + 4 + length, 0, (4 - length % 4) % 4);
	return at + 4 + (length + 3u) / 4 * 4;
}

static void
put_length(uint8_t *message, size_t length)
{
	message[2] = (uint8_t)((length - 20) >> 8), message[3] = (uint8_t)(length - 20);
}

/* Adds MESSAGE-INTEGRITY and FINGERPRINT; returns the whole length. */
static size_t
seal(uint8_t *message, size_t length, const char *pwd)
{
	uint8_t digest[20];
	unsigned digest_length = sizeof digest;

	put_length(message, length + 24);
	HMAC(EVP_sha1(), pwd, (int)strlen(pwd), message, length, digest, &digest_length);
	length = put_attribute(message, length, 0x0008, digest, 20);
	put_length(message, length + 8);
	uint32_t crc = htonl((uint32_t)crc32(0, message, (uInt)length) ^ 0x5354554e);
	return put_attribute(message, length, 0x8028, &crc, 4);
}

static void
check(webrtc *client)
{
	uint8_t message[256] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };
	uint32_t priority = htonl(1845501695);
	uint64_t tie = 0x0102030405060708;
	size_t length = 20;

	RAND_bytes(message + 8, 12);
	length = put_attribute(
		message, length, 0x0006, client->username, (uint16_t)strlen(client->username));
	length = put_attribute(message, length, 0x0024, &priority, 4);
	length = put_attribute(message, length, 0x802a, &tie, 8);
	length = put_attribute(message, length, 0x0025, "", 0);
	length = seal(message, length, client->remote_pwd);
	berth_send(client->berth, client->place, message, length);
}

/* A full agent on the other side checks us too. */
static void
answer_check(webrtc *client, const uint8_t *request)
{
	uint8_t message[128] = { 0x01, 0x01, 0, 0 }, mapped[8] = { 0, 1 };
	uint32_t address;
	uint16_t port;

	memcpy(message + 4, request + 4, 16);
	berth_remote(client->berth, &address, &port);
	port = ntohs(port) ^ 0x2112;
	address = ntohl(address) ^ 0x2112a442;
	mapped[2] = (uint8_t)(port >> 8), mapped[3] = (uint8_t)port;
	for (int i = 0; i < 4; i++)
		mapped[4 + i] = (uint8_t)(address >> (24 - 8 * i));
	size_t length = put_attribute(message, 20, 0x0020, mapped, 8);
	length = seal(message, length, client->pwd);
	berth_send(client->berth, client->place, message, length);
}

/* -- DTLS -- */

static void
fail(webrtc *client, const char *why)
{
	if (client->down)
		return;
	client->down = true;
	client->listener.down(client->data, why);
}

static srtp_t
stream(const SRTP_PROTECTION_PROFILE *profile, const uint8_t *key, const uint8_t *salt,
	bool inbound)
{
	bool gcm = profile->id == SRTP_AEAD_AES_128_GCM;
	size_t salt_length = gcm ? 12 : 14;
	uint8_t master[30];
	srtp_policy_t policy = { .ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound,
		.window_size = 1024,
		.allow_repeat_tx = 1 };
	srtp_t made = NULL;

	if (gcm) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
	} else {
		srtp_crypto_policy_set_rtp_default(&policy.rtp);
		srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
	}
	memcpy(master, key, 16);
	memcpy(master + 16, salt, salt_length);
	policy.key = master;
	srtp_create(&made, &policy);
	return made;
}

static void
secure(webrtc *client)
{
	const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(client->ssl);
	uint8_t material[60];

	if (profile == NULL) {
		fail(client, "no SRTP profile");
		return;
	}
	size_t salt = profile->id == SRTP_AEAD_AES_128_GCM ? 12 : 14;
	SSL_export_keying_material(
		client->ssl, material, 32 + 2 * salt, "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0);
	const uint8_t *of_client = material, *of_server = material + 16, *salts = material + 32;
	srtp_t by_client = stream(profile, of_client, salts, client->dtls_server);
	srtp_t by_server = stream(profile, of_server, salts + salt, !client->dtls_server);
	client->inbound = client->dtls_server ? by_client : by_server;
	client->outbound = client->dtls_server ? by_server : by_client;
	client->up = true;
	client->listener.up(client->data);
}

static void
flush(webrtc *client)
{
	uint8_t datagram[DATAGRAM];
	int length;

	while ((length = BIO_read(client->out, datagram, sizeof datagram)) > 0)
		berth_send(client->berth, client->place, datagram, (size_t)length);
}

static void
handshake(webrtc *client)
{
	if (client->down)
		return;
	if (client->up) {
		uint8_t nothing[64];
		if (SSL_read(client->ssl, nothing, sizeof nothing) <= 0 &&
			(SSL_get_shutdown(client->ssl) & SSL_RECEIVED_SHUTDOWN))
			fail(client, "closed by the server");
		return;
	}
	int done = SSL_do_handshake(client->ssl);
	flush(client);
	if (done == 1)
		secure(client);
	else if (SSL_get_error(client->ssl, done) != SSL_ERROR_WANT_READ)
		fail(client, "DTLS failed");
}

/* -- the socket -- */

static void
datagram(webrtc *client, uint8_t *data, size_t length)
{
	if (length < 2)
		return;
	if (data[0] >= 128 && data[0] < 192) {
		if (client->up)
			client->listener.media(client->data, data, length);
	} else if (data[0] >= 20 && data[0] < 64) {
		BIO_write(client->in, data, (int)length);
		handshake(client);
	} else if (length >= 20 && data[0] == 1 && data[1] == 1) {
		bool first = !client->nominated;
		client->nominated = true;
		if (first && !client->dtls_server)
			handshake(client);
	} else if (length >= 20 && data[0] == 0 && data[1] == 1) {
		answer_check(client, data);
	}
}

static void
take(void *user, uint8_t *data, size_t length, int64_t arrived_us)
{
	webrtc *client = user;

	client->arrived_us = arrived_us;
	if (!client->down)
		datagram(client, data, length);
}

void
webrtc_readable(webrtc *client)
{
	berth_read(client->berth, take);
}

int64_t
webrtc_arrived_us(const webrtc *client)
{
	return client->arrived_us;
}

void
webrtc_sink(webrtc *client)
{
	berth_sink(client->berth);
}

uint32_t
webrtc_dropped(const webrtc *client)
{
	return client->place == 0 ? berth_dropped(client->berth) : 0;
}

void
webrtc_tick(webrtc *client, int64_t now_us)
{
	if (client->down)
		return;
	if (now_us - client->checked_us > (client->nominated ? CONSENT_US : CHECK_US)) {
		client->checked_us = now_us;
		check(client);
	}
	if (!client->up && client->nominated) {
		DTLSv1_handle_timeout(client->ssl);
		flush(client);
	}
}

webrtc *
webrtc_new(const char *ufrag, const char *pwd, const char *remote_ufrag, const char *remote_pwd,
	const char *host, uint16_t port, unsigned places, bool dtls_server,
	const webrtc_listener *listener, void *data)
{
	webrtc *client = calloc(1, sizeof *client);

	*client = (webrtc){ .listener = *listener, .data = data, .dtls_server = dtls_server };
	snprintf(client->pwd, sizeof client->pwd, "%s", pwd);
	snprintf(client->remote_pwd, sizeof client->remote_pwd, "%s", remote_pwd);
	snprintf(client->username, sizeof client->username, "%s:%s", remote_ufrag, ufrag);
	client->berth = berth_join(host, port, places, client, &client->place);
	client->ssl = SSL_new(context);
	client->in = BIO_new(BIO_s_mem());
	client->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(client->in, -1);
	BIO_set_mem_eof_return(client->out, -1);
	SSL_set_bio(client->ssl, client->in, client->out);
	SSL_set_options(client->ssl, SSL_OP_NO_QUERY_MTU);
	DTLS_set_link_mtu(client->ssl, 1200);
	if (dtls_server)
		SSL_set_accept_state(client->ssl);
	else
		SSL_set_connect_state(client->ssl);
	check(client);
	return client;
}

void
webrtc_free(webrtc *client)
{
	if (client == NULL)
		return;
	if (client->up && !client->down) {
		SSL_shutdown(client->ssl);
		flush(client);
	}
	SSL_free(client->ssl);
	if (client->inbound != NULL)
		srtp_dealloc(client->inbound);
	if (client->outbound != NULL)
		srtp_dealloc(client->outbound);
	berth_leave(client->berth, client->place);
	free(client);
}

int
webrtc_fd(const webrtc *client)
{
	return client->place == 0 ? berth_fd(client->berth) : -1;
}

bool
webrtc_unprotect(webrtc *client, uint8_t *packet, size_t *length, bool rtcp)
{
	int bytes = (int)*length;
	srtp_err_status_t status = rtcp ? srtp_unprotect_rtcp(client->inbound, packet, &bytes)
					: srtp_unprotect(client->inbound, packet, &bytes);
	*length = (size_t)bytes;
	return status == srtp_err_status_ok;
}

void
webrtc_send(webrtc *client, uint8_t *packet, size_t length, bool rtcp)
{
	int bytes = (int)length;

	if (!client->up ||
		(rtcp ? srtp_protect_rtcp(client->outbound, packet, &bytes)
		      : srtp_protect(client->outbound, packet, &bytes)) != srtp_err_status_ok)
		return;
	berth_send(client->berth, client->place, packet, (size_t)bytes);
}
