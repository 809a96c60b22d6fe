/* SPDX-License-Identifier: Apache-2.0 */
/** The plain RTP and RTCP of one peer, written to a file as it goes: pcap for Wireshark and tshark,
 * or the text that text2pcap reads. The media loop copies and posts; a worker writes. What the
 * worker cannot take in time is counted and left out; a full disk, or the bound, ends it. */
#ifndef AULA_PEER_CAPTURE_H
#define AULA_PEER_CAPTURE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/worker.h"

typedef struct aula_capture aula_capture;

typedef struct {
	const char *folder; /* made if it is not there */
	const char *name;   /* in the folder: letters, digits, ". _ -", no dot in front */
	bool text;          /* for text2pcap */
	int64_t bytes_most; /* of the file */
	size_t truncate;    /* bytes of each packet that are written; 0: all */
} aula_capture_options;

typedef struct {
	uint64_t packets, bytes, dropped;
	bool over;       /* it writes no more */
	const char *why; /* "stopped", "the bound is reached", "the disk is full", ..; "" while it
			    runs */
} aula_capture_state;

/** [any] Whether a file may have that name. */
bool aula_capture_name_is_good(const char *name);

/** [control] Creates the file, which must not exist. `worker` outlives every packet. */
aula_capture *aula_capture_new(
	aula_worker *worker, const aula_capture_options *options, GError **error);
aula_capture *aula_capture_ref(aula_capture *capture);           /* [any] */
void aula_capture_unref(aula_capture *capture);                  /* [any] NULL is fine. */
void aula_capture_stop(aula_capture *capture, const char *why);  /* [any] `why` is static */
aula_capture_state aula_capture_state_of(aula_capture *capture); /* [any] */
const char *aula_capture_path(const aula_capture *capture);      /* [any] */

/** [media] One packet, in two pieces (the second may be of no length). `in`: the peer sent it. The
 * addresses are made up: the peer is 10.1.1.1, the server 10.2.2.2, both port 5004. */
void aula_capture_packet(aula_capture *capture, bool in, const uint8_t *head, size_t head_length,
	const uint8_t *rest, size_t rest_length);

#endif
