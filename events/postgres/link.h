/* SPDX-License-Identifier: Apache-2.0 */
/** One connection to PostgreSQL with a deadline for each answer. [events] */
#ifndef LINK_H
#define LINK_H

#include <stddef.h>
#include <stdint.h>

#include "aula/code.h"

struct link;

/** Connects within `connect_ms`; each later statement has `statement_ms`. NULL: see `problem`, one
 * sentence of at most `room` bytes. `password`: NULL, none of its own. */
struct link *link_open(const char *url, const char *password, int64_t connect_ms,
	int64_t statement_ms, char *problem, size_t room);
void link_close(struct link *link);

/** Runs one or more statements as one transaction. INVALID: the data is refused (SQLSTATE classes
 * 22 and 23). UNAVAILABLE: anything else; close it and begin anew. */
aula_code link_run(struct link *link, const char *sql);
/** Whether a query has a row. */
aula_code link_ask(struct link *link, const char *sql, int *ret_found);
/** COPY ... FROM STDIN. */
aula_code link_copy(struct link *link, const char *sql, const char *bytes, size_t length);

/** Why the last one failed. */
const char *link_problem(const struct link *link);

#endif
