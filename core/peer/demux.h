/* SPDX-License-Identifier: Apache-2.0 */
/** Whose is a datagram? By remote address, or by the name in a check. */
#ifndef AULA_PEER_DEMUX_H
#define AULA_PEER_DEMUX_H

#include "peer/address.h"

typedef struct aula_demux aula_demux;

aula_demux *aula_demux_new(void);
void aula_demux_free(aula_demux *demux);

/** From now on checks to `ufrag` are `owner`'s. The name must be free. */
void aula_demux_name(aula_demux *demux, const char *ufrag, void *owner);
void aula_demux_unname(aula_demux *demux, const char *ufrag);
void *aula_demux_named(const aula_demux *demux, const char *ufrag, size_t length);

/** From now on datagrams from `remote` are `owner`'s, whoever had them: the latest valid check
 * wins, as an address translator may give a port to somebody else. */
void aula_demux_claim(aula_demux *demux, const aula_address *remote, void *owner);
/** Forgets `remote` unless somebody else has claimed it. */
void aula_demux_disclaim(aula_demux *demux, const aula_address *remote, const void *owner);
void *aula_demux_owner(aula_demux *demux, const aula_address *remote);

#endif
