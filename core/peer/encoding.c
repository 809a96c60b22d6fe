/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/encoding.h"

#include <glib.h>

void
aula_encoding_init(aula_encoding *encoding, aula_codec codec, uint32_t clock_hz)
{
	*encoding = (aula_encoding){ .codec = codec };
	aula_sequence_init(&encoding->sequence, clock_hz);
	aula_nack_init(&encoding->nack);
	aula_keyframe_init(&encoding->keyframe);
}

void
aula_encoding_finish(aula_encoding *encoding)
{
	g_clear_pointer(&encoding->structure, g_free);
}

aula_arrival
aula_encoding_note(aula_encoding *encoding, const aula_rtp *rtp, bool repair, int64_t now_us,
	uint64_t *ret_number, bool *ret_forgot)
{
	*ret_forgot = false;
	encoding->received_us = now_us;
	if (!repair && encoding->ssrc != rtp->ssrc) {
		if (encoding->ssrc != 0)
			aula_sequence_restart(&encoding->sequence);
		encoding->ssrc = rtp->ssrc;
	}
	aula_arrival arrival =
		aula_sequence_note(&encoding->sequence, rtp->sequence, repair, ret_number);
	if (arrival == AULA_ARRIVAL_DUPLICATE || arrival == AULA_ARRIVAL_STRAY)
		return arrival;
	if (arrival == AULA_ARRIVAL_RESTART) {
		encoding->epoch++;
		/* A report that came before the first packet stays true. */
		if (encoding->timeline++ > 0) {
			encoding->pair.known = false;
			*ret_forgot = true;
		}
		aula_nack_clear(&encoding->nack);
	} else if (arrival == AULA_ARRIVAL_LATE) {
		aula_nack_came(&encoding->nack, *ret_number, now_us);
	}
	if (!repair)
		aula_sequence_time(&encoding->sequence, rtp->timestamp, now_us);
	aula_rate_note(&encoding->rate, rtp->payload_length, now_us);
	encoding->packets++;
	encoding->bytes += rtp->payload_length;
	encoding->repaired += repair;
	return arrival;
}

static void
read_dependency(aula_encoding *encoding, const aula_packet *packet, aula_notes *notes)
{
	const aula_rtp_element *element = &notes->rtp.elements[AULA_EXTENSION_DEPENDENCY];

	if (encoding->codec != AULA_CODEC_AV1 || element->length == 0)
		return;
	if (encoding->structure == NULL)
		encoding->structure = g_new0(aula_dependency_structure, 1);
	notes->described = aula_dependency_read(packet->view.data + element->offset,
		element->length, encoding->structure, &notes->dependency);
}

void
aula_encoding_read(aula_encoding *encoding, aula_packet *packet)
{
	aula_packet_view *view = &packet->view;
	aula_notes *notes = aula_notes_write(packet);

	notes->readable = aula_payload_read(encoding->codec, aula_notes_payload(packet),
		notes->rtp.payload_length, notes->rtp.marker, &notes->payload);
	read_dependency(encoding, packet, notes);
	if (notes->described)
		view->keyframe = notes->dependency.structured && notes->dependency.start &&
				 notes->dependency.frame.reference_count == 0;
	else
		view->keyframe = notes->readable && notes->payload.keyframe;
	if (view->keyframe)
		aula_keyframe_arrived(&encoding->keyframe);
}

void
aula_encoding_note_sender(
	aula_encoding *encoding, const aula_rtcp_sender *sender, int64_t at_us, int64_t now_us)
{
	encoding->last_sr = aula_ntp_middle(sender->ntp);
	encoding->last_sr_us = now_us;
	encoding->pair = (aula_clock_pair){
		.known = true,
		.timestamp = sender->rtp_timestamp,
		.at_us = at_us,
	};
}

bool
aula_encoding_report(aula_encoding *encoding, int64_t now_us, aula_rtcp_report *ret_report)
{
	aula_sequence_report report;

	if (!encoding->sequence.started)
		return false;
	aula_sequence_report_take(&encoding->sequence, &report);
	int64_t since_us = now_us - encoding->last_sr_us;
	*ret_report = (aula_rtcp_report){
		.ssrc = encoding->ssrc,
		.fraction_lost = report.fraction_lost,
		.lost = report.lost,
		.highest_sequence = report.highest,
		.jitter = report.jitter,
		.last_sr = encoding->last_sr,
		.delay_since_last_sr =
			encoding->last_sr != 0 ? (uint32_t)((since_us << 16) / 1000000) : 0,
	};
	return true;
}

json_t *
aula_encoding_stats(const aula_encoding *encoding)
{
	const aula_sequence *sequence = &encoding->sequence;

	return json_pack("{s:I s:b s:I s:I s:I s:I s:I s:I s:I s:I s:I s:f s:f}", "ssrc",
		(json_int_t)encoding->ssrc, "receiving", encoding->receiving, "packets",
		(json_int_t)encoding->packets, "bytes", (json_int_t)encoding->bytes, "bps",
		(json_int_t)encoding->rate.bps, "lost", (json_int_t)aula_sequence_lost(sequence),
		"duplicates", (json_int_t)sequence->duplicates, "nacks",
		(json_int_t)encoding->nack.asked, "repaired", (json_int_t)encoding->repaired,
		"keyframes", (json_int_t)encoding->keyframe.came, "keyframe_requests",
		(json_int_t)encoding->keyframe.asked, "rtt_ms", (double)encoding->nack.rtt_us / 1e3,
		"jitter_ms", sequence->jitter * 1e3 / sequence->clock_hz);
}
