/* SPDX-License-Identifier: Apache-2.0 */
/** A command to Redis whose answer control wants to know, on its way there and back. */
#ifndef AULA_BUS_QUESTION_H
#define AULA_BUS_QUESTION_H

#include "aula/code.h"
#include "runtime/loop.h"

typedef struct aula_cord aula_cord;

/** A word of a command, or a text of an answer: any bytes, and a zero byte that does not count. */
typedef struct {
	const char *text; /* NULL: Redis has none */
	size_t length;
} aula_bus_text;

/** [control] The answer, flat; borrowed. UNAVAILABLE: there is none. INVALID: Redis refused it. */
typedef void (*aula_question_answered)(
	void *data, aula_code code, const aula_bus_text *texts, size_t count);

typedef struct aula_question {
	aula_mail mail; /* first */
	void *owner;    /* whoever posts it */
	aula_loop *control;
	aula_question_answered answered;
	void *data;
	/* private */
	GArray *words, *texts; /* of aula_bus_text */
	aula_code code;
} aula_question;

/** Copies the words. */
aula_question *aula_question_new(const aula_bus_text *words, size_t count);
/** [bus] Sends it over the line, or says at once that there is none when that is NULL; it then goes
 * to `control`, where it calls `answered` and ends. Takes it. */
void aula_question_send(aula_question *question, aula_cord *cord);

#endif
