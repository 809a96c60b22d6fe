/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/servers.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/log.h"
#include "peer/address.h"
#include "peer/tunnel.h"
#include "peer/turn-rest.h"

enum {
	OLD_US = 300 * 1000000, /* when a name is looked up again */
	/* coturn asks for credentials anew only when an allocation begins. */
	CREDENTIALS_S = 12 * 3600,
};

static const char area[] = "ice";

typedef struct {
	aula_servers *all;
	aula_ice_uri uri;
	char *user, *password;
	GBytes *secret;
	bool looking;
	int64_t known_us;     /* when the name was last looked up; 0: never */
	aula_address address; /* not set: not known */
	aula_tunnel *tunnel;  /* of turns */
} server;

struct aula_servers {
	aula_context *context;
	server *list;
	size_t count;
	SSL_CTX *tls;
	GCancellable *cancel;
};

/* -- names -- */

static void
set_address(server *one, const char *numeric)
{
	if (aula_address_parse(numeric, one->uri.port, &one->address) && one->tunnel != NULL)
		aula_tunnel_set_server(one->tunnel, &one->address);
}

static void
on_found(GObject *resolver, GAsyncResult *result, gpointer data)
{
	server *one = data;
	g_autoptr(GError) error = NULL;
	GList *found = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, &error);

	/* Cancelled: the servers are gone. */
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	one->looking = false;
	if (found != NULL) {
		g_autofree char *numeric = g_inet_address_to_string(found->data);
		set_address(one, numeric);
	} else {
		aula_log(AULA_LOG_WARNING, area, "a server's name is not found host=%s reason=%s",
			one->uri.host, error != NULL ? error->message : "no address");
	}
	g_resolver_free_addresses(found);
}

static void
look_up(server *one)
{
	if (one->looking || (one->known_us != 0 && aula_now_us() - one->known_us < OLD_US))
		return;
	one->known_us = aula_now_us();
	one->looking = true;
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	g_resolver_lookup_by_name_async(resolver, one->uri.host, one->all->cancel, on_found, one);
}

/* -- life -- */

static bool
make_tls(aula_servers *servers, const char *ca_path, GError **error)
{
	servers->tls = SSL_CTX_new(TLS_client_method());
	if (servers->tls == NULL ||
		(ca_path != NULL ? SSL_CTX_load_verify_locations(servers->tls, ca_path, NULL)
				 : SSL_CTX_set_default_verify_paths(servers->tls)) != 1) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"%s: no certificates of authorities can be read from it",
			ca_path != NULL ? ca_path : "the system's store");
		return false;
	}
	SSL_CTX_set_min_proto_version(servers->tls, TLS1_2_VERSION);
	SSL_CTX_set_verify(servers->tls, SSL_VERIFY_PEER, NULL);
	return true;
}

typedef struct {
	aula_mail mail;
	aula_servers *servers;
} beginning;

static void
deliver_beginning(aula_mail *mail)
{
	aula_servers *servers = ((beginning *)mail)->servers;

	for (size_t i = 0; i < servers->count; i++)
		if (servers->list[i].address.any.sa_family == AF_UNSPEC)
			look_up(&servers->list[i]);
	g_free(mail);
}

static bool
set_up(aula_servers *servers, server *one, const aula_ice_server *told, const char *ca_path,
	GError **error)
{
	one->all = servers;
	one->uri = told->uri;
	one->user = g_strdup(told->user);
	one->password = g_strdup(told->password);
	one->secret = told->secret != NULL ? g_bytes_ref(told->secret) : NULL;
	if (one->uri.kind == AULA_ICE_URI_TURNS) {
		if (servers->tls == NULL && !make_tls(servers, ca_path, error))
			return false;
		one->tunnel = aula_tunnel_new(servers->context, servers->tls, one->uri.host, error);
		if (one->tunnel == NULL)
			return false;
	}
	set_address(one, one->uri.host);
	return true;
}

aula_servers *
aula_servers_new(aula_context *context, const aula_ice_server *list, size_t count,
	const char *ca_path, GError **error)
{
	aula_servers *servers = g_new0(aula_servers, 1);

	servers->context = context;
	servers->cancel = g_cancellable_new();
	servers->list = g_new0(server, count);
	servers->count = count;
	for (size_t i = 0; i < count; i++) {
		if (set_up(servers, &servers->list[i], &list[i], ca_path, error))
			continue;
		aula_servers_free(servers);
		return NULL;
	}
	beginning *begun = g_new0(beginning, 1);
	*begun = (beginning){ { .deliver = deliver_beginning }, servers };
	aula_context_post(context, &begun->mail);
	return servers;
}

void
aula_servers_free(aula_servers *servers)
{
	if (servers == NULL)
		return;
	g_cancellable_cancel(servers->cancel);
	g_object_unref(servers->cancel);
	for (size_t i = 0; i < servers->count; i++) {
		server *one = &servers->list[i];
		aula_tunnel_free(one->tunnel);
		g_free(one->user);
		g_free(one->password);
		if (one->secret != NULL)
			g_bytes_unref(one->secret);
	}
	SSL_CTX_free(servers->tls);
	g_free(servers->list);
	g_free(servers);
}

/* -- for an agent -- */

static void
tell_credentials(const server *one, aula_server_now *now)
{
	aula_turn_credentials made;

	if (one->secret == NULL) {
		g_strlcpy(now->user, one->user != NULL ? one->user : "", sizeof now->user);
		g_strlcpy(now->password, one->password != NULL ? one->password : "",
			sizeof now->password);
		return;
	}
	aula_turn_rest_make(
		one->secret, "aula", g_get_real_time() / G_USEC_PER_SEC + CREDENTIALS_S, &made);
	g_strlcpy(now->user, made.user, sizeof now->user);
	g_strlcpy(now->password, made.password, sizeof now->password);
}

static void
tell_address(const server *one, aula_server_now *now)
{
	socklen_t size = sizeof now->address;
	const aula_address *address = &one->address;

	now->kind = one->uri.kind;
	now->port = one->uri.port;
	if (one->tunnel != NULL) {
		now->kind = AULA_ICE_URI_TURN_TCP;
		now->port = aula_tunnel_port(one->tunnel);
		g_strlcpy(now->address, "127.0.0.1", sizeof now->address);
	} else if (address->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &address->v4.sin_addr, now->address, size);
	} else {
		inet_ntop(AF_INET6, &address->v6.sin6_addr, now->address, size);
	}
}

size_t
aula_servers_now(aula_servers *servers, aula_server_now *ret_now, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < servers->count && count < most; i++) {
		server *one = &servers->list[i];
		if (one->known_us != 0)
			look_up(one);
		if (one->address.any.sa_family == AF_UNSPEC)
			continue;
		aula_server_now *now = &ret_now[count++];
		memset(now, 0, sizeof *now);
		tell_address(one, now);
		if (one->uri.kind != AULA_ICE_URI_STUN)
			tell_credentials(one, now);
	}
	return count;
}
