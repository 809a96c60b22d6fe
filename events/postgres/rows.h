/* SPDX-License-Identifier: Apache-2.0 */
/** Events as rows for COPY in text form. [events] */
#ifndef ROWS_H
#define ROWS_H

#include <stdint.h>
#include <stdio.h>

#include "aula/module.h"

/** Writes one event as a line: time, epoch, seq, type, name, session_id, handle_id, room, user_id,
 * event. `*ret_day`: days since 1970. INVALID: it is no event. */
aula_code rows_write(FILE *out, const aula_event_text *event, int64_t *ret_day);

#endif
