/* SPDX-License-Identifier: Apache-2.0 */
/** What the core itself can be told: the blocks of conf/aula.cfg, with the command line on top. The
 * server starts without any of it. Texts and lists live as long as the settings. */
#ifndef AULA_HOST_SETTINGS_H
#define AULA_HOST_SETTINGS_H

#include <glib.h>

#include "aula/host.h"
#include "host/config.h"
#include "host/options.h"

typedef struct {
	const char *name;
	const char *state; /* absolute, once loaded */
	int64_t drain_s;
} aula_settings_general;

typedef struct {
	const char *host;
	const char *url; /* without a slash at the end; NULL: aula_greeting_url() makes one */
	int64_t port, tls_port;
	const char *certificate_file, *key_file; /* made on a first start */
	int64_t threads;
	const char *root; /* never NULL once loaded */
	int64_t connections_most, address_connections_most;
	aula_list connect_sources, origins, proxies; /* of const char * */
} aula_settings_web;

typedef struct {
	int64_t udp_port, loops;
	aula_list addresses, announce; /* of const char *; addresses is never empty once loaded */
	aula_tristate loopback;        /* never absent once loaded */
	bool tcp, segmentation;
	int64_t consent_ms, connect_ms, packets_most;
} aula_settings_media;

typedef struct {
	const char *uri;
	const char *user, *password_file; /* both, or... */
	const char *secret_file;
} aula_settings_turn;

typedef struct {
	const char *mode;        /* "lite", "full" */
	const char *stun_server; /* NULL: none */
	aula_list turn;          /* of aula_settings_turn */
	const char *ca_file;     /* NULL: the system's */
	bool relay_only, names;
	int64_t gather_ms, first_port, last_port;
} aula_settings_ice;

typedef struct {
	aula_list uris;          /* of const char * */
	const char *secret_file; /* NULL: none of the URIs is of TURN */
	int64_t lifetime_s;
} aula_settings_ice_servers;

typedef struct {
	const char *level;
	const char *format; /* "text", "json" */
} aula_settings_log;

typedef struct {
	const char *secret_file;       /* made on a first start */
	const char *jwks_file;         /* NULL: tokens signed with the secret only */
	const char *issuer, *audience; /* that tokens must name; NULL: any */
	int64_t leeway_s;
	json_t *roles;        /* never NULL once loaded */
	json_t *max_bitrates; /* role to bits per second; NULL: no role has a limit */
} aula_settings_identity;

typedef struct {
	const char *mode; /* "off", "loopback", "anywhere"; never NULL once loaded */
	int64_t room;
	const char *title;
	int64_t token_s;
	aula_list guest; /* of const char *: capabilities; never empty once loaded */
} aula_settings_demo;

typedef struct {
	int64_t clients, sessions, client_sessions, handles, peers, rooms, members, message_bytes;
	int64_t session_timeout_s, reclaim_s;
	/* requests a second, 0: no bound; and in a row */
	int64_t address_rate, address_burst, token_rate, token_burst;
	int64_t session_rate, session_burst, client_rate, client_burst;
} aula_settings_limits;

typedef struct {
	int64_t queue_most, queue_bytes, spool_bytes, flush_ms, statistics_s;
} aula_settings_events;

typedef struct {
	const char *url;           /* "sqlite:FILE" with an absolute path, once loaded */
	const char *password_file; /* NULL: none */
	int64_t readers, queue_most, queue_bytes, spool_bytes, rows_most;
	int64_t connect_ms, statement_ms;
} aula_settings_store;

typedef struct {
	const char *url;           /* NULL: all is in this process */
	const char *password_file; /* NULL: none */
	const char *prefix;
	int64_t queue_most, queue_bytes, connect_ms, reply_ms, presence_s;
} aula_settings_bus;

typedef struct {
	bool enabled;
	const char *bind;
	int64_t port, tls_port;
	const char *secret_file; /* NULL: none, and only this machine is heard */
	const char *capture_folder;
	int64_t capture_bytes, captures_most;
} aula_settings_admin;

typedef struct {
	const char *name, *path; /* one of them */
	bool required;
} aula_settings_module;

typedef struct {
	aula_list networks;     /* of const char * */
	const char *statsd_url; /* NULL: nobody is told */
	int64_t statsd_s;
	aula_list statsd_tags; /* of const char * */
} aula_settings_metrics;

typedef struct {
	const char *folder; /* never NULL once loaded */
	aula_list enabled;  /* of aula_settings_module; empty: every module of the folder */
} aula_settings_modules;

typedef struct aula_settings {
	aula_settings_general general;
	aula_settings_web web;
	aula_settings_media media;
	aula_settings_ice ice;
	aula_settings_ice_servers ice_servers;
	aula_settings_log log;
	aula_settings_identity identity;
	aula_settings_demo demo;
	aula_settings_limits limits;
	aula_settings_events events;
	aula_settings_store store;
	aula_settings_bus bus;
	aula_settings_metrics metrics;
	aula_settings_modules modules;
	char *store_url; /* of SQLite, absolute */
	aula_settings_admin admin;
	aula_config *config;          /* where it all came from; for aula_config_blame() */
	struct aula_settings *former; /* what a reload took over points into these; NULL */
} aula_settings;

/** Reads aula.cfg of the options' folder, lays the options over it, fills, checks what tables
 * cannot, and settles what is absent. */
aula_settings *aula_settings_load(const aula_options *options, GError **error);
void aula_settings_free(aula_settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_settings, aula_settings_free)

/** Takes over from `fresh` (taken) what is AULA_LIVE. Appends "limits.rooms" and the like to
 * `applied` or, what differs and needs a restart, to `restart`. */
void aula_settings_apply(
	aula_settings *settings, aula_settings *fresh, json_t *applied, json_t *restart);

/** Whether tokens for a demo class are handed out: not in mode "off". Without a mode in the
 * configuration, the demo runs when the web listener is on a loopback address and nobody has set up
 * an identity; "loopback" on another address is a fault, so that a demo never leaves the machine
 * unless asked by name. */
bool aula_settings_demo_runs(const aula_settings *settings);
/** Whether each peer has an ICE agent of its own. */
bool aula_settings_ice_is_full(const aula_settings *settings);
/** Whether it runs for people at this machine only. */
bool aula_settings_demo_is_local(const aula_settings *settings);

/** Whether `host` is "localhost" or a loopback address. */
bool aula_settings_is_loopback(const char *host);

/** The texts of a list, ending with NULL; they are borrowed, the array is the caller's (g_free). */
const char **aula_settings_texts(const aula_list *list);

aula_log_level aula_settings_log_level(const aula_settings *settings);

/** One block, for describing: name, sentence, table. Ends with a NULL name. */
typedef struct {
	const char *name, *summary;
	aula_schema schema;
	size_t offset, size;
} aula_settings_block;
const aula_settings_block *aula_settings_blocks(void);

/** What an absent list or map under `path` ("identity.roles") stands for. New reference; NULL: an
 * empty one. */
json_t *aula_settings_default(const char *path);

#endif
