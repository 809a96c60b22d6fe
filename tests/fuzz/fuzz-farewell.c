/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer sends after its handshake is over: only a goodbye that has its keys ends it, wherever
 * in a datagram it stands. The first byte says which cipher, the next two what is changed in a
 * goodbye, the rest is a datagram. The keys are new in each process; what holds does not depend
 * on them. */
#include "fuzz.h"

#include <openssl/ssl.h>
#include <string.h>

#include "peer/farewell.h"

enum { HEADER_BYTES = 13, DATAGRAM_MOST = 65536 };

static unsigned
give_key(unsigned char *key)
{
	memset(key, 0x5a, 16);
	return 16;
}

static unsigned
on_client_key(SSL *ssl, const char *hint, char *identity, unsigned identity_most,
	unsigned char *key, unsigned most)
{
	(void)ssl, (void)hint, (void)most;
	snprintf(identity, identity_most, "fuzz");
	return give_key(key);
}

static unsigned
on_server_key(SSL *ssl, const char *identity, unsigned char *key, unsigned most)
{
	(void)ssl, (void)identity, (void)most;
	return give_key(key);
}

static SSL *
make_end(const char *cipher, BIO *in, BIO *out, bool server)
{
	SSL_CTX *context = SSL_CTX_new(DTLS_method());

	HOLDS(SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1);
	HOLDS(SSL_CTX_set_cipher_list(context, cipher) == 1);
	SSL_CTX_set_psk_client_callback(context, on_client_key);
	SSL_CTX_set_psk_server_callback(context, on_server_key);
	SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
	SSL *ssl = SSL_new(context);
	SSL_CTX_free(context);
	SSL_set_mtu(ssl, 1200);
	HOLDS(BIO_up_ref(in) == 1 && BIO_up_ref(out) == 1);
	SSL_set_bio(ssl, in, out);
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

static void
make_pair(const char *cipher, aula_farewell **client, aula_farewell **server)
{
	BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());

	BIO_set_mem_eof_return(up, -1);
	BIO_set_mem_eof_return(down, -1);
	SSL *one = make_end(cipher, down, up, false), *other = make_end(cipher, up, down, true);
	for (int i = 0; i < 8; i++) {
		SSL_do_handshake(one);
		SSL_do_handshake(other);
	}
	HOLDS(SSL_is_init_finished(one) && SSL_is_init_finished(other));
	*client = aula_farewell_new(one);
	*server = aula_farewell_new(other);
	HOLDS(*client != NULL && *server != NULL);
	SSL_free(one);
	SSL_free(other);
	BIO_free(up);
	BIO_free(down);
}

/* True: nothing but whole records. */
static bool
is_whole(const uint8_t *data, size_t length)
{
	while (length >= HEADER_BYTES) {
		size_t record = HEADER_BYTES + (size_t)(data[11] << 8 | data[12]);
		if (record > length)
			return false;
		data += record;
		length -= record;
	}
	return length == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static aula_farewell *clients[2], *servers[2];
	uint8_t goodbye[AULA_FAREWELL_BYTES_MOST];

	if (clients[0] == NULL) {
		make_pair("PSK-AES128-GCM-SHA256", &clients[0], &servers[0]);
		make_pair("PSK-CHACHA20-POLY1305", &clients[1], &servers[1]);
	}
	if (length < 3 || length > DATAGRAM_MOST)
		return 0;
	aula_farewell *client = clients[data[0] & 1], *server = servers[data[0] & 1];
	const uint8_t *datagram = data + 3;
	size_t before = length - 3;
	HOLDS(aula_farewell_read(server, datagram, before) == AULA_FAREWELL_NOT_YET);

	size_t written = aula_farewell_write(client, goodbye);
	HOLDS(written > HEADER_BYTES && written <= sizeof(goodbye) && is_whole(goodbye, written));
	HOLDS(aula_farewell_read(server, goodbye, written) == AULA_FAREWELL_CLOSED);
	HOLDS(aula_farewell_read(client, goodbye, written) ==
		AULA_FAREWELL_NOT_YET); /* their own */

	uint8_t *both = malloc(before + written);
	HOLDS(both != NULL);
	memcpy(both, datagram, before);
	memcpy(both + before, goodbye, written);
	HOLDS((aula_farewell_read(server, both, before + written) == AULA_FAREWELL_CLOSED) ==
		is_whole(datagram, before));
	free(both);

	if (data[2] == 0)
		return 0;
	goodbye[data[1] % written] ^= data[2];
	HOLDS(aula_farewell_read(server, goodbye, written) == AULA_FAREWELL_NOT_YET);
	return 0;
}
