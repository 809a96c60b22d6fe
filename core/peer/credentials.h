/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_PEER_CREDENTIALS_H
#define AULA_PEER_CREDENTIALS_H

#include "peer/ice.h"

/** [any] Fresh ones, of 72 and 144 random bits (RFC 8445 section 5.3). */
void aula_credentials_make(aula_ice_credentials *ret_credentials);

#endif
