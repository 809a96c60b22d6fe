/* SPDX-License-Identifier: Apache-2.0 */
/** An ECDSA P-256 key and a self-signed certificate: for DTLS, and for HTTPS on a first start. */
#ifndef AULA_PEER_CERTIFICATE_H
#define AULA_PEER_CERTIFICATE_H

#include <glib.h>
#include <stdbool.h>

struct ssl_ctx_st;
typedef struct aula_certificate aula_certificate;

/** A new one in memory, valid from a day ago for `days`, for the host names and addresses in
 * `names` (NULL-terminated, may be NULL). */
aula_certificate *aula_certificate_new(
	const char *common_name, const char *const *names, int days, GError **error);
void aula_certificate_free(aula_certificate *certificate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_certificate, aula_certificate_free)

/** "sha-256 AB:CD:..." (RFC 8122). Borrowed. */
const char *aula_certificate_fingerprint(const aula_certificate *certificate);
/** Writes two PEM files; the key's mode is 0600. */
bool aula_certificate_save(const aula_certificate *certificate, const char *certificate_path,
	const char *key_path, GError **error);
/** Makes `context` present it. */
bool aula_certificate_use(const aula_certificate *certificate, struct ssl_ctx_st *context);

#endif
