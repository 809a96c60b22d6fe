/* SPDX-License-Identifier: Apache-2.0 */
/* The packets of the people of a world. */
#include "world.h"

#include <string.h>

static aula_rtp_write
text_element(uint8_t id, const char *text)
{
	uint8_t length = text != NULL ? (uint8_t)strlen(text) : 0;

	return (aula_rtp_write){ length > 0 ? id : 0, length, (const uint8_t *)text };
}

void
person_rtp(person *p, const rtp *what)
{
	_Alignas(4) uint8_t packet[CLIENT_BYTES];
	uint8_t level[256] = { 0x80 | what->level }, orientation[256] = { what->orientation };
	uint8_t length_of_each = (uint8_t)(1 + what->stuffing);
	const uint8_t date[] = { (uint8_t)(what->date >> 16), (uint8_t)(what->date >> 8),
		(uint8_t)what->date };
	const uint8_t transport[] = { (uint8_t)(what->transport >> 8), (uint8_t)what->transport };
	const aula_rtp_write elements[] = {
		text_element(EXT_RID, what->rid),
		text_element(EXT_REPAIRED_RID, what->repaired_rid),
		{ what->date != 0 ? EXT_ABS_SEND_TIME : 0, sizeof(date), date },
		{ what->transport != 0 ? EXT_TRANSPORT_CC : 0, sizeof(transport), transport },
		text_element(EXT_MID, what->mid),
		{ what->level != 0 ? EXT_LEVEL : 0, length_of_each, level },
		{ what->orientation != 0 ? EXT_ORIENTATION : 0, length_of_each, orientation },
	};
	const aula_rtp header = { .payload_type = what->payload_type,
		.marker = what->marker,
		.sequence = what->sequence,
		.timestamp = what->timestamp,
		.ssrc = what->ssrc };
	size_t length = aula_rtp_header_write(
		packet, sizeof(packet), &header, elements, G_N_ELEMENTS(elements));
	uint8_t *payload = packet + length;

	for (size_t i = 0; i < what->payload_length; i++)
		payload[i] =
			what->payload != NULL ? what->payload[i] : (uint8_t)(what->sequence + i);
	if (what->payload == NULL && what->payload_type == VIDEO_PT && what->payload_length > 4) {
		/* RFC 7741: start of a partition, then the frame's header */
		payload[0] = 0x10;
		payload[1] = what->keyframe ? 0 : 1;
	}
	int protected = (int)(length + what->payload_length);
	g_assert_cmpint(srtp_protect(p->client->to_server, packet, &protected), ==, 0);
	client_send(p->client, packet, (size_t) protected);
}

void
person_rtcp(person *p, const aula_rtcp_writer *writer)
{
	_Alignas(4) uint8_t packet[CLIENT_BYTES];
	int length = (int)writer->length;

	memcpy(packet, writer->data, writer->length);
	g_assert_cmpint(srtp_protect_rtcp(p->client->to_server, packet, &length), ==, 0);
	client_send(p->client, packet, (size_t)length);
}

/* The next media of either sort, in the clear. */
static bool
next(person *p, gint64 until, bool *ret_rtcp)
{
	for (;;) {
		gint64 left_ms = (until - g_get_monotonic_time()) / 1000;
		if (!client_receive(p->client, (int)MAX(left_ms, 0)))
			return false;
		if (!aula_is_media(p->client->bytes, p->client->length))
			continue;
		int length = (int)p->client->length;
		*ret_rtcp = aula_is_rtcp(p->client->bytes, p->client->length);
		srtp_err_status_t status = *ret_rtcp ? srtp_unprotect_rtcp(p->client->from_server,
							       p->client->bytes, &length)
						     : srtp_unprotect(p->client->from_server,
							       p->client->bytes, &length);
		g_assert_cmpint(status, ==, 0);
		memcpy(p->bytes, p->client->bytes, (size_t)length);
		p->length = (size_t)length;
		return true;
	}
}

bool
person_next_rtp(person *p, int ms)
{
	gint64 until = g_get_monotonic_time() + ms * 1000;
	bool rtcp;

	while (next(p, until, &rtcp))
		if (!rtcp) {
			g_assert_true(aula_rtp_parse(p->bytes, p->length, &p->extensions, &p->rtp));
			return true;
		}
	return false;
}

bool
person_next_rtcp(person *p, aula_rtcp_kind kind, aula_rtcp *ret_packet, int ms)
{
	gint64 until = g_get_monotonic_time() + ms * 1000;
	bool rtcp;

	while (next(p, until, &rtcp)) {
		aula_rtcp_reader reader = aula_rtcp_read(p->bytes, p->length);
		while (rtcp && aula_rtcp_next(&reader, ret_packet))
			if (ret_packet->kind == kind)
				return true;
	}
	return false;
}

void
person_drain(person *p)
{
	bool rtcp;

	while (next(p, g_get_monotonic_time(), &rtcp))
		;
}
