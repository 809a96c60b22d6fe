/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <stdio.h>
#include <stdlib.h>

char *
link_url(const aula_host *host, const char *secret)
{
	const char *base = host->http->url(host);
	char *url = NULL;

	if (base == NULL || asprintf(&url, "%s/login/#link=%s", base, secret) < 0)
		return NULL;
	return url;
}
