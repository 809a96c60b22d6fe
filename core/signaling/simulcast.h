/* SPDX-License-Identifier: Apache-2.0 */
/** Which encodings of one picture a client offers to send (RFC 8853), and in which order they rise:
 * no description says so. [pure] */
#ifndef AULA_SIGNALING_SIMULCAST_H
#define AULA_SIGNALING_SIMULCAST_H

#include "peer/engine.h"
#include "wire/sdp.h"

/** How a client lists its encodings; "rid_order" of its jsep. */
typedef enum {
	AULA_RID_ORDER_BY_NAME, /* it did not say: by names that are in use, else LMH, as browsers
				   scale when nobody says otherwise */
	AULA_RID_ORDER_LMH,     /* the lowest first */
	AULA_RID_ORDER_HML,
} aula_rid_order;

/** What an offered m-line says of encodings, the lowest first: rids, or the SSRC groups of older
 * clients (RFC 5576; "SIM"). Returns how many, 1 when it is none of both; of more than
 * AULA_ENCODINGS_MOST the lowest are left out. `ret_encodings` is wholly written. */
unsigned aula_simulcast_read(const aula_sdp_media *offer, aula_rid_order order,
	aula_encoding_options ret_encodings[AULA_ENCODINGS_MOST]);

/** Writes the rids that we receive into an answer. */
void aula_simulcast_write(
	const aula_encoding_options *encodings, unsigned count, aula_sdp_media *answer);

#endif
