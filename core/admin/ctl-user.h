/* SPDX-License-Identifier: Apache-2.0 */
/** `aula user`: accounts from the command line, as requests to the plugin that has them. */
#ifndef AULA_ADMIN_CTL_USER_H
#define AULA_ADMIN_CTL_USER_H

#include <glib.h>
#include <jansson.h>

extern const char aula_ctl_user_about[];

/** What "add", "ada", "role=teacher" ask, as a request of the Admin API; NULL: `error` says what is
 * wrong with the words. New reference. */
json_t *aula_ctl_user_request(char **words, GError **error);

#endif
