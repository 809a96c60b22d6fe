/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_CODE_H
#define AULA_CODE_H

/** Every way a request can end. X(identifier, wire word, one sentence). The word
 * never changes once released; new codes are added at the end. */
#define AULA_CODES(X) \
	X(OK, "ok", "Done.") \
	X(INVALID, "invalid", "A field is of the wrong type or out of range.") \
	X(MISSING, "missing", "A field that the request needs is absent.") \
	X(UNKNOWN, "unknown", "There is no request of that name.") \
	X(FORBIDDEN, "forbidden", "The sender lacks a capability that the request needs.") \
	X(UNAUTHORIZED, "unauthorized", "The secret, PIN or token is missing or wrong.") \
	X(NOT_FOUND, "not-found", "What the request names does not exist.") \
	X(EXISTS, "exists", "What the request would make exists already.") \
	X(WRONG_STATE, "wrong-state", "The request is not possible in the sender's state.") \
	X(FULL, "full", "A limit set by the administrator is reached.") \
	X(TOO_LARGE, "too-large", "The message or a part of it is larger than allowed.") \
	X(TOO_FAST, "too-fast", "The sender exceeds the rate allowed; try again later.") \
	X(UNSUPPORTED, "unsupported", \
		"The session description asks for what the server does not do.") \
	X(GONE, "gone", "The other side is no longer there.") \
	X(UNAVAILABLE, "unavailable", "A service that the request needs is away at present.") \
	X(INTERNAL, "internal", "A fault of the server; its log says more.")

typedef enum {
#define X(id, ...) AULA_##id,
	AULA_CODES(X)
#undef X
		AULA_CODE_COUNT_,
} aula_code;

/** The wire word of `code`; "internal" for a number that is not a code. Static. [any] */
const char *aula_code_word(aula_code code);

/** The sentence of `code`, for a person. Static. [any] */
const char *aula_code_sentence(aula_code code);

#endif
