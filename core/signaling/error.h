/* SPDX-License-Identifier: Apache-2.0 */
/** How a request can fail before it reaches a plugin: the numbers of the Janus API. */
#ifndef AULA_SIGNALING_ERROR_H
#define AULA_SIGNALING_ERROR_H

#include <jansson.h>
#include <stdbool.h>

#include "aula/module.h"

/** X(identifier, number, our code, reason when there is no better one). */
// clang-format off
#define AULA_ERRORS(X) \
	X(UNAUTHORIZED, 403, UNAUTHORIZED, "Unauthorized request") \
	X(PLUGIN_DENIED, 405, FORBIDDEN, "Unauthorized access to plugin") \
	X(TOO_FAST, 450, TOO_FAST, "Too many requests; try again later") \
	X(UNKNOWN_VERB, 453, UNKNOWN, "Unknown request") \
	X(UNSUPPORTED_VERB, 453, UNSUPPORTED, "Not supported by this server") \
	X(JSON, 454, INVALID, "Invalid JSON") \
	X(MISSING, 456, MISSING, "Missing mandatory element") \
	X(PATH, 457, WRONG_STATE, "Invalid path for this request") \
	X(SESSION, 458, NOT_FOUND, "No such session") \
	X(HANDLE, 459, NOT_FOUND, "No such handle") \
	X(PLUGIN, 460, NOT_FOUND, "No such plugin") \
	X(ATTACH, 461, FULL, "The plugin refused the handle") \
	X(MESSAGE, 462, INTERNAL, "The plugin failed") \
	X(JSEP_TYPE, 464, UNSUPPORTED, "Unsupported JSEP type") \
	X(SDP, 465, UNSUPPORTED, "Invalid SDP") \
	X(TRICKLE, 466, WRONG_STATE, "No PeerConnection to trickle candidates to") \
	X(TYPE, 467, INVALID, "Invalid element type") \
	X(NO_ROOM, 490, NOT_FOUND, "No such room") \
	X(SESSION_TAKEN, 468, EXISTS, "Session ID already in use") \
	X(UNEXPECTED_ANSWER, 469, WRONG_STATE, "Unexpected ANSWER (no OFFER)") \
	X(STATE, 471, WRONG_STATE, "Wrong WebRTC state") \
	X(FULL, 472, FULL, "Currently not accepting new sessions") \
	X(OTHER, 490, INTERNAL, "Unknown error")
// clang-format on

typedef enum {
	AULA_ERROR_NONE,
#define X(id, ...) AULA_ERROR_##id,
	AULA_ERRORS(X)
#undef X
} aula_error;

/** What went wrong with one request. */
typedef struct {
	aula_error error;
	char field[40];       /* the culprit; "" when there is none */
	char reason[200];     /* "": the error's own */
	aula_limited limited; /* TOO_FAST: which limit; its name NULL: not said */
} aula_refusal;

/** Fills `refusal` and returns false, for `return`. `field` may be NULL, `format` too. */
bool aula_refuse(aula_refusal *refusal, aula_error error, const char *field, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/** Ours for it; OK for NONE. */
aula_code aula_error_code(aula_error error);

/** {"code": 458, "reason": "No such session 12", "word": "not-found", "field"?: "..",
 * "limit"?: "session_rate", "retry_after_ms"?: 5} */
json_t *aula_refusal_json(const aula_refusal *refusal);

#endif
