/* SPDX-License-Identifier: Apache-2.0 */
#include "host/greeting.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

static char *
origin_of(const char *scheme, const char *host, int port)
{
	bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
	bool bare = strchr(host, ':') != NULL && !any;
	const char *name = any                               ? g_get_host_name()
			   : aula_settings_is_loopback(host) ? "localhost"
							     : host;

	bare = bare && name == host;
	return g_strdup_printf(
		"%s://%s%s%s:%d", scheme, bare ? "[" : "", name, bare ? "]" : "", port);
}

static void
print_pages(const char *scheme, const char *host, int port)
{
	static const char *const pages[] = { "student", "teacher", "admin" };
	g_autofree char *origin = origin_of(scheme, host, port);

	for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
		printf("  %-8s %s/%s/\n", pages[i], origin, pages[i]);
}

char *
aula_greeting_url(const aula_settings *settings, int port, int tls_port)
{
	const char *host = settings->web.host;
	bool secure = tls_port > 0 && !aula_settings_is_loopback(host);

	if (settings->web.url != NULL)
		return g_strdup(settings->web.url);
	if (port <= 0)
		return NULL;
	return origin_of(secure ? "https" : "http", host, secure ? tls_port : port);
}

void
aula_greet(const aula_settings *settings, int port, int tls_port)
{
	printf("Aula %s serves\n", AULA_VERSION);
	print_pages("http", settings->web.host, port);
	if (tls_port != 0)
		print_pages("https", settings->web.host, tls_port);
	if (aula_settings_demo_runs(settings))
		printf("DEMO MODE: whoever reaches these pages may enter the class \"%s\" "
		       "(%" G_GINT64_FORMAT "), in any role.\n",
			settings->demo.title, settings->demo.room);
	printf("Stop with Ctrl-C.\n");
	fflush(stdout);
	if (aula_settings_demo_runs(settings))
		aula_log(AULA_LOG_WARNING, "aula",
			"DEMO MODE: tokens of every role are handed out to whoever asks mode=%s",
			settings->demo.mode);
}
