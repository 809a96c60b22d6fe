/* SPDX-License-Identifier: Apache-2.0 */
/** What started this process and wants to know how it fares: the service manager's notification
 * socket (sd_notify(3), named by NOTIFY_SOCKET). Without one every call does nothing. The
 * environment is read and cleaned once, so that no child speaks in our name. All [control]. */
#ifndef AULA_HOST_SUPERVISOR_H
#define AULA_HOST_SUPERVISOR_H

#include "runtime/loop.h"

typedef struct aula_supervisor aula_supervisor;

/** Reads the environment. Call it before a thread starts. Never NULL. */
aula_supervisor *aula_supervisor_new(void);
/** NULL is fine. */
void aula_supervisor_free(aula_supervisor *supervisor);

/** The server serves. If WATCHDOG_USEC asks for it, a sign of life follows from `control` at half
 * of that interval: a control thread that hangs is started anew by whoever watches. */
void aula_supervisor_ready(aula_supervisor *supervisor, aula_loop *control);
/** The server ends, which may take a while. */
void aula_supervisor_stopping(aula_supervisor *supervisor);

#endif
