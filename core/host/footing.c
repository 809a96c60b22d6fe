/* SPDX-License-Identifier: Apache-2.0 */
#include "host/footing.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "peer/certificate.h"

bool
aula_footing_folder(const aula_settings *settings, GError **error)
{
	const char *folder = settings->general.state;

	if (g_mkdir_with_parents(folder, 0700) == 0 && access(folder, W_OK) == 0)
		return true;
	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
		"the state folder %s cannot be written: %s", folder, g_strerror(errno));
	return false;
}

/* A self-signed certificate for HTTPS on a first start. */
bool
aula_footing_certificate(const aula_settings *settings, GError **error)
{
	const aula_settings_web *web = &settings->web;

	if ((web->tls_port == 0 && settings->admin.tls_port == 0) ||
		access(web->certificate_file, F_OK) == 0 || access(web->key_file, F_OK) == 0)
		return true;
	const char *names[] = { "localhost", "127.0.0.1", "::1", g_get_host_name(), web->host,
		NULL };
	if (strcmp(web->host, "0.0.0.0") == 0 || strcmp(web->host, "::") == 0 ||
		aula_settings_is_loopback(web->host))
		names[4] = NULL;
	g_autoptr(aula_certificate) certificate = aula_certificate_new(
		g_get_host_name(), names, AULA_FOOTING_CERTIFICATE_DAYS, error);
	if (certificate == NULL ||
		!aula_certificate_save(certificate, web->certificate_file, web->key_file, error))
		return false;
	aula_log(AULA_LOG_INFO, "aula", "made a self-signed certificate file=%s",
		web->certificate_file);
	return true;
}
