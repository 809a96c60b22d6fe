/* SPDX-License-Identifier: Apache-2.0 */
/** The text of a configuration file on its way to libconfig, which takes 5000000000 for 705032704:
 * only with an L at its end is an integer read in 64 bits. */
#ifndef AULA_HOST_CONFIG_TEXT_H
#define AULA_HOST_CONFIG_TEXT_H

/** The text with an L at each integer that needs one. Lines stay as they are. NULL on an integer
 * beyond 64 bits and on "@include" (a module has one file): `ret_line` and `ret_why` (static).
 * Caller frees. */
char *aula_config_text(const char *text, int *ret_line, const char **ret_why);

#endif
