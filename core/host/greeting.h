/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_HOST_GREETING_H
#define AULA_HOST_GREETING_H

#include "host/settings.h"

/** [control] Says on standard output where the pages are, and warns of a demo. `tls_port` 0: none.
 */
void aula_greet(const aula_settings *settings, int port, int tls_port);

/** Where browsers find the pages, without a slash at the end: web.url, or else the address that is
 * listened on, by TLS if browsers elsewhere are to come. NULL: it is not known yet. Caller frees.
 */
char *aula_greeting_url(const aula_settings *settings, int port, int tls_port);

#endif
