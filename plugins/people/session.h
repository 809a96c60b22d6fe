/* SPDX-License-Identifier: Apache-2.0 */
/** A session of somebody who has shown who they are, however that was. [control] */
#ifndef PEOPLE_SESSION_H
#define PEOPLE_SESSION_H

#include "ask.h"

enum { SESSION_STATEMENTS = 2, BEFORE_MOST = 4 };

/** Opens one for ask->login, name and role, after what else is to be written in the same step (at
 * most BEFORE_MOST), sets the cookie and answers. `forgive`: of the guard, what it counted this
 * by; `how`: static, for the audit log. */
void session_open(struct ask *ask, const char *forgive, const char *how,
	const aula_statement *before, size_t count);

/** What is told of somebody to themselves. New reference. */
json_t *session_describe(
	const struct people *people, const char *login, const char *name, const char *role);

#endif
