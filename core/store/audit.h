/* SPDX-License-Identifier: Apache-2.0 */
/** Who did what to whom, when and from where: lines that are only ever added, each with a hash over
 * itself and the line before, so that one that is taken out or changed shows. All [control]. */
#ifndef AULA_STORE_AUDIT_H
#define AULA_STORE_AUDIT_H

#include "aula/module.h"
#include "store/keeper.h"

typedef struct aula_audit_log aula_audit_log;

/** One line. Texts are copied; NULL is "". */
typedef struct {
	const char *act;                 /**< "room.destroy": area and verb */
	const char *actor, *name, *role; /**< subject, name and role of who did it */
	const char *address;             /**< from where */
	const char *room, *target;       /**< where, and to whom or what */
	const char *detail;              /**< anything more, for people */
} aula_audit_line;

/** Makes the table and begins a chain that is tied to the last line there is. Before
 * aula_keeper_start(). NULL: the table cannot be made, as the log says. */
aula_audit_log *aula_audit_log_new(aula_keeper *keeper, unsigned owner);
/** NULL is fine. */
void aula_audit_log_free(aula_audit_log *log);

/** Whose lines they are: told to people, and kept. */
enum { AULA_AUDIT_PERSONAL = 2 };
extern const aula_personal aula_audit_personal[AULA_AUDIT_PERSONAL];

/** Adds a line. It may wait on disk; past the bounds of the store it is lost, and the log says so.
 */
void aula_audit_log_add(aula_audit_log *log, const aula_audit_line *line);

/** What the hash of a line is over: previous hash, chain, number, time and all texts, each ended by
 * a line feed. 64 hexadecimal digits. Caller frees. */
char *aula_audit_hash(const char *previous, const char *chain, int64_t number, int64_t at_us,
	const aula_audit_line *line);

#endif
