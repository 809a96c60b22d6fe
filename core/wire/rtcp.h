/* SPDX-License-Identifier: Apache-2.0 */
/** RTCP: walking a compound packet (RFC 3550 section 6.1; a single packet of RFC 5506 is one that
 * holds one) and building one. Reading copies nothing: a packet points into the bytes it was read
 * from. All [any]. */
#ifndef AULA_WIRE_RTCP_H
#define AULA_WIRE_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
	AULA_RTCP_OTHER,  /* well formed, of no kind below */
	AULA_RTCP_BROKEN, /* too short for what it says it is; the next one can still be read */
	AULA_RTCP_SR,     /* RFC 3550 section 6.4.1; items: report blocks */
	AULA_RTCP_RR,     /* RFC 3550 section 6.4.2; items: report blocks */
	AULA_RTCP_SDES,   /* RFC 3550 section 6.5; items: chunks */
	AULA_RTCP_BYE,    /* RFC 3550 section 6.6; items: sources */
	AULA_RTCP_APP,    /* RFC 3550 section 6.7; not looked into */
	AULA_RTCP_XR,     /* RFC 3611; not looked into */
	AULA_RTCP_NACK,   /* RFC 4585 section 6.2.1; items: pairs of PID and BLP */
	AULA_RTCP_TRANSPORT_CC, /* draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1 */
	AULA_RTCP_PLI,          /* RFC 4585 section 6.3.1 */
	AULA_RTCP_FIR,          /* RFC 5104 section 4.3.1; items: entries */
	AULA_RTCP_REMB,         /* draft-alvestrand-rmcat-remb-03; items: sources */
} aula_rtcp_kind;

/** One packet of a compound packet. */
typedef struct {
	aula_rtcp_kind kind;
	uint8_t type;        /* as on the wire, 200-207 for those we know */
	uint8_t count;       /* the five bits beside the version: a count, or a feedback format */
	uint32_t ssrc;       /* of its sender; 0 for SDES and BYE, whose sources are items */
	uint32_t media_ssrc; /* feedback only: what it is about; FIR and REMB name that in items */
	size_t items;        /* how many of what `kind` says can be read */
	const uint8_t *data; /* the whole packet, header included; borrowed */
	size_t length;       /* without padding */
} aula_rtcp;

/** Where a walk stands. */
typedef struct {
	const uint8_t *data;
	size_t left;
} aula_rtcp_reader;

aula_rtcp_reader aula_rtcp_read(const uint8_t *data, size_t length);
/** The next packet. False at the end, and where the lengths no longer add up: then `left` is not 0.
 */
bool aula_rtcp_next(aula_rtcp_reader *reader, aula_rtcp *ret_packet);

/** What a sender report says of its sender. */
typedef struct {
	uint32_t ssrc;
	uint64_t ntp; /* wall clock, RFC 5905: seconds since 1900 in 32.32 fixed point */
	uint32_t rtp_timestamp;
	uint32_t packets, octets; /* since the start; payload only */
} aula_rtcp_sender;

/** A report block, in SR and RR. */
typedef struct {
	uint32_t ssrc;                /* of the source reported on */
	uint8_t fraction_lost;        /* of 256, since the last report */
	int32_t lost;                 /* since the start; negative with duplicates; 24 bits */
	uint32_t highest_sequence;    /* with cycles in the upper 16 bits */
	uint32_t jitter;              /* in units of the RTP clock */
	uint32_t last_sr;             /* middle 32 bits of the NTP time of the last SR; 0: none */
	uint32_t delay_since_last_sr; /* in 1/65536 s */
} aula_rtcp_report;

/** False unless `packet` is an SR. */
bool aula_rtcp_read_sender(const aula_rtcp *packet, aula_rtcp_sender *ret_sender);
/** Report block `index` < items of an SR or RR; false otherwise. */
bool aula_rtcp_read_report(const aula_rtcp *packet, size_t index, aula_rtcp_report *ret_report);
/** The CNAME of chunk `index` < items of an SDES; borrowed, not terminated. False: it has none. */
bool aula_rtcp_read_cname(const aula_rtcp *packet, size_t index, uint32_t *ret_ssrc,
	const char **ret_cname, size_t *ret_length);
/** Source `index` < items of a BYE, an FIR or a REMB; false otherwise. */
bool aula_rtcp_read_source(const aula_rtcp *packet, size_t index, uint32_t *ret_ssrc);
/** The command sequence number of entry `index` < items of an FIR; false otherwise. */
bool aula_rtcp_read_fir(
	const aula_rtcp *packet, size_t index, uint32_t *ret_ssrc, uint8_t *ret_number);
/** The bitrate of a REMB, at most INT64_MAX; false for any other. */
bool aula_rtcp_read_remb(const aula_rtcp *packet, int64_t *ret_bitrate_bps);
/** The next lost sequence number of a NACK; `*cursor` starts at 0. False at the end. */
bool aula_rtcp_read_nack(const aula_rtcp *packet, size_t *cursor, uint16_t *ret_sequence);

/** A compound packet being built in the caller's memory. */
typedef struct {
	uint8_t *data;
	size_t size;
	size_t length; /* written so far */
} aula_rtcp_writer;

enum {
	AULA_RTCP_REPORTS_MOST = 31, /* blocks in one SR or RR */
	AULA_RTCP_SOURCES_MOST = 31, /* of one BYE */
	AULA_RTCP_REMB_SOURCES_MOST = 255,
};

aula_rtcp_writer aula_rtcp_write(uint8_t *out, size_t size);
/* These append one packet. False, and nothing is written: no room left, or more items than one
 * packet can hold. A compound packet starts with an SR or RR and has an SDES (RFC 3550 section
 * 6.1); that is up to the caller. */
bool aula_rtcp_write_sr(aula_rtcp_writer *writer, const aula_rtcp_sender *sender,
	const aula_rtcp_report *reports, size_t count);
bool aula_rtcp_write_rr(
	aula_rtcp_writer *writer, uint32_t ssrc, const aula_rtcp_report *reports, size_t count);
/** One chunk with a CNAME of at most 255 bytes. */
bool aula_rtcp_write_sdes(aula_rtcp_writer *writer, uint32_t ssrc, const char *cname);
/** `reason` may be NULL; at most 255 bytes. */
bool aula_rtcp_write_bye(
	aula_rtcp_writer *writer, const uint32_t *ssrcs, size_t count, const char *reason);
bool aula_rtcp_write_pli(aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc);
/** One entry; `number` grows with each new command and stays when it is repeated. */
bool aula_rtcp_write_fir(
	aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc, uint8_t number);
/** `sequences` ascend modulo 2^16 without duplicates. Returns how many of them were written: fewer
 * than `count` when there is no more room, and then no packet is begun for 0 of them. */
size_t aula_rtcp_write_nack(aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc,
	const uint16_t *sequences, size_t count);
/** A bitrate that 18 bits cannot hold exactly is rounded down. */
bool aula_rtcp_write_remb(aula_rtcp_writer *writer, uint32_t ssrc, int64_t bitrate_bps,
	const uint32_t *ssrcs, size_t count);

#endif
