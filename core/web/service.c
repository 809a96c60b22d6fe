/* SPDX-License-Identifier: Apache-2.0 */
#include "web/service.h"

#include <errno.h>
#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"

enum {
	TICK_MS = 1000,
	STOP_TICK_MS = 20,
	STOP_MOST_MS = 1500,     /* for the goodbyes of all */
	ACCEPT_AT_ONCE = 64,     /* before others have their turn */
	HEADER_BYTES = 8192,     /* all headers of a request */
	REQUEST_SECONDS = 15,    /* from connect to the last header; the TLS handshake too */
	KEEP_ALIVE_SECONDS = 30, /* between requests */
};

struct door {
	aula_web_service *service;
	struct lws_vhost *vhost;
	int socket; /* -1: closed */
	uv_poll_t poll;
	bool polling;
};

struct aula_web_service {
	aula_web_outbox *outbox;
	aula_web_connections *connections;
	uv_loop_t loop;
	uv_async_t bell;
	uv_timer_t tick;
	struct lws_context *context; /* NULL once destroyed */
	struct door plain, tls;
	void *ssl; /* what handshakes are made with; NULL: no TLS */
	pthread_t thread;
	unsigned number;
	bool started, open;
	atomic_bool stop; /* asked for by [control] */
	bool stopping;
	int64_t stop_by_us;
};

/* -- the loop -- */

static void
ring(void *data)
{
	uv_async_send(&((aula_web_service *)data)->bell);
}

static void
deliver(aula_web_outbox_item *item)
{
	while (item != NULL) {
		aula_web_outbox_item *next = item->next;
		item->deliver(item);
		item = next;
	}
}

static void
on_accept(uv_poll_t *poll, int status, int events)
{
	struct door *door = poll->data;
	(void)status, (void)events;

	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage address;
		socklen_t length = sizeof address;
		int sock = accept4(door->socket, (struct sockaddr *)(void *)&address, &length,
			SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (sock >= 0) {
			aula_web_connections_adopt(
				door->service->connections, door->vhost, sock, &address);
			continue;
		}
		if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS)
			return;
		/* Those who wait stay in the kernel's queue until the next tick. */
		aula_log(AULA_LOG_WARNING, "web", "cannot accept a connection now: %s",
			g_strerror(errno));
		uv_poll_stop(poll);
		door->polling = false;
		return;
	}
}

static void
door_watch(struct door *door)
{
	if (door->socket < 0 || door->polling)
		return;
	door->polling = uv_poll_start(&door->poll, UV_READABLE, on_accept) == 0;
}

static void
door_close(struct door *door)
{
	if (door->socket < 0)
		return;
	uv_poll_stop(&door->poll);
	uv_close((uv_handle_t *)&door->poll, NULL);
	close(door->socket);
	door->socket = -1;
}

static void
on_tick(uv_timer_t *timer)
{
	aula_web_service *service = timer->data;

	if (!service->stopping) {
		aula_web_connections_tick(service->connections);
		door_watch(&service->plain);
		door_watch(&service->tls);
	} else if (aula_web_connections_farewells(service->connections) == 0 ||
		   g_get_monotonic_time() > service->stop_by_us) {
		uv_stop(&service->loop);
	}
}

static void
begin_stop(aula_web_service *service)
{
	service->stopping = true;
	service->stop_by_us = g_get_monotonic_time() + STOP_MOST_MS * G_TIME_SPAN_MILLISECOND;
	door_close(&service->plain);
	door_close(&service->tls);
	aula_web_connections_close(service->connections);
	uv_timer_start(&service->tick, on_tick, 0, STOP_TICK_MS);
}

static void
on_bell(uv_async_t *bell)
{
	aula_web_service *service = bell->data;

	deliver(aula_web_outbox_take(service->outbox));
	if (atomic_load(&service->stop) && !service->stopping)
		begin_stop(service);
}

/* The library's handles close over several turns of the loop; only then may the context go, which
 * clears the pointer. */
static void
context_close(aula_web_service *service)
{
	uv_timer_stop(&service->tick);
	uv_unref((uv_handle_t *)&service->bell);
	lws_context_destroy(service->context);
	uv_run(&service->loop, UV_RUN_DEFAULT);
	lws_context_destroy(service->context);
}

static void *
run(void *data)
{
	aula_web_service *service = data;
	char name[16];

	g_snprintf(name, sizeof name, "web-%u", service->number);
	pthread_setname_np(pthread_self(), name);
	door_watch(&service->plain);
	door_watch(&service->tls);
	uv_timer_start(&service->tick, on_tick, TICK_MS, TICK_MS);
	uv_run(&service->loop, UV_RUN_DEFAULT);
	context_close(service);
	return NULL;
}

/* -- another certificate -- */

typedef struct {
	aula_web_outbox_item item;
	aula_web_service *service;
	aula_chain *chain;
} presentation;

/* On the thread that uses the context: elsewhere a handshake could meet half of it. */
static void
present(aula_web_outbox_item *item)
{
	presentation *one = (presentation *)(void *)item;
	const aula_web_service *service = one->service;

	if (service->ssl != NULL && service->context != NULL &&
		!aula_chain_use(one->chain, service->ssl))
		aula_log(AULA_LOG_ERROR, "web", "the certificate cannot be used %s",
			aula_chain_summary(one->chain));
	aula_chain_unref(one->chain);
	g_free(one);
}

void
aula_web_service_present(aula_web_service *service, aula_chain *chain)
{
	presentation *one = g_new0(presentation, 1);

	*one = (presentation){
		.item.deliver = present, .service = service, .chain = aula_chain_ref(chain)
	};
	if (!aula_web_outbox_push(service->outbox, &one->item))
		present(&one->item);
}

/* -- making it -- */

static struct lws_context *
make_context(aula_web_service *service)
{
	static const lws_retry_bo_t no_pings = { 0 }; /* websocket.c has its own */
	void *loops[] = { &service->loop };
	/* A loop of our own, because with one of its own the library takes SIGINT and SIGTERM. */
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_VALIDATE_UTF8 |
			   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME |
			   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.foreign_loops = loops,
		.pcontext = &service->context,
		.user = service->connections,
		.server_string = "aula",
		.timeout_secs = REQUEST_SECONDS,
		.max_http_header_data = HEADER_BYTES,
		.retry_and_idle_policy = &no_pings,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
	};

	return lws_create_context(&info);
}

static struct lws_vhost *
make_vhost(aula_web_service *service, const char *certificate_path, const char *key_path)
{
	static const lws_retry_bo_t no_pings = { 0 };
	bool tls = certificate_path != NULL;
	/* Sockets are accepted here: the library, built for one thread, does not share its port.
	 * "No listen" alone has no TLS, and two vhosts of one port would be confused. The options
	 * keep it from loading the authorities of the web, for it connects to nobody. */
	struct lws_context_creation_info info = {
		.port = tls ? CONTEXT_PORT_NO_LISTEN_SERVER : CONTEXT_PORT_NO_LISTEN,
		.vhost_name = tls ? "https" : "http",
		.protocols = aula_web_connections_protocols(service->connections),
		.options = tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
					   LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG
			       : 0,
		.alpn = "http/1.1",
		.keepalive_timeout = KEEP_ALIVE_SECONDS,
		.timeout_secs_ah_idle = REQUEST_SECONDS,
		.retry_and_idle_policy = &no_pings,
		.ssl_cert_filepath = certificate_path,
		.ssl_private_key_filepath = key_path,
		.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1,
	};

	return lws_create_vhost(service->context, &info);
}

static void
door_open(aula_web_service *service, struct door *door, int sock, struct lws_vhost *vhost)
{
	*door = (struct door){ .service = service, .vhost = vhost, .socket = sock };
	if (sock < 0)
		return;
	uv_poll_init(&service->loop, &door->poll, sock);
	door->poll.data = door;
}

static bool
open_all(aula_web_service *service, int plain_socket, int tls_socket, const char *certificate_path,
	const char *key_path, GError **error)
{
	struct lws_vhost *tls = NULL;

	service->context = make_context(service);
	if (service->context == NULL) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
			"libwebsockets does not start; is its libuv plug-in "
			"(libwebsockets-evlib-uv) installed?");
		return false;
	}
	struct lws_vhost *plain = make_vhost(service, NULL, NULL);
	if (tls_socket >= 0)
		tls = make_vhost(service, certificate_path, key_path);
	if (plain == NULL || (tls_socket >= 0 && tls == NULL)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
			"The certificate \"%s\" with the key \"%s\" cannot be used",
			certificate_path, key_path);
		return false;
	}
	door_open(service, &service->plain, plain_socket, plain);
	door_open(service, &service->tls, tls_socket, tls);
	return true;
}

aula_web_service *
aula_web_service_new(const aula_web_hall *hall, int plain_socket, int tls_socket,
	const char *certificate_path, const char *key_path, GError **error)
{
	aula_web_service *service = g_new0(aula_web_service, 1);

	service->plain.socket = service->tls.socket = -1;
	service->outbox = aula_web_outbox_new(ring, service);
	service->connections = aula_web_connections_new(hall, service->outbox, &service->ssl);
	atomic_init(&service->stop, false);
	if (uv_loop_init(&service->loop) != 0) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_MFILE,
			"No descriptor is left for the web listener");
	} else {
		service->open = true;
		uv_async_init(&service->loop, &service->bell, on_bell);
		uv_timer_init(&service->loop, &service->tick);
		service->bell.data = service->tick.data = service;
		if (open_all(service, plain_socket, tls_socket, certificate_path, key_path, error))
			return service;
	}
	close(plain_socket);
	if (tls_socket >= 0)
		close(tls_socket);
	aula_web_service_free(service);
	return NULL;
}

void
aula_web_service_start(aula_web_service *service, unsigned number)
{
	service->number = number;
	int code = pthread_create(&service->thread, NULL, run, service);
	if (code != 0)
		g_error("no thread for the web listener: %s", g_strerror(code));
	service->started = true;
}

void
aula_web_service_stop(aula_web_service *service)
{
	atomic_store(&service->stop, true);
	uv_async_send(&service->bell);
}

static void
loop_close(aula_web_service *service)
{
	door_close(&service->plain);
	door_close(&service->tls);
	if (service->context != NULL)
		context_close(service);
	uv_close((uv_handle_t *)&service->bell, NULL);
	uv_close((uv_handle_t *)&service->tick, NULL);
	uv_run(&service->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&service->loop) != 0)
		aula_log(AULA_LOG_WARNING, "web", "a handle was left open");
}

void
aula_web_service_free(aula_web_service *service)
{
	if (service == NULL)
		return;
	if (service->started)
		pthread_join(service->thread, NULL);
	deliver(aula_web_outbox_close(service->outbox));
	if (service->open)
		loop_close(service);
	aula_web_connections_free(service->connections);
	aula_web_outbox_unref(service->outbox);
	g_free(service);
}
