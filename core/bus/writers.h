/* SPDX-License-Identifier: Apache-2.0 */
/** The connections over which entries and messages go to Redis: one, or in a cluster one for each
 * stream. All on the loop of the bus. */
#ifndef AULA_BUS_WRITERS_H
#define AULA_BUS_WRITERS_H

#include "bus/cord.h"
#include "bus/ledger.h"
#include "bus/parcel.h"

enum { AULA_BUS_FIELDS_MOST = 32 };

typedef struct aula_writers aula_writers;

typedef struct {
	const aula_cord_options *cord; /* place, password and times; copied */
	const char *prefix, *origin;   /* borrowed, as is all that follows */
	aula_ledger *ledger;
	/** The parcel has been written, or never will be; taken. */
	void (*on_written)(aula_parcel *parcel);
} aula_writers_options;

/** [any] Connects with the first that is to be written. */
aula_writers *aula_writers_new(aula_loop *loop, const aula_writers_options *options);
/** NULL is fine. */
void aula_writers_free(aula_writers *writers);
/** Writes an entry to its stream, bound to `most`. Takes it, until on_written. */
void aula_writers_append(aula_writers *writers, aula_parcel *parcel);
/** Sends a command about one key, which is the parcel's stream, whole: the texts of its fields are
 * the words. The same. */
void aula_writers_command(aula_writers *writers, aula_parcel *parcel);
/** Tells a channel, by the first field. The same. */
void aula_writers_publish(aula_writers *writers, aula_parcel *parcel);
/** The connection for a key, whole, with its prefix. NULL: there are too many, or it is over. */
aula_cord *aula_writers_cord(aula_writers *writers, const char *key);
/** What was not answered yet. */
size_t aula_writers_unsent(aula_writers *writers);
/** Ends the connections; all that comes is given back. */
void aula_writers_end(aula_writers *writers);

#endif
