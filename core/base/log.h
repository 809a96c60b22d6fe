/* SPDX-License-Identifier: Apache-2.0 */
/** One line an event: "TIME LEVEL AREA message key=value". [any] What one place (area and format)
 * says again within ten seconds is counted, then told as "and N more in 10 s": the same text passes
 * once, different texts twenty times. Debug lines are never held back. Lines over 1 kB are cut. */
#ifndef AULA_BASE_LOG_H
#define AULA_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "aula/host.h"

/** Lines above `level` are not written. The default is INFO, to standard error. */
void aula_log_open(aula_log_level level);
/** Whether lines are JSON objects from now on, see log-json.h. */
void aula_log_set_json(bool json);

/** What a request is about: 0 and NULL where there is nothing. */
typedef struct {
	uint64_t session, handle;
	const char *transaction; /* as the client wrote it */
} aula_log_about;
/** The lines of this thread are about that until it is told otherwise; NULL: nothing. Borrowed, so
 * that a busy thread has only a pointer to set. */
void aula_log_set_about(const aula_log_about *about);

bool aula_log_wants(aula_log_level level);
/** `area` names the room or module; static or living for the call. */
void aula_log(aula_log_level level, const char *area, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void aula_log_va(aula_log_level level, const char *area, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

/** [any] How often this level was worth a line since the start, repeats as well. */
uint64_t aula_log_count(aula_log_level level);

/** Tells what was counted and is due; `all`: what is not due as well. For a slow timer, and before
 * the end. */
void aula_log_settle(bool all);

/** The latest lines written, up to `most`, the oldest first, each with its line end: one text; the
 * caller frees. At most AULA_LOG_KEPT are known. */
enum { AULA_LOG_KEPT = 500 };
char *aula_log_recent(size_t most);
aula_log_level aula_log_level_now(void);

/** Client text made fit for a line: quoted, control characters escaped, cut at 80 bytes. Writes to
 * `out` (of at least 128 bytes), returns it. */
const char *aula_log_quote(const char *text, char *out, size_t size);

#endif
