/* SPDX-License-Identifier: Apache-2.0 */
/** Replies as people read them, on standard output. */
#ifndef AULA_ADMIN_CTL_PRINT_H
#define AULA_ADMIN_CTL_PRINT_H

#include <jansson.h>

void aula_ctl_print_json(const json_t *reply);
/** Lists of objects as tables, all else as "key: value", nested keys with dots. What the server was
 * told by clients cannot move the cursor. */
void aula_ctl_print_table(const json_t *reply);

#endif
