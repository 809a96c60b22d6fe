/* SPDX-License-Identifier: Apache-2.0 */
/** The packet captures that operators started: by handle, bounded in number and size, in one
 * folder. [control] */
#ifndef AULA_ADMIN_CAPTURES_H
#define AULA_ADMIN_CAPTURES_H

#include "signaling/switchboard.h"

typedef struct aula_captures aula_captures;

aula_captures *aula_captures_new(aula_switchboard *board);
/** After the engine, whose loops post to it. NULL is fine. */
void aula_captures_free(aula_captures *captures);

/** Begins one of a handle; its path, borrowed while it is listed. `name` NULL: made up. NULL:
 * WRONG_STATE, INVALID (the name) or INTERNAL (the disk); `*ret_why` (NULL before) is a sentence
 * that the caller frees. */
const char *aula_captures_start(aula_captures *captures, const aula_attachment *attachment,
	const char *name, bool text, int64_t truncate, aula_code *ret_code, char **ret_why);
/** Ends that of a handle: {"path", "packets", "bytes", "dropped", "state"}. NULL: there is none. */
json_t *aula_captures_stop(aula_captures *captures, aula_handle handle, bool text);
/** All that have not been stopped, the same with their handle. New reference. */
json_t *aula_captures_list(aula_captures *captures);

#endif
