/* SPDX-License-Identifier: Apache-2.0 */
/* The transport of an ICE-lite peer: it answers checks that come to the shared port, and follows
 * them. What the other side says of its own addresses is not needed (RFC 8445 section 2.7). */
#include <stdio.h>

#include "peer/demux.h"
#include "peer/transport.h"

typedef struct {
	aula_receiver receiver; /* the first member */
	aula_transport transport;
	aula_port *port;
	aula_ice ice;
} lite;

static lite *
lite_of(const aula_transport *transport)
{
	return (lite *)((char *)transport - offsetof(lite, transport));
}

static void
follow_chosen(lite *self)
{
	self->transport.path = self->ice.chosen != NULL ? self->ice.chosen->path : (aula_path){ 0 };
	self->transport.listener->on_transport_path(self->transport.data);
}

/* -- what the port tells -- */

static const char *
password(aula_receiver *receiver, const char *ufrag, size_t length)
{
	return aula_ice_password(&((lite *)receiver)->ice, ufrag, length);
}

static void
on_checked(aula_receiver *receiver, const aula_path *path, const char *ufrag, size_t length,
	bool nominates)
{
	lite *self = (lite *)receiver;
	int64_t now_us = aula_loop_now_us(aula_port_loop(self->port));

	if (path->stream != NULL) {
		aula_receiver *before = aula_tcp_stream_owner(path->stream);
		if (before != NULL && before != receiver)
			before->on_port_stream_closed(before, path->stream);
		aula_tcp_stream_claim(path->stream, receiver);
	} else {
		aula_demux_claim(aula_port_demux(self->port), &path->remote, receiver);
	}
	aula_ice_checked(&self->ice, path, ufrag, length, nominates, now_us);
	self->transport.consent_until_us =
		now_us + aula_port_options_of(self->port)->consent_ms * 1000;
	follow_chosen(self);
}

static void
on_stream_gone(aula_receiver *receiver, const aula_tcp_stream *stream)
{
	lite *self = (lite *)receiver;

	aula_ice_forget(&self->ice, stream);
	follow_chosen(self);
}

/* -- what the pairs tell -- */

static void
on_pair_lost(void *data, const aula_path *path)
{
	lite *self = data;

	if (path->stream != NULL)
		aula_tcp_stream_close(path->stream);
	else if (!aula_ice_has_remote(&self->ice, &path->remote))
		aula_demux_disclaim(aula_port_demux(self->port), &path->remote, self);
}

static void
on_former_void(void *data, const aula_ice_credentials *former)
{
	lite *self = data;

	aula_demux_unname(aula_port_demux(self->port), former->ufrag);
}

/* -- what the connection asks for -- */

static void
free_lite(aula_transport *transport)
{
	lite *self = lite_of(transport);
	aula_demux *demux = aula_port_demux(self->port);

	aula_demux_unname(demux, self->ice.local.ufrag);
	if (self->ice.former.ufrag[0] != '\0')
		aula_demux_unname(demux, self->ice.former.ufrag);
	for (size_t i = 0; i < AULA_ICE_PAIRS_MOST; i++) {
		const aula_path *path = &self->ice.pairs[i].path;
		if (path->stream != NULL)
			aula_tcp_stream_close(path->stream);
		else if (path->udp != NULL)
			aula_demux_disclaim(demux, &path->remote, self);
	}
	g_free(self);
}

static void
set_remote(aula_transport *transport, const aula_sdp_transport *remote)
{
	(void)transport, (void)remote;
}

static void
add_candidates(aula_transport *transport, const aula_candidate *candidates, size_t count, bool last)
{
	(void)transport, (void)candidates, (void)count, (void)last;
}

static void
restart(aula_transport *transport, const aula_ice_credentials *local, bool anew)
{
	lite *self = lite_of(transport);

	(void)anew;
	aula_demux_name(aula_port_demux(self->port), local->ufrag, self);
	aula_ice_restart(&self->ice, local);
}

static void
text(const aula_transport *transport, char ret_text[AULA_TRANSPORT_TEXT_BYTES])
{
	char address[AULA_ADDRESS_TEXT_BYTES];

	g_snprintf(ret_text, AULA_TRANSPORT_TEXT_BYTES, "%s %s",
		aula_address_text(&transport->path.remote, address),
		transport->path.stream != NULL ? "tcp" : "udp");
}

static const aula_transport_ops ops = { free_lite, set_remote, add_candidates, restart, text };

aula_transport *
aula_lite_new(aula_port *port, const aula_ice_credentials *local,
	const aula_transport_listener *listener, void *data)
{
	lite *self = g_new0(lite, 1);

	/* Datagrams go straight to the listener: one call a packet. */
	self->receiver = (aula_receiver){ .password = password,
		.on_port_checked = on_checked,
		.on_port_stream_closed = on_stream_gone,
		.on_port_datagram = listener->on_transport_datagram,
		.data = data };
	self->transport = (aula_transport){ .ops = &ops, .listener = listener, .data = data };
	self->port = port;
	self->ice = (aula_ice){ .local = *local,
		.on_ice_pair_lost = on_pair_lost,
		.on_ice_former_void = on_former_void,
		.data = self };
	aula_demux_name(aula_port_demux(port), local->ufrag, self);
	return &self->transport;
}
