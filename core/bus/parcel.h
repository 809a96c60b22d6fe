/* SPDX-License-Identifier: Apache-2.0 */
/** An entry on its way from thread to thread. */
#ifndef AULA_BUS_PARCEL_H
#define AULA_BUS_PARCEL_H

#include "aula/bus.h"
#include "bus/receipt.h"
#include "runtime/loop.h"

typedef struct aula_parcel {
	aula_mail mail;               /* first */
	void *data;                   /* the sender's */
	struct aula_writers *writers; /* that write it */
	int64_t at_us;                /* when it was appended */
	char *stream;                 /* or channel */
	int64_t most;
	char *id; /* NULL: not known yet */
	size_t bytes;
	unsigned subscription; /* whom it is for; 0: whoever reads the stream */
	bool own, done;
	aula_receipt *receipt; /* NULL: nobody asks what becomes of it */
	bool written;          /* Redis has it */
	size_t count, room;
	aula_bus_field *fields;
} aula_parcel;

/** With place for `room` fields. */
aula_parcel *aula_parcel_new(const char *stream, size_t room);
/** Copies. */
void aula_parcel_add(aula_parcel *parcel, const char *name, const char *text, size_t length);
/** Signs its receipt. NULL is fine. */
void aula_parcel_free(aula_parcel *parcel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_parcel, aula_parcel_free)

#endif
