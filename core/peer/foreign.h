/* SPDX-License-Identifier: Apache-2.0 */
/** Which of the other side's candidates we send checks to. A stranger chooses them: without this,
 * anybody who may connect could have the server knock at its own machine, at a cloud's metadata
 * service, or at TCP services behind its firewall (RFC 8827 section 8.1, RFC 8445 section 19.5).
 * All [any]. */
#ifndef AULA_PEER_FOREIGN_H
#define AULA_PEER_FOREIGN_H

#include "wire/sdp.h"

typedef enum {
	AULA_FOREIGN_ADDRESS,
	AULA_FOREIGN_NAME, /* an mDNS name, to be looked up or left alone */
	AULA_FOREIGN_USELESS,
} aula_foreign;

aula_foreign aula_foreign_judge(const aula_candidate *candidate, bool tcp, bool loopback);
/** Whether a numeric address may be another machine's (or, with `loopback`, this one's): not
 * unspecified, multicast, link-local, or IPv4 in the disguise of IPv6. */
bool aula_foreign_may_be(const char *address, bool loopback);

#endif
