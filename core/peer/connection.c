/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/connection.h"

#include <string.h>

#include "peer/association.h"
#include "peer/outbox.h"
#include "peer/transport.h"
#include "wire/rtp.h"

enum {
	RTCP_BYTES_MOST = 2048,
	SRTP_BYTES_LEAST = 12,
	PADDED_UNIT = 16,
	PADDED_LEAST = 300, /* sound and the like, which come alone */
	PADDED_MOST = 1360, /* so that what fits a path goes on to fit it */
};

typedef enum { WAITING, CONNECTING, UP, DOWN } connection_state;

struct aula_connection {
	aula_port *port;
	const aula_connection_listener *listener;
	void *data;
	connection_state state;
	bool settled;            /* authentic media came */
	const char *down_reason; /* to be told by the alarm; static */
	aula_transport *transport;
	aula_association *association;
	aula_seal *seal;                   /* the association's */
	aula_unseal *unseal;               /* the association's */
	int64_t connect_by_us, reached_us; /* there was a path; 0: not yet */
	aula_alarm alarm;        /* the nearest of DTLS timer, deadline, consent, bad news */
	aula_outbox_queue queue; /* its path is the transport's */
	char path_text[AULA_TRANSPORT_TEXT_BYTES];
	aula_capture *capture; /* NULL: none */
};

static aula_loop *
loop_of(const aula_connection *self)
{
	return aula_port_loop(self->port);
}

/* -- time -- */

static void
set_alarm(aula_connection *self)
{
	int64_t now_us = aula_loop_now_us(loop_of(self)), at_us = INT64_MAX;
	int64_t left_us = aula_association_timeout_us(self->association);

	if (self->state == WAITING)
		return;
	if (self->state == CONNECTING)
		at_us = self->connect_by_us;
	if (self->state == UP)
		at_us = self->transport->consent_until_us;
	if (self->state == DOWN)
		at_us = now_us;
	else if (left_us >= 0)
		at_us = MIN(at_us, now_us + left_us);
	aula_alarm_set(loop_of(self), &self->alarm, at_us);
}

/* Told from the alarm, so that nobody is called back by what they called. */
static void
go_down(aula_connection *self, const char *reason)
{
	if (self->state == DOWN)
		return;
	self->state = DOWN;
	self->down_reason = reason;
	set_alarm(self);
}

static void
ring(aula_alarm *alarm)
{
	aula_connection *self =
		(aula_connection *)((char *)alarm - offsetof(aula_connection, alarm));
	int64_t now_us = aula_loop_now_us(loop_of(self));

	if (self->state == DOWN) {
		self->listener->on_connection_down(self->data, self->down_reason);
		return;
	}
	aula_association_tick(self->association);
	if (aula_association_state_of(self->association) == AULA_ASSOCIATION_DOWN)
		go_down(self, aula_association_why(self->association));
	else if (self->state == CONNECTING && now_us >= self->connect_by_us)
		go_down(self,
			self->transport->consent_until_us == 0 ? "ICE failed" : "DTLS timed out");
	else if (self->state == UP && now_us >= self->transport->consent_until_us)
		go_down(self, "consent lost");
	else
		set_alarm(self);
}

/* -- DTLS -- */

static void
send_dtls(void *data, const uint8_t *datagram, size_t length)
{
	aula_connection *self = data;
	const struct iovec entry = { (void *)datagram, length };

	if (aula_path_is_set(&self->queue.path))
		aula_path_send(&self->queue.path, &entry, 1);
}

/* After each step of DTLS. May call the listener, who may free the connection: the last thing to do
 * with it. */
static void
follow_association(aula_connection *self)
{
	aula_association_state state = aula_association_state_of(self->association);

	if (self->state == DOWN)
		return;
	if (state == AULA_ASSOCIATION_DOWN) {
		go_down(self, aula_association_why(self->association));
		return;
	}
	if (state != AULA_ASSOCIATION_UP || self->state != CONNECTING) {
		set_alarm(self);
		return;
	}
	self->seal = aula_association_seal(self->association);
	self->unseal = aula_association_unseal(self->association);
	self->state = UP;
	set_alarm(self);
	self->listener->on_connection_up(self->data);
}

static void
on_dtls(aula_connection *self, const uint8_t *datagram, size_t length)
{
	if (!aula_association_receive(self->association, datagram, length))
		aula_port_count(self->port)->oversized++;
	follow_association(self);
}

/* -- media -- */

static bool
count_verdict(aula_connection *self, aula_unseal_verdict verdict)
{
	aula_port_counters *counters = aula_port_count(self->port);

	counters->replayed += verdict == AULA_UNSEAL_REPLAYED;
	counters->unauthentic += verdict == AULA_UNSEAL_FORGED;
	if (verdict == AULA_UNSEALED && !self->settled) {
		self->settled = true;
		aula_association_settle(self->association);
	}
	return verdict == AULA_UNSEALED;
}

static void
on_rtcp(aula_connection *self, const uint8_t *datagram, size_t length)
{
	_Alignas(8) uint8_t rtcp[RTCP_BYTES_MOST];

	if (length > sizeof(rtcp)) {
		aula_port_count(self->port)->oversized++;
		return;
	}
	memcpy(rtcp, datagram, length);
	if (!count_verdict(self, aula_unseal_rtcp(self->unseal, rtcp, &length)))
		return;
	if (self->capture != NULL)
		aula_capture_packet(self->capture, true, rtcp, length, NULL, 0);
	self->listener->on_connection_rtcp(self->data, rtcp, length);
}

static bool
fill_view(aula_connection *self, aula_packet *packet, size_t length)
{
	aula_rtp rtp;

	if (!aula_rtp_parse(packet->bytes, length, NULL, &rtp))
		return false;
	packet->view = (aula_packet_view){
		.data = packet->bytes,
		.length = length,
		.header_length = rtp.header_length,
		.payload_length = rtp.payload_length,
		.received_us = aula_loop_now_us(loop_of(self)),
		.ssrc = rtp.ssrc,
		.timestamp = rtp.timestamp,
		.sequence = rtp.sequence,
		.payload_type = rtp.payload_type,
		.marker = rtp.marker,
		.level_dbov = 1,
	};
	return true;
}

static void
on_rtp(aula_connection *self, const uint8_t *datagram, size_t length)
{
	aula_port_counters *counters = aula_port_count(self->port);

	if (length > AULA_PACKET_BYTES) {
		counters->oversized++;
		return;
	}
	aula_packet *packet = aula_pool_take(aula_port_packets(self->port));
	if (packet == NULL) {
		counters->exhausted++;
		return;
	}
	memcpy(packet->bytes, datagram, length);
	if (!count_verdict(self, aula_unseal_rtp(self->unseal, packet->bytes, &length))) {
		aula_packet_unref(packet);
	} else if (!fill_view(self, packet, length)) {
		counters->garbage++;
		aula_packet_unref(packet);
	} else {
		if (self->capture != NULL)
			aula_capture_packet(self->capture, true, packet->bytes, length, NULL, 0);
		self->listener->on_connection_rtp(self->data, packet);
	}
}

static void
on_datagram(void *data, uint8_t *datagram, size_t length)
{
	aula_connection *self = data;

	if (self->state == DOWN)
		return;
	if (aula_is_dtls(datagram, length))
		on_dtls(self, datagram, length);
	else if (!aula_is_media(datagram, length) || self->state != UP || length < SRTP_BYTES_LEAST)
		aula_port_count(self->port)->garbage++;
	else if (aula_is_rtcp(datagram, length))
		on_rtcp(self, datagram, length);
	else
		on_rtp(self, datagram, length);
}

/* -- the way to the browser -- */

static void
on_path(void *data)
{
	aula_connection *self = data;

	self->queue.path = self->transport->path;
	if (self->reached_us == 0 && aula_path_is_set(&self->queue.path))
		self->reached_us = aula_loop_now_us(loop_of(self));
	if (self->state == CONNECTING && aula_path_is_set(&self->queue.path) &&
		aula_association_state_of(self->association) == AULA_ASSOCIATION_WAITING) {
		aula_association_start(self->association, true);
		follow_association(self);
	}
}

static void
on_candidate(void *data, const aula_candidate *candidate)
{
	aula_connection *self = data;

	self->listener->on_connection_candidate(self->data, candidate);
}

static void
on_consent(void *data)
{
	set_alarm(data);
}

static const aula_transport_listener transport_listener = { on_path, on_datagram, on_candidate,
	on_consent };

/* -- life -- */

aula_connection *
aula_connection_new(aula_port *port, const aula_ice_credentials *local, bool leads,
	const aula_connection_listener *listener, void *data)
{
	AULA_ASSERT_ON(aula_port_loop(port));
	aula_connection *self = g_new0(aula_connection, 1);

	self->association = aula_association_new(aula_port_dtls(port), send_dtls, self);
	if (self->association == NULL) {
		g_free(self);
		return NULL;
	}
	self->port = port;
	self->listener = listener;
	self->data = data;
	self->alarm.ring = ring;
	self->transport = aula_transport_new(port, local, leads, &transport_listener, self);
	return self;
}

json_t *
aula_connection_stats(const aula_connection *self)
{
	return aula_association_stats(self->association);
}

void
aula_connection_capture(aula_connection *self, aula_capture *capture)
{
	AULA_ASSERT_ON(loop_of(self));
	if (self->capture != NULL) {
		aula_capture_stop(self->capture, "the connection is gone");
		aula_capture_unref(self->capture);
	}
	self->capture = capture;
}

void
aula_connection_free(aula_connection *self)
{
	if (self == NULL)
		return;
	AULA_ASSERT_ON(loop_of(self));
	aula_outbox_send(aula_port_outbox(self->port), &self->queue);
	aula_association_free(self->association);
	aula_transport_free(self->transport);
	aula_connection_capture(self, NULL);
	aula_alarm_clear(loop_of(self), &self->alarm);
	g_free(self);
}

bool
aula_connection_set_remote(
	aula_connection *self, const aula_sdp_transport *remote, aula_setup setup)
{
	AULA_ASSERT_ON(loop_of(self));
	if (!aula_association_describe(self->association, remote, setup))
		return false;
	self->transport->ops->set_remote(self->transport, remote);
	if (self->state != WAITING)
		return true;
	self->state = CONNECTING;
	self->connect_by_us = aula_loop_now_us(loop_of(self)) +
			      aula_port_options_of(self->port)->connect_ms * 1000;
	aula_association_start(self->association, aula_path_is_set(&self->queue.path));
	follow_association(self);
	return true;
}

void
aula_connection_restart(aula_connection *self, const aula_ice_credentials *local, bool anew)
{
	AULA_ASSERT_ON(loop_of(self));
	self->transport->ops->restart(self->transport, local, anew);
}

void
aula_connection_add_candidates(
	aula_connection *self, const aula_candidate *candidates, size_t count, bool last)
{
	AULA_ASSERT_ON(loop_of(self));
	self->transport->ops->add_candidates(self->transport, candidates, count, last);
}

bool
aula_connection_is_up(const aula_connection *self)
{
	return self->state == UP;
}

int64_t
aula_connection_reached_us(const aula_connection *self)
{
	return self->reached_us;
}

const char *
aula_connection_path(const aula_connection *self)
{
	aula_connection *scratch = (aula_connection *)self;

	if (!aula_path_is_set(&self->transport->path))
		return "";
	self->transport->ops->text(self->transport, scratch->path_text);
	return self->path_text;
}

/* -- sending -- */

/* Padding (RFC 3550 section 5.1) for what is cut from one frame, whose packets differ by a byte or
 * by an extension: of one length they leave as one (UDP_SEGMENT). It follows from the packet alone:
 * sent again, it must be the same bit for bit, or AES-GCM would see one nonce with two messages. */
static size_t
padding_of(size_t length)
{
	return length >= PADDED_LEAST && length <= PADDED_MOST ? -length % PADDED_UNIT : 0;
}

static void
pad(uint8_t *packet, size_t length, size_t padding)
{
	packet[0] |= 0x20;
	memset(packet + length, 0, padding - 1);
	packet[length + padding - 1] = (uint8_t)padding;
}

void
aula_connection_prefetch(const aula_connection *self, unsigned step)
{
	switch (step) {
	case 0:
		for (size_t i = 0; i < offsetof(aula_connection, path_text); i += 64)
			__builtin_prefetch((const char *)self + i);
		break;
	case 1:
		__builtin_prefetch(self->seal);
		break;
	default:
		if (self->seal != NULL)
			aula_seal_prefetch(self->seal);
	}
}

void
aula_connection_send_rtp(aula_connection *self, const uint8_t *header, size_t header_length,
	const uint8_t *payload, size_t payload_length, uint32_t rollover)
{
	aula_outbox *outbox = aula_port_outbox(self->port);

	AULA_ASSERT_ON(loop_of(self));
	/* Without a header the seal would take its nonce from what lay there before. */
	if (self->state != UP || !aula_path_is_set(&self->queue.path) ||
		header_length < AULA_RTP_HEADER_BYTES ||
		header_length + payload_length + AULA_SRTP_OVERHEAD_MOST >
			AULA_OUTBOX_DATAGRAM_MOST)
		return;
	uint8_t *out = aula_outbox_reserve(outbox);
	size_t padding = padding_of(header_length + payload_length);
	if (padding > 0) {
		memcpy(out, header, header_length);
		memcpy(out + header_length, payload, payload_length);
		pad(out, header_length + payload_length, padding);
		header = out;
		payload = out + header_length;
		payload_length += padding;
	}
	if (self->capture != NULL)
		aula_capture_packet(
			self->capture, false, header, header_length, payload, payload_length);
	size_t length = aula_seal_rtp(
		self->seal, out, header, header_length, payload, payload_length, rollover);
	aula_outbox_commit(outbox, &self->queue, length);
}

void
aula_connection_send_rtcp(aula_connection *self, const uint8_t *rtcp, size_t length)
{
	aula_outbox *outbox = aula_port_outbox(self->port);

	AULA_ASSERT_ON(loop_of(self));
	if (self->state != UP || !aula_path_is_set(&self->queue.path) || length < 8 ||
		length + AULA_SRTP_OVERHEAD_MOST > AULA_OUTBOX_DATAGRAM_MOST)
		return;
	uint8_t *out = aula_outbox_reserve(outbox);
	if (self->capture != NULL)
		aula_capture_packet(self->capture, false, rtcp, length, NULL, 0);
	size_t sealed = aula_seal_rtcp(self->seal, out, rtcp, length);
	if (sealed == 0)
		go_down(self, "keys used up");
	else
		aula_outbox_commit(outbox, &self->queue, sealed);
}
