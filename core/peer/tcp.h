/* SPDX-License-Identifier: Apache-2.0 */
/** ICE-TCP, passive (RFC 6544): a listener and the streams that came to it, framed by RFC 4571.
 * Nobody is trusted before a valid check: such streams are few, and closed after a while. */
#ifndef AULA_PEER_TCP_H
#define AULA_PEER_TCP_H

#include <sys/uio.h>

#include "peer/address.h"
#include "peer/counters.h"
#include "runtime/loop.h"

typedef struct aula_tcp aula_tcp;
typedef struct aula_tcp_stream aula_tcp_stream;

enum {
	AULA_TCP_FRAME_MOST = 2048,             /* a longer frame closes the stream */
	AULA_TCP_QUEUE_BYTES_MOST = 256 * 1024, /* a frame past this is dropped and counted */
	AULA_TCP_STRANGERS_MOST = 256,          /* unclaimed streams; the oldest gives way */
	AULA_TCP_STRANGERS_A_SITE = 16,         /* of one address or IPv6 /64 */
};

typedef struct {
	/** One frame, borrowed and writable. The stream may be closed inside. */
	void (*on_stream_frame)(void *data, aula_tcp_stream *stream, uint8_t *frame, size_t length);
	/** It is closed, not by aula_tcp_stream_close(); gone after this call. */
	void (*on_stream_closed)(void *data, aula_tcp_stream *stream);
} aula_tcp_listener;

/** Listens on `address`; with port 0 the kernel chooses, and `address` is told which. A stream that
 * is not claimed within `patience_us` is closed. NULL with a sentence. */
aula_tcp *aula_tcp_new(aula_loop *loop, aula_address *address, int64_t patience_us,
	aula_port_counters *counters, const aula_tcp_listener *listener, void *data,
	GError **error);
/** Closes its streams without telling. NULL is fine. */
void aula_tcp_free(aula_tcp *tcp);
/** Streams open, and those of them unclaimed. */
size_t aula_tcp_streams(const aula_tcp *tcp);
size_t aula_tcp_strangers(const aula_tcp *tcp);

/** The stream has proved to be `owner`'s; */
void aula_tcp_stream_claim(aula_tcp_stream *stream, void *owner);
void *aula_tcp_stream_owner(const aula_tcp_stream *stream);
const aula_address *aula_tcp_stream_remote(const aula_tcp_stream *stream);
const aula_address *aula_tcp_stream_local(const aula_tcp_stream *stream);

/** Frames and sends each entry; what does not fit waits, up to a bound. */
void aula_tcp_stream_send(aula_tcp_stream *stream, const struct iovec *datagrams, size_t count);
void aula_tcp_stream_close(aula_tcp_stream *stream);

#endif
