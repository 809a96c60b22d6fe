/* SPDX-License-Identifier: Apache-2.0 */
/** The one interface between the core and what it loads. A module is a shared object
 * that exports one constant, made by AULA_MODULE. The core reads it in full before it
 * runs a line of the module's code. */
#ifndef AULA_MODULE_H
#define AULA_MODULE_H

#include <jansson.h>

#include "aula/code.h"
#include "aula/host.h"
#include "aula/id.h"
#include "aula/media.h"
#include "aula/schema.h"

/** A power that a session may hold. Bit i of a mask in this module is row i of its table.
 * Two modules that use one name mean one capability. */
typedef struct {
	const char *name;    /**< "room.moderate": lower case, area and verb */
	const char *summary; /**< what its holder may do */
} aula_capability;

/** One request on its way through a plugin. [control] Valid during `run` only. */
struct aula_call {
	size_t size;
	aula_handle from;
	void *state;      /**< what `attach` gave for this handle */
	const char *name; /**< the request's name */
	json_t *body;     /**< the whole body, borrowed */
	json_t *reply;    /**< an object to fill; goes to the sender under "plugindata" */
	uint64_t holds;   /**< the sender's capabilities, bits of this module's table */
	const aula_stream
		*offer; /**< the m-lines of the client's offer that came along; NULL: none */
	size_t offer_count, offer_stride; /**< walk with aula_offer_stream() */
	json_t *jsep; /**< set to what peers->answer or peers->offer returned; taken by the core */
	/* When `run` returns another code than AULA_OK; all optional. */
	const char *field;      /**< the culprit */
	const char *error;      /**< a better sentence than the code's own */
	int error_number;       /**< a better number than the table `errors` has for the code */
	int64_t retry_after_ms; /**< TOO_FAST: when to try again; 0: not said */
};

static inline const aula_stream *
aula_offer_stream(const aula_call *call, size_t index)
{
	return (const aula_stream *)(const void *)((const char *)call->offer +
						   index * call->offer_stride);
}

enum {
	/** Answered by `ack` at once and by an event later, as Janus' asynchronous requests are. */
	AULA_ASYNC = 1u << 0,
	/** Also for who asks over HTTP, request by request (POST /api/MODULE/REQUEST): the handle
	 * lives until the answer, which comes at once or by handles->later; what is pushed on it is
	 * lost. */
	AULA_HTTP = 1u << 1,
};

/** A request that a client may send to the module. Rows are sorted by name. */
typedef struct {
	const char *name;
	uint64_t needs;           /**< capabilities the sender must hold, all of them */
	uint32_t flags;           /**< AULA_ASYNC, AULA_HTTP */
	const aula_field *fields; /**< NULL when it takes none; fields not named are ignored */
	size_t field_count;
	size_t args_size; /**< bytes of the struct that `fields` fill */
	/** [control] `args` is valid, in range, and lives for the call. */
	aula_code (*run)(void *self, aula_call *call, const void *args);
	const char *summary;
} aula_request;

/** The number that clients of an older API know a code by. */
typedef struct {
	aula_code code;
	int number;
} aula_error_number;

/** Something that a member of a room did. */
typedef struct {
	size_t size;
	aula_room room;
	aula_member member; /**< may be asked about, also when it is leaving */
	/** "joined"; "left"; "speaks" and "silent", of any of its tracks; or what a module said by
	 * rooms->did. */
	const char *what;
	const char *reason; /**< of "left"; NULL otherwise */
} aula_deed;

/** A table of the store in which a module keeps what is about people, so that all of it can be told
 * to them and erased. A table with two columns that name people has two rows here. This struct
 * never grows. */
typedef struct aula_personal {
	const char *table;
	const char *person; /**< the column that names somebody, by the subject of their token */
	const char *told; /**< the columns of an export, "at_us, text", enough to tell rows apart */
	const char *untold;  /**< columns that only the server can read anything out of, such as the
				hash of a password; NULL: none */
	const char *emptied; /**< NULL: rows go with the person. Else they stay, with another name
				that says nothing, and what these columns hold is emptied ("": there
				are none), which their declaration must allow */
	bool kept;           /**< rows stay as they are: they are what others answer for */
	const char *summary; /**< what is kept, and for how long */
} aula_personal;

/** What makes a module a plugin. All calls [control]; each may be NULL unless said otherwise. */
typedef struct {
	size_t size;
	const char *const
		*packages; /**< names under which clients attach; NULL-terminated; mandatory */
	const char *key;   /**< the key that names a reply, such as "videoroom"; mandatory */
	const char
		*fallback_request; /**< run when a body names no request; NULL: that is MISSING */
	const aula_error_number *errors;
	size_t error_count;
	int error_fallback; /**< number of a code that is not in `errors` */
	/** A client attaches. `*ret_state` is this handle's from now on. Absent: always welcome. */
	aula_code (*attach)(void *self, aula_handle handle, void **ret_state);
	/** The handle is gone; no call on it will follow. */
	void (*detach)(void *self, aula_handle handle, void *state);
	/** ICE and DTLS are done: media may flow. Once per PeerConnection. */
	void (*connected)(void *self, aula_handle handle, void *state);
	/** The PeerConnection is gone; its tracks and senders are dead. The handle lives on. */
	void (*disconnected)(void *self, aula_handle handle, void *state, const char *reason);
	/** A track began or ceased to receive packets. */
	void (*receiving)(
		void *self, aula_handle handle, void *state, aula_track track, bool receiving);
	/** A member left a room in which a handle of this module takes part: by itself, thrown out,
	 * or lost. */
	void (*member_left)(void *self, aula_room room, aula_member member, aula_handle handle,
		const char *reason);
	/** A room closes; its members have left. */
	void (*room_closed)(void *self, aula_room room, const char *reason);
	/** Who sends an audio track has begun or ceased to speak: told late enough that a cough or
	 * a pause between two words is neither. Of tracks whose packets carry levels (RFC 6464);
	 * `level_dbov`: how loud, -127..0. */
	void (*speaking)(void *self, aula_handle handle, void *state, aula_track track,
		bool speaking, int level_dbov);
	/** A sender of video shows another encoding or layer, or none for want of a wider line. */
	void (*shown)(void *self, aula_handle handle, void *state, aula_sender sender,
		const aula_shown *shown);
	/** A member of any room did something, hidden or not, whether or not this module takes part
	 * there: for modules that watch. Must not change who is in a room. */
	void (*watched)(void *self, const aula_deed *deed);
	/** This module on another server said something to the room (rooms->say). `server` is what
	 * that one is called, until it ends. */
	void (*heard)(void *self, aula_room room, const char *server, const json_t *data);
	/** Another server has just met this one or opened the room: say to it all that it should
	 * know. */
	void (*wanted)(void *self, aula_room room);
	/** Another server is gone, for now or for good: who was there is there no more. When it is
	 * back it says anew what `wanted` asks for. */
	void (*server_gone)(void *self, const char *server);
	/** A room is about to close; its members are still there, and nobody joins any more.
	 * Whoever is not let out here is told by `member_left`. */
	void (*room_closing)(void *self, aula_room room, const char *reason);
} aula_plugin_ops;

/** A request that is refused because there were too many. */
typedef struct aula_limited {
	size_t size;
	const char *limit;      /**< which limit: "address_rate"; static */
	int64_t most, window_s; /**< so many in so many seconds */
	int64_t remaining;      /**< that would be served at once */
	int64_t retry_after_ms; /**< when to try again */
} aula_limited;

/** What makes a module a transport: it carries JSON text in and out, and knows no request. */
typedef struct {
	size_t size;
	/** [control] Sends one JSON text to a client; must copy it and must not block. FULL: its
	 * queue is at its bound, and the transport closes it. GONE: it is closed. Mandatory. */
	aula_code (*send)(void *self, void *client_data, const char *text, size_t length);
	/** [control] Closes a client after what was queued is sent, and says why. GONE: the server
	 * stops. FULL: it has no room. TOO_LARGE, TOO_FAST: what the client sent. Mandatory. */
	void (*close)(void *self, void *client_data, aula_code why, const char *reason);
	/** [control] The core forgets the client: the last call with `client_data`. Mandatory. */
	void (*released)(void *self, void *client_data);
	/** [control] A client cannot wait for the session it named. NOT_FOUND: there is none, or
	 * not any more. Mandatory for a transport that calls gateway->listen. */
	void (*refused)(void *self, void *client_data, aula_code code);
	/** [control] As `send`, of a client that is not lasting, when its request was one too many:
	 * for what the transport says of that by itself. Optional: it is sent as any other. */
	aula_code (*limited)(void *self, void *client_data, const aula_limited *about,
		const char *text, size_t length);
} aula_transport_ops;

/** What an event is about; the bits are those of the Janus event handlers. */
enum {
	AULA_EVENT_SESSION = 1,
	AULA_EVENT_HANDLE = 2,
	AULA_EVENT_EXTERNAL = 4,
	AULA_EVENT_JSEP = 8,
	AULA_EVENT_WEBRTC = 16,
	AULA_EVENT_MEDIA = 32,
	AULA_EVENT_PLUGIN = 64,
	AULA_EVENT_TRANSPORT = 128,
	AULA_EVENT_CORE = 256,
};

/** One event as a JSON text. */
typedef struct {
	const char *text;
	size_t length;
} aula_event_text;

/** What makes a module an event handler. */
typedef struct {
	size_t size;
	/** [events] One event as a JSON text, on a thread of this module's own; may block.
	 * Mandatory, unless there is `deliver`. */
	void (*event)(void *self, const char *text, size_t length);
	/** Which types it gets: an OR of AULA_EVENT_*; read after `start`. NULL: all. */
	uint32_t (*mask)(void *self);
	/** [events] Several events at once, the oldest first, instead of `event`; may block, for
	 * some seconds. The core keeps them on disk until this said OK, also while the process is
	 * down, and brings them in order, at least once: (epoch, seq) tells what came before.
	 * UNAVAILABLE: the sink is away; the same come again later. INVALID: something in it is
	 * refused for good; they come one by one, and the one that is refused then is put aside. */
	aula_code (*deliver)(void *self, const aula_event_text *events, size_t count);
} aula_event_ops;

typedef struct {
	size_t size, field_size, request_size, capability_size,
		error_size;  /**< set by AULA_MODULE */
	const char *name;    /**< also the name of its configuration file, NAME.cfg */
	const char *summary; /**< one sentence */
	const char *author, *version;
	const aula_field *config;
	size_t config_count, config_size;
	const aula_capability *capabilities; /**< at most 64 */
	size_t capability_count;
	const aula_request *requests;
	size_t request_count;
	/** [control] Starts the module. `config` is filled, in range, and lives until `stop`.
	 * Mandatory. On any code but AULA_OK the module has said why with host->log, `stop` is
	 * not called, and the core stops its timers and takes no WebSockets for it; a task that it
	 * posted still runs. */
	aula_code (*start)(const aula_host *host, const void *config, void **ret_self);
	/** [control] No call into the module follows. Mandatory. */
	void (*stop)(void *self);
	/* Exactly one kind is not NULL. */
	const aula_plugin_ops *plugin;
	const aula_transport_ops *transport;
	const aula_event_ops *events;
	/** [control] The administrator changed settings that are AULA_LIVE. `config` is filled, in
	 * range, and lives until the next call of this or `stop`; that of before is gone when this
	 * returns. Settings without the flag are as they were. Absent: the module needs a restart
	 * for any change, and whoever reloads is told so. */
	void (*reconfigured)(void *self, const void *config);
	/** Where it keeps what is about people. */
	const aula_personal *personal;
	size_t personal_count;
	/** [control] What was kept of a person in the tables above was erased just now, or named
	 * anew: the same is to be done to what the module holds in memory. */
	void (*erased)(void *self, const char *subject);
} aula_module;

/** The name carries the version: a module of another ABI is simply not found. */
#define AULA_MODULE_SYMBOL aula_module_v1

#define AULA_TABLE(rows) (rows), sizeof(rows) / sizeof *(rows)
#define AULA_MODULE(...) \
	__attribute__((visibility("default"))) extern const aula_module AULA_MODULE_SYMBOL; \
	const aula_module AULA_MODULE_SYMBOL = { .size = sizeof(aula_module), \
		.field_size = sizeof(aula_field), \
		.request_size = sizeof(aula_request), \
		.capability_size = sizeof(aula_capability), \
		.error_size = sizeof(aula_error_number), \
		__VA_ARGS__ }

#endif
