/* SPDX-License-Identifier: Apache-2.0 */
/** Who is connected: what transports deliver comes in by any thread and goes on, in order, on the
 * control thread; what goes out is given to the client's transport. Knows no session. */
#ifndef AULA_SIGNALING_CLIENT_H
#define AULA_SIGNALING_CLIENT_H

#include "aula/module.h"
#include "base/quota.h"
#include "host/hits.h"
#include "runtime/loop.h"

typedef struct aula_clients aula_clients;

/** The session and handle that an address names; 0: none. And when it was heard. */
typedef struct {
	uint64_t session, handle;
	int64_t heard_us; /* filled in by aula_clients_received() */
} aula_client_place;

typedef struct {
	size_t clients_most;
	size_t message_bytes_most; /* of one delivery */
	aula_quota requests;
	aula_hits *hits;  /* NULL: nobody counts what is refused */
	unsigned at_once; /* texts of one client before others have their turn; 0: all */
} aula_client_limits;

/** All [control]. */
typedef struct {
	/** What one delivery held: one or more JSON texts, said at a place. */
	void (*on_client_text)(void *data, aula_client client, aula_client_place place,
		const char *text, size_t length);
	/** It waits for what the place's session has to say; see aula_gateway. */
	void (*on_client_listens)(void *data, aula_client client, aula_client_place place,
		int64_t most, int64_t hold_ms);
	/** It has gone; the name is dead. `final`: and will not come back for its sessions. */
	void (*on_client_closed)(void *data, aula_client client, bool final);
} aula_client_listener;

aula_clients *aula_clients_new(aula_loop *control, const aula_client_limits *limits,
	const aula_client_listener *listener, void *data);
/** Lets go of those that are left. NULL is fine. */
void aula_clients_free(aula_clients *clients);
size_t aula_clients_count(const aula_clients *clients);
/** [control] Serves what waits for its turn, and from now on all as it comes: before the end. */
void aula_clients_settle(aula_clients *clients);
/** [control] How many may come from now on, and how often each may ask. */
void aula_clients_set_limits(
	aula_clients *clients, size_t clients_most, const aula_quota *requests);

/** [any] See aula_gateway. `ops` and `self` live until the loop has ended. */
aula_client aula_clients_opened(aula_clients *clients, const aula_transport_ops *ops, void *self,
	void *client_data, const char *address, bool lasting);
void aula_clients_received(aula_clients *clients, aula_client client, aula_client_place place,
	const char *text, size_t length);
void aula_clients_listen(aula_clients *clients, aula_client client, aula_client_place place,
	int64_t most, int64_t hold_ms);
void aula_clients_closed(aula_clients *clients, aula_client client, bool final);

/** [control] FULL: it does not read, and is being closed. GONE. */
aula_code aula_clients_send(
	aula_clients *clients, aula_client client, const char *text, size_t length);
/** [control] It cannot listen. */
void aula_clients_refuse(aula_clients *clients, aula_client client, aula_code code);
/** [control] Closes it after what was queued is sent; on_client_closed follows. */
void aula_clients_close(
	aula_clients *clients, aula_client client, aula_code why, const char *reason);
void aula_clients_close_all(aula_clients *clients, aula_code why, const char *reason);
/** [control] As `send`, to one whose request was one too many. */
aula_code aula_clients_send_limited(aula_clients *clients, aula_client client,
	const aula_limited *about, const char *text, size_t length);
/** [control] One request more. TOO_FAST: it is not to be served, and `ret_left` (may be NULL) says
 * when it would be. GONE: it went on for so long that it is being closed. */
aula_code aula_clients_charge(
	aula_clients *clients, aula_client client, int64_t now_us, aula_quota_left *ret_left);
/** [control] A request of it was not served, for it was one too many. False: that went on for so
 * long that it is being closed. */
bool aula_clients_note_refusal(aula_clients *clients, aula_client client, int64_t now_us);
/** [control] What the request then cost: one that takes long counts as many. So a client can keep
 * the server at work for a tenth of the time at most, whatever it asks for. */
void aula_clients_debit(
	aula_clients *clients, aula_client client, int64_t worked_us, int64_t now_us);
/** [control] How often it may ask. */
const aula_quota *aula_clients_quota(const aula_clients *clients);
/** [control] False for the gone. */
bool aula_clients_is_lasting(const aula_clients *clients, aula_client client);
/** [control] "" for the gone. */
const char *aula_clients_address(const aula_clients *clients, aula_client client);

#endif
