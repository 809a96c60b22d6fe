/* SPDX-License-Identifier: Apache-2.0 */
/* The small nouns of a port: addresses, who owns them, binding, the certificate. */
#include "peer/port.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#include "peer/address.h"
#include "peer/demux.h"

static void
test_address(void)
{
	static const struct {
		const char *text, *written;
		bool wild;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1:5004", false },
		{ "0.0.0.0", "0.0.0.0:5004", true },
		{ "::", "[::]:5004", true },
		{ "2001:DB8:0::1", "[2001:db8::1]:5004", false },
		{ "", NULL, false },
		{ "localhost", NULL, false },
		{ "192.0.2", NULL, false },
		{ "192.0.2.1:5", NULL, false },
		{ "[::1]", NULL, false },
	};
	char text[AULA_ADDRESS_TEXT_BYTES];
	aula_address address;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		bool parsed = aula_address_parse(cases[i].text, 5004, &address);
		g_assert_cmpint(parsed, ==, cases[i].written != NULL);
		if (!parsed)
			continue;
		g_assert_cmpstr(aula_address_text(&address, text), ==, cases[i].written);
		g_assert_cmpint(aula_address_is_wild(&address), ==, cases[i].wild);
		g_assert_cmpuint(aula_address_port(&address), ==, 5004);
	}
}

static aula_address
address_of(const char *text, uint16_t port)
{
	aula_address address;

	g_assert_true(aula_address_parse(text, port, &address));
	return address;
}

static void
test_sites(void)
{
	aula_address a = address_of("2001:db8::1", 1), b = address_of("2001:db8::2:1", 2);
	aula_address c = address_of("2001:db8:0:1::1", 1), d = address_of("192.0.2.1", 1);
	aula_address e = address_of("192.0.2.1", 2), f = address_of("192.0.2.2", 1);

	g_assert_true(aula_address_same_site(&a, &b));
	g_assert_false(aula_address_same_site(&a, &c));
	g_assert_false(aula_address_same_site(&a, &d));
	g_assert_true(aula_address_same_site(&d, &e));
	g_assert_false(aula_address_same_site(&d, &f));
	g_assert_false(aula_address_equal(&d, &e));
	g_assert_false(aula_address_equal(&a, &b));
	g_assert_true(aula_address_equal(&a, &a));
}

static void
test_demux(void)
{
	aula_demux *demux = aula_demux_new();
	aula_address one = address_of("192.0.2.1", 5000), two = address_of("192.0.2.1", 5001);
	int alice, bob;

	aula_demux_name(demux, "alice", &alice);
	aula_demux_name(demux, "bob", &bob);
	g_assert_true(aula_demux_named(demux, "alice:bob", 5) == &alice);
	g_assert_true(aula_demux_named(demux, "bob", 3) == &bob);
	g_assert_null(aula_demux_named(demux, "alice", 4));
	g_assert_null(aula_demux_named(demux, "", 0));
	g_assert_null(aula_demux_named(demux, "0123456789abcdef0123456789abcdef0", 33));
	aula_demux_unname(demux, "alice");
	g_assert_null(aula_demux_named(demux, "alice", 5));

	g_assert_null(aula_demux_owner(demux, &one));
	aula_demux_claim(demux, &one, &alice);
	aula_demux_claim(demux, &two, &alice);
	g_assert_true(aula_demux_owner(demux, &one) == &alice);
	aula_demux_claim(demux, &one, &bob); /* the latest wins */
	g_assert_true(aula_demux_owner(demux, &one) == &bob);
	aula_demux_disclaim(demux, &one, &alice); /* not hers any more */
	g_assert_true(aula_demux_owner(demux, &one) == &bob);
	aula_demux_disclaim(demux, &one, &bob);
	g_assert_null(aula_demux_owner(demux, &one));
	aula_demux_disclaim(demux, &one, &bob);
	g_assert_true(aula_demux_owner(demux, &two) == &alice);
	aula_demux_free(demux);
	aula_demux_free(NULL);
}

static void
test_bind(void)
{
	static const char *const both[] = { "127.0.0.1", "::1", NULL };
	static const char *const wrong[] = { "127.0.0.1", "our-server", NULL };
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_certificate) certificate = aula_certificate_new("aula", NULL, 1, NULL);
	aula_loop *loop = aula_loop_new("port", NULL);
	aula_port_options options = { .addresses = both,
		.tcp = true,
		.packets_most = 8,
		.consent_ms = 1000,
		.connect_ms = 1000 };
	aula_port *first = aula_port_new(loop, &options, certificate, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(aula_port_number(first), !=, 0);
	g_assert_true(aula_port_loop(first) == loop);
	options.number = aula_port_number(first);
	g_assert_null(aula_port_new(loop, &options, certificate, &error));
	g_autofree char *taken = g_strdup_printf("UDP 127.0.0.1:%u", options.number);
	g_assert_nonnull(strstr(error->message, taken));
	g_clear_error(&error);
	options.number = 0;
	options.addresses = wrong;
	g_assert_null(aula_port_new(loop, &options, certificate, &error));
	g_assert_nonnull(strstr(error->message, "our-server"));
	aula_port_free(first);
	aula_port_free(NULL);
	aula_loop_free(loop);
}

static void
check_saved(const aula_certificate *certificate, const char *path, const char *key_path)
{
	FILE *file = fopen(path, "r"), *key_file = fopen(key_path, "r");
	X509 *x509 = PEM_read_X509(file, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_PrivateKey(key_file, NULL, NULL, NULL);
	g_autoptr(GString) fingerprint = g_string_new("sha-256");
	uint8_t digest[32];
	struct stat status;

	g_assert_nonnull(x509);
	g_assert_cmpint(X509_check_private_key(x509, key), ==, 1);
	g_assert_cmpint(X509_check_host(x509, "class.example", 0, 0, NULL), ==, 1);
	g_assert_cmpint(X509_check_ip_asc(x509, "192.0.2.1", 0), ==, 1);
	g_assert_cmpint(X509_check_host(x509, "other.example", 0, 0, NULL), ==, 0);
	g_assert_cmpint(X509_cmp_current_time(X509_get0_notBefore(x509)), <, 0);
	g_assert_cmpint(X509_cmp_current_time(X509_get0_notAfter(x509)), >, 0);
	g_assert_cmpint(X509_digest(x509, EVP_sha256(), digest, NULL), ==, 1);
	for (int i = 0; i < 32; i++)
		g_string_append_printf(fingerprint, "%c%02X", i == 0 ? ' ' : ':', digest[i]);
	g_assert_cmpstr(aula_certificate_fingerprint(certificate), ==, fingerprint->str);
	g_assert_cmpint(fstat(fileno(key_file), &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0600);
	X509_free(x509);
	EVP_PKEY_free(key);
	fclose(file);
	fclose(key_file);
}

static void
test_certificate(void)
{
	static const char *const names[] = { "class.example", "192.0.2.1", NULL };
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_certificate) one = aula_certificate_new("aula", names, 30, &error);
	g_autoptr(aula_certificate) two = aula_certificate_new("aula", NULL, 30, NULL);
	g_autofree char *folder = g_dir_make_tmp("aula-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "c.pem", NULL);
	g_autofree char *key_path = g_build_filename(folder, "k.pem", NULL);
	g_autofree char *nowhere = g_build_filename(folder, "none", "k.pem", NULL);

	g_assert_no_error(error);
	g_assert_cmpstr(aula_certificate_fingerprint(one), !=, aula_certificate_fingerprint(two));
	/* over a key that everybody could read: the new one cannot be */
	g_assert_true(g_file_set_contents(key_path, "old", -1, NULL));
	g_assert_true(aula_certificate_save(one, path, key_path, &error));
	check_saved(one, path, key_path);
	g_assert_false(aula_certificate_save(one, path, nowhere, &error));
	g_assert_nonnull(strstr(error->message, nowhere));
	g_unlink(path);
	g_unlink(key_path);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peer/address/text", test_address);
	g_test_add_func("/peer/address/sites", test_sites);
	g_test_add_func("/peer/demux", test_demux);
	g_test_add_func("/peer/port/bind", test_bind);
	g_test_add_func("/peer/certificate", test_certificate);
	return g_test_run();
}
