/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/outlet.h"

#include <string.h>

#include "peer/hub.h"
#include "peer/line.h"
#include "peer/notes.h"
#include "peer/stamp.h"
#include "wire/bytes.h"
#include "wire/red.h"
#include "wire/rtx.h"

enum { NO_PAYLOAD_TYPE = 255, PADDING_MOST = 255 };

void
aula_outlet_init(aula_outlet *outlet, aula_hub *hub, aula_live_peer *peer,
	const aula_sender_options *options)
{
	*outlet = (aula_outlet){
		.hub = hub,
		.connection = aula_peer_connection(peer),
		.line = aula_peer_line(peer),
		.options = *options,
		.dated = aula_stamp_may_date(options),
		.plain_payload_type = NO_PAYLOAD_TYPE,
		.min_delay_ms = -1,
		.max_delay_ms = -1,
	};
}

void
aula_outlet_resume(aula_outlet *outlet, const aula_spent *spent, aula_rewrite *rewrite)
{
	aula_spent_entry before;

	if (aula_spent_find(spent, outlet->options.ssrc, &before))
		aula_rewrite_resume(rewrite, before.highest, before.timestamp, before.timestamp_us);
	outlet->rtx_next = aula_hub_random(outlet->hub) & 0x7fff;
	if (aula_spent_find(spent, outlet->options.rtx_ssrc, &before))
		outlet->rtx_next = before.highest + 1;
}

void
aula_outlet_keep(const aula_outlet *outlet, aula_spent *spent, const aula_rewrite *rewrite)
{
	if (rewrite->sent)
		aula_spent_note(spent, &(aula_spent_entry){ .ssrc = outlet->options.ssrc,
					       .highest = rewrite->highest,
					       .timestamp = rewrite->timestamp,
					       .timestamp_us = rewrite->timestamp_us });
	if (outlet->rtx_sent)
		aula_spent_note(spent, &(aula_spent_entry){ .ssrc = outlet->options.rtx_ssrc,
					       .highest = outlet->rtx_next - 1 });
}

typedef struct {
	const uint8_t *payload;
	size_t length;
	uint8_t payload_type, padding;
} content;

/* What of the packet this subscriber gets. False: nothing. */
static bool
choose(const aula_outlet *outlet, const aula_packet *packet, content *ret_content)
{
	const aula_notes *notes = aula_notes_of(packet);
	bool red = notes->rtp.payload_type != outlet->plain_payload_type;

	*ret_content = (content){
		.payload = aula_notes_payload(packet),
		.length = notes->rtp.payload_length,
		.payload_type = outlet->options.payload_type,
	};
	if (red && outlet->options.red_payload_type != NO_PAYLOAD_TYPE)
		ret_content->payload_type = outlet->options.red_payload_type;
	else if (red && !aula_red_primary(ret_content->payload, ret_content->length,
				&ret_content->payload, &ret_content->length))
		return false;
	/* Nothing but padding: a probe of the publisher's, which is between it and us. */
	return ret_content->length > 0;
}

bool
aula_outlet_takes(const aula_outlet *outlet, const aula_packet *packet)
{
	content body;

	return choose(outlet, packet, &body);
}

static bool
has_rtx(const aula_outlet *outlet)
{
	return outlet->options.rtx_payload_type != NO_PAYLOAD_TYPE && outlet->options.rtx_ssrc != 0;
}

/* Headed, numbered, sealed. */
static void
leave(aula_outlet *outlet, const aula_packet *packet, aula_rtp *rtp, uint64_t number,
	const aula_layers_out *out, const content *body, uint8_t probe)
{
	const aula_sender_options *options = &outlet->options;
	uint8_t header[AULA_RTP_HEADER_MOST];
	aula_stamp_date date = { .now_us = aula_hub_now_us(outlet->hub),
		.min_delay_ms = outlet->min_delay_ms,
		.max_delay_ms = outlet->max_delay_ms };

	if (outlet->dated && options->extensions.id[AULA_EXTENSION_TRANSPORT_CC] != 0 &&
		aula_line_moves(outlet->line)) {
		date.numbered = true;
		date.transport = aula_line_sent(
			outlet->line, AULA_OUTLET_HEADER_BYTES + body->length, probe);
	}
	rtp->sequence = (uint16_t)number;
	rtp->padding_length = body->padding;
	size_t length =
		aula_stamp_write(options, packet, rtp, out, outlet->dated ? &date : NULL, header);
	aula_connection_send_rtp(outlet->connection, header, length, body->payload, body->length,
		(uint32_t)(number >> 16));
}

/* The payload as this subscriber sees it; in `copy` where it has to be written to. */
static void
rewrite_payload(const aula_packet *packet, const aula_layers_out *out, uint8_t *copy, content *body)
{
	const aula_payload *read = &aula_notes_of(packet)->payload;
	static const uint8_t padding[] = { 1 };

	if (out->empty) {
		body->payload = padding;
		body->length = body->padding = sizeof(padding);
		return;
	}
	if (!aula_notes_of(packet)->readable ||
		(read->picture_id == out->picture_id &&
			read->tl0_picture_index == out->tl0_picture_index))
		return;
	memcpy(copy, body->payload, body->length);
	aula_layers_write(out, read, copy);
	body->payload = copy;
}

/* RFC 4588: the original number before the original payload. */
static uint64_t
wrap(aula_outlet *outlet, uint64_t number, uint8_t *wrapped, aula_rtp *rtp, content *body)
{
	if (body->padding > 0)
		body->length = body->padding = 0;
	if (body->payload != wrapped + AULA_RTX_BYTES && body->length > 0)
		memcpy(wrapped + AULA_RTX_BYTES, body->payload, body->length);
	aula_put16(wrapped, (uint16_t)number);
	body->payload = wrapped;
	body->length += AULA_RTX_BYTES;
	rtp->payload_type = outlet->options.rtx_payload_type;
	rtp->ssrc = outlet->options.rtx_ssrc;
	outlet->rtx_sent = true;
	return outlet->rtx_next++;
}

void
aula_outlet_send(aula_outlet *outlet, const aula_packet *packet, const aula_layers_out *out,
	bool repeat, uint8_t probe)
{
	uint8_t scratch[AULA_RTX_BYTES + AULA_PACKET_BYTES];
	uint64_t number = out->number;
	content body;

	if (!choose(outlet, packet, &body) && !out->empty)
		return;
	aula_rtp rtp = {
		.marker = out->marker,
		.timestamp = out->timestamp,
		.ssrc = outlet->options.ssrc,
		.payload_type = body.payload_type,
	};
	if (outlet->options.kind == AULA_VIDEO)
		rewrite_payload(packet, out, scratch + AULA_RTX_BYTES, &body);
	size_t length = body.length - body.padding;
	if (repeat && has_rtx(outlet))
		number = wrap(outlet, number, scratch, &rtp, &body);
	leave(outlet, out->empty ? NULL : packet, &rtp, number, out, &body, probe);
	aula_gauges *gauges = aula_hub_gauges(outlet->hub);
	aula_gauges_add(gauges, AULA_GAUGE_PACKETS_OUT, 1);
	aula_gauges_add(gauges, AULA_GAUGE_REPEATED_OUT, repeat);
	outlet->packets += !repeat;
	outlet->bytes += repeat ? 0 : length;
}

bool
aula_outlet_may_pad(const aula_outlet *outlet)
{
	return outlet->dated && has_rtx(outlet) &&
	       outlet->options.extensions.id[AULA_EXTENSION_TRANSPORT_CC] != 0 &&
	       aula_connection_is_up(outlet->connection);
}

void
aula_outlet_pad(aula_outlet *outlet, uint32_t timestamp, size_t bytes, uint8_t probe)
{
	uint8_t padding[PADDING_MOST] = { 0 };
	content body = { .payload = padding,
		.length = CLAMP(bytes, AULA_OUTLET_HEADER_BYTES + 1,
				  AULA_OUTLET_HEADER_BYTES + PADDING_MOST) -
			  AULA_OUTLET_HEADER_BYTES };
	aula_rtp rtp = {
		.timestamp = timestamp,
		.ssrc = outlet->options.rtx_ssrc,
		.payload_type = outlet->options.rtx_payload_type,
	};

	body.padding = (uint8_t)body.length;
	padding[body.length - 1] = body.padding;
	outlet->rtx_sent = true;
	leave(outlet, NULL, &rtp, outlet->rtx_next++, NULL, &body, probe);
}
