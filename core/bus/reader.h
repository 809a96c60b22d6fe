/* SPDX-License-Identifier: Apache-2.0 */
/** Reads one stream of Redis: all of it from now on, or its part as one of a group. All on the
 * loop of the bus. */
#ifndef AULA_BUS_READER_H
#define AULA_BUS_READER_H

#include "bus/cord.h"
#include "bus/parcel.h"

typedef struct aula_reader aula_reader;

typedef struct {
	const aula_cord_options *cord; /* place, password and times; copied */
	const char *key;               /* of the stream */
	const char *origin;            /* what this process calls itself; borrowed */
	const aula_bus_queue *queue;   /* NULL: all of it; texts are copied */
	/** An entry for whoever asked. Taken; comes back by aula_reader_done(). */
	void (*on_reader_entry)(void *data, aula_parcel *parcel);
	void *data;
} aula_reader_options;

aula_reader *aula_reader_new(aula_loop *loop, const aula_reader_options *options);
/** NULL is fine. */
void aula_reader_free(aula_reader *reader);
/** Takes the parcel back; `parcel->done`: the entry has been served. */
void aula_reader_done(aula_reader *reader, aula_parcel *parcel);

#endif
