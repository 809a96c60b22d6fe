/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum {
	WAITING_MOST = 64, /* connections that the kernel keeps for us */
	FLOWS_MOST = 4096,
	BUFFER_BYTES = 8 << 10,
	ACCEPTED_A_TURN = 64,
};

static const char area[] = "ice";

typedef struct {
	uint8_t bytes[BUFFER_BYTES];
	size_t from, to;
} buffer;

typedef struct flow {
	GSource source; /* the first member */
	aula_tunnel *tunnel;
	struct flow *next, *previous;
	int near, far;
	gpointer near_tag, far_tag;
	SSL *tls;
	bool connected;   /* TCP */
	bool wants_write; /* TLS, to go on */
	buffer out, in;
} flow;

struct aula_tunnel {
	aula_context *context;
	SSL_CTX *tls;
	char *name;
	aula_address server;
	int listener;
	GSource *accepting;
	uint16_t port;
	flow *flows;
	size_t flow_count;
};

/* -- one connection -- */

static void
cut(flow *self)
{
	aula_tunnel *tunnel = self->tunnel;

	if (self->previous != NULL)
		self->previous->next = self->next;
	else
		tunnel->flows = self->next;
	if (self->next != NULL)
		self->next->previous = self->previous;
	tunnel->flow_count--;
	SSL_free(self->tls);
	close(self->near);
	close(self->far);
	g_source_destroy(&self->source);
	g_source_unref(&self->source);
}

/* False: it is over. */
static bool
may_go_on(flow *self, int result)
{
	int why = SSL_get_error(self->tls, result);

	if (why == SSL_ERROR_WANT_READ)
		return true;
	if (why == SSL_ERROR_WANT_WRITE) {
		self->wants_write = true;
		return true;
	}
	if (!SSL_is_init_finished(self->tls)) {
		long verified = SSL_get_verify_result(self->tls);
		aula_log(AULA_LOG_WARNING, area, "no TLS with the TURN server name=%s reason=%s",
			self->tunnel->name,
			verified != X509_V_OK ? X509_verify_cert_error_string(verified)
					      : "handshake failed");
	}
	return false;
}

static bool
send_out(flow *self)
{
	while (self->out.from < self->out.to) {
		ERR_clear_error();
		int sent = SSL_write(self->tls, self->out.bytes + self->out.from,
			(int)(self->out.to - self->out.from));
		if (sent <= 0)
			return may_go_on(self, sent);
		self->out.from += (size_t)sent;
	}
	return true;
}

static bool
read_near(flow *self)
{
	if (self->out.from < self->out.to)
		return true;
	ssize_t length = recv(self->near, self->out.bytes, BUFFER_BYTES, 0);
	if (length <= 0)
		return length < 0 && (errno == EAGAIN || errno == EINTR);
	self->out.from = 0;
	self->out.to = (size_t)length;
	return true;
}

static bool
send_in(flow *self)
{
	while (self->in.from < self->in.to) {
		ssize_t sent = send(self->near, self->in.bytes + self->in.from,
			self->in.to - self->in.from, MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		self->in.from += (size_t)sent;
	}
	return true;
}

static bool
read_far(flow *self)
{
	while (self->in.from == self->in.to) {
		ERR_clear_error();
		int length = SSL_read(self->tls, self->in.bytes, BUFFER_BYTES);
		if (length <= 0)
			return may_go_on(self, length);
		self->in.from = 0;
		self->in.to = (size_t)length;
		if (!send_in(self))
			return false;
	}
	return true;
}

static bool
has_connected(flow *self)
{
	int problem = 0;
	socklen_t size = sizeof problem;

	if (getsockopt(self->far, SOL_SOCKET, SO_ERROR, &problem, &size) != 0 || problem != 0) {
		aula_log(AULA_LOG_WARNING, area, "the TURN server is not reached name=%s reason=%s",
			self->tunnel->name, g_strerror(problem));
		return false;
	}
	self->connected = true;
	return true;
}

static gboolean
dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	flow *self = (flow *)source;
	GIOCondition far = g_source_query_unix_fd(source, self->far_tag);

	(void)callback, (void)data;
	self->wants_write = false;
	bool good = self->connected || far == 0 || has_connected(self);
	if (good && self->connected)
		good = read_near(self) && send_out(self) && send_in(self) && read_far(self);
	if (!good) {
		cut(self);
		return G_SOURCE_REMOVE;
	}
	bool sending = self->out.from < self->out.to, receiving = self->in.from < self->in.to;
	g_source_modify_unix_fd(
		source, self->near_tag, (sending ? 0 : G_IO_IN) | (receiving ? G_IO_OUT : 0));
	/* What is left to send waits for the socket, or for what TLS wants to read first. */
	g_source_modify_unix_fd(source, self->far_tag,
		(self->connected && !receiving ? G_IO_IN : 0) |
			(!self->connected || self->wants_write ? G_IO_OUT : 0));
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs flow_functions = { .dispatch = dispatch };

static SSL *
greet(aula_tunnel *tunnel, int fd)
{
	SSL *tls = SSL_new(tunnel->tls);
	struct in6_addr numeric;

	if (tls == NULL)
		return NULL;
	SSL_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_set_fd(tls, fd);
	SSL_set_connect_state(tls);
	if (inet_pton(AF_INET, tunnel->name, &numeric) == 1 ||
		inet_pton(AF_INET6, tunnel->name, &numeric) == 1) {
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), tunnel->name);
	} else {
		SSL_set1_host(tls, tunnel->name);
		SSL_set_tlsext_host_name(tls, tunnel->name);
	}
	return tls;
}

static void
open_flow(aula_tunnel *tunnel, int near)
{
	int far =
		socket(tunnel->server.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	SSL *tls = far >= 0 ? greet(tunnel, far) : NULL;

	if (tls == NULL || tunnel->flow_count == FLOWS_MOST ||
		(connect(far, &tunnel->server.any, aula_address_length(&tunnel->server)) != 0 &&
			errno != EINPROGRESS)) {
		SSL_free(tls);
		if (far >= 0)
			close(far);
		close(near);
		return;
	}
	flow *self = (flow *)g_source_new(&flow_functions, sizeof(flow));
	self->tunnel = tunnel;
	self->near = near;
	self->far = far;
	self->tls = tls;
	self->near_tag = g_source_add_unix_fd(&self->source, near, G_IO_IN);
	self->far_tag = g_source_add_unix_fd(&self->source, far, G_IO_OUT);
	self->next = tunnel->flows;
	if (self->next != NULL)
		self->next->previous = self;
	tunnel->flows = self;
	tunnel->flow_count++;
	g_source_attach(&self->source, aula_context_glib(tunnel->context));
}

/* -- the port -- */

static gboolean
accept_some(GSource *source, GSourceFunc callback, gpointer data)
{
	aula_tunnel *tunnel = data;

	(void)source, (void)callback;
	for (int i = 0; i < ACCEPTED_A_TURN; i++) {
		int near = accept4(tunnel->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (near < 0)
			break;
		if (tunnel->server.any.sa_family == AF_UNSPEC)
			close(near);
		else
			open_flow(tunnel, near);
	}
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs accept_functions = { .dispatch = accept_some };

static bool
listen_here(aula_tunnel *tunnel)
{
	aula_address here;
	socklen_t size = sizeof here;

	aula_address_parse("127.0.0.1", 0, &here);
	tunnel->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (tunnel->listener < 0 ||
		bind(tunnel->listener, &here.any, aula_address_length(&here)) != 0 ||
		listen(tunnel->listener, WAITING_MOST) != 0 ||
		getsockname(tunnel->listener, &here.any, &size) != 0)
		return false;
	tunnel->port = aula_address_port(&here);
	return true;
}

static gboolean
nothing(gpointer data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

aula_tunnel *
aula_tunnel_new(aula_context *context, SSL_CTX *tls, const char *name, GError **error)
{
	aula_tunnel *tunnel = g_new0(aula_tunnel, 1);

	tunnel->context = context;
	tunnel->tls = tls;
	tunnel->name = g_strdup(name);
	tunnel->listener = -1;
	if (!listen_here(tunnel)) {
		g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
			"no loopback port for TLS to %s: %s", name, g_strerror(errno));
		aula_tunnel_free(tunnel);
		return NULL;
	}
	tunnel->accepting = g_source_new(&accept_functions, sizeof(GSource));
	g_source_add_unix_fd(tunnel->accepting, tunnel->listener, G_IO_IN);
	g_source_set_callback(tunnel->accepting, nothing, tunnel, NULL);
	g_source_attach(tunnel->accepting, aula_context_glib(context));
	return tunnel;
}

void
aula_tunnel_free(aula_tunnel *tunnel)
{
	if (tunnel == NULL)
		return;
	while (tunnel->flows != NULL)
		cut(tunnel->flows);
	if (tunnel->accepting != NULL) {
		g_source_destroy(tunnel->accepting);
		g_source_unref(tunnel->accepting);
	}
	if (tunnel->listener >= 0)
		close(tunnel->listener);
	g_free(tunnel->name);
	g_free(tunnel);
}

void
aula_tunnel_set_server(aula_tunnel *tunnel, const aula_address *server)
{
	tunnel->server = *server;
}

uint16_t
aula_tunnel_port(const aula_tunnel *tunnel)
{
	return tunnel->port;
}
