/* SPDX-License-Identifier: Apache-2.0 */
/** A line of the log as one JSON object. Pure. */
#ifndef AULA_BASE_LOG_JSON_H
#define AULA_BASE_LOG_JSON_H

#include <glib.h>

#include "base/log.h"

/** Appends {"time": .., "level": .., "area": .., "message": .., "session"?: .., "handle"?: ..,
 * "transaction"?: .., "fields"?: {"key": "value"}} and a line end. `line` is "AREA message
 * key=value"; a value that is not quoted ends before the next key. Session and handle are texts,
 * for they are more than a double holds. */
void aula_log_json(GString *out, const char *time, const char *level, const char *line,
	const aula_log_about *about);

#endif
