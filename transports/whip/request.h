/* SPDX-License-Identifier: Apache-2.0 */
/** What HTTP asks for: methods, conditions, media types and who may (RFC 9725 section 4,
 * draft-ietf-wish-whep section 4). [control] */
#ifndef WHIP_REQUEST_H
#define WHIP_REQUEST_H

#include "job.h"

/** Answers the job, now or when the class has. Takes our hold on it. */
void request_serve(struct job *job);

#endif
