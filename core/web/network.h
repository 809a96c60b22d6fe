/* SPDX-License-Identifier: Apache-2.0 */
/** A list of IP networks, as an administrator writes them: "10.0.0.0/8", "2001:db8::/32", "::1".
 * IPv4 written as IPv6 (::ffff:0:0/96) is IPv4. [any] */
#ifndef AULA_WEB_NETWORK_H
#define AULA_WEB_NETWORK_H

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>

typedef struct aula_web_networks aula_web_networks;

/** `texts` ends with NULL; NULL is an empty list. NULL with a sentence that quotes the first that
 * is no network. */
aula_web_networks *aula_web_networks_new(const char *const *texts, GError **error);
/** NULL is fine. */
void aula_web_networks_free(aula_web_networks *networks);

bool aula_web_networks_have(
	const aula_web_networks *networks, const struct sockaddr_storage *address);
/** The same for an address as text; false for what is none. */
bool aula_web_networks_have_text(const aula_web_networks *networks, const char *address);

#endif
