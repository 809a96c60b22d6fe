/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/stamp.h"

#include <string.h>

#include "peer/notes.h"
#include "wire/bytes.h"

enum { NO_PAYLOAD_TYPE = 255, DESCRIPTOR_BYTES_MOST = 200 };

/* Passed on as they came, if they are no longer than they have a reason to be: together they must
 * fit a header, whatever a publisher fills them with. What says when a packet left, or counts
 * packets, is not for passing on. */
static const struct {
	aula_extension extension;
	uint8_t bytes_most;
} passed_on[] = {
	{ AULA_EXTENSION_AUDIO_LEVEL, 1 },
	{ AULA_EXTENSION_ORIENTATION, 1 },
	{ AULA_EXTENSION_PLAYOUT_DELAY, 3 },
	{ AULA_EXTENSION_ABS_CAPTURE_TIME, 16 },
};

/* All that a header can have, and where what is made here lies meanwhile. */
typedef struct {
	aula_rtp_write list[4 + G_N_ELEMENTS(passed_on)];
	size_t count;
	uint8_t descriptor[DESCRIPTOR_BYTES_MOST], transport[2], sent_at[3], delay[3];
	bool delayed;
} elements;

bool
aula_stamp_may_date(const aula_sender_options *options)
{
	return !(options->feedback & AULA_FB_NACK) ||
	       (options->rtx_payload_type != NO_PAYLOAD_TYPE && options->rtx_ssrc != 0);
}

static void
add(elements *sheet, uint8_t id, const uint8_t *data, size_t length)
{
	if (id != 0)
		sheet->list[sheet->count++] = (aula_rtp_write){ id, (uint8_t)length, data };
}

/* Frames are numbered anew: those of another encoding go on from those of the last. */
static void
add_descriptor(
	elements *sheet, uint8_t id, const aula_packet *packet, const aula_layers_out *layers)
{
	const aula_rtp_element *element =
		&aula_notes_of(packet)->rtp.elements[AULA_EXTENSION_DEPENDENCY];

	if (element->length < AULA_DEPENDENCY_NUMBER_AT + 2 ||
		element->length > DESCRIPTOR_BYTES_MOST)
		return;
	memcpy(sheet->descriptor, packet->view.data + element->offset, element->length);
	if (layers != NULL && layers->picture_id >= 0)
		aula_put16(sheet->descriptor + AULA_DEPENDENCY_NUMBER_AT,
			(uint16_t)layers->picture_id);
	add(sheet, id, sheet->descriptor, element->length);
}

static void
add_passed_on(elements *sheet, const uint8_t *ids, const aula_packet *packet)
{
	for (size_t i = 0; i < G_N_ELEMENTS(passed_on); i++) {
		aula_extension extension = passed_on[i].extension;
		const aula_rtp_element *element = &aula_notes_of(packet)->rtp.elements[extension];
		if (element->length != 0 && element->length <= passed_on[i].bytes_most &&
			!(sheet->delayed && extension == AULA_EXTENSION_PLAYOUT_DELAY))
			add(sheet, ids[extension], packet->view.data + element->offset,
				element->length);
	}
}

static void
add_date(elements *sheet, const uint8_t *ids, const aula_stamp_date *date)
{
	if (date->numbered) {
		aula_put16(sheet->transport, date->transport);
		add(sheet, ids[AULA_EXTENSION_TRANSPORT_CC], sheet->transport,
			sizeof(sheet->transport));
	}
	sheet->delayed = date->min_delay_ms >= 0 && date->max_delay_ms >= date->min_delay_ms;
	if (sheet->delayed && ids[AULA_EXTENSION_PLAYOUT_DELAY] != 0) {
		/* Two times 12 bits, in units of 10 ms. */
		aula_put24(sheet->delay, (uint32_t)(date->min_delay_ms / 10) << 12 |
						 (uint32_t)(date->max_delay_ms / 10));
		add(sheet, ids[AULA_EXTENSION_PLAYOUT_DELAY], sheet->delay, sizeof(sheet->delay));
	}
	if (ids[AULA_EXTENSION_ABS_SEND_TIME] == 0)
		return;
	/* Seconds in 6.18 fixed point. */
	uint32_t sent_at = (uint32_t)(((uint64_t)date->now_us << 18) / 1000000);
	aula_put24(sheet->sent_at, sent_at & 0xffffff);
	add(sheet, ids[AULA_EXTENSION_ABS_SEND_TIME], sheet->sent_at, sizeof(sheet->sent_at));
}

size_t
aula_stamp_write(const aula_sender_options *options, const aula_packet *packet, const aula_rtp *out,
	const aula_layers_out *layers, const aula_stamp_date *date, uint8_t *ret_header)
{
	const uint8_t *ids = options->extensions.id;
	size_t mid_length = strlen(options->mid);
	elements sheet;

	sheet.count = 0;
	sheet.delayed = false;
	if (mid_length > 0)
		add(&sheet, ids[AULA_EXTENSION_MID], (const uint8_t *)options->mid, mid_length);
	if (date != NULL)
		add_date(&sheet, ids, date);
	if (packet != NULL) {
		add_passed_on(&sheet, ids, packet);
		if (ids[AULA_EXTENSION_DEPENDENCY] != 0)
			add_descriptor(&sheet, ids[AULA_EXTENSION_DEPENDENCY], packet, layers);
	}
	return aula_rtp_header_write(
		ret_header, AULA_RTP_HEADER_MOST, out, sheet.list, sheet.count);
}
