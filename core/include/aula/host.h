/* SPDX-License-Identifier: Apache-2.0 */
/** What the core offers a module: a table of tables, handed to `start`. A module calls
 * nothing else of the core, so a test can play the host. Tables only ever grow, at the end:
 * use AULA_HAS before a member that your oldest supported core lacks. */
#ifndef AULA_HOST_H
#define AULA_HOST_H

#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "aula/bus.h"
#include "aula/code.h"
#include "aula/id.h"
#include "aula/media.h"
#include "aula/schema.h"
#include "aula/store.h"

typedef struct aula_host aula_host;
struct aula_personal; /* module.h */

#define AULA_HAS(table, member) \
	((table)->size >= offsetof(__typeof__(*(table)), member) + sizeof((table)->member) && \
		(table)->member)

typedef enum { AULA_LOG_ERROR, AULA_LOG_WARNING, AULA_LOG_INFO, AULA_LOG_DEBUG } aula_log_level;

/** Who a session is, as its token said. Texts are borrowed until the handle is gone. */
typedef struct {
	size_t size;
	const char *subject;   /**< "sub" of the token; "" for a guest */
	const char *name;      /**< "name" of the token; "" when it has none */
	const char *role;      /**< "role" of the token; "guest" without one */
	const char *room;      /**< the only room it may enter; NULL: any */
	const char *opaque_id; /**< what the client said at attach; NULL if nothing */
	const char *package;   /**< the plugin name that the client attached by */
	int64_t expires_s;     /**< Unix time when its token expires; 0: a guest */
} aula_identity;

/** The answer to a request that was not answered at once. */
typedef struct {
	size_t size;
	aula_code code;
	json_t *reply; /**< borrowed; what a request fills call->reply with; NULL: nothing */
	/* When `code` is not OK; as in aula_call. */
	const char *field, *error;
	int error_number;
} aula_late_answer;

typedef struct aula_call aula_call;

/** A client's attachments to plugins. All [control]. */
typedef struct {
	size_t size;
	/** Who holds the handle. GONE: nobody. */
	aula_code (*identity)(const aula_host *host, aula_handle handle,
		aula_identity *ret_identity, size_t identity_size);
	/** The capabilities it holds, bits of this module's table; 0 when it is gone. */
	uint64_t (*holds)(const aula_host *host, aula_handle handle);
	/** The state that `attach` gave; NULL when gone or another module's. */
	void *(*state)(const aula_host *host, aula_handle handle);
	/** The number by which the client knows the handle ("sender" on the wire); 0 when gone. */
	uint64_t (*number)(const aula_host *host, aula_handle handle);
	/** Sends an event. `data` (borrowed) goes under "plugindata"; `jsep` (taken, may be NULL)
	 * is what peers->offer or peers->answer returned. GONE: also while it is being detached,
	 * when nothing new begins on it: rooms->join and peers->* answer GONE likewise. */
	aula_code (*push)(const aula_host *host, aula_handle handle, json_t *data, json_t *jsep);
	/** Takes the handle from the client, who is told ("detached"); `detach` follows after this
	 * turn. */
	void (*detach)(const aula_host *host, aula_handle handle);
	/** The present request is answered later, with the ticket, whatever becomes of the handle:
	 * once. `run` then returns OK, and its reply is not sent. FULL: too many are promised. */
	aula_code (*later)(const aula_host *host, aula_call *call, aula_ticket *ret_ticket);
	/** Answers it. GONE: nobody waits for it any more. */
	aula_code (*answer)(
		const aula_host *host, aula_ticket ticket, const aula_late_answer *answer);
} aula_handles;

typedef struct {
	size_t size;
	const char *description;
	int64_t max_members; /**< 0: no bound but the server's */
	bool lasting;        /**< it is opened again, by its module, after the server was stopped */
} aula_room_options;

typedef struct {
	size_t size;
	int64_t number; /**< the member's number on the wire; 0: the core draws one */
	const char
		*text; /**< its name on the wire when not a number; NULL: the number is the name */
	const char *display; /**< what people call it; NULL: the name in its token */
	bool hidden; /**< it watches only: not listed, not counted among those listed, not told what
			is broadcast */
	bool existing; /**< only if its session is a member already; WRONG_STATE otherwise */
} aula_join;

typedef struct {
	size_t size;
	aula_member member;
	int64_t number;
	const char *text;    /**< NULL unless it has a text for a name */
	const char *display; /**< NULL when it has none */
	const char *subject; /**< "" for a guest */
	const char *role;
	aula_handle handle; /**< the handle of the calling module in this membership; none if it has
			       none */
} aula_member_info;

/** Rooms and who is in them. A class is a room; classroom, chat and others meet in it. All
 * [control]. */
typedef struct {
	size_t size;
	/** Opens a room. INVALID: no name. EXISTS. FULL: the server's bound. */
	aula_code (*open)(const aula_host *host, const aula_key *name,
		const aula_room_options *options, aula_room *ret_room);
	/** The room of that name; none if there is none. 7 and "7" are one name. */
	aula_room (*find)(const aula_host *host, const aula_key *name);
	/** Lets everybody out, tells every module, and forgets the room. */
	void (*close)(const aula_host *host, aula_room room, const char *reason);
	/** Puts the handle into the room. When its session is a member already (through another
	 * module), the handle joins that membership and `join` is ignored. A token's "room" must
	 * match. UNAUTHORIZED, EXISTS (number or text taken, or this handle is in a room), FULL,
	 * WRONG_STATE (no member yet, see aula_join.existing), GONE. */
	aula_code (*join)(const aula_host *host, aula_room room, aula_handle handle,
		const aula_join *join, aula_member *ret_member);
	/** Takes one handle out; the member leaves with its last handle. Calls no hook of the
	 * caller for it. */
	void (*leave)(const aula_host *host, aula_handle handle);
	/** Throws the member out, with all its handles: every module's `member_left` is called, the
	 * caller's too. GONE. */
	aula_code (*remove)(const aula_host *host, aula_member member, const char *reason);
	/** The room and the membership that the handle is in; none. */
	aula_room (*room_of)(const aula_host *host, aula_handle handle);
	aula_member (*member_of)(const aula_host *host, aula_handle handle);
	/** What is known of a member. GONE. Texts are borrowed until the member leaves. */
	aula_code (*member)(const aula_host *host, aula_member member, aula_member_info *ret_info,
		size_t info_size);
	/** The member of that number or text. None. */
	aula_member (*member_named)(const aula_host *host, aula_room room, const aula_key *name);
	/** Up to `most` members that are not hidden, after `*cursor` (start with 0); returns how
	 * many; 0 at the end. */
	size_t (*members)(const aula_host *host, aula_room room, uint64_t *cursor,
		aula_member *ret_members, size_t most);
	/** How many members are not hidden / are hidden. */
	size_t (*count)(const aula_host *host, aula_room room, bool hidden);
	/** Sends `data` (borrowed) as an event to each handle of this module in the room but
	 * `except` and those of hidden members. It is made into text once. */
	void (*broadcast)(const aula_host *host, aula_room room, json_t *data, aula_handle except);
	/** The name of the room as text, and its number (0: it is no number). NULL when gone.
	 * Borrowed while it lives. */
	const char *(*name)(const aula_host *host, aula_room room, int64_t *ret_number);
	/** As `broadcast`, to the hidden members only. */
	void (*broadcast_hidden)(const aula_host *host, aula_room room, json_t *data);
	/** Whether the room outlives the server: see aula_room_options. */
	bool (*lasting)(const aula_host *host, aula_room room);
	/** The member whose handle it is took part: `what` is "hand", "answer", "message" or
	 * another word, static. Modules with `watched` are told. Nothing for a handle in no room.
	 */
	void (*did)(const aula_host *host, aula_handle handle, const char *what);
	/** Says `data` (borrowed, an object) to this module on every other server, where the room
	 * is open too: see `heard`. Each hears it once and in order, later if the bus is away
	 * meanwhile. Nothing when no other servers are reached. INVALID. GONE. */
	aula_code (*say)(const aula_host *host, aula_room room, const json_t *data);
	/** Below 1024, and no other server's once they have met: for numbers that must differ. -1:
	 * no other servers are reached. */
	int (*slot)(const aula_host *host);
	/** What it was opened with, as people call it; NULL: nothing. Borrowed until it closes. */
	const char *(*description)(const aula_host *host, aula_room room);
} aula_rooms;

/** PeerConnections: one per handle. All [control]. */
typedef struct {
	size_t size;
	/** Answers the offer that came with the present call. `*ret_jsep` is for call->jsep or
	 * push. WRONG_STATE: no offer came along. UNSUPPORTED: nothing in it can be accepted. */
	aula_code (*answer)(const aula_host *host, aula_handle handle, const aula_answer *how,
		json_t **ret_jsep);
	/** Adds an m-line on which the client receives `source` (may be none: then give `like`, the
	 * codec to offer), or reuses an inactive one of the same kind. Takes effect with `offer`.
	 */
	aula_code (*add)(const aula_host *host, aula_handle handle, aula_kind kind,
		aula_track source, const char *like, aula_sender *ret_sender);
	/** Makes the sender's m-line inactive with the next `offer`; forwarding stops at once. */
	void (*remove)(const aula_host *host, aula_handle handle, aula_sender sender);
	/** Offers the present m-lines to the client; its answer is applied before the request that
	 * brings it runs. `restart`: with new ICE credentials. WRONG_STATE: the last offer is not
	 * answered yet. */
	aula_code (*offer)(
		const aula_host *host, aula_handle handle, bool restart, json_t **ret_jsep);
	/** True while an offer of ours is not answered. */
	bool (*offering)(const aula_host *host, aula_handle handle);
	/** Fills up to `most` m-lines, each `stride` bytes from the last; returns how many there
	 * are. */
	size_t (*streams)(const aula_host *host, aula_handle handle, aula_stream *ret_streams,
		size_t stride, size_t most);
	/** True between `connected` and `disconnected`. */
	bool (*connected)(const aula_host *host, aula_handle handle);
	/** Closes the PeerConnection; `disconnected` follows after this turn. */
	void (*close)(const aula_host *host, aula_handle handle, const char *reason);
	/** The most the client should send, told by REMB; 0: no limit. */
	void (*limit)(const aula_host *host, aula_handle handle, int64_t max_bitrate_bps);
} aula_peers;

/** Tracks and senders. All [control] unless said otherwise; calls on the dead do nothing. */
typedef struct {
	size_t size;
	/** From now on `sender` carries `source`: sequence numbers and timestamps go on, video
	 * starts at a keyframe, which is asked for. None: it falls silent. UNSUPPORTED: the codec
	 * differs from what the m-line carries, so a new offer is needed. GONE. */
	aula_code (*feed)(const aula_host *host, aula_sender sender, aula_track source);
	/** Stops and resumes forwarding without changing the source. */
	void (*pause)(const aula_host *host, aula_sender sender, bool paused);
	/** While muted nothing of the track is forwarded to anybody; taps hear nothing either. */
	void (*mute)(const aula_host *host, aula_track track, bool muted);
	/** Asks the publisher for a keyframe; merged and rate limited. */
	void (*keyframe)(const aula_host *host, aula_track track);
	/** The handle whose client sends the track; none when it is gone. */
	aula_handle (*publisher)(const aula_host *host, aula_track track);
	/** Reads the track's packets. `ops` and `data` must live until `closed` was called. GONE.
	 */
	aula_code (*tap)(const aula_host *host, aula_track track, const aula_tap_ops *ops,
		void *data, aula_tap *ret_tap);
	void (*untap)(const aula_host *host, aula_tap tap);
	/** [any] Keeps a packet beyond the tap's call, and lets it go. */
	aula_packet *(*ref)(aula_packet *packet);
	void (*unref)(aula_packet *packet);
	/** The most of its source that a sender is to show, and its rank among the senders of its
	 * client; copied. INVALID: out of range. GONE. */
	aula_code (*aim)(const aula_host *host, aula_sender sender, const aula_aim *aim);
} aula_media;

/** What a feed is. */
typedef struct {
	size_t size;
	aula_kind kind;
	const char *codec; /**< the only one that it carries: opus, vp8, vp9, h264, av1 */
	uint64_t group; /**< feeds of one group of this module play in step, as the voice and camera
			     of a person; 0: by itself */
} aula_feed_options;

/** Feeds: virtual tracks whose source is switched while those who receive them notice nothing: no
 * description changes, numbers and timestamps go on. The rewriting is done once for all. All
 * [control]. */
typedef struct {
	size_t size;
	/** Opens a feed, which is silent. It ends with `close`, or with the module. UNSUPPORTED: no
	 * such codec, or not of that kind. FULL. WRONG_STATE: media is not up yet, in `start`. */
	aula_code (*open)(
		const aula_host *host, const aula_feed_options *options, aula_feed *ret_feed);
	/** Whoever receives it hears and sees no more of it. */
	void (*close)(const aula_host *host, aula_feed feed);
	/** What it carries from now on; none: silence. Video goes over at a keyframe of `source`,
	 * which is asked for, or after two seconds; audio at once. A source that is muted, silent
	 * or ends leaves the feed silent. UNSUPPORTED: the codec differs. GONE: of either. */
	aula_code (*source)(const aula_host *host, aula_feed feed, aula_track source);
	/** As peers->add, of an m-line on which the client receives the feed. What the feed carries
	 * of the client's own session, or of that of `except` if it is one, does not come back on
	 * it. */
	aula_code (*add)(const aula_host *host, aula_handle handle, aula_feed feed,
		aula_handle except, aula_sender *ret_sender);
	/** The feed as a track, for media->tap and media->keyframe. None when it is gone. */
	aula_track (*track)(const aula_host *host, aula_feed feed);
	/** As `add`, of an m-line of the client's own offer that has been answered: `sender`
	 * carries the feed from now on. UNSUPPORTED: the codec differs. GONE: of any. */
	aula_code (*carry)(
		const aula_host *host, aula_sender sender, aula_feed feed, aula_handle except);
} aula_feeds;

/** Time. All [control] unless said otherwise. */
typedef struct {
	size_t size;
	/** [any] Monotonic microseconds. */
	int64_t (*now_us)(void);
	/** Calls `fire` after `delay_ms`, then each `repeat_ms` (0: once). */
	aula_timer (*start)(const aula_host *host, int64_t delay_ms, int64_t repeat_ms,
		void (*fire)(void *data), void *data);
	void (*stop)(const aula_host *host, aula_timer timer);
	/** [any] Runs `task(data)` on the control thread, soon; what one thread posts runs in its
	 * order. */
	void (*post)(const aula_host *host, void (*task)(void *data), void *data);
} aula_timers;

/** Where transports deliver what clients say. All [any]. */
typedef struct {
	size_t size;
	/** A client has come. `address` is for logs and limits ("192.0.2.7"). `lasting`: its
	 * sessions end when it closes (a socket); otherwise they live by their time limit (HTTP).
	 */
	aula_client (*opened)(
		const aula_host *host, void *client_data, const char *address, bool lasting);
	/** One or more JSON texts, one after the other; copied. */
	void (*received)(
		const aula_host *host, aula_client client, const char *text, size_t length);
	/** The client has gone; `released` follows once. `final`: it took its leave, so that its
	 * sessions end at once; otherwise they wait for a while to be claimed by another. */
	void (*closed)(const aula_host *host, aula_client client, bool final);
	/** As `received`, for a single JSON text that was sent to a place: the session and handle
	 * that its address names, 0 where it names none. A text that names others is refused. */
	void (*received_at)(const aula_host *host, aula_client client, uint64_t session,
		uint64_t handle, const char *text, size_t length);
	/** A client that is not lasting waits for what a session has to say, and is sent one text:
	 * as soon as there is something an object, or an array of up to `most` if that is above 1;
	 * after `hold_ms`, or when another client comes to wait for the same session, a keepalive.
	 * Or `refused` is called. To wait is a sign of life. */
	void (*listen)(const aula_host *host, aula_client client, uint64_t session, int64_t most,
		int64_t hold_ms);
} aula_gateway;

/** A WebSocket connection. */
typedef struct aula_websocket aula_websocket;

typedef struct {
	size_t size;
	/** [web] A client has opened; `*ret_data` is its own from now on. False: it is closed with
	 * 1013, no further call follows, and `socket` must not be kept. */
	bool (*opened)(void *self, aula_websocket *socket, const char *address, void **ret_data);
	/** [web] One whole message, valid UTF-8. */
	void (*message)(
		void *self, aula_websocket *socket, void *data, const char *text, size_t length);
	/** [web] It has closed: the last call with `data`. `status` is what the client closed with,
	 * 1005 when it gave none, 1006 when it was cut off or closed from here (RFC 6455 section
	 * 7.4.1). `socket` may still be given to `send`, which says GONE, until `release`. */
	void (*closed)(void *self, aula_websocket *socket, void *data, int status);
} aula_websocket_ops;

/** What one client may cost. */
typedef struct {
	size_t size;
	int64_t max_message_bytes; /**< a longer message closes the client with 1009 */
	int64_t max_queue_bytes;   /**< more waiting for a client that does not read: 1008 */
	int64_t ping_interval_ms;  /**< a client silent for that long is pinged */
	int64_t ping_timeout_ms;   /**< a client silent for that long after a ping is cut off */
} aula_websocket_limits;

/** A request over HTTP and the answer it will get. */
typedef struct aula_exchange aula_exchange;

/** A header line. */
typedef struct {
	const char *name, *value;
} aula_http_header;

/** What was asked. Texts are borrowed, and "" where there is nothing. */
typedef struct {
	size_t size;
	const char *method;  /**< "GET", "POST", "PUT", "PATCH", "DELETE" */
	const char *path;    /**< what follows the route's own: "", "/", "/12/34"; decoded */
	const char *query;   /**< as it was sent, without the question mark */
	const char *address; /**< of the client, for logs and limits */
	bool local;          /**< from this machine, as far as can be told */
	const char *body;    /**< ends with a zero byte that does not count */
	size_t length;
	const aula_http_header *headers; /**< those that came of the ones that the route reads */
	size_t header_count;
} aula_http_request;

/** The value of a header, by the name that the route has it by; NULL when it did not come. */
static inline const char *
aula_http_request_header(const aula_http_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return NULL;
}

typedef struct {
	size_t size;
	int status;
	const char *type; /**< media type; NULL without a body */
	const char *body;
	size_t length;
	const char *location; /**< where else to look, for 3xx, or what was made, for 201; NULL */
	const aula_http_header
		*headers; /**< more header lines; one with a control character is left out */
	size_t header_count;
} aula_http_answer;

typedef struct {
	size_t size;
	/** [web] All of a request has come. `*ret_data` is its own from now on. False: it is
	 * answered 503, no further call follows, and `exchange` must not be kept. */
	bool (*asked)(void *self, aula_exchange *exchange, const aula_http_request *request,
		void **ret_data);
	/** [web] It was answered, or its client has gone: the last call with `data`. `exchange` may
	 * still be given to `answer`, which says GONE, until `drop`. */
	void (*closed)(void *self, aula_exchange *exchange, void *data);
} aula_exchange_ops;

/** What the clients of one route may cost. */
typedef struct {
	size_t size;
	int64_t max_body_bytes; /**< a longer body is answered 413 */
	int64_t max_waiting;    /**< more requests not answered at a time: 503 */
	int64_t max_hold_ms;    /**< one that the module does not answer: 503 */
} aula_route_limits;

/** A part of the address space that a module answers for. Texts and lists live until `stop`. */
typedef struct {
	size_t size;
	const char *path; /**< "/whip"; and all below it */
	const aula_exchange_ops *ops;
	void *self;
	const aula_route_limits *limits; /**< copied */
	const char *methods; /**< "POST, DELETE": what pages of other origins may use; the module is
				asked whatever the method, but for OPTIONS */
	const char *const *headers; /**< of a request, in lower case, to be handed over;
				       NULL-terminated, at most 8 */
	const char *exposes; /**< "Location, ETag": of an answer, for pages of other origins */
	const aula_http_header *options; /**< more header lines of an answer to OPTIONS */
	size_t option_count;
} aula_route;

/** The HTTP listener of the core. */
typedef struct {
	size_t size;
	/** [control, in start only] Takes connections of a subprotocol. `ops` and `self` live until
	 * `stop`, or until a `start` that fails returns; `limits` is copied. EXISTS. INVALID: a
	 * limit is not positive. */
	aula_code (*websocket)(const aula_host *host, const char *subprotocol,
		const aula_websocket_ops *ops, void *self, const aula_websocket_limits *limits);
	/** [any] Queues one text message; copies it. FULL: past the bound, it is being closed.
	 * GONE. */
	aula_code (*send)(aula_websocket *socket, const char *text, size_t length);
	/** [any] Closes after what is queued, with a status (RFC 6455 section 7.4) and a reason of
	 * at most 123 bytes. */
	void (*close)(aula_websocket *socket, int status, const char *reason);
	/** [any] Lets go of the socket, once; closes it if it is open. `closed` still follows. */
	void (*release)(aula_websocket *socket);
	/** [control, in start only] Takes the requests for `path` ("/janus") and all below it, but
	 * for OPTIONS: which pages of other origins may ask (CORS) is the listener's to say. `ops`
	 * and `self` live until `stop`; `limits` is copied. EXISTS. INVALID: a limit is not
	 * positive, or no such path. FULL. */
	aula_code (*route)(const aula_host *host, const char *path, const aula_exchange_ops *ops,
		void *self, const aula_route_limits *limits);
	/** [any] Answers, once; copies. GONE: it is answered, or nobody waits for it any more. */
	aula_code (*answer)(aula_exchange *exchange, const aula_http_answer *answer);
	/** [any] Lets go of the exchange, once; one not answered is answered 503. */
	void (*drop)(aula_exchange *exchange);
	/** [control, in start only] As `route`, with methods and headers. Who asks, by the token of
	 * an "authorization" header, is for tokens->check to say. */
	aula_code (*serve)(const aula_host *host, const aula_route *route);
	/** [control] Where browsers find the pages, without a slash at the end:
	 * "https://aula.school.example". NULL: nobody listens yet. Borrowed until the next call. */
	const char *(*url)(const aula_host *host);
	/** [control] Other limits for a subprotocol of this module: messages that come and sockets
	 * that open are held to them. NOT_FOUND. INVALID: a limit is not positive. */
	aula_code (*bound_websocket)(const aula_host *host, const char *subprotocol,
		const aula_websocket_limits *limits);
	/** [control] Other limits for a path of this module: requests that begin are held to them.
	 * NOT_FOUND. INVALID: as above. */
	aula_code (*bound_route)(
		const aula_host *host, const char *path, const aula_route_limits *limits);
} aula_http;

/** Who a token says that its bearer is: for a module that serves requests of its own. */
typedef struct {
	size_t size;
	/** [control] Believes a token, or not: UNAUTHORIZED, and `*ret_why` is a static sentence
	 * for its bearer. NULL: a guest. Texts of `ret_identity` are borrowed until the next call;
	 * `*ret_holds` (may be NULL) are bits of this module's table of capabilities. */
	aula_code (*check)(const aula_host *host, const char *token, aula_identity *ret_identity,
		size_t identity_size, uint64_t *ret_holds, const char **ret_why);
	/** [control] A token of this server for `who`, whose subject, name, role, room and
	 * expires_s count; whoever asks has made sure that it is them. Borrowed until the next
	 * call; NULL: there is no such role. */
	const char *(*mint)(const aula_host *host, const aula_identity *who);
	/** [control] What a role may do, bits of this module's table of capabilities. NOT_FOUND:
	 * there is no such role. */
	aula_code (*role)(const aula_host *host, const char *role, uint64_t *ret_holds);
	/** [control] Whether a role has a capability of any module, or of the core, by its name;
	 * false also when there is no such role or capability. */
	bool (*may)(const aula_host *host, const char *role, const char *capability);
	/** [control] Believes a token of somebody else's, by their key set `keys` (RFC 7517: RS256,
	 * ES256, EdDSA), which must name `issuer` and `audience` and not have expired:
	 * UNAUTHORIZED, and `*ret_why` is a static sentence. `*ret_claims`: a new reference to all
	 * that it says. */
	aula_code (*verify)(const aula_host *host, const char *keys, const char *issuer,
		const char *audience, const char *token, json_t **ret_claims, const char **ret_why);
	/** [control] The names of all roles of the configuration, sorted: an array of texts. New
	 * reference. */
	json_t *(*roles)(const aula_host *host);
} aula_tokens;

/** A request of somebody without a connection. Texts are borrowed. */
typedef struct {
	size_t size;
	const aula_identity *who; /**< whose subject, name, role, room and expires_s count, as with
				     tokens->mint; a subject of "" is a guest */
	const char *address;      /**< where it was asked from, for limits and the audit log */
	const char *module, *request; /**< a row of that module that is AULA_HTTP */
	json_t *body;                 /**< its fields; borrowed */
	bool admitted;                /**< requests->admit has counted it for its address already */
} aula_errand;

/** What became of it. All is borrowed until the call returns. */
typedef struct {
	size_t size;
	aula_code code;
	json_t *reply; /**< NULL unless `code` is OK */
	const char *field,
		*error;         /**< when it is not: the culprit, a sentence; NULL: there is none */
	int64_t retry_after_ms; /**< TOO_FAST: when to try again; 0: not said */
	const struct aula_limited *limited; /**< which limit of the core it ran into; NULL: none */
} aula_errand_answer;

/** The requests of modules, for one that takes them by a way of its own as well. */
typedef struct {
	size_t size;
	/** [control] Runs the row of this module that `call->name` says, with the fields of
	 * `call->body`, if `call->holds` is enough: as for a client, but there is no handle, and
	 * handles->later says GONE. The reply is in `call->reply`; on failure `call->field` and
	 * `call->error` may tell more, and are borrowed until the next call. */
	aula_code (*run)(const aula_host *host, aula_call *call);
	/** [control] Runs a row of any module for `errand->who`, whom the caller has made sure of,
	 * as if they had attached and asked; `answered` is called once, now or later, unless the
	 * caller stops before. UNKNOWN: there is no such row, or it is not AULA_HTTP. TOO_FAST,
	 * FULL: a limit of the core. UNAVAILABLE: no answer came in time. */
	void (*serve)(const aula_host *host, const aula_errand *errand,
		void (*answered)(void *data, const aula_errand_answer *answer), void *data);
	/** [control] What every module that runs says of itself, as `aula --describe` prints it: an
	 * array. New reference. */
	json_t *(*describe)(const aula_host *host);
	/** [control] Counts a request that came from an address and costs something before
	 * `serve` or `run` (with `who` NULL), or one that `run` is for, of whom it turned out to
	 * be. NULL: it is welcome. Else how it is to be refused, borrowed until the next call. */
	const aula_errand_answer *(*admit)(
		const aula_host *host, const char *address, const aula_identity *who);
} aula_requests;

/** The stream of events. */
typedef struct {
	size_t size;
	/** [control] Something happened: `type` is AULA_EVENT_PLUGIN or AULA_EVENT_EXTERNAL. `data`
	 * is borrowed; `room` and `handle` may be none. */
	void (*emit)(const aula_host *host, uint32_t type, aula_room room, aula_handle handle,
		const char *name, json_t *data);
} aula_events;

/** Something done that somebody may have to answer for. Texts are copied; NULL is "". */
typedef struct {
	size_t size;
	const char *act;    /**< "room.destroy": area and verb */
	const char *room;   /**< where */
	const char *target; /**< to whom or what */
	const char *detail; /**< anything more, for people */
} aula_act;

/** The audit log: lines that are only ever added, each tied to the one before. */
typedef struct {
	size_t size;
	/** [control] The client of `actor` has done something; the core adds who that is, when and
	 * from where. Nothing happens for a handle that is gone. */
	void (*note)(const aula_host *host, aula_handle actor, const aula_act *act);
	/** [control] As `note`, of somebody without a handle, who asked from `address`. */
	void (*note_of)(const aula_host *host, const aula_identity *actor, const char *address,
		const aula_act *act);
} aula_audit;

/** What all modules keep about people. All [control]. */
typedef struct {
	size_t size;
	/** The tables, by a running number; false: there are no more. `*ret_module` is whose. */
	bool (*table)(const aula_host *host, size_t index, const char **ret_module,
		struct aula_personal *ret_table);
	/** Whoever asks has erased what the tables said of somebody: tells every module, and ends
	 * the sessions of that subject. */
	void (*erased)(const aula_host *host, const char *subject);
} aula_privacy;

struct aula_host {
	size_t size;
	/** [any] One line: a message, then key=value. Client text in quotes. */
	void (*log)(const aula_host *host, aula_log_level level, const char *format, ...)
		__attribute__((format(printf, 3, 4)));
	const aula_handles *handles;
	const aula_rooms *rooms;
	const aula_peers *peers;
	const aula_media *media;
	const aula_timers *timers;
	const aula_gateway *gateway;
	const aula_http *http;
	const aula_events *events;
	const aula_feeds *feeds;
	const aula_tokens *tokens;
	const aula_store *store;
	const aula_audit *audit;
	const aula_requests *requests;
	const aula_bus *bus;
	const aula_privacy *privacy;
};

#endif
