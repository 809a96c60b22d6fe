/* SPDX-License-Identifier: Apache-2.0 */
/* The WebSocket transport on the real listener, with the test as its host. */
#include "client.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "aula/module.h"
#include "web/web.h"

typedef struct {
	aula_host host;
	aula_web *web;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	void *self, *client_data;
	GString *heard;
	int opened, closed, finals;
} stage;

static stage *play; /* the tables below have no other way to it */

static aula_code
host_websocket(const aula_host *host, const char *subprotocol, const aula_websocket_ops *socket_ops,
	void *self, const aula_websocket_limits *limits)
{
	(void)host;
	return aula_web_websocket_add(play->web, subprotocol, socket_ops, self, limits);
}

static aula_client
gateway_opened(const aula_host *host, void *client_data, const char *address, bool lasting)
{
	(void)host;
	g_assert_cmpstr(address, ==, "127.0.0.1");
	g_assert_true(lasting);
	pthread_mutex_lock(&play->lock);
	play->client_data = client_data;
	play->opened++;
	pthread_mutex_unlock(&play->lock);
	return (aula_client){ 7 };
}

static void
gateway_received(const aula_host *host, aula_client client, const char *text, size_t length)
{
	(void)host;
	g_assert_cmpuint(client.id, ==, 7);
	pthread_mutex_lock(&play->lock);
	g_string_append_len(play->heard, text, (gssize)length);
	pthread_cond_broadcast(&play->changed);
	pthread_mutex_unlock(&play->lock);
}

static void
gateway_closed(const aula_host *host, aula_client client, bool final)
{
	(void)host;
	g_assert_cmpuint(client.id, ==, 7);
	pthread_mutex_lock(&play->lock);
	play->closed++;
	play->finals += final;
	pthread_cond_broadcast(&play->changed);
	pthread_mutex_unlock(&play->lock);
}

static void
await_closed(void)
{
	pthread_mutex_lock(&play->lock);
	while (play->closed == 0)
		pthread_cond_wait(&play->changed, &play->lock);
	pthread_mutex_unlock(&play->lock);
}

static void
await_heard(const char *text)
{
	pthread_mutex_lock(&play->lock);
	while (strcmp(play->heard->str, text) != 0)
		pthread_cond_wait(&play->changed, &play->lock);
	pthread_mutex_unlock(&play->lock);
}

extern const aula_module aula_module_v1;

static void
test_transport(void)
{
	static const aula_http http = { .size = sizeof http,
		.websocket = host_websocket,
		.send = aula_websocket_send,
		.close = aula_websocket_close,
		.release = aula_websocket_release };
	static const aula_gateway gateway = { .size = sizeof gateway,
		.opened = gateway_opened,
		.received = gateway_received,
		.closed = gateway_closed };
	int64_t config[] = { 65536, 65536, 30, 10 };
	aula_web_options options = {
		.host = "127.0.0.1", .root = "/", .threads = 1, .connections_most = 100
	};
	stage s = { .host = { .size = sizeof s.host, .http = &http, .gateway = &gateway },
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.heard = g_string_new(NULL) };
	const aula_module *module = &aula_module_v1;
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	play = &s;
	g_assert_cmpuint(module->config_size, ==, sizeof config);
	s.web = aula_web_new(&options, NULL);
	g_assert_cmpint(module->start(&s.host, config, &s.self), ==, AULA_OK);
	g_assert_true(aula_web_start(s.web, NULL));
	int sock = client_websocket(aula_web_port(s.web), "janus-protocol", "", NULL);
	g_assert_true(client_say(sock, "{\"janus\":\"info\"}"));
	await_heard("{\"janus\":\"info\"}");
	g_assert_cmpint(module->transport->send(s.self, s.client_data, "{}", 2), ==, AULA_OK);
	g_assert_cmpint(client_hear(sock, bytes), ==, OP_TEXT);
	g_assert_cmpmem(bytes->data, bytes->len, "{}", 2);
	module->transport->close(s.self, s.client_data, AULA_TOO_FAST, "enough");
	g_assert_cmpint(client_hear_close(sock), ==, 1008);
	close(sock);
	await_closed();
	g_assert_cmpint(module->transport->send(s.self, s.client_data, "{}", 2), ==, AULA_GONE);
	module->transport->released(s.self, s.client_data);
	/* The core may also forget a client that is still there. */
	sock = client_websocket(aula_web_port(s.web), "janus-protocol", "", NULL);
	g_assert_true(client_say(sock, "[]"));
	await_heard("{\"janus\":\"info\"}[]");
	module->transport->released(s.self, s.client_data);
	g_assert_cmpint(client_hear_close(sock), ==, 1000);
	close(sock);
	aula_web_stop(s.web);
	g_assert_cmpint(s.closed, ==, 2);
	g_assert_cmpint(s.finals, ==, 0);
	module->stop(s.self);
	aula_web_free(s.web);
	g_string_free(s.heard, TRUE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/web/transport", test_transport);
	return g_test_run();
}
