/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

struct aula_certificate {
	EVP_PKEY *key;
	X509 *x509;
	char fingerprint[8 + 32 * 3];
};

static bool
add_extension(X509 *x509, int nid, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool added = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

static bool
is_address(const char *name)
{
	uint8_t bytes[16];

	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool
add_names(X509 *x509, const char *const *names)
{
	g_autoptr(GString) value = g_string_new(NULL);

	for (; names != NULL && *names != NULL; names++)
		g_string_append_printf(value, "%s%s:%s", value->len > 0 ? "," : "",
			is_address(*names) ? "IP" : "DNS", *names);
	return value->len == 0 || add_extension(x509, NID_subject_alt_name, value->str);
}

static bool
fill(aula_certificate *self, const char *common_name, const char *const *names, int days)
{
	X509 *x509 = self->x509;
	X509_NAME *subject = X509_get_subject_name(x509);
	uint64_t serial;

	return RAND_bytes((uint8_t *)&serial, sizeof(serial)) == 1 &&
	       X509_set_version(x509, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1) == 1 &&
	       /* from a day ago, for clients whose clock is late */
	       X509_gmtime_adj(X509_getm_notBefore(x509), -24L * 3600) != NULL &&
	       X509_time_adj_ex(X509_getm_notAfter(x509), days, 0, NULL) != NULL &&
	       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		       (const uint8_t *)common_name, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x509, subject) == 1 && X509_set_pubkey(x509, self->key) == 1 &&
	       add_names(x509, names) && X509_sign(x509, self->key, EVP_sha256()) > 0;
}

static bool
take_fingerprint(aula_certificate *self)
{
	uint8_t digest[32];
	char *out = self->fingerprint + strlen(strcpy(self->fingerprint, "sha-256 "));

	if (X509_digest(self->x509, EVP_sha256(), digest, NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof(digest); i++, out += 3)
		sprintf(out, i + 1 < sizeof(digest) ? "%02X:" : "%02X", digest[i]);
	return true;
}

aula_certificate *
aula_certificate_new(const char *common_name, const char *const *names, int days, GError **error)
{
	aula_certificate *self = g_new0(aula_certificate, 1);

	self->key = EVP_EC_gen("P-256");
	self->x509 = X509_new();
	if (self->key != NULL && self->x509 != NULL && fill(self, common_name, names, days) &&
		take_fingerprint(self))
		return self;
	char why[256] = "";
	ERR_error_string_n(ERR_get_error(), why, sizeof(why));
	ERR_clear_error();
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "no certificate for \"%s\": %s",
		common_name, why);
	aula_certificate_free(self);
	return NULL;
}

void
aula_certificate_free(aula_certificate *self)
{
	if (self == NULL)
		return;
	EVP_PKEY_free(self->key);
	X509_free(self->x509);
	g_free(self);
}

const char *
aula_certificate_fingerprint(const aula_certificate *self)
{
	return self->fingerprint;
}

/* A new file with this mode from its first byte on: a key must never be readable for others. */
static FILE *
create(const char *path, mode_t mode)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static bool
save(const char *path, mode_t mode, const aula_certificate *self, bool key, GError **error)
{
	FILE *file = create(path, mode);
	bool done = false;

	if (file != NULL) {
		done = (key ? PEM_write_PrivateKey(file, self->key, NULL, NULL, 0, NULL, NULL)
			    : PEM_write_X509(file, self->x509)) == 1;
		done = fclose(file) == 0 && done;
	}
	if (!done)
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			"%s cannot be written: %s", path, g_strerror(errno));
	return done;
}

bool
aula_certificate_save(const aula_certificate *self, const char *certificate_path,
	const char *key_path, GError **error)
{
	return save(key_path, 0600, self, true, error) &&
	       save(certificate_path, 0644, self, false, error);
}

bool
aula_certificate_use(const aula_certificate *self, struct ssl_ctx_st *context)
{
	return SSL_CTX_use_certificate(context, self->x509) == 1 &&
	       SSL_CTX_use_PrivateKey(context, self->key) == 1;
}
