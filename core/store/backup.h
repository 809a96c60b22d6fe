/* SPDX-License-Identifier: Apache-2.0 */
/** The whole database in one file, and back. SQLite: a copy of the file, made while the server may
 * run. PostgreSQL: what pg_dump writes in its custom form, read back by pg_restore (package
 * postgresql-client). [any], no server's thread: these wait. */
#ifndef AULA_STORE_BACKUP_H
#define AULA_STORE_BACKUP_H

#include "store/database.h"

/** Writes `file`, whole or not at all; an older one of that name is replaced. */
bool aula_backup_write(const aula_database_options *options, const char *file, GError **error);

/** Makes the database what `file` says. `folder` is that of the spools: no server may run on it,
 * and writes that wait in it are put aside, as they belong to what is replaced. */
bool aula_backup_restore(
	const aula_database_options *options, const char *folder, const char *file, GError **error);

/** How many writes wait on disk in `folder` and are in no back-up yet. */
size_t aula_backup_waiting(const char *folder);

#endif
