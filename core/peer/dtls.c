/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/dtls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "peer/farewell.h"
#include "runtime/loop.h"

enum {
	MTU_BYTES = 1200,
	CHAIN_BYTES_MOST = 16 * 1024,
	FIRST_TIMEOUT_US = 60 * 1000, /* a flight lost at the start must not cost a second */
	LAST_TIMEOUT_US = 2 * 1000 * 1000,
	/* A client that lacks our last flight repeats its own, after 4 s at the latest. */
	SETTLE_US = 10 * 1000 * 1000,
};

struct aula_dtls_context {
	SSL_CTX *ssl;
	BIO_METHOD *method;
};

struct aula_dtls {
	SSL *ssl;                /* NULL: settled */
	aula_farewell *farewell; /* what there is instead */
	int64_t settle_at_us;    /* once it is up */
	aula_dtls_state state;
	const char *why;
	void (*send)(void *data, const uint8_t *datagram, size_t length);
	void *data;
	const uint8_t *input; /* the datagram at hand; NULL when it was read */
	size_t input_length;
};

/* -- the BIO: one write is one datagram -- */

static int
bio_write(BIO *bio, const char *data, int length)
{
	aula_dtls *self = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (length > 0)
		self->send(self->data, (const uint8_t *)data, (size_t)length);
	return length;
}

static int
bio_read(BIO *bio, char *out, int size)
{
	aula_dtls *self = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (self->input == NULL) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t length = MIN(self->input_length, (size_t)MAX(size, 0));
	memcpy(out, self->input, length);
	self->input = NULL;
	return (int)length;
}

static long
bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return MTU_BYTES;
	default:
		/* Not 1: OpenSSL would take it for a BIO with kernel TLS. */
		return 0;
	}
}

static BIO_METHOD *
make_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram");

	if (method != NULL) {
		BIO_meth_set_write(method, bio_write);
		BIO_meth_set_read(method, bio_read);
		BIO_meth_set_ctrl(method, bio_ctrl);
	}
	return method;
}

/* -- context -- */

static int
accept_any(X509_STORE_CTX *store, void *data)
{
	(void)store, (void)data;
	return 1; /* self-signed all; the fingerprint decides, after the handshake */
}

static bool
configure(SSL_CTX *ssl)
{
	static const char profiles[] =
#define X(id, name, ...) ":" name
		AULA_SRTP_PROFILES(X)
#undef X
		;

	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ssl, accept_any, NULL);
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU |
					 SSL_OP_NO_COMPRESSION | SSL_OP_SINGLE_ECDH_USE);
	SSL_CTX_set_max_cert_list(ssl, CHAIN_BYTES_MOST);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
	/* returns 0 when it succeeds */
	return SSL_CTX_set_tlsext_use_srtp(ssl, profiles + 1) == 0 &&
	       SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_send_fragment(ssl, MTU_BYTES) == 1 &&
	       SSL_CTX_set1_groups_list(ssl, "X25519:P-256:P-384") == 1 &&
	       /* RFC 8827 section 6.5 demands the first of them. No CBC: OpenSSL 3.0 gives up at a
		* record that is too short for a MAC, whoever sent it. */
	       SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK:!aDSS") == 1;
}

aula_dtls_context *
aula_dtls_context_new(const aula_certificate *certificate, GError **error)
{
	aula_dtls_context *context = g_new0(aula_dtls_context, 1);

	context->method = make_method();
	context->ssl = SSL_CTX_new(DTLS_method());
	if (context->method != NULL && context->ssl != NULL && configure(context->ssl) &&
		aula_certificate_use(certificate, context->ssl))
		return context;
	char why[256] = "";
	ERR_error_string_n(ERR_get_error(), why, sizeof(why));
	ERR_clear_error();
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "DTLS does not start: %s", why);
	aula_dtls_context_free(context);
	return NULL;
}

void
aula_dtls_context_free(aula_dtls_context *context)
{
	if (context == NULL)
		return;
	SSL_CTX_free(context->ssl);
	BIO_meth_free(context->method);
	g_free(context);
}

/* -- one association -- */

static unsigned int
next_timeout_us(SSL *ssl, unsigned int last_us)
{
	(void)ssl;
	return last_us == 0 ? FIRST_TIMEOUT_US : MIN(last_us * 2, LAST_TIMEOUT_US);
}

aula_dtls *
aula_dtls_new(aula_dtls_context *context,
	void (*send)(void *data, const uint8_t *datagram, size_t length), void *data)
{
	SSL *ssl = SSL_new(context->ssl);
	BIO *bio = BIO_new(context->method);

	if (ssl == NULL || bio == NULL) {
		SSL_free(ssl);
		BIO_free(bio);
		return NULL;
	}
	aula_dtls *self = g_new0(aula_dtls, 1);
	*self = (aula_dtls){ .ssl = ssl, .send = send, .data = data, .why = "" };
	BIO_set_data(bio, self);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_mtu(ssl, MTU_BYTES);
	DTLS_set_timer_cb(ssl, next_timeout_us);
	return self;
}

void
aula_dtls_free(aula_dtls *self)
{
	if (self == NULL)
		return;
	SSL_free(self->ssl);
	aula_farewell_free(self->farewell);
	g_free(self);
}

static void
end(aula_dtls *self, const char *why)
{
	self->state = AULA_DTLS_ENDED;
	self->why = why;
}

/* Reason codes above 1000 are alerts of the other side. */
static const char *
explain(void)
{
	return ERR_GET_REASON(ERR_peek_error()) > SSL_AD_REASON_OFFSET ? "DTLS alert"
								       : "DTLS failed";
}

static void
shake_hands(aula_dtls *self)
{
	int status = SSL_do_handshake(self->ssl);

	if (status == 1) {
		self->state = AULA_DTLS_UP;
		return;
	}
	switch (SSL_get_error(self->ssl, status)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		break;
	default:
		end(self, explain());
	}
}

/* Nobody talks data over this (yet): what is read is a goodbye, a repeated flight, or dropped. */
static void
read_records(aula_dtls *self)
{
	uint8_t waste[1500];

	for (int status; self->state == AULA_DTLS_UP;) {
		status = SSL_read(self->ssl, waste, sizeof(waste));
		if (status > 0)
			continue;
		switch (SSL_get_error(self->ssl, status)) {
		case SSL_ERROR_WANT_READ:
		case SSL_ERROR_WANT_WRITE:
			return;
		case SSL_ERROR_ZERO_RETURN:
			end(self, "closed by the peer");
			return;
		default:
			end(self, explain());
		}
	}
}

static void
advance(aula_dtls *self)
{
	ERR_clear_error();
	if (self->state == AULA_DTLS_HANDSHAKE)
		shake_hands(self);
	if (self->state == AULA_DTLS_UP)
		read_records(self);
	/* OpenSSL keeps 17 kB of record buffers, DTLS or not; the next datagram gets new ones. */
	if (self->state != AULA_DTLS_HANDSHAKE)
		SSL_free_buffers(self->ssl);
	self->settle_at_us = aula_now_us() + SETTLE_US;
	ERR_clear_error();
}

void
aula_dtls_settle(aula_dtls *self)
{
	if (self->state != AULA_DTLS_UP || self->ssl == NULL)
		return;
	self->farewell = aula_farewell_new(self->ssl);
	ERR_clear_error();
	if (self->farewell == NULL) {
		self->settle_at_us = INT64_MAX;
		return;
	}
	SSL_free(self->ssl);
	self->ssl = NULL;
}

static void
read_farewell(aula_dtls *self, const uint8_t *datagram, size_t length)
{
	switch (aula_farewell_read(self->farewell, datagram, length)) {
	case AULA_FAREWELL_NOT_YET:
		break;
	case AULA_FAREWELL_CLOSED:
		end(self, "closed by the peer");
		break;
	case AULA_FAREWELL_ALERT:
		end(self, "DTLS alert");
		break;
	}
	ERR_clear_error();
}

void
aula_dtls_start(aula_dtls *self, bool active)
{
	if (self->state != AULA_DTLS_IDLE)
		return;
	self->state = AULA_DTLS_HANDSHAKE;
	if (active)
		SSL_set_connect_state(self->ssl);
	else
		SSL_set_accept_state(self->ssl);
	advance(self);
}

void
aula_dtls_receive(aula_dtls *self, const uint8_t *datagram, size_t length)
{
	if (self->state != AULA_DTLS_HANDSHAKE && self->state != AULA_DTLS_UP)
		return;
	if (self->ssl == NULL) {
		read_farewell(self, datagram, length);
		return;
	}
	self->input = datagram;
	self->input_length = length;
	advance(self);
	self->input = NULL;
}

static bool
is_running(const aula_dtls *self)
{
	return self->ssl != NULL &&
	       (self->state == AULA_DTLS_HANDSHAKE || self->state == AULA_DTLS_UP);
}

int64_t
aula_dtls_timeout_us(aula_dtls *self)
{
	struct timeval left;

	if (!is_running(self))
		return -1;
	if (DTLSv1_get_timeout(self->ssl, &left) == 1)
		return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
	if (self->state != AULA_DTLS_UP || self->settle_at_us == INT64_MAX)
		return -1;
	return MAX(self->settle_at_us - aula_now_us(), 0);
}

void
aula_dtls_tick(aula_dtls *self)
{
	if (!is_running(self))
		return;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(self->ssl) < 0)
		end(self, "DTLS timed out");
	ERR_clear_error();
	if (aula_now_us() >= self->settle_at_us)
		aula_dtls_settle(self);
}

static void
send_farewell(aula_dtls *self)
{
	uint8_t goodbye[AULA_FAREWELL_BYTES_MOST];
	size_t length = aula_farewell_write(self->farewell, goodbye);

	if (length > 0)
		self->send(self->data, goodbye, length);
}

void
aula_dtls_close(aula_dtls *self)
{
	uint8_t nothing[1];

	if (self->state != AULA_DTLS_UP)
		return;
	ERR_clear_error();
	if (self->ssl == NULL) {
		send_farewell(self);
	} else {
		/* Only reading makes the buffers anew that advance() gave back; without them
		 * OpenSSL 3.0 writes to address 0. */
		SSL_read(self->ssl, nothing, sizeof(nothing));
		SSL_shutdown(self->ssl);
	}
	ERR_clear_error();
}

aula_dtls_state
aula_dtls_state_of(const aula_dtls *self)
{
	return self->state;
}

const char *
aula_dtls_why(const aula_dtls *self)
{
	return self->why;
}

bool
aula_dtls_matches(
	const aula_dtls *self, const char *hash, const uint8_t *fingerprint, size_t length)
{
	static const struct {
		const char *name;
		const EVP_MD *(*digest)(void);
	} hashes[] = {
		{ "sha-1", EVP_sha1 },
		{ "sha-224", EVP_sha224 },
		{ "sha-256", EVP_sha256 },
		{ "sha-384", EVP_sha384 },
		{ "sha-512", EVP_sha512 },
	};
	X509 *x509 = self->ssl != NULL ? SSL_get0_peer_certificate(self->ssl) : NULL;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_length = 0;

	for (size_t i = 0; x509 != NULL && i < G_N_ELEMENTS(hashes); i++)
		if (strcmp(hashes[i].name, hash) == 0)
			return X509_digest(x509, hashes[i].digest(), digest, &digest_length) == 1 &&
			       digest_length == length && memcmp(digest, fingerprint, length) == 0;
	return false;
}

bool
aula_dtls_keys(const aula_dtls *self, aula_srtp_profile *ret_profile, aula_srtp_master *ret_ours,
	aula_srtp_master *ret_theirs)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	const SRTP_PROTECTION_PROFILE *chosen =
		self->ssl != NULL ? SSL_get_selected_srtp_profile(self->ssl) : NULL;
	uint8_t material[2 * AULA_SRTP_MASTER_MOST];

	if (chosen == NULL)
		return false;
	aula_srtp_profile profile = aula_srtp_find((uint16_t)chosen->id);
	if (profile == AULA_SRTP_PROFILE_COUNT)
		return false;
	size_t key = aula_srtp_facts(profile)->key_bytes,
	       salt = aula_srtp_facts(profile)->salt_bytes;
	if (SSL_export_keying_material(self->ssl, material, 2 * (key + salt), label,
		    sizeof(label) - 1, NULL, 0, 0) != 1)
		return false;
	/* client key, server key, client salt, server salt */
	aula_srtp_master *client = SSL_is_server(self->ssl) ? ret_theirs : ret_ours;
	aula_srtp_master *server = SSL_is_server(self->ssl) ? ret_ours : ret_theirs;
	memcpy(client->bytes, material, key);
	memcpy(server->bytes, material + key, key);
	memcpy(client->bytes + key, material + 2 * key, salt);
	memcpy(server->bytes + key, material + 2 * key + salt, salt);
	OPENSSL_cleanse(material, sizeof(material));
	*ret_profile = profile;
	return true;
}
