/* SPDX-License-Identifier: Apache-2.0 */
/** How often somebody may ask: a bucket for each address and for each token, in a table of fixed
 * size. Two that fall into one place share it, so a bound may come early, never late. Pure. */
#ifndef WHIP_GATE_H
#define WHIP_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate;

/** `per_minute` is both what may be asked in the long run and what may be asked at once. NULL: no
 * memory. */
struct gate *gate_new(int64_t per_minute);
/** Another bound, from the next request on. */
void gate_bound(struct gate *gate, int64_t per_minute);
void gate_free(struct gate *gate);

/** One request more of whoever has that name (an address, a token). False: one too many; try again
 * in `*ret_wait_s` seconds. */
bool gate_pass(struct gate *gate, const char *name, int64_t now_us, int64_t *ret_wait_s);

/** The name by which an address is counted: itself, the first half of an IPv6 one (a household has
 * as many of those as it likes). False for a loopback address, which is a proxy's or this machine's
 * and is not counted. `ret_name` has at least 64 bytes. */
bool gate_name(const char *address, char *ret_name);

#endif
