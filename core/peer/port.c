/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/port.h"

#include "peer/agents.h"
#include "peer/demux.h"
#include "peer/dtls.h"
#include "peer/outbox.h"
#include "peer/path.h"
#include "peer/stun.h"
#include "wire/rtp.h"

enum {
	ADDRESSES_MOST = 16,
	NUMBERS_TRIED = 32,        /* to find one that is free for UDP and TCP everywhere */
	COMPLAINTS_A_SECOND = 100, /* STUN errors: strangers get no more than this out of us */
	STRANGER_PATIENCE_MS = 10 * 1000,
};

struct aula_port {
	aula_loop *loop;
	aula_port_options options; /* addresses: not kept */
	uint16_t number;
	aula_udp *udps[ADDRESSES_MOST];
	aula_tcp *tcps[ADDRESSES_MOST];
	size_t address_count;
	aula_udp_inbox *inbox;
	aula_outbox *outbox;
	aula_demux *demux;
	aula_stun *stun;
	aula_dtls_context *dtls;
	aula_agents *agents;
	aula_pool *packets;
	aula_port_counters counters;
	int64_t complaint_second;
	unsigned complaints;
};

/* -- receiving -- */

/* A stranger's mistakes are told to them, but not at any rate. */
static bool
may_complain(aula_port *port)
{
	int64_t second = aula_loop_now_us(port->loop) / 1000000;

	if (second != port->complaint_second) {
		port->complaint_second = second;
		port->complaints = 0;
	}
	return port->complaints++ < COMPLAINTS_A_SECOND;
}

static void
on_stun(aula_port *port, const aula_path *path, const uint8_t *data, size_t length)
{
	aula_receiver *receiver = NULL;
	aula_stun_reply reply;
	const char *ufrag = NULL, *pwd = NULL;
	size_t ufrag_length = 0;

	if (aula_stun_name(data, length, &ufrag, &ufrag_length))
		receiver = aula_demux_named(port->demux, ufrag, ufrag_length);
	if (receiver != NULL)
		pwd = receiver->password(receiver, ufrag, ufrag_length);
	aula_stun_verdict verdict =
		aula_stun_check(port->stun, data, length, &path->remote, pwd, &reply);
	if (verdict == AULA_STUN_BROKEN)
		port->counters.garbage++;
	if (verdict == AULA_STUN_REFUSED)
		port->counters.unauthentic++;
	if (reply.length > 0 && (verdict == AULA_STUN_VALID || may_complain(port))) {
		const struct iovec datagram = { reply.bytes, reply.length };
		aula_path_send(path, &datagram, 1);
	}
	if (verdict == AULA_STUN_VALID)
		receiver->on_port_checked(receiver, path, ufrag, ufrag_length, reply.nominates);
}

static void
on_udp_datagram(void *data, aula_udp *udp, const aula_address *remote, const aula_address *local,
	uint8_t *datagram, size_t length)
{
	aula_port *port = data;

	if (aula_is_stun(datagram, length)) {
		aula_path path = { .udp = udp, .remote = *remote, .local = *local };
		on_stun(port, &path, datagram, length);
		return;
	}
	aula_receiver *receiver = aula_demux_owner(port->demux, remote);
	if (receiver != NULL)
		receiver->on_port_datagram(receiver->data, datagram, length);
	else
		port->counters.garbage++;
}

static void
on_stream_frame(void *data, aula_tcp_stream *stream, uint8_t *frame, size_t length)
{
	aula_port *port = data;
	aula_receiver *receiver = aula_tcp_stream_owner(stream);

	if (aula_is_stun(frame, length)) {
		aula_path path = { .stream = stream,
			.remote = *aula_tcp_stream_remote(stream),
			.local = *aula_tcp_stream_local(stream) };
		on_stun(port, &path, frame, length);
	} else if (receiver != NULL) {
		receiver->on_port_datagram(receiver->data, frame, length);
	} else {
		port->counters.garbage++;
		aula_tcp_stream_close(
			stream); /* whoever begins with anything but a check is lost */
	}
}

static void
on_stream_closed(void *data, aula_tcp_stream *stream)
{
	aula_receiver *receiver = aula_tcp_stream_owner(stream);

	(void)data;
	if (receiver != NULL)
		receiver->on_port_stream_closed(receiver, stream);
}

/* -- binding -- */

static const aula_udp_listener udp_listener = { .on_udp_datagram = on_udp_datagram };
static const aula_tcp_listener tcp_listener = {
	.on_stream_frame = on_stream_frame,
	.on_stream_closed = on_stream_closed,
};

static void
unbind(aula_port *port)
{
	for (size_t i = 0; i < ADDRESSES_MOST; i++) {
		aula_udp_free(port->udps[i]);
		aula_tcp_free(port->tcps[i]);
		port->udps[i] = NULL;
		port->tcps[i] = NULL;
	}
	port->address_count = 0;
}

static bool
bind_address(aula_port *port, const char *text, uint16_t *number, GError **error)
{
	const aula_port_options *options = &port->options;
	size_t place = port->address_count;
	aula_address address;

	if (place == ADDRESSES_MOST || !aula_address_parse(text, *number, &address)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			place == ADDRESSES_MOST ? "%s is one address too many to bind"
						: "%s is not an IP address to bind",
			text);
		return false;
	}
	port->udps[place] = aula_udp_new(port->loop, &address, options->segmentation, port->inbox,
		&port->counters, &udp_listener, port, error);
	if (port->udps[place] == NULL)
		return false;
	port->address_count++;
	*number = aula_address_port(&address);
	if (!options->tcp)
		return true;
	port->tcps[place] = aula_tcp_new(port->loop, &address,
		MIN(options->connect_ms, STRANGER_PATIENCE_MS) * 1000, &port->counters,
		&tcp_listener, port, error);
	return port->tcps[place] != NULL;
}

static bool
bind_all(aula_port *port, const char *const *addresses, uint16_t number, GError **error)
{
	port->number = number;
	for (; *addresses != NULL; addresses++)
		if (!bind_address(port, *addresses, &port->number, error)) {
			unbind(port);
			return false;
		}
	return true;
}

/* A number that the kernel chose for the first socket may be taken for the next: try another. */
static bool
bind_any(aula_port *port, const char *const *addresses, GError **error)
{
	for (int i = 1; i < NUMBERS_TRIED; i++) {
		if (bind_all(port, addresses, 0, NULL))
			return true;
	}
	return bind_all(port, addresses, 0, error);
}

aula_port *
aula_port_new(aula_loop *loop, const aula_port_options *options,
	const aula_certificate *certificate, GError **error)
{
	aula_port *port = g_new0(aula_port, 1);
	port->loop = loop;
	port->options = *options;
	port->options.addresses = NULL;
	port->inbox = aula_udp_inbox_new();
	port->outbox = aula_outbox_new(loop);
	port->demux = aula_demux_new();
	port->stun = aula_stun_new();
	port->packets = aula_pool_new(options->packets_most);
	port->dtls = aula_dtls_context_new(certificate, error);
	if (port->dtls != NULL && options->agents != NULL) {
		port->options.agents = NULL;
		port->agents = aula_agents_new(loop, options->agents, error);
		if (port->agents != NULL)
			return port;
	} else if (port->dtls != NULL &&
		   (options->number != 0
				   ? bind_all(port, options->addresses, options->number, error)
				   : bind_any(port, options->addresses, error))) {
		return port;
	}
	aula_port_free(port);
	return NULL;
}

void
aula_port_free(aula_port *port)
{
	if (port == NULL)
		return;
	unbind(port);
	aula_agents_free(port->agents);
	aula_dtls_context_free(port->dtls);
	aula_pool_free(port->packets);
	aula_stun_free(port->stun);
	aula_demux_free(port->demux);
	aula_outbox_free(port->outbox);
	aula_udp_inbox_free(port->inbox);
	g_free(port);
}

uint16_t
aula_port_number(const aula_port *port)
{
	return port->number;
}

aula_loop *
aula_port_loop(const aula_port *port)
{
	return port->loop;
}

const aula_port_counters *
aula_port_counted(const aula_port *port)
{
	return &port->counters;
}

aula_port_counters *
aula_port_count(aula_port *port)
{
	return &port->counters;
}

const aula_port_options *
aula_port_options_of(const aula_port *port)
{
	return &port->options;
}

aula_pool *
aula_port_packets(aula_port *port)
{
	return port->packets;
}

aula_agents *
aula_port_agents(aula_port *port)
{
	return port->agents;
}

aula_demux *
aula_port_demux(aula_port *port)
{
	return port->demux;
}

aula_outbox *
aula_port_outbox(aula_port *port)
{
	return port->outbox;
}

aula_dtls_context *
aula_port_dtls(aula_port *port)
{
	return port->dtls;
}
