/* SPDX-License-Identifier: Apache-2.0 */
/** What one other server says in one room, as it comes: put into order, and what is missing.
 * Numbers begin with 1 in each epoch, which is one time that the room was open there. [pure] */
#ifndef AULA_ROOM_HEARING_H
#define AULA_ROOM_HEARING_H

#include <stdbool.h>
#include <stdint.h>

typedef struct aula_hearing aula_hearing;

/** One thing that was said. */
typedef struct {
	int64_t number;
	char *module, *text;
} aula_heard;

/** What is missing: both included. */
typedef struct {
	int64_t epoch, first, last;
} aula_gap;

/** `from_first`: nothing was said yet; else what comes first is where it begins. */
aula_hearing *aula_hearing_new(bool from_first);
/** NULL is fine. */
void aula_hearing_free(aula_hearing *hearing);
void aula_heard_clear(aula_heard *heard);

/** Copies. False: it came before. */
bool aula_hearing_add(
	aula_hearing *hearing, int64_t epoch, int64_t number, const char *module, const char *text);
/** Its server says how far it has come. */
void aula_hearing_told(aula_hearing *hearing, int64_t epoch, int64_t number);
/** The next in order; the caller's to clear. False: there is none, or it is missing. */
bool aula_hearing_next(aula_hearing *hearing, aula_heard *ret_heard);
/** True: this is missing, and is to be asked for now. */
bool aula_hearing_gap(aula_hearing *hearing, int64_t now_us, aula_gap *ret_gap);
/** So much waits for what is missing that it is to be given up. */
bool aula_hearing_is_full(const aula_hearing *hearing);
/** Whether what is missing was asked for often enough, or there is nobody to ask. */
bool aula_hearing_is_hopeless(const aula_hearing *hearing, bool there);
/** Goes on without what is missing up to there, 0: up to what came next; returns how many. */
int64_t aula_hearing_skip(aula_hearing *hearing, int64_t upto);
int64_t aula_hearing_epoch(const aula_hearing *hearing);

#endif
