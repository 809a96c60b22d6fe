/* SPDX-License-Identifier: Apache-2.0 */
/** One browser's connection: ICE, DTLS and SRTP, over the way that its transport finds. Knows
 * nothing of tracks. All [media], on the loop of its port. */
#ifndef AULA_PEER_CONNECTION_H
#define AULA_PEER_CONNECTION_H

#include <jansson.h>

#include "base/packet.h"
#include "peer/capture.h"
#include "peer/ice.h"
#include "peer/port.h"
#include "wire/sdp.h"

typedef struct aula_connection aula_connection;

/** What the connection tells whoever owns it. It may be freed inside any of these. */
typedef struct {
	/** ICE has a pair, DTLS is done, the fingerprint matches. Once. */
	void (*on_connection_up)(void *data);
	/** It is over and nothing more will come; the owner frees it. `reason` is for people: "ICE
	 * failed", "DTLS alert", "closed by the peer". Not called for aula_connection_free(). */
	void (*on_connection_down)(void *data, const char *reason);
	/** One RTP packet, unprotected, its `view` filled but for `keyframe` and `level_dbov`.
	 * Takes `packet`. */
	void (*on_connection_rtp)(void *data, aula_packet *packet);
	/** One compound RTCP packet, unprotected; borrowed for the call. */
	void (*on_connection_rtcp)(void *data, const uint8_t *rtcp, size_t length);
	/** A candidate of ours for the other side, found after the connection was made; NULL: there
	 * will be no more. Full ICE only. */
	void (*on_connection_candidate)(void *data, const aula_candidate *candidate);
} aula_connection_listener;

/** `local` must be unique on the port: checks are matched by its ufrag. `leads`: our
 * description is the first of the two. NULL: no memory for its DTLS. */
aula_connection *aula_connection_new(aula_port *port, const aula_ice_credentials *local, bool leads,
	const aula_connection_listener *listener, void *data);
/** Says goodbye (DTLS close_notify) and forgets. NULL is fine. */
void aula_connection_free(aula_connection *connection);

/** The other side's description. `setup` is what *we* are: ACTIVE or PASSIVE. May be called again
 * with new credentials (ICE restart); fingerprint and setup must then be the same. False: they are
 * not. DTLS that came before this call was queued and is handled now. */
bool aula_connection_set_remote(
	aula_connection *connection, const aula_sdp_transport *remote, aula_setup setup);
/** New local credentials (ICE restart); the present pair carries on until a new one is chosen.
 * `anew`: see aula_transport_ops. */
void aula_connection_restart(
	aula_connection *connection, const aula_ice_credentials *local, bool anew);

/** Where the other side may be reached, from its description or trickled. `last`: no more. */
void aula_connection_add_candidates(
	aula_connection *connection, const aula_candidate *candidates, size_t count, bool last);

bool aula_connection_is_up(const aula_connection *connection);
/** The chosen pair as "192.0.2.1:5004 udp" (relayed: "... udp relay"), for people; "" before there
 * is one. */
const char *aula_connection_path(const aula_connection *connection);
/** When ICE first had a path (aula_now_us); 0: not yet. */
int64_t aula_connection_reached_us(const aula_connection *connection);

/** It is sent to soon: brings into the cache what that reads, first of itself (`step` 0), then what
 * that points to (1), and that (2). */
void aula_connection_prefetch(const aula_connection *connection, unsigned step);
/** Protects and queues one RTP packet made of a header and a payload; it leaves at the end of the
 * turn, together with all that the turn sends here. `rollover` is the ROC of its SSRC (RFC 3711
 * section 3.3.1), kept by the caller, who never repeats a (rollover, sequence). Dropped unless it
 * is up. */
void aula_connection_send_rtp(aula_connection *connection, const uint8_t *header,
	size_t header_length, const uint8_t *payload, size_t payload_length, uint32_t rollover);
/** Protects and queues one compound RTCP packet. */
void aula_connection_send_rtcp(aula_connection *connection, const uint8_t *rtcp, size_t length);

/** Of its DTLS; see aula_association_stats(). New reference. */
json_t *aula_connection_stats(const aula_connection *connection);
/** From now on all that is sent and received goes there too. Takes `capture`, lets go of one
 * before.
 */
void aula_connection_capture(aula_connection *connection, aula_capture *capture);

#endif
