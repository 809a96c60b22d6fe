/* SPDX-License-Identifier: Apache-2.0 */
/** Streams that several servers share: in this process, or in Redis when the administrator has set
 * `bus.url`. What is appended while Redis is away waits, bounded, and goes there in its order. */
#ifndef AULA_BUS_H
#define AULA_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "aula/code.h"

typedef struct aula_host aula_host;

/** A part of an entry. This struct never grows. */
typedef struct {
	const char *name; /**< does not begin with "_" */
	const char *text; /**< any bytes; those received end with a zero byte that does not count */
	size_t length;
} aula_bus_field;

/** One entry of a stream, borrowed for the call. */
typedef struct {
	size_t size;
	const char *id; /**< as Redis has it, "1700000000000-0"; "" in one process */
	bool own;       /**< this process has appended it */
	const aula_bus_field *fields;
	size_t count;
} aula_bus_entry;

/** The field of that name; NULL: there is none. */
static inline const aula_bus_field *
aula_bus_entry_field(const aula_bus_entry *entry, const char *name)
{
	for (size_t i = 0; i < entry->count; i++)
		if (strcmp(entry->fields[i].name, name) == 0)
			return &entry->fields[i];
	return NULL;
}

/** [control] An entry has come. */
typedef void (*aula_bus_reader)(void *data, const aula_bus_entry *entry);

/** A stream whose entries go to one of the servers of a group, each once. */
typedef struct {
	size_t size;
	const char *stream, *group;
	const char *once; /**< the field by which an entry that is sent twice is known, and left
			     out; entries without it are taken each time; NULL: all are taken */
	int64_t once_s;   /**< for how long that is known */
	int64_t claim_ms; /**< what a server took and did not do for so long is another's */
	int64_t most;     /**< entries that are left in the stream, about */
} aula_bus_queue;

/** A member of a board. This struct never grows. */
typedef struct {
	const char *member; /**< borrowed for the call */
	double points;
	int64_t rank; /**< 1: the first. Of those with the same points the later name comes first */
} aula_bus_score;

/** [control] What was asked of a board. UNAVAILABLE: Redis is away. NOT_FOUND: of `rank`. */
typedef void (*aula_bus_ranked)(
	void *data, aula_code code, const aula_bus_score *scores, size_t count);
/** [control] A value; it ends with a zero byte that does not count. NOT_FOUND. UNAVAILABLE. */
typedef void (*aula_bus_got)(void *data, aula_code code, const char *text, size_t length);

/** Something to hand over: an entry for a stream, or a message for a channel. This struct never
 * grows. */
typedef struct {
	const char *stream, *channel; /**< one of them; the other is NULL */
	int64_t most;                 /**< as of append */
	const aula_bus_field *fields; /**< a message is the text of the first */
	size_t count;
} aula_bus_item;

/** What becomes of items that were handed over. */
typedef struct aula_bus_receipt aula_bus_receipt;

/** Names of streams and channels get the prefix of `bus.prefix` in Redis. */
typedef struct {
	size_t size;
	/** [any] Whether other servers are reached by it, now or when Redis is back. */
	bool (*shared)(const aula_host *host);
	/** [any] Whether what is appended goes out at once. Always in one process. */
	bool (*up)(const aula_host *host);
	/** [any] Appends an entry; copied. `most`: how many the stream is to keep, about. Those of
	 * one thread to one stream stay in their order. After a server of Redis was lost an entry
	 * may be there twice, with the same fields. FULL: too much waits. INVALID. */
	aula_code (*append)(const aula_host *host, const char *stream, int64_t most,
		const aula_bus_field *fields, size_t count);
	/** [any] Tells a channel's subscribers (PUBLISH), whoever they are: none of ours. FULL. */
	aula_code (*publish)(
		const aula_host *host, const char *channel, const char *text, size_t length);
	/** [control] Reads all that is appended to the stream from now on, by whomever, each entry
	 * once and those of one server in their order, until the module stops. FULL. */
	aula_code (*follow)(
		const aula_host *host, const char *stream, aula_bus_reader read, void *data);
	/** [control] Takes part in serving a stream, until the module stops. When `read` returns
	 * the entry is done. INVALID. FULL. */
	aula_code (*serve)(const aula_host *host, const aula_bus_queue *queue, aula_bus_reader read,
		void *data);
	/** [any] As append and publish, of several items in their order, for one who has to know
	 * that Redis has them. `*ret_taken` of the first were taken, at least one; there was no
	 * room for the others. `*ret_receipt` is to be let go of by `drop`. UNAVAILABLE: there is
	 * no Redis to be reached. FULL. INVALID. */
	aula_code (*hand_over)(const aula_host *host, const aula_bus_item *items, size_t count,
		size_t *ret_taken, aula_bus_receipt **ret_receipt);
	/** [any, but for control] Blocks until Redis has answered each, for at most `wait_ms`. OK:
	 * it has them all. UNAVAILABLE: not yet; they are still on their way, and may be waited for
	 * again. GONE: Redis refused some, which its log and ours tell. */
	aula_code (*await)(aula_bus_receipt *receipt, int64_t wait_ms);
	/** [any] Those on their way stay so. NULL is fine. */
	void (*drop)(aula_bus_receipt *receipt);

	/* What servers look up in common. It is lost when this process, or Redis with all its
	 * replicas, is: have it elsewhere, and be ready to do without. What is written while Redis
	 * is away waits, as entries do. Names have at most 512 bytes and are those of all modules:
	 * begin them with your own. `keep_s` is at most 400 days. */

	/** [control] Says what a member has on a board, which is forgotten `keep_s` after the last
	 * was said. FULL. INVALID. */
	aula_code (*score)(const aula_host *host, const char *board, const char *member,
		double points, int64_t keep_s);
	/** [control] Takes a member off the board. FULL. INVALID. */
	aula_code (*unscore)(const aula_host *host, const char *board, const char *member);
	/** [control] Asks for those with the most points, at most `most` (1000), the first first;
	 * `ranked` is called once, later, unless the module has stopped. INVALID. FULL: too much
	 * was asked. UNAVAILABLE: Redis is away. */
	aula_code (*top)(const aula_host *host, const char *board, size_t most,
		aula_bus_ranked ranked, void *data);
	/** [control] The same of one member. */
	aula_code (*rank)(const aula_host *host, const char *board, const char *member,
		aula_bus_ranked ranked, void *data);
	/** [control] Gives a name a value of up to 256 KiB for `keep_s`. TOO_LARGE. FULL. INVALID.
	 */
	aula_code (*set)(const aula_host *host, const char *name, const char *text, size_t length,
		int64_t keep_s);
	/** [control] Asks for it, as `top`. */
	aula_code (*get)(const aula_host *host, const char *name, aula_bus_got got, void *data);
} aula_bus;

#endif
