/* SPDX-License-Identifier: Apache-2.0 */
/** What became of several parcels: Redis has answered them all, or not yet, or some are lost. [any]
 */
#ifndef AULA_BUS_RECEIPT_H
#define AULA_BUS_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "aula/code.h"

typedef struct aula_receipt aula_receipt;

/** Of no parcel yet. */
aula_receipt *aula_receipt_new(void);
/** Lets go of it; parcels that are under way may hold it longer. NULL is fine. */
void aula_receipt_unref(aula_receipt *receipt);

/** One more parcel is under way; until it is signed, the reference that this returns is its. */
aula_receipt *aula_receipt_expect(aula_receipt *receipt);
/** Redis has it, or it will not get there. Takes the parcel's reference. */
void aula_receipt_sign(aula_receipt *receipt, bool good);

/** Waits until all are signed, for at most `wait_ms`. OK. UNAVAILABLE: not all are. GONE: all are,
 * and some did not get there. */
aula_code aula_receipt_await(aula_receipt *receipt, int64_t wait_ms);

#endif
