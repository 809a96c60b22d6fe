/* SPDX-License-Identifier: Apache-2.0 */
/** What the server says about itself. [control] */
#ifndef AULA_SIGNALING_ABOUT_H
#define AULA_SIGNALING_ABOUT_H

#include "signaling/switchboard.h"

#define AULA_NAME "Aula"

/** Adds the keys of a "server_info" to `info`. */
void aula_about_server(const aula_switchboard *board, json_t *info);

#endif
