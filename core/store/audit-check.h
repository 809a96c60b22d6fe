/* SPDX-License-Identifier: Apache-2.0 */
/** Reads the whole audit log and says what was changed or taken out of it. [any], no server's
 * thread: it waits. */
#ifndef AULA_STORE_AUDIT_CHECK_H
#define AULA_STORE_AUDIT_CHECK_H

#include "store/database.h"

/** Looks at every line; `faults` gets a sentence with a line feed for each that is wrong. What
 * cannot be seen: lines taken from the end of a chain whose server was killed. False with `error`:
 * the database cannot be read. */
bool aula_audit_check(
	const aula_database_options *options, size_t *ret_lines, GString *faults, GError **error);

#endif
