/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>

enum { TICKET_KEY_BYTES = 80 };

struct aula_chain {
	X509 *own;
	STACK_OF(X509) * others;
	EVP_PKEY *key;
	char *summary;
	uint8_t digest[32]; /* of the files */
};

static void
clear(void *data)
{
	aula_chain *chain = data;

	X509_free(chain->own);
	sk_X509_pop_free(chain->others, X509_free);
	EVP_PKEY_free(chain->key);
	g_free(chain->summary);
}

aula_chain *
aula_chain_ref(aula_chain *chain)
{
	return g_atomic_rc_box_acquire(chain);
}

void
aula_chain_unref(aula_chain *chain)
{
	if (chain != NULL)
		g_atomic_rc_box_release_full(chain, clear);
}

/* The library's last words go into the sentence, and no further. */
static bool
blame(GError **error, const char *path, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = code != 0 ? ERR_reason_error_string(code) : NULL;

	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s%s%s", path, what,
		why != NULL ? ": " : "", why != NULL ? why : "");
	ERR_clear_error();
	return false;
}

/* A server that starts by itself has nobody to ask. */
static int
no_password(char *text, int size, int writing, void *asked)
{
	(void)text, (void)size, (void)writing;
	*(bool *)asked = true;
	return -1;
}

static bool
read_certificates(aula_chain *chain, BIO *bytes, const char *path, GError **error)
{
	X509 *one;

	chain->own = PEM_read_bio_X509_AUX(bytes, NULL, NULL, NULL);
	if (chain->own == NULL)
		return blame(error, path, "there is no certificate in PEM");
	while ((one = PEM_read_bio_X509(bytes, NULL, NULL, NULL)) != NULL)
		sk_X509_push(chain->others, one);
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return blame(error, path, "a certificate of its chain is broken");
	ERR_clear_error();
	return true;
}

static bool
read_key(aula_chain *chain, BIO *bytes, const char *path, GError **error)
{
	bool asked = false;

	chain->key = PEM_read_bio_PrivateKey(bytes, NULL, no_password, &asked);
	if (chain->key != NULL)
		return true;
	return blame(error, path,
		asked ? "the private key is locked by a password"
		      : "there is no private key in PEM");
}

/* What the library would refuse when a client waits is to be known before. */
static bool
try_out(const aula_chain *chain, const char *certificate_path, const char *key_path, GError **error)
{
	if (X509_check_private_key(chain->own, chain->key) != 1) {
		ERR_clear_error();
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"%s: the private key is not that of the certificate", key_path);
		return false;
	}
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	bool used = context != NULL && aula_chain_use(chain, context);
	SSL_CTX_free(context);
	return used || blame(error, certificate_path, "the certificate cannot be used");
}

static void
summarize(aula_chain *chain)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(chain->own), NULL);
	char *serial = number != NULL ? BN_bn2hex(number) : NULL;
	struct tm ends = { 0 };

	ASN1_TIME_to_tm(X509_get0_notAfter(chain->own), &ends);
	chain->summary = g_strdup_printf("serial=%s ends=%04d-%02d-%02d",
		serial != NULL ? serial : "", ends.tm_year + 1900, ends.tm_mon + 1, ends.tm_mday);
	OPENSSL_free(serial);
	BN_free(number);
}

static BIO *
open_file(const char *path, GChecksum *digest, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, error))
		return NULL;
	g_checksum_update(digest, (const guchar *)text, (gssize)length);
	BIO *bytes = BIO_new(BIO_s_mem());
	BIO_write(bytes, text, (int)MIN(length, G_MAXINT));
	OPENSSL_cleanse(text, length);
	return bytes;
}

aula_chain *
aula_chain_read(const char *certificate_path, const char *key_path, GError **error)
{
	g_autoptr(aula_chain) chain = g_atomic_rc_box_new0(aula_chain);
	g_autoptr(GChecksum) digest = g_checksum_new(G_CHECKSUM_SHA256);
	gsize size = sizeof chain->digest;

	chain->others = sk_X509_new_null();
	BIO *certificates = open_file(certificate_path, digest, error);
	BIO *key = certificates != NULL ? open_file(key_path, digest, error) : NULL;
	ERR_clear_error();
	bool good = key != NULL &&
		    read_certificates(chain, certificates, certificate_path, error) &&
		    read_key(chain, key, key_path, error) &&
		    try_out(chain, certificate_path, key_path, error);
	BIO_free(certificates);
	BIO_free(key);
	if (!good)
		return NULL;
	g_checksum_get_digest(digest, chain->digest, &size);
	summarize(chain);
	return g_steal_pointer(&chain);
}

bool
aula_chain_equal(const aula_chain *one, const aula_chain *other)
{
	return one == other || (one != NULL && other != NULL &&
				       memcmp(one->digest, other->digest, sizeof one->digest) == 0);
}

int64_t
aula_chain_left_s(const aula_chain *chain)
{
	int days = 0, seconds = 0;

	ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(chain->own));
	return (int64_t)days * 24 * 3600 + seconds;
}

const char *
aula_chain_summary(const aula_chain *chain)
{
	return chain->summary;
}

bool
aula_chain_use(const aula_chain *chain, struct ssl_ctx_st *context)
{
	uint8_t keys[TICKET_KEY_BYTES];

	if (SSL_CTX_use_cert_and_key(context, chain->own, chain->key, chain->others, 1) != 1)
		return false;
	/* Whoever replaces a key that was stolen does not want old sessions to go on with it. */
	SSL_CTX_flush_sessions(context, 0);
	if (RAND_bytes(keys, sizeof keys) == 1)
		SSL_CTX_set_tlsext_ticket_keys(context, keys, sizeof keys);
	OPENSSL_cleanse(keys, sizeof keys);
	return true;
}
