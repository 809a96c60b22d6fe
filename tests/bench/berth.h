/* SPDX-License-Identifier: Apache-2.0 */
/** A UDP socket and who lies at it: one client, or several that have it in common and are told
 * apart by their addresses, 127.0.0.1 and those after it. A process may open fewer descriptors than
 * it can drive clients. */
#ifndef AULA_BENCH_BERTH_H
#define AULA_BENCH_BERTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BERTH_PLACES_MOST = 16 };

typedef struct berth berth;

/** A datagram for `user`; `arrived_us`: when it came to the socket, monotonic; 0: not noted. */
typedef void (*berth_datagram)(void *user, uint8_t *data, size_t length, int64_t arrived_us);

/** A place at the socket that was opened last, or, if that has `places` users, at a new one,
 * towards `host`:`port`. All calls in one process name the same host and port. */
berth *berth_join(
	const char *host, uint16_t port, unsigned places, void *user, unsigned *ret_place);
/** The last one closes it. */
void berth_leave(berth *self, unsigned place);
int berth_fd(const berth *self);
/** Where it sends to, in network order. */
void berth_remote(const berth *self, uint32_t *ret_address, uint16_t *ret_port);
void berth_send(berth *self, unsigned place, const void *data, size_t length);
/** Reads all that has come. */
void berth_read(berth *self, berth_datagram datagram);
/** Once all of its users say so, the kernel drops and counts RTP that comes, so that reading it
 * costs nothing. */
void berth_sink(berth *self);
/** What the kernel dropped: that, or because the socket was full. */
uint32_t berth_dropped(const berth *self);

#endif
