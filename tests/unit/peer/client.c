/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { MTU_BYTES = 1200, RECORD_HEAD_BYTES = 13, SSRC = 0x11223344 };

static socklen_t
address_length(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

static void
open_socket(client *self)
{
	socklen_t length = sizeof(self->own);

	self->fd = socket(self->server.ss_family, self->tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	g_assert_cmpint(self->fd, >=, 0);
	g_assert_cmpint(
		connect(self->fd, (struct sockaddr *)&self->server, address_length(&self->server)),
		==, 0);
	g_assert_cmpint(getsockname(self->fd, (struct sockaddr *)&self->own, &length), ==, 0);
}

/* RSA or EC does not matter to anybody; EC is quick. */
static void
make_certificate(client *self)
{
	self->key = EVP_EC_gen("P-256");
	self->x509 = X509_new();
	ASN1_INTEGER_set(X509_get_serialNumber(self->x509), 1);
	X509_gmtime_adj(X509_getm_notBefore(self->x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(self->x509), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(self->x509), "CN", MBSTRING_ASC,
		(const uint8_t *)"client", -1, -1, 0);
	X509_set_issuer_name(self->x509, X509_get_subject_name(self->x509));
	X509_set_pubkey(self->x509, self->key);
	g_assert_cmpint(X509_sign(self->x509, self->key, EVP_sha256()), >, 0);
}

static int
accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok, (void)store;
	return 1;
}

static void
make_ssl(client *self, const char *profiles)
{
	uint8_t alpn[9 * 60]; /* makes the ClientHello as large as those of browsers */

	self->context = SSL_CTX_new(DTLS_method());
	g_assert_cmpint(SSL_CTX_use_certificate(self->context, self->x509), ==, 1);
	g_assert_cmpint(SSL_CTX_use_PrivateKey(self->context, self->key), ==, 1);
	g_assert_cmpint(SSL_CTX_set_tlsext_use_srtp(self->context, profiles), ==, 0);
	SSL_CTX_set_verify(
		self->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
	SSL_CTX_set_options(self->context, SSL_OP_NO_QUERY_MTU);
	for (size_t i = 0; i < sizeof(alpn); i += 9)
		memcpy(alpn + i, "\x08protocol", 9);
	SSL_CTX_set_alpn_protos(self->context, alpn, sizeof(alpn));
	self->ssl = SSL_new(self->context);
	self->in = BIO_new(BIO_s_mem());
	self->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(self->in, -1);
	BIO_set_mem_eof_return(self->out, -1);
	SSL_set_bio(self->ssl, self->in, self->out);
	SSL_set_mtu(self->ssl, MTU_BYTES / 2);
}

static void *
start_srtp(void *data)
{
	(void)data;
	g_assert_cmpint(srtp_init(), ==, 0);
	return NULL;
}

client *
client_new(const char *address, uint16_t port, bool tcp, const char *profiles)
{
	static GOnce once = G_ONCE_INIT;
	client *self = g_new0(client, 1);
	struct sockaddr_in *v4 = (struct sockaddr_in *)&self->server;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&self->server;

	g_once(&once, start_srtp, NULL);
	self->tcp = tcp;
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else {
		g_assert_cmpint(inet_pton(AF_INET6, address, &v6->sin6_addr), ==, 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
	}
	open_socket(self);
	stun_agent_init(&self->stun, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
		STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
	make_certificate(self);
	make_ssl(self, profiles);
	return self;
}

void
client_free(client *self)
{
	close(self->fd);
	SSL_free(self->ssl);
	SSL_CTX_free(self->context);
	X509_free(self->x509);
	EVP_PKEY_free(self->key);
	if (self->to_server != NULL) {
		srtp_dealloc(self->to_server);
		srtp_dealloc(self->from_server);
	}
	g_free(self);
}

void
client_name_server(client *self, const char *ufrag, const char *pwd)
{
	g_strlcpy(self->server_ufrag, ufrag, sizeof(self->server_ufrag));
	g_strlcpy(self->server_pwd, pwd, sizeof(self->server_pwd));
}

void
client_move(client *self)
{
	close(self->fd);
	open_socket(self);
}

/* -- datagrams -- */

void
client_send(client *self, const void *data, size_t length)
{
	uint8_t frame[2 + 65536];

	if (!self->tcp) {
		(void)!send(self->fd, data, length, 0);
		return;
	}
	frame[0] = (uint8_t)(length >> 8);
	frame[1] = (uint8_t)length;
	memcpy(frame + 2, data, length);
	(void)!send(self->fd, frame, length + 2, MSG_NOSIGNAL);
}

static bool
receive_all(int fd, uint8_t *out, size_t length)
{
	return recv(fd, out, length, MSG_WAITALL) == (ssize_t)length;
}

static bool
read_datagram(client *self, int ms)
{
	struct pollfd descriptor = { .fd = self->fd, .events = POLLIN };
	uint8_t head[2];

	if (poll(&descriptor, 1, ms) != 1)
		return false;
	if (!self->tcp) {
		ssize_t length = recv(self->fd, self->bytes, sizeof(self->bytes), 0);
		self->length = length > 0 ? (size_t)length : 0;
		return length >= 0;
	}
	if (!receive_all(self->fd, head, 2))
		return false;
	self->length = (size_t)head[0] << 8 | head[1];
	g_assert_cmpuint(self->length, <=, sizeof(self->bytes));
	return receive_all(self->fd, self->bytes, self->length);
}

bool
client_receive(client *self, int ms)
{
	if (self->held_count == 0)
		return read_datagram(self, ms);
	self->length = self->held_lengths[0];
	memcpy(self->bytes, self->held[0], self->length);
	self->held_count--;
	for (int i = 0; i < self->held_count; i++) {
		self->held_lengths[i] = self->held_lengths[i + 1];
		memcpy(self->held[i], self->held[i + 1], self->held_lengths[i]);
	}
	return true;
}

/* -- STUN -- */

size_t
client_write_check(client *self, check_flags flags, uint8_t *out, size_t size)
{
	StunMessage request;
	g_autofree char *name = g_strdup_printf("%s:cccc", self->server_ufrag);
	const char *pwd = self->server_pwd;

	g_assert_true(stun_agent_init_request(&self->stun, &request, out, size, STUN_BINDING));
	stun_message_append32(&request, STUN_ATTRIBUTE_PRIORITY, 1853824767);
	stun_message_append64(&request,
		flags & CHECK_CONTROLLED ? STUN_ATTRIBUTE_ICE_CONTROLLED
					 : STUN_ATTRIBUTE_ICE_CONTROLLING,
		0x123456789);
	if (flags & CHECK_NOMINATE)
		stun_message_append_flag(&request, STUN_ATTRIBUTE_USE_CANDIDATE);
	if (flags & CHECK_STRANGE_ATTRIBUTE)
		stun_message_append32(&request, (StunAttribute)0x7001, 1);
	if (flags & CHECK_NO_CREDENTIALS)
		return stun_agent_finish_message(&self->stun, &request, NULL, 0);
	stun_message_append_string(&request, STUN_ATTRIBUTE_USERNAME, name);
	return stun_agent_finish_message(&self->stun, &request, (const uint8_t *)pwd, strlen(pwd));
}

static void
hold(client *self)
{
	if (self->held_count == 8)
		return;
	memcpy(self->held[self->held_count], self->bytes, self->length);
	self->held_lengths[self->held_count++] = self->length;
}

static int
judge_answer(client *self, const StunTransactionId id)
{
	StunMessage answer;
	StunTransactionId theirs;
	struct sockaddr_storage mapped = { 0 };
	socklen_t length = sizeof(mapped);
	int code = 0;

	StunValidationStatus status =
		stun_agent_validate(&self->stun, &answer, self->bytes, self->length, NULL, NULL);
	stun_message_id(&answer, theirs);
	g_assert_cmpmem(theirs, sizeof(theirs), id, sizeof(theirs));
	if (stun_message_get_class(&answer) == STUN_ERROR) {
		g_assert_cmpint(stun_message_find_error(&answer, &code), ==, 0);
		return code;
	}
	g_assert_cmpint(status, ==, STUN_VALIDATION_SUCCESS);
	g_assert_cmpint(stun_message_get_class(&answer), ==, STUN_RESPONSE);
	g_assert_true(stun_message_has_attribute(&answer, STUN_ATTRIBUTE_MESSAGE_INTEGRITY));
	g_assert_true(stun_message_has_attribute(&answer, STUN_ATTRIBUTE_FINGERPRINT));
	g_assert_cmpint(stun_message_find_xor_addr(
				&answer, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &mapped, &length),
		==, STUN_MESSAGE_RETURN_SUCCESS);
	g_assert_cmpmem(&mapped, 8, &self->own, 8);
	return 0;
}

int
client_check(client *self, check_flags flags)
{
	uint8_t request[1024];
	size_t length = client_write_check(self, flags, request, sizeof(request));
	StunTransactionId id;
	int code = -1;

	memcpy(id, request + 4, sizeof(id));
	client_send(self, request, length);
	while (code < 0 && read_datagram(self, CLIENT_PATIENCE_MS)) {
		if (self->length >= 20 && self->bytes[0] < 2)
			code = judge_answer(self, id);
		else
			hold(self);
	}
	stun_agent_forget_transaction(&self->stun, id);
	return code;
}

/* -- DTLS -- */

size_t
client_fingerprint(const client *self, const char *digest, uint8_t *out)
{
	unsigned length = 0;

	g_assert_cmpint(X509_digest(self->x509, EVP_get_digestbyname(digest), out, &length), ==, 1);
	return length;
}

void
client_flush(client *self)
{
	uint8_t record[CLIENT_BYTES];

	while (BIO_read(self->out, record, RECORD_HEAD_BYTES) == RECORD_HEAD_BYTES) {
		int length = record[11] << 8 | record[12];
		g_assert_cmpint(
			BIO_read(self->out, record + RECORD_HEAD_BYTES, length), ==, length);
		client_send(self, record, (size_t)(RECORD_HEAD_BYTES + length));
	}
}

int
client_hello(client *self, uint8_t datagrams[8][CLIENT_BYTES], size_t *lengths)
{
	int count = 0;

	SSL_set_connect_state(self->ssl);
	SSL_do_handshake(self->ssl);
	while (count < 8 && BIO_read(self->out, datagrams[count], RECORD_HEAD_BYTES) > 0) {
		int length = datagrams[count][11] << 8 | datagrams[count][12];
		BIO_read(self->out, datagrams[count] + RECORD_HEAD_BYTES, length);
		lengths[count++] = (size_t)(RECORD_HEAD_BYTES + length);
	}
	return count;
}

void
client_dtls(client *self, const uint8_t *data, size_t length)
{
	uint8_t waste[100];

	BIO_write(self->in, data, (int)length);
	ERR_clear_error();
	if (!SSL_is_init_finished(self->ssl))
		SSL_do_handshake(self->ssl);
	else
		SSL_read(self->ssl, waste, sizeof(waste));
	client_flush(self);
}

static srtp_t
make_session(client *self, srtp_ssrc_type_t type, const uint8_t *key, const uint8_t *salt)
{
	srtp_profile_t profile = (srtp_profile_t)SSL_get_selected_srtp_profile(self->ssl)->id;
	uint8_t master[64];
	srtp_policy_t policy = { .ssrc.type = type, .key = master, .window_size = 1024 };
	srtp_t session;
	unsigned key_bytes = srtp_profile_get_master_key_length(profile);

	memcpy(master, key, key_bytes);
	memcpy(master + key_bytes, salt, srtp_profile_get_master_salt_length(profile));
	srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile);
	srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile);
	g_assert_cmpint(srtp_create(&session, &policy), ==, 0);
	return session;
}

static void
make_sessions(client *self, bool as_client)
{
	srtp_profile_t profile = (srtp_profile_t)SSL_get_selected_srtp_profile(self->ssl)->id;
	unsigned key = srtp_profile_get_master_key_length(profile);
	unsigned salt = srtp_profile_get_master_salt_length(profile);
	uint8_t material[2 * (32 + 14)];

	g_assert_cmpint(SSL_export_keying_material(self->ssl, material, 2 * (key + salt),
				"EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
		==, 1);
	const uint8_t *client_salt = material + 2 * key, *server_salt = client_salt + salt;
	self->to_server = make_session(self, ssrc_any_outbound,
		as_client ? material : material + key, as_client ? client_salt : server_salt);
	self->from_server = make_session(self, ssrc_any_inbound,
		as_client ? material + key : material, as_client ? server_salt : client_salt);
}

bool
client_finish(client *self)
{
	gint64 until = g_get_monotonic_time() + CLIENT_PATIENCE_MS * 1000;

	while (!SSL_is_init_finished(self->ssl) && g_get_monotonic_time() < until) {
		if (client_receive(self, 50)) {
			if (self->length > 0 && self->bytes[0] >= 20 && self->bytes[0] < 64)
				client_dtls(self, self->bytes, self->length);
		} else {
			DTLSv1_handle_timeout(self->ssl);
			client_flush(self);
		}
		if (SSL_get_shutdown(self->ssl) != 0)
			return false;
	}
	if (!SSL_is_init_finished(self->ssl) || SSL_get_selected_srtp_profile(self->ssl) == NULL)
		return false;
	make_sessions(self, !SSL_is_server(self->ssl));
	return true;
}

bool
client_handshake(client *self, bool as_client)
{
	if (as_client)
		SSL_set_connect_state(self->ssl);
	else
		SSL_set_accept_state(self->ssl);
	ERR_clear_error();
	SSL_do_handshake(self->ssl);
	client_flush(self);
	return client_finish(self);
}

/* -- media -- */

size_t
client_write_rtp(uint8_t *out, uint16_t sequence, size_t payload)
{
	const uint8_t head[12] = { 0x80, 96, (uint8_t)(sequence >> 8), (uint8_t)sequence, 0, 0, 0,
		(uint8_t)sequence, SSRC >> 24, SSRC >> 16 & 255, SSRC >> 8 & 255, SSRC & 255 };

	memcpy(out, head, sizeof(head));
	for (size_t i = 0; i < payload; i++)
		out[sizeof(head) + i] = (uint8_t)(sequence + i);
	return sizeof(head) + payload;
}

void
client_send_rtp(client *self, uint16_t sequence, size_t payload)
{
	_Alignas(4) uint8_t packet[2048];
	int length = (int)client_write_rtp(packet, sequence, payload);

	g_assert_cmpint(srtp_protect(self->to_server, packet, &length), ==, 0);
	client_send(self, packet, (size_t)length);
}

void
client_send_rtcp(client *self)
{
	_Alignas(4) uint8_t packet[64] = { 0x80, 201, 0, 1, 0x11, 0x22, 0x33, 0x44 };
	int length = 8;

	g_assert_cmpint(srtp_protect_rtcp(self->to_server, packet, &length), ==, 0);
	client_send(self, packet, (size_t)length);
}

/* RFC 3550 section 5.1 */
static void
drop_padding(client *self)
{
	if ((self->bytes[0] & 0x20) == 0)
		return;
	g_assert_cmpuint(self->bytes[self->length - 1], >, 0);
	g_assert_cmpuint(self->bytes[self->length - 1], <, self->length - 12);
	self->length -= self->bytes[self->length - 1];
	self->bytes[0] &= 0xdf;
}

bool
client_receive_rtp(client *self, int ms)
{
	while (client_receive(self, ms)) {
		int length = (int)self->length;
		if (length < 12 || self->bytes[0] < 128 ||
			(self->bytes[1] >= 192 && self->bytes[1] <= 223))
			continue;
		g_assert_cmpint(srtp_unprotect(self->from_server, self->bytes, &length), ==, 0);
		self->length = (size_t)length;
		drop_padding(self);
		return true;
	}
	return false;
}
