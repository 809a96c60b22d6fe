/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that an administrator hands in: which are taken, and what is said of the others. */
#include "peer/chain.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>

#include "peer/certificate.h"

typedef struct {
	char *folder, *certificate, *key;
} files;

static void
write_pair(const files *f, int days)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_certificate) made = aula_certificate_new("localhost", NULL, days, &error);

	g_assert_no_error(error);
	g_assert_true(aula_certificate_save(made, f->certificate, f->key, &error));
}

static void
setup(files *f, gconstpointer data)
{
	(void)data;
	f->folder = g_dir_make_tmp("aula-chain-XXXXXX", NULL);
	f->certificate = g_build_filename(f->folder, "web.crt", NULL);
	f->key = g_build_filename(f->folder, "web.key", NULL);
	write_pair(f, 10);
}

static void
teardown(files *f, gconstpointer data)
{
	(void)data;
	g_remove(f->certificate);
	g_remove(f->key);
	g_rmdir(f->folder);
	g_free(f->certificate);
	g_free(f->key);
	g_free(f->folder);
}

static aula_chain *
read_good(const files *f)
{
	g_autoptr(GError) error = NULL;
	aula_chain *chain = aula_chain_read(f->certificate, f->key, &error);

	g_assert_no_error(error);
	return chain;
}

static void
assert_refused(const files *f, const char *file, const char *sentence)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(aula_chain_read(f->certificate, f->key, &error));
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, file));
	g_assert_nonnull(strstr(error->message, sentence));
}

static void
put(const char *path, const char *text)
{
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *
get(const char *path)
{
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static void
test_good(files *f, gconstpointer data)
{
	g_autoptr(aula_chain) one = read_good(f);
	g_autoptr(aula_chain) same = read_good(f);
	(void)data;

	write_pair(f, 1);
	g_autoptr(aula_chain) other = read_good(f);
	g_assert_true(aula_chain_equal(one, same));
	g_assert_false(aula_chain_equal(one, other));
	g_assert_false(aula_chain_equal(one, NULL));
	g_assert_true(aula_chain_equal(NULL, NULL));
	g_assert_cmpint(aula_chain_left_s(one), >, 9 * 24 * 3600);
	g_assert_cmpint(aula_chain_left_s(other), <=, 24 * 3600);
	g_assert_true(g_str_has_prefix(aula_chain_summary(one), "serial="));
	/* An administrator may start a server whose certificate is out of date. */
	write_pair(f, -1);
	g_autoptr(aula_chain) late = read_good(f);
	g_assert_cmpint(aula_chain_left_s(late), <, 0);
}

/* The certificates of the authorities come along; what follows them is not silently left out. */
static void
test_intermediates(files *f, gconstpointer data)
{
	g_autofree char *own = get(f->certificate), *key = get(f->key);
	STACK_OF(X509) *others = NULL;
	(void)data;

	write_pair(f, 10);
	g_autofree char *authority = get(f->certificate);
	g_autofree char *both = g_strconcat(own, authority, NULL);
	g_autofree char *cut = g_strndup(both, strlen(both) - 100);
	put(f->certificate, both);
	put(f->key, key);
	g_autoptr(aula_chain) chain = read_good(f);
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	g_assert_true(aula_chain_use(chain, context));
	SSL_CTX_get0_chain_certs(context, &others);
	g_assert_cmpint(sk_X509_num(others), ==, 1);
	SSL_CTX_free(context);
	put(f->certificate, cut);
	assert_refused(f, "web.crt", "broken");
}

static void
test_bad(files *f, gconstpointer data)
{
	g_autofree char *certificate = get(f->certificate), *key = get(f->key);
	g_autofree char *half = g_strndup(key, strlen(key) / 2);
	(void)data;

	put(f->certificate, "");
	assert_refused(f, "web.crt", "there is no certificate in PEM");
	put(f->certificate, key);
	assert_refused(f, "web.crt", "there is no certificate in PEM");
	put(f->certificate, certificate);
	put(f->key, half);
	assert_refused(f, "web.key", "there is no private key in PEM");
	put(f->key, certificate);
	assert_refused(f, "web.key", "there is no private key in PEM");
	write_pair(f, 10);
	put(f->certificate, certificate);
	assert_refused(f, "web.key", "is not that of the certificate");
	g_remove(f->key);
	assert_refused(f, "web.key", "No such file");
	g_remove(f->certificate);
	assert_refused(f, "web.crt", "No such file");
}

/* Nobody sits at the terminal of a server. */
static void
test_locked(files *f, gconstpointer data)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *file = g_fopen(f->key, "w");
	(void)data;

	g_assert_cmpint(PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), (const guint8 *)"secret",
				6, NULL, NULL),
		==, 1);
	fclose(file);
	EVP_PKEY_free(key);
	assert_refused(f, "web.key", "locked by a password");
}

/* What no client would take is refused before one asks: 512 bits. */
static void
test_weak(files *f, gconstpointer data)
{
	EVP_PKEY *key = EVP_RSA_gen(512);
	X509 *x509 = X509_new();
	FILE *file = g_fopen(f->key, "w");
	(void)data;

	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), 1000);
	X509_set_pubkey(x509, key);
	g_assert_cmpint(X509_sign(x509, key, EVP_sha256()), >, 0);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	file = g_fopen(f->certificate, "w");
	PEM_write_X509(file, x509);
	fclose(file);
	X509_free(x509);
	EVP_PKEY_free(key);
	assert_refused(f, "web.crt", "cannot be used");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, files, NULL, setup, function, teardown)
	ADD("/peer/chain/good", test_good);
	ADD("/peer/chain/intermediates", test_intermediates);
	ADD("/peer/chain/bad", test_bad);
	ADD("/peer/chain/locked", test_locked);
	ADD("/peer/chain/weak", test_weak);
#undef ADD
	return g_test_run();
}
