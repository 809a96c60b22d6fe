/* SPDX-License-Identifier: Apache-2.0 */
/** The lines of one loop on which something waits: one alarm serves all of them. All [media]. */
#ifndef AULA_PEER_PACING_H
#define AULA_PEER_PACING_H

#include <glib.h>

#include "runtime/loop.h"

typedef struct aula_line aula_line;

typedef struct {
	aula_loop *loop;
	aula_alarm alarm;
	GPtrArray *lines;
} aula_pacing;

void aula_pacing_init(aula_pacing *pacing, aula_loop *loop);
/** No line is left, or none will be called. */
void aula_pacing_finish(aula_pacing *pacing);
/** [media] Rings no more. */
void aula_pacing_stop(aula_pacing *pacing);
/** aula_line_pace() is called soon, until it says that nothing waits; or never again. */
void aula_pacing_add(aula_pacing *pacing, aula_line *line);
void aula_pacing_remove(aula_pacing *pacing, aula_line *line);

#endif
