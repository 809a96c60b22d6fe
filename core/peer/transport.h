/* SPDX-License-Identifier: Apache-2.0 */
/** How a connection reaches its browser, as far as the connection has to know: a way for datagrams,
 * and whether there is still consent to use it. Two kinds stand behind it: `lite` answers checks on
 * the port that the loop's peers share; `full` has an ICE agent of its own. All [media], on the
 * loop of its port. */
#ifndef AULA_PEER_TRANSPORT_H
#define AULA_PEER_TRANSPORT_H

#include "peer/ice.h"
#include "peer/port.h"
#include "wire/sdp.h"

typedef struct aula_transport aula_transport;

enum {
	AULA_TRANSPORT_TEXT_BYTES = AULA_ADDRESS_TEXT_BYTES + 16,
	/* Of one description and its restarts; browsers have five to fifteen. */
	AULA_TRANSPORT_CANDIDATES_MOST = 64,
};

/** Called on the loop, never from within a call of the same transport but for the first. */
typedef struct {
	/** `path` changed: there is a first way, another one, or none. Also from set_remote(). */
	void (*on_transport_path)(void *data);
	/** A datagram that is not STUN, borrowed and writable. */
	void (*on_transport_datagram)(void *data, uint8_t *datagram, size_t length);
	/** A candidate of ours that the description did not have; NULL: there will be no more. */
	void (*on_transport_candidate)(void *data, const aula_candidate *candidate);
	/** `consent_until_us` changed otherwise than by more time. */
	void (*on_transport_consent)(void *data);
} aula_transport_listener;

typedef struct {
	/** Forgets everything; nothing is called any more. */
	void (*free)(aula_transport *self);
	/** The other side's ufrag and pwd; again after each restart. */
	void (*set_remote)(aula_transport *self, const aula_sdp_transport *remote);
	/** Where the other side may be reached, from its description or trickled; in any order with
	 * set_remote(). `last`: no more will come. Those beyond the bound, or that cannot be used,
	 * are ignored. */
	void (*add_candidates)(
		aula_transport *self, const aula_candidate *candidates, size_t count, bool last);
	/** New local credentials; the present way carries on until another is found. `anew`: with
	 * candidates gathered anew, where there are any to gather; only after the last was told. */
	void (*restart)(aula_transport *self, const aula_ice_credentials *local, bool anew);
	/** The chosen way as "192.0.2.1:5004 udp", for people. */
	void (*text)(const aula_transport *self, char ret_text[AULA_TRANSPORT_TEXT_BYTES]);
} aula_transport_ops;

struct aula_transport {
	const aula_transport_ops *ops;
	const aula_transport_listener *listener;
	void *data;
	aula_path path;           /* where datagrams go; not set: nowhere */
	int64_t consent_until_us; /* 0: nobody has consented yet (RFC 7675) */
};

/** `local` must be unique on the port. `leads`: our description is the first of the two, so that a
 * full agent controls (RFC 8445 section 6.1.1). Never NULL. */
aula_transport *aula_transport_new(aula_port *port, const aula_ice_credentials *local, bool leads,
	const aula_transport_listener *listener, void *data);
/** NULL is fine. */
void aula_transport_free(aula_transport *transport);

/* The kinds. */
aula_transport *aula_lite_new(aula_port *port, const aula_ice_credentials *local,
	const aula_transport_listener *listener, void *data);

#endif
