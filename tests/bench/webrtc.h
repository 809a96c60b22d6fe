/* SPDX-License-Identifier: Apache-2.0 */
/** One WebRTC client for benchmarks: ICE (controlling), DTLS and SRTP over a UDP socket,
 * without any of the server's code. One thread drives thousands; nothing here blocks. */
#ifndef AULA_BENCH_WEBRTC_H
#define AULA_BENCH_WEBRTC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct webrtc webrtc;

typedef struct {
	/** DTLS is done. */
	void (*up)(void *data);
	/** It failed or was closed. */
	void (*down)(void *data, const char *why);
	/** A datagram of RTP or RTCP, still protected. */
	void (*media)(void *data, uint8_t *packet, size_t length);
} webrtc_listener;

/** Makes the process's certificate; returns its "sha-256 AB:..". Once. */
const char *webrtc_init(void);

/** Connects to `host`:`port` by a socket that has room for so many `places`. `dtls_server`: wait
 * for the other side's ClientHello. */
webrtc *webrtc_new(const char *ufrag, const char *pwd, const char *remote_ufrag,
	const char *remote_pwd, const char *host, uint16_t port, unsigned places, bool dtls_server,
	const webrtc_listener *listener, void *data);
void webrtc_free(webrtc *client);
/** Of its socket; -1: another that shares it has told. */
int webrtc_fd(const webrtc *client);
/** Reads all that has come to its socket, also for those who share it. */
void webrtc_readable(webrtc *client);
/** When the datagram at hand came to the socket, monotonic; 0: not noted. */
int64_t webrtc_arrived_us(const webrtc *client);
/** From now on the kernel drops and counts RTP that comes, so that reading it costs nothing; of a
 * shared socket once all say so. */
void webrtc_sink(webrtc *client);
/** What the kernel dropped: that, or because the socket was full. Of a shared socket one tells for
 * all. */
uint32_t webrtc_dropped(const webrtc *client);
/** Call each 20 ms or so: checks, consent, DTLS retransmission. */
void webrtc_tick(webrtc *client, int64_t now_us);
/** Unprotects in place; false: it does not verify. */
bool webrtc_unprotect(webrtc *client, uint8_t *packet, size_t *length, bool rtcp);
/** Protects and sends one packet; `packet` has 32 spare bytes behind `length`. */
void webrtc_send(webrtc *client, uint8_t *packet, size_t length, bool rtcp);

#endif
