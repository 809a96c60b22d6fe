/* SPDX-License-Identifier: Apache-2.0 */
/** Fair turns for what comes of many senders: who sends little is served at once, who sends much
 * waits for itself and for nobody else. What comes of one sender keeps its order. All [control]. */
#ifndef AULA_SIGNALING_TURNS_H
#define AULA_SIGNALING_TURNS_H

#include "runtime/loop.h"

typedef struct aula_turns aula_turns;

/** `at_once`: mails of one sender that a turn of the loop serves as they come; more of them wait,
 * and are served one of each sender in a round. 0: all are served as they come. */
aula_turns *aula_turns_new(aula_loop *control, unsigned at_once);
/** Delivers what waits. NULL is fine. The loop may be gone. */
void aula_turns_free(aula_turns *turns);
/** Takes `mail` of the sender of that name: delivers it now, or when its turn comes. */
void aula_turns_take(aula_turns *turns, gint64 name, aula_mail *mail);
/** Delivers what waits, and from now on all as it comes. */
void aula_turns_settle(aula_turns *turns);

#endif
