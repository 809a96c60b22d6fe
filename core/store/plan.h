/* SPDX-License-Identifier: Apache-2.0 */
/** The numbered steps that make a module's tables what this program expects. [worker] */
#ifndef AULA_STORE_PLAN_H
#define AULA_STORE_PLAN_H

#include "store/database.h"

typedef struct aula_plan aula_plan;

/** Copies the steps. */
aula_plan *aula_plan_new(const char *module, const aula_migration *steps, size_t count);
void aula_plan_free(aula_plan *plan);
const char *aula_plan_module(const aula_plan *plan);

/** Applies the steps that are missing, all or none. WRONG_STATE: the database has more steps, or
 * others. UNAVAILABLE, INTERNAL: as the database says. With a sentence in `problem`. */
aula_code aula_plan_apply(const aula_plan *plan, aula_database *database, GString *problem);

#endif
