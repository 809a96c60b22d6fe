/* SPDX-License-Identifier: Apache-2.0 */
/* Handles, and the rooms that they sit in. */
#include "signaling/services-module.h"

#include <string.h>

#include "signaling/later.h"
#include "signaling/notice.h"
#include "signaling/relaying.h"

/* -- handles -- */

static aula_code
identity(const aula_host *host, aula_handle handle, aula_identity *ret_identity, size_t size)
{
	const aula_attachment *attachment = aula_module_attachment(host, handle);

	if (attachment == NULL)
		return AULA_GONE;
	const aula_bearer *bearer = aula_session_bearer(aula_attachment_session(attachment));
	aula_identity who = { .size = MIN(size, sizeof who),
		.subject = bearer->subject,
		.name = bearer->name,
		.role = bearer->role,
		.room = bearer->room,
		.opaque_id = aula_attachment_opaque_id(attachment),
		.package = aula_attachment_package(attachment),
		.expires_s = bearer->expires_s };
	memcpy(ret_identity, &who, who.size);
	return AULA_OK;
}

static uint64_t
holds(const aula_host *host, aula_handle handle)
{
	const aula_module_host *asks = aula_module_of(host);
	const aula_attachment *attachment = aula_module_attachment(host, handle);

	if (attachment == NULL)
		return 0;
	return aula_capability_local(aula_modules_map(asks->board->modules, asks->index),
		&aula_session_bearer(aula_attachment_session(attachment))->holds);
}

static void *
state(const aula_host *host, aula_handle handle)
{
	const aula_attachment *attachment = aula_module_attachment(host, handle);

	return attachment != NULL ? aula_attachment_state(attachment) : NULL;
}

static uint64_t
number(const aula_host *host, aula_handle handle)
{
	const aula_attachment *attachment = aula_module_attachment(host, handle);

	return attachment != NULL ? aula_attachment_number(attachment) : 0;
}

static aula_code
push(const aula_host *host, aula_handle handle, json_t *data, json_t *jsep)
{
	const aula_attachment *attachment = aula_module_lasting(host, handle);

	if (attachment == NULL) {
		json_decref(jsep);
		return AULA_GONE;
	}
	aula_notice_event(aula_module_of(host)->board, attachment, NULL, data, jsep);
	return AULA_OK;
}

/* A wish for after this turn. */
typedef struct {
	aula_switchboard *board;
	aula_handle handle;
	aula_peer peer; /* that was to be closed, and no later one */
	char *reason;
} wish;

static void
wish_later(const aula_host *host, aula_handle handle, const char *reason, void (*call)(void *data))
{
	wish *later = g_new0(wish, 1);

	*later = (wish){ .board = aula_module_of(host)->board,
		.handle = handle,
		.peer = aula_peering_peer(aula_module_of(host)->board->peerings, handle),
		.reason = g_strdup(reason) };
	aula_loop_call(later->board->control, call, later);
}

static void
wish_free(wish *later)
{
	g_free(later->reason);
	g_free(later);
}

static void
detach_now(void *data)
{
	wish *later = data;
	aula_attachment *attachment = aula_attachment_find(later->board->sessions, later->handle);

	if (attachment != NULL)
		aula_notice_detach(later->board, attachment, later->reason, true);
	wish_free(later);
}

static void
detach(const aula_host *host, aula_handle handle)
{
	if (aula_module_lasting(host, handle) != NULL)
		wish_later(host, handle, "detached by the plugin", detach_now);
}

static aula_code
later(const aula_host *host, aula_call *call, aula_ticket *ret_ticket)
{
	aula_switchboard *board = aula_module_of(host)->board;

	/* Only a request that a client waits for can be answered later. */
	if (board->pending == NULL || &board->pending->call != call)
		return AULA_UNSUPPORTED;
	return aula_later_promise(board, board->pending, ret_ticket);
}

static aula_code
answer(const aula_host *host, aula_ticket ticket, const aula_late_answer *answer_of)
{
	const aula_module_host *asks = aula_module_of(host);

	return aula_later_answer(asks->board, asks->index, ticket, answer_of);
}

const aula_handles aula_service_handles = { .size = sizeof aula_service_handles,
	.identity = identity,
	.holds = holds,
	.state = state,
	.number = number,
	.push = push,
	.detach = detach,
	.later = later,
	.answer = answer };

/* -- rooms -- */

static aula_room_list *
rooms_of(const aula_host *host)
{
	return aula_module_of(host)->board->rooms;
}

static aula_code
room_open(const aula_host *host, const aula_key *name, const aula_room_options *options,
	aula_room *ret_room)
{
	if (aula_module_of(host)->board->draining)
		return AULA_FULL;
	aula_code code = aula_room_open(rooms_of(host), name, options, ret_room);
	if (code == AULA_FULL)
		aula_limits_hit(aula_module_of(host)->board->limits, AULA_LIMIT_ROOMS, NULL, NULL,
			aula_loaded_name(aula_module_of(host)->loaded));
	if (code == AULA_OK)
		aula_relaying_open(aula_module_of(host)->board, *ret_room);
	return code;
}

static aula_room
room_find(const aula_host *host, const aula_key *name)
{
	return aula_room_find(rooms_of(host), name);
}

static void
room_close(const aula_host *host, aula_room room, const char *reason)
{
	aula_room_close(rooms_of(host), room, reason);
}

static aula_code
room_join(const aula_host *host, aula_room room, aula_handle handle, const aula_join *join,
	aula_member *ret_member)
{
	aula_switchboard *board = aula_module_of(host)->board;
	const aula_attachment *attachment = aula_module_lasting(host, handle);
	aula_join how = { .size = sizeof how };

	if (attachment == NULL)
		return AULA_GONE;
	if (join != NULL)
		memcpy(&how, join, MIN(join->size, sizeof how));
	aula_session *session = aula_attachment_session(attachment);
	const aula_bearer *bearer = aula_session_bearer(session);
	aula_seat seat = { .handle = handle,
		.module = aula_module_of(host)->index,
		.session = aula_session_number(session),
		.subject = bearer->subject,
		.name = bearer->name,
		.role = bearer->role,
		.only = bearer->room };
	aula_code code = aula_room_join(rooms_of(host), room, &seat, &how, ret_member);
	if (code == AULA_FULL)
		aula_limits_hit(board->limits, AULA_LIMIT_MEMBERS,
			aula_clients_address(board->clients, aula_session_client(session)), bearer,
			NULL);
	if (code == AULA_OK)
		aula_notice_joined(board, attachment, how.hidden);
	return code;
}

static void
room_leave(const aula_host *host, aula_handle handle)
{
	const aula_attachment *attachment = aula_module_attachment(host, handle);
	aula_switchboard *board = aula_module_of(host)->board;

	if (attachment == NULL)
		return;
	/* Of who is being taken out it has been told. */
	if (!AULA_SAME(board->leaving, handle) && aula_room_of(rooms_of(host), handle).id != 0)
		aula_notice_left(board, attachment, "left");
	aula_room_leave(rooms_of(host), handle);
}

static aula_code
room_remove(const aula_host *host, aula_member member, const char *reason)
{
	return aula_room_remove(rooms_of(host), member, reason);
}

static aula_room
room_of(const aula_host *host, aula_handle handle)
{
	return aula_room_of(rooms_of(host), handle);
}

static aula_member
room_member_of(const aula_host *host, aula_handle handle)
{
	return aula_room_member_of(rooms_of(host), handle);
}

static aula_code
room_member(const aula_host *host, aula_member member, aula_member_info *ret_info, size_t info_size)
{
	aula_member_info info;
	aula_code code =
		aula_room_member(rooms_of(host), member, aula_module_of(host)->index, &info);

	if (code == AULA_OK) {
		info.size = MIN(info_size, sizeof info);
		memcpy(ret_info, &info, info.size);
	}
	return code;
}

static aula_member
room_member_named(const aula_host *host, aula_room room, const aula_key *name)
{
	return aula_room_member_named(rooms_of(host), room, name);
}

static size_t
room_members(const aula_host *host, aula_room room, uint64_t *cursor, aula_member *ret_members,
	size_t most)
{
	return aula_room_members(rooms_of(host), room, cursor, ret_members, most);
}

static size_t
room_count(const aula_host *host, aula_room room, bool hidden)
{
	return aula_room_count(rooms_of(host), room, hidden);
}

static void
room_broadcast(const aula_host *host, aula_room room, json_t *data, aula_handle except)
{
	aula_room_broadcast(rooms_of(host), room, aula_module_of(host)->index, false, data, except);
}

static void
room_broadcast_hidden(const aula_host *host, aula_room room, json_t *data)
{
	aula_room_broadcast(
		rooms_of(host), room, aula_module_of(host)->index, true, data, (aula_handle){ 0 });
}

static const char *
room_name(const aula_host *host, aula_room room, int64_t *ret_number)
{
	return aula_room_name(rooms_of(host), room, ret_number);
}

static bool
room_lasting(const aula_host *host, aula_room room)
{
	return aula_room_is_lasting(rooms_of(host), room);
}

static const char *
room_description(const aula_host *host, aula_room room)
{
	return aula_room_description(rooms_of(host), room);
}

static void
room_did(const aula_host *host, aula_handle handle, const char *what)
{
	if (aula_module_attachment(host, handle) != NULL)
		aula_notice_did_by(aula_module_of(host)->board, handle, what);
}

static aula_code
room_say(const aula_host *host, aula_room room, const json_t *data)
{
	const aula_switchboard *board = aula_module_of(host)->board;
	const char *name = aula_room_name(board->rooms, room, NULL);

	if (name == NULL)
		return AULA_GONE;
	return board->relay != NULL ? aula_relay_say(board->relay, name,
					      aula_loaded_name(aula_module_of(host)->loaded), data)
				    : AULA_OK;
}

static int
room_slot(const aula_host *host)
{
	const aula_switchboard *board = aula_module_of(host)->board;

	return board->relay != NULL ? (int)aula_relay_slot(board->relay) : -1;
}

const aula_rooms aula_service_rooms = { .size = sizeof aula_service_rooms,
	.open = room_open,
	.find = room_find,
	.close = room_close,
	.join = room_join,
	.leave = room_leave,
	.remove = room_remove,
	.room_of = room_of,
	.member_of = room_member_of,
	.member = room_member,
	.member_named = room_member_named,
	.members = room_members,
	.count = room_count,
	.broadcast = room_broadcast,
	.broadcast_hidden = room_broadcast_hidden,
	.name = room_name,
	.lasting = room_lasting,
	.did = room_did,
	.say = room_say,
	.slot = room_slot,
	.description = room_description };

/* -- PeerConnections: here for `close`, which is a wish too -- */

static aula_peerings *
peerings_of(const aula_host *host, aula_handle handle)
{
	return aula_module_lasting(host, handle) != NULL ? aula_module_of(host)->board->peerings
							 : NULL;
}

/* What a module allows, and the role of who sends. */
static int64_t
allowed_bps(const aula_host *host, aula_handle handle, int64_t wanted_bps)
{
	const aula_attachment *attachment = aula_module_lasting(host, handle);
	int64_t most_bps =
		aula_session_bearer(aula_attachment_session(attachment))->max_bitrate_bps;

	return most_bps > 0 && (wanted_bps <= 0 || wanted_bps > most_bps) ? most_bps : wanted_bps;
}

static aula_code
peer_answer(const aula_host *host, aula_handle handle, const aula_answer *how, json_t **ret_jsep)
{
	aula_peerings *peerings = peerings_of(host, handle);
	aula_answer copy = { .size = sizeof copy };

	if (peerings == NULL)
		return AULA_GONE;
	memcpy(&copy, how, MIN(how->size, sizeof copy));
	copy.max_bitrate_bps = allowed_bps(host, handle, copy.max_bitrate_bps);
	return aula_peering_answer(peerings, handle, &copy, ret_jsep);
}

static aula_code
peer_add(const aula_host *host, aula_handle handle, aula_kind kind, aula_track source,
	const char *like, aula_sender *ret_sender)
{
	aula_peerings *peerings = peerings_of(host, handle);

	return peerings == NULL
		       ? AULA_GONE
		       : aula_peering_add(peerings, handle, kind, source, like, ret_sender);
}

static void
peer_remove(const aula_host *host, aula_handle handle, aula_sender sender)
{
	aula_peerings *peerings = peerings_of(host, handle);

	if (peerings != NULL)
		aula_peering_remove(peerings, handle, sender);
}

static aula_code
peer_offer(const aula_host *host, aula_handle handle, bool restart, json_t **ret_jsep)
{
	aula_peerings *peerings = peerings_of(host, handle);

	return peerings == NULL ? AULA_GONE
				: aula_peering_offer(peerings, handle, restart, ret_jsep);
}

static bool
peer_offering(const aula_host *host, aula_handle handle)
{
	aula_peerings *peerings = peerings_of(host, handle);

	return peerings != NULL && aula_peering_offering(peerings, handle);
}

static size_t
peer_streams(const aula_host *host, aula_handle handle, aula_stream *ret_streams, size_t stride,
	size_t most)
{
	aula_peerings *peerings = peerings_of(host, handle);

	return peerings == NULL ? 0
				: aula_peering_streams(peerings, handle, ret_streams, stride, most);
}

static bool
peer_connected(const aula_host *host, aula_handle handle)
{
	aula_peerings *peerings = peerings_of(host, handle);

	return peerings != NULL && aula_peering_connected(peerings, handle);
}

static void
hangup_now(void *data)
{
	wish *later = data;
	aula_attachment *attachment = aula_attachment_find(later->board->sessions, later->handle);

	/* A client that sends one request after the other may have a new one by now. */
	if (attachment != NULL &&
		AULA_SAME(aula_peering_peer(later->board->peerings, later->handle), later->peer))
		aula_notice_hangup(later->board, attachment, later->reason);
	wish_free(later);
}

static void
peer_close(const aula_host *host, aula_handle handle, const char *reason)
{
	if (peerings_of(host, handle) != NULL)
		wish_later(host, handle, reason, hangup_now);
}

static void
peer_limit(const aula_host *host, aula_handle handle, int64_t max_bitrate_bps)
{
	aula_peerings *peerings = peerings_of(host, handle);

	if (peerings != NULL)
		aula_peering_limit(peerings, handle, allowed_bps(host, handle, max_bitrate_bps));
}

const aula_peers aula_service_peers = { .size = sizeof aula_service_peers,
	.answer = peer_answer,
	.add = peer_add,
	.remove = peer_remove,
	.offer = peer_offer,
	.offering = peer_offering,
	.streams = peer_streams,
	.connected = peer_connected,
	.close = peer_close,
	.limit = peer_limit };
