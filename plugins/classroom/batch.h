/* SPDX-License-Identifier: Apache-2.0 */
/** Several streams of one request. The good ones are done, the bad ones named in "errors"; the
 * request fails only when none was good. */
#ifndef CLASSROOM_BATCH_H
#define CLASSROOM_BATCH_H

#include "requests.h"
#include "subscriber.h"

enum { EVERY_KIND = 1u << AULA_AUDIO | 1u << AULA_VIDEO };

struct batch {
	struct subscriber *subscriber;
	json_t *errors;
	size_t asked, changed;
	int last_number;
};

/** Refuses a list of struct stream_args of which one item contradicts itself. */
aula_code batch_check(aula_call *call, const aula_list *list);

struct batch batch_begin(struct subscriber *subscriber);
/** Says what is wrong with an item. */
void batch_blame(
	struct batch *batch, const struct stream_args *item, int number, const char *sentence);
/** Ends the batch: true when nothing of what was asked could be done, for which batch_refuse() has
 * the error; otherwise the reply has the errors that there were. */
bool batch_failed(struct batch *batch, aula_call *call);
aula_code batch_refuse(const struct batch *batch, aula_call *call);

/** The person that an item names, if they publish, and the stream of theirs; NULL: it is blamed. */
struct person *batch_feed(struct batch *batch, const struct stream_args *item);
struct stream *batch_stream(
	struct batch *batch, const struct stream_args *item, const struct person *person);

/** Subscribes to what the items name; of an item without mid, to the streams of `kinds`. */
void batch_add_one(struct batch *batch, const struct stream_args *item, unsigned kinds);
void batch_add(struct batch *batch, const aula_list *list);
/** Ends the subscriptions that the items name. */
void batch_remove(struct batch *batch, const aula_list *list);

#endif
