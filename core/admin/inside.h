/* SPDX-License-Identifier: Apache-2.0 */
/** What the verbs need of the Admin API itself. All [control]. */
#ifndef AULA_ADMIN_INSIDE_H
#define AULA_ADMIN_INSIDE_H

#include "admin/admin.h"
#include "admin/captures.h"
#include "admin/statistics.h"
#include "admin/verb.h"

aula_settings *aula_admin_settings(aula_admin *admin);
aula_captures *aula_admin_captures(aula_admin *admin);
aula_statistics *aula_admin_statistics(aula_admin *admin);
const aula_admin_listener *aula_admin_listener_of(aula_admin *admin, void **ret_data);
/** Where it was asked from. Borrowed. */
const char *aula_admin_address(const aula_admin_call *call);
/** Monotonic, when it was made. */
int64_t aula_admin_since_us(const aula_admin *admin);

#endif
