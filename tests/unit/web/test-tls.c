/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTPS port. */
#include "client.h"
#include "../port.h"

#include <glib/gstdio.h>
#include <openssl/ssl.h>
#include <string.h>
#include <unistd.h>

#include "peer/certificate.h"
#include "web/web.h"

typedef struct {
	char *folder, *certificate, *key;
	aula_web *web;
	int port;
	SSL_CTX *context;
} site;

static bool
on_opened(void *self, aula_websocket *socket, const char *address, void **ret_data)
{
	(void)self, (void)address;
	*ret_data = socket;
	return true;
}

static void
on_message(void *self, aula_websocket *socket, void *data, const char *text, size_t length)
{
	(void)self, (void)data;
	aula_websocket_send(socket, text, length);
}

static void
on_closed(void *self, aula_websocket *socket, void *data, int status)
{
	(void)self, (void)data, (void)status;
	aula_websocket_release(socket);
}

static const aula_websocket_ops ops = {
	.size = sizeof ops, .opened = on_opened, .message = on_message, .closed = on_closed
};

static void
setup(site *s, gconstpointer data)
{
	const aula_websocket_limits limits = { .size = sizeof limits,
		.max_message_bytes = 100000,
		.max_queue_bytes = 1000000,
		.ping_interval_ms = 30000,
		.ping_timeout_ms = 10000 };
	GError *error = NULL;
	(void)data;

	s->folder = g_dir_make_tmp("aula-tls-XXXXXX", &error);
	s->certificate = g_build_filename(s->folder, "web.crt", NULL);
	s->key = g_build_filename(s->folder, "web.key", NULL);
	g_autoptr(aula_certificate) made = aula_certificate_new("localhost", NULL, 10, &error);
	g_assert_no_error(error);
	g_assert_true(aula_certificate_save(made, s->certificate, s->key, &error));
	aula_web_options options = { .host = "127.0.0.1",
		.tls_port = test_port(),
		.certificate_path = s->certificate,
		.key_path = s->key,
		.root = s->folder,
		.threads = 2,
		.connections_most = 100 };
	s->web = aula_web_new(&options, &error);
	g_assert_no_error(error);
	aula_web_websocket_add(s->web, "test", &ops, s, &limits);
	g_assert_true(aula_web_start(s->web, &error));
	g_assert_no_error(error);
	s->port = aula_web_tls_port(s->web);
	s->context = SSL_CTX_new(TLS_client_method());
}

static void
teardown(site *s, gconstpointer data)
{
	(void)data;
	aula_web_free(s->web);
	SSL_CTX_free(s->context);
	g_remove(s->certificate);
	g_remove(s->key);
	g_rmdir(s->folder);
	g_free(s->certificate);
	g_free(s->key);
	g_free(s->folder);
}

/* A TLS connection, or NULL when the handshake fails. */
static SSL *
secure(site *s)
{
	SSL *ssl = SSL_new(s->context);

	SSL_set_fd(ssl, client_connect(s->port));
	if (SSL_connect(ssl) == 1)
		return ssl;
	close(SSL_get_fd(ssl));
	SSL_free(ssl);
	return NULL;
}

static void
leave(SSL *ssl)
{
	int sock = SSL_get_fd(ssl);

	SSL_free(ssl);
	close(sock);
}

static void
assert_read(SSL *ssl, void *bytes, int length)
{
	for (int at = 0, got; at < length; at += got) {
		got = SSL_read(ssl, (char *)bytes + at, length - at);
		g_assert_cmpint(got, >, 0);
	}
}

static char *
read_head(SSL *ssl)
{
	GString *head = g_string_new(NULL);
	char byte;

	while (!g_str_has_suffix(head->str, "\r\n\r\n")) {
		assert_read(ssl, &byte, 1);
		g_string_append_c(head, byte);
	}
	return g_string_free(head, FALSE);
}

static void
test_page(site *s, gconstpointer data)
{
	static const char ask[] = "GET /web.crt HTTP/1.1\r\nHost: localhost\r\n\r\n";
	static const guint8 offers[] = { 2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1' };
	const unsigned char *protocol;
	unsigned length;
	(void)data;

	SSL_CTX_set_alpn_protos(s->context, offers, sizeof offers);
	SSL *ssl = secure(s);
	g_assert_nonnull(ssl);
	SSL_get0_alpn_selected(ssl, &protocol, &length);
	g_assert_cmpmem(protocol, length, "http/1.1", 8);
	for (int i = 0; i < 2; i++) {
		char body[10];
		g_assert_cmpint(SSL_write(ssl, ask, (int)strlen(ask)), >, 0);
		g_autofree char *head = read_head(ssl);
		g_assert_true(g_str_has_prefix(head, "HTTP/1.1 200 OK\r\n"));
		g_assert_null(strstr(head, "Strict-Transport-Security"));
		assert_read(ssl, body, sizeof body);
		g_assert_cmpmem(body, sizeof body, "-----BEGIN", 10);
		if (i == 0) {
			/* The rest of the first answer. */
			g_autofree char *all = NULL;
			gsize size;
			g_assert_true(g_file_get_contents(s->certificate, &all, &size, NULL));
			assert_read(ssl, all, (int)(size - sizeof body));
		}
	}
	leave(ssl);
}

static void
upgrade(SSL *ssl)
{
	static const char ask[] =
		"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Protocol: test\r\n\r\n";

	g_assert_cmpint(SSL_write(ssl, ask, (int)strlen(ask)), >, 0);
	g_autofree char *head = read_head(ssl);
	g_assert_true(g_str_has_prefix(head, "HTTP/1.1 101 "));
}

static void
test_websocket(site *s, gconstpointer data)
{
	enum { LONG = 60000 };
	guint8 frame[8 + LONG] = { 0x81, 0x80 | 126, LONG >> 8, LONG & 0xff, 0, 0, 0, 0 };
	g_autofree guint8 *back = g_malloc(4 + LONG);
	SSL *ssl = secure(s);
	(void)data;

	upgrade(ssl);
	memset(frame + 8, 'x', LONG);
	for (int i = 0; i < 3; i++) {
		g_assert_cmpint(SSL_write(ssl, frame, sizeof frame), ==, sizeof frame);
		assert_read(ssl, back, 4 + LONG);
		g_assert_cmpint(back[0], ==, 0x81);
		g_assert_cmpint(back[1], ==, 126);
		g_assert_cmpmem(back + 4, LONG, frame + 8, LONG);
	}
	leave(ssl);
}

static void
test_old_tls(site *s, gconstpointer data)
{
	(void)data;
	SSL_CTX_set_security_level(s->context, 0);
	SSL_CTX_set_max_proto_version(s->context, TLS1_1_VERSION);
	g_assert_null(secure(s));
	SSL_CTX_set_max_proto_version(s->context, TLS1_2_VERSION);
	SSL *ssl = secure(s);
	g_assert_nonnull(ssl);
	leave(ssl);
}

/* A connection that is shown this one; NULL: it was shown another. */
static SSL *
with_serial(site *s, const aula_chain *chain)
{
	SSL *ssl = secure(s);

	g_assert_nonnull(ssl);
	X509 *shown = SSL_get1_peer_certificate(ssl);
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(shown), NULL);
	char *serial = BN_bn2hex(number);
	bool same =
		strncmp(aula_chain_summary(chain) + strlen("serial="), serial, strlen(serial)) == 0;
	OPENSSL_free(serial);
	BN_free(number);
	X509_free(shown);
	if (!same)
		leave(ssl);
	return same ? ssl : NULL;
}

static bool
resumes(site *s, SSL_SESSION *session)
{
	SSL *ssl = SSL_new(s->context);

	SSL_set_fd(ssl, client_connect(s->port));
	SSL_set_session(ssl, session);
	g_assert_cmpint(SSL_connect(ssl), ==, 1);
	bool reused = SSL_session_reused(ssl) == 1;
	leave(ssl);
	return reused;
}

static void
echo(SSL *ssl)
{
	static const guint8 frame[] = { 0x81, 0x82, 0, 0, 0, 0, 'h', 'i' };
	guint8 back[4];

	g_assert_cmpint(SSL_write(ssl, frame, sizeof frame), ==, sizeof frame);
	assert_read(ssl, back, sizeof back);
	g_assert_cmpmem(back + 2, 2, "hi", 2);
}

/* Who is there goes on, who comes sees the new one, and no session that began with the old one is
 * resumed with it. */
static void
test_another_certificate(site *s, gconstpointer data)
{
	enum { TURNS = 5, TRIES_MOST = 10000 };
	SSL *open[TURNS + 1];
	g_autoptr(GError) error = NULL;
	(void)data;

	SSL_CTX_set_session_cache_mode(s->context, SSL_SESS_CACHE_CLIENT);
	open[0] = secure(s);
	upgrade(open[0]);
	for (int i = 1; i <= TURNS; i++) {
		SSL_SESSION *former = SSL_get1_session(open[i - 1]);
		g_autoptr(aula_certificate) made =
			aula_certificate_new("localhost", NULL, 10, &error);
		g_assert_true(aula_certificate_save(made, s->certificate, s->key, &error));
		g_autoptr(aula_chain) chain = aula_chain_read(s->certificate, s->key, &error);
		g_assert_no_error(error);
		aula_web_present(s->web, chain);
		g_assert_true(aula_chain_equal(chain, aula_web_chain(s->web)));
		/* Each service thread takes it in a moment of its own. */
		for (int tries = 0; (open[i] = with_serial(s, chain)) == NULL; tries++)
			g_assert_cmpint(tries, <, TRIES_MOST);
		for (int tries = 0; resumes(s, former); tries++)
			g_assert_cmpint(tries, <, TRIES_MOST);
		upgrade(open[i]);
		SSL_SESSION_free(former);
		for (int j = 0; j <= i; j++)
			echo(open[j]);
	}
	for (int i = 0; i <= TURNS; i++)
		leave(open[i]);
}

/* Those who speak no TLS, or stop halfway, do not keep others out. */
static void
test_garbage(site *s, gconstpointer data)
{
	static const char *const inputs[] = { "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x80\x2e\x01\x00\x02", "" };
	int socks[G_N_ELEMENTS(inputs)];
	(void)data;

	for (size_t i = 0; i < G_N_ELEMENTS(inputs); i++) {
		socks[i] = client_connect(s->port);
		g_assert_true(client_write(socks[i], inputs[i], strlen(inputs[i])));
	}
	SSL *ssl = secure(s);
	g_assert_nonnull(ssl);
	leave(ssl);
	for (size_t i = 0; i < G_N_ELEMENTS(inputs); i++)
		close(socks[i]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, site, NULL, setup, function, teardown)
	ADD("/web/tls/page", test_page);
	ADD("/web/tls/websocket", test_websocket);
	ADD("/web/tls/old-versions", test_old_tls);
	ADD("/web/tls/garbage", test_garbage);
	ADD("/web/tls/another-certificate", test_another_certificate);
#undef ADD
	return g_test_run();
}
