/* SPDX-License-Identifier: Apache-2.0 */
/** Carries entries of streams to whoever reads them: in this process, or through Redis on a thread
 * of its own. Knows no module but by number. */
#ifndef AULA_BUS_COURIER_H
#define AULA_BUS_COURIER_H

#include "aula/bus.h"
#include "base/exposition.h"
#include "bus/question.h"
#include "bus/receipt.h"
#include "runtime/loop.h"

typedef struct aula_courier aula_courier;

typedef struct {
	const char *url;                /* as aula_place_parse() reads it; NULL: in this process */
	const char *password;           /* instead of one in `url`; NULL: that */
	const char *prefix;             /* of all keys and channels; not empty */
	size_t queue_most, queue_bytes; /* what may wait to go to Redis */
	int64_t connect_ms, reply_ms;   /* how long Redis may take */
} aula_courier_options;

/** NULL with `error`: `url` is none, or the machine has no descriptors left. Redis need not be
 * there. */
aula_courier *aula_courier_new(
	const aula_courier_options *options, aula_loop *control, GError **error);
/** [control] Sends what waits if that is possible within a second; calls nobody any more. Before
 * the loop of `control` goes. NULL is fine. */
void aula_courier_free(aula_courier *courier);

/* As in aula_bus (aula/bus.h), where the errors are told. `owner` is a module; `receipt` says what
 * became of it, NULL: nobody asks. */
bool aula_courier_shared(const aula_courier *courier);
bool aula_courier_up(aula_courier *courier);
aula_code aula_courier_append(aula_courier *courier, const char *stream, int64_t most,
	const aula_bus_field *fields, size_t count, aula_receipt *receipt);
aula_code aula_courier_publish(aula_courier *courier, const char *channel, const char *text,
	size_t length, aula_receipt *receipt);
aula_code aula_courier_follow(aula_courier *courier, unsigned owner, const char *stream,
	aula_bus_reader read, void *data);
aula_code aula_courier_serve(aula_courier *courier, unsigned owner, const aula_bus_queue *queue,
	aula_bus_reader read, void *data);
/** [any] Sends Redis, if there is one, a command that it may do twice, about `key`: its place in
 * the queue and its fate are those of an entry. FULL. */
aula_code aula_courier_command(
	aula_courier *courier, const char *key, const aula_bus_text *words, size_t count);
/** [any] Forgets entries of a stream that are older than `age_s`, by this machine's clock, and the
 * stream when nobody has trimmed it for as long. Nothing in one process. FULL. INVALID. */
aula_code aula_courier_trim(aula_courier *courier, const char *stream, int64_t age_s);
/** [control] Asks Redis; `answered` is called once, later, whatever happens, unless this fails.
 * UNAVAILABLE: Redis is away. All that is asked in a cluster must be about keys of one slot. */
aula_code aula_courier_ask(aula_courier *courier, const aula_bus_text *words, size_t count,
	aula_question_answered answered, void *data);
/** [control] Calls nothing of the module any more. */
void aula_courier_forget(aula_courier *courier, unsigned owner);

/** [any] What waits to go to Redis. */
size_t aula_courier_waiting(aula_courier *courier);
/** [any] */
void aula_courier_expose(aula_courier *courier, aula_exposition *page);

#endif
