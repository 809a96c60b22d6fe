/* SPDX-License-Identifier: Apache-2.0 */
/* Wiring: the one file that knows every room of the core. Makes the parts from the left to the
 * right, runs the control loop on the main thread, and takes the parts down again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/ctl.h"
#include "admin/reload.h"
#include "admin/verb.h"
#include "base/log.h"
#include "host/describe.h"
#include "host/footing.h"
#include "host/greeting.h"
#include "host/options.h"
#include "host/secret.h"
#include "host/supervisor.h"
#include "signaling/about.h"
#include "signaling/demo.h"
#include "signaling/ice-plan.h"
#include "signaling/signaling.h"
#include "store/audit-check.h"
#include "store/backup.h"

enum {
	AUDIT_OWNER = -1, /* no module */
	DRAIN_LOOK_US = 100000,
	STORE_END_US = 15 * 1000 * 1000, /* more than a statement and a connection may take */
};

static const char area[] = "aula";

typedef struct {
	aula_options options;
	aula_supervisor *supervisor;
	aula_settings *settings;
	aula_capabilities *capabilities;
	aula_modules *modules;
	aula_roles *roles;
	aula_identities *identities;
	aula_ice_servers *ice_servers;
	aula_loop *control;
	aula_fanout *events;
	aula_hits *hits;
	aula_keeper *keeper;
	bool keeper_hangs;
	aula_audit_log *audit;
	aula_web *web;
	aula_demo *demo;
	aula_signaling *signaling;
	aula_certificate *certificate;
	aula_engine *engine;
	aula_admin *admin;
	aula_reload *reload;
	int signal_fd;
	aula_watch *signals;
	bool draining, stopping;
	int64_t stop_by_us;
	aula_alarm drain;
} daemon_parts;

/* -- what the settings say -- */

static bool
load(daemon_parts *d, GError **error)
{
	d->settings = aula_settings_load(&d->options, error);
	if (d->settings == NULL)
		return false;
	aula_log_open(aula_settings_log_level(d->settings));
	aula_log_set_json(strcmp(d->settings->log.format, "json") == 0);
	d->capabilities = aula_capabilities_new();
	d->modules =
		aula_modules_load(d->settings, d->options.config_folder, d->capabilities, error);
	if (d->modules == NULL)
		return false;
	json_t *map = d->settings->identity.roles;
	const aula_config *config = d->settings->config;
	d->roles = aula_roles_new(d->capabilities, map, config, "identity.roles", error);
	/* The guests of a demo that does not run have to have good names all the same. */
	g_autoptr(aula_roles) trial =
		aula_roles_new(d->capabilities, map, config, "identity.roles", NULL);
	return d->roles != NULL &&
	       aula_roles_limit(d->roles, d->settings->identity.max_bitrates, config,
		       "identity.max_bitrates", error) &&
	       aula_roles_set(aula_settings_demo_runs(d->settings) ? d->roles : trial,
		       d->capabilities, "guest", &d->settings->demo.guest, config, "demo.guest",
		       error);
}

/* -- parts -- */

static bool
make_web(daemon_parts *d, GError **error)
{
	const aula_settings_web *web = &d->settings->web;
	g_autofree const char **connect = aula_settings_texts(&web->connect_sources);
	g_autofree const char **origins = aula_settings_texts(&web->origins);
	g_autofree const char **proxies = aula_settings_texts(&web->proxies);

	d->web = aula_web_new(
		&(aula_web_options){ .host = web->host,
			.port = (int)web->port,
			.tls_port = (int)web->tls_port,
			.certificate_path = web->tls_port != 0 ? web->certificate_file : NULL,
			.key_path = web->tls_port != 0 ? web->key_file : NULL,
			.root = web->root,
			.threads = (unsigned)web->threads,
			.hits = d->hits,
			.connections_most = web->connections_most,
			.address_connections_most = web->address_connections_most,
			.proxies = proxies,
			.csp_connect = connect,
			.origins = origins,
			.websockets_local = aula_settings_demo_is_local(d->settings) },
		error);
	return d->web != NULL;
}

static bool
make_engine(daemon_parts *d, GError **error)
{
	const aula_settings_media *media = &d->settings->media;
	g_autofree const char **addresses = aula_settings_texts(&media->addresses);
	g_autofree const char **announce = aula_settings_texts(&media->announce);

	g_auto(aula_ice_plan) plan = { 0 };
	bool full = aula_settings_ice_is_full(d->settings);

	if (full && !aula_ice_plan_read(d->settings, &plan, error))
		return false;
	d->certificate = aula_certificate_new("aula", NULL, AULA_FOOTING_CERTIFICATE_DAYS, error);
	if (d->certificate == NULL)
		return false;
	d->engine = aula_engine_new(&(aula_engine_options){ .loops = (unsigned)media->loops,
					    .addresses = addresses,
					    .announced = announce,
					    .loopback = media->loopback == 1,
					    .first_port = (uint16_t)media->udp_port,
					    .tcp = media->tcp,
					    .segmentation = media->segmentation,
					    .packets_most = media->packets_most,
					    .consent_ms = media->consent_ms,
					    .connect_ms = media->connect_ms,
					    .agents = full ? &plan.agents : NULL,
					    .peers_most = (size_t)d->settings->limits.peers },
		d->certificate, d->control, &aula_signaling_engine_listener, d->signaling, error);
	return d->engine != NULL;
}

/* The password of the store; false: there should be one, and it cannot be read. */
static bool
read_password(const aula_settings *settings, char **ret_password, GError **error)
{
	if (settings->store.password_file == NULL) {
		*ret_password = g_strdup(g_getenv("AULA_STORE_PASSWORD"));
		return true;
	}
	g_autoptr(GBytes) bytes = aula_secret_read_foreign(settings->store.password_file, error);
	gsize length = 0;
	const char *text = bytes != NULL ? g_bytes_get_data(bytes, &length) : NULL;
	*ret_password = text != NULL ? g_strndup(text, length) : NULL;
	return text != NULL;
}

static char *
store_folder(const aula_settings *settings)
{
	return g_build_filename(settings->general.state, "store", NULL);
}

static bool
make_keeper(daemon_parts *d, GError **error)
{
	const aula_settings_store *store = &d->settings->store;
	g_autofree char *folder = store_folder(d->settings), *password = NULL;

	if (!read_password(d->settings, &password, error))
		return false;
	d->keeper = aula_keeper_new(&(aula_keeper_options){ .url = store->url,
					    .password = password,
					    .folder = folder,
					    .readers = store->readers,
					    .queue_most = store->queue_most,
					    .queue_bytes = store->queue_bytes,
					    .spool_bytes = store->spool_bytes,
					    .connect_ms = store->connect_ms,
					    .statement_ms = store->statement_ms,
					    .rows_most = store->rows_most },
		error);
	if (d->keeper == NULL) {
		g_prefix_error(error, "store: ");
		return false;
	}
	d->audit = aula_audit_log_new(d->keeper, AUDIT_OWNER);
	return true;
}

/* "aula audit": whether the log of who did what is whole. */
static bool
check_audit(const aula_database_options *options, GError **error)
{
	g_autoptr(GString) faults = g_string_new(NULL);
	size_t lines = 0;

	if (!aula_audit_check(options, &lines, faults, error))
		return false;
	if (faults->len > 0) {
		fputs(faults->str, stdout);
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
			"the audit log is not whole: %zu lines", lines);
		return false;
	}
	printf("The audit log is whole: %zu lines.\n", lines);
	return true;
}

/* "aula backup FILE", "aula restore FILE", "aula audit". */
static bool
move_database(daemon_parts *d, GError **error)
{
	const char *what = d->options.command[0], *file = d->options.command[1];
	g_autofree char *folder = NULL, *password = NULL;
	size_t waiting;

	d->settings = aula_settings_load(&d->options, error);
	if (d->settings == NULL || !read_password(d->settings, &password, error))
		return false;
	const aula_settings_store *store = &d->settings->store;
	aula_database_options options = { .url = store->url, .password = password };
	options.connect_ms = store->connect_ms;
	options.statement_ms = store->statement_ms;
	options.read_only = true;
	if (strcmp(what, "audit") == 0)
		return check_audit(&options, error);
	folder = store_folder(d->settings);
	if (strcmp(what, "restore") == 0) {
		if (!aula_footing_folder(d->settings, error) ||
			!aula_backup_restore(&options, folder, file, error))
			return false;
		printf("The database is what %s says.\n", file);
		return true;
	}
	if (!aula_backup_write(&options, file, error))
		return false;
	printf("The database is in %s.\n", file);
	waiting = aula_backup_waiting(folder);
	if (waiting > 0)
		printf("Not in it: writes that wait on disk for the database: %zu.\n", waiting);
	return true;
}

static const aula_admin_listener admin_listener;

static bool
make_admin(daemon_parts *d, GError **error)
{
	d->admin = aula_admin_new(d->signaling, d->settings, &admin_listener, d, error);
	if (d->admin == NULL)
		return false;
	d->reload = aula_reload_new(
		&d->options, d->settings, aula_signaling_board(d->signaling), d->admin);
	return true;
}

static bool
make_parts(daemon_parts *d, GError **error)
{
	if (!aula_footing_folder(d->settings, error) ||
		!aula_footing_certificate(d->settings, error))
		return false;
	d->identities = aula_identities_new(d->settings, d->roles, error);
	if (d->identities == NULL || !make_keeper(d, error))
		return false;
	d->ice_servers = aula_ice_servers_new(d->settings, error);
	if (d->ice_servers == NULL)
		return false;
	d->control = aula_loop_new("control", error);
	d->hits = aula_hits_new();
	if (d->control == NULL || !make_web(d, error))
		return false;
	d->events = aula_fanout_new(
		(size_t)d->settings->events.queue_most, (size_t)d->settings->events.queue_bytes);
	g_autofree char *spool = g_build_filename(d->settings->general.state, "events", NULL);
	aula_fanout_spool(d->events, spool, d->settings->events.spool_bytes);
	d->demo = aula_demo_new(d->web, d->settings, d->identities);
	d->signaling = aula_signaling_new(&(aula_signaling_parts){ .control = d->control,
		.settings = d->settings,
		.modules = d->modules,
		.capabilities = d->capabilities,
		.identities = d->identities,
		.ice_servers = d->ice_servers,
		.events = d->events,
		.web = d->web,
		.keeper = d->keeper,
		.audit = d->audit,
		.hits = d->hits });
	if (!make_engine(d, error))
		return false;
	aula_signaling_set_engine(
		d->signaling, d->engine, aula_certificate_fingerprint(d->certificate));
	return make_admin(d, error) && aula_signaling_start(d->signaling, error) &&
	       aula_web_start(d->web, error) && aula_admin_start(d->admin, error);
}

/* -- the end -- */

/* The sockets have no callers left, so what they posted lies before this in the mailbox. */
static void
stop_media(void *data)
{
	daemon_parts *d = data;

	aula_clients_settle(aula_signaling_board(d->signaling)->clients);
	aula_engine_free(g_steal_pointer(&d->engine));
	aula_signaling_drop_engine(d->signaling);
	aula_loop_stop(d->control);
}

static void
stop(daemon_parts *d)
{
	if (d->stopping)
		return;
	d->stopping = true;
	aula_supervisor_stopping(d->supervisor);
	aula_alarm_clear(d->control, &d->drain);
	aula_admin_stop(d->admin);
	aula_signaling_drain(d->signaling);
	aula_web_stop(d->web);
	aula_loop_call(d->control, stop_media, d);
}

static void
look_whether_empty(aula_alarm *alarm)
{
	daemon_parts *d = (daemon_parts *)(void *)((char *)alarm - offsetof(daemon_parts, drain));
	int64_t now_us = aula_loop_now_us(d->control);
	size_t left = aula_sessions_count(aula_signaling_board(d->signaling)->sessions);

	if (left > 0 && now_us < d->stop_by_us) {
		aula_alarm_set(d->control, alarm, now_us + DRAIN_LOOK_US);
		return;
	}
	aula_log(AULA_LOG_INFO, area, "drained, stopping sessions=%zu", left);
	stop(d);
}

/* A second time only the bound changes. */
static void
drain(daemon_parts *d, int64_t wait_s)
{
	aula_switchboard *board = aula_signaling_board(d->signaling);
	int64_t now_us = aula_loop_now_us(d->control);

	if (d->stopping)
		return;
	d->stop_by_us = now_us + wait_s * G_USEC_PER_SEC;
	aula_log(AULA_LOG_INFO, area, "draining sessions=%zu wait_s=%" G_GINT64_FORMAT,
		aula_sessions_count(board->sessions), wait_s);
	aula_signaling_announce_end(board, wait_s * 1000);
	d->draining = true;
	/* Not before the reply to whoever asked for it has left. */
	aula_alarm_set(d->control, &d->drain, now_us + DRAIN_LOOK_US);
}

static void
on_admin_drain(void *data, int64_t wait_s)
{
	drain(data, wait_s);
}

static json_t *
on_admin_reload(void *data, GError **error)
{
	return aula_reload_run(((daemon_parts *)data)->reload, error);
}

static const aula_admin_listener admin_listener = { on_admin_drain, on_admin_reload };

/* -- signals -- */

static void
on_hangup(daemon_parts *d)
{
	g_autoptr(GError) error = NULL;
	json_t *said = d->stopping ? NULL : on_admin_reload(d, &error);

	if (error != NULL)
		aula_log(AULA_LOG_ERROR, area, "the configuration stays as it is: %s",
			error->message);
	json_decref(said);
}

/* SIGTERM leaves sessions the time to go, the second one none; Ctrl-C does not wait. */
static void
on_signal(void *data, uint32_t events)
{
	daemon_parts *d = data;
	struct signalfd_siginfo info;

	(void)events;
	if (read(d->signal_fd, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGHUP) {
		on_hangup(d);
		return;
	}
	aula_log(AULA_LOG_INFO, area, "stopping signal=%s", strsignal((int)info.ssi_signo));
	bool empty = aula_sessions_count(aula_signaling_board(d->signaling)->sessions) == 0;
	if (info.ssi_signo != SIGTERM || d->draining || empty || d->settings->general.drain_s == 0)
		stop(d);
	else
		drain(d, d->settings->general.drain_s);
}

/* Before any thread starts, so that all inherit the mask: the event loop of the web listener would
 * otherwise take these for itself. */
static void
block_signals(daemon_parts *d)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &wanted, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* -- run -- */

static void
abandon(void *data, const char *name)
{
	daemon_parts *d = data;

	aula_log(AULA_LOG_ERROR, area, "an event handler does not come back and is left module=%s",
		name);
	for (size_t i = 0; i < aula_modules_count(d->modules); i++)
		if (strcmp(aula_loaded_name(aula_modules_get(d->modules, i)), name) == 0)
			aula_modules_abandon(d->modules, i);
}

/* Also after a start that failed half way: parts that were not made are NULL. */
static void
take_down(daemon_parts *d)
{
	if (d->events != NULL)
		aula_fanout_stop(d->events, d->settings->events.flush_ms, abandon, d);
	if (d->modules != NULL)
		aula_modules_stop(d->modules);
	/* What hangs in a database still posts when it comes back. */
	d->keeper_hangs = !aula_keeper_stop(d->keeper, aula_now_us() + STORE_END_US);
	aula_engine_free(d->engine);
	if (d->web != NULL)
		aula_web_stop(d->web);
	aula_watch_free(d->signals);
	aula_admin_stop(d->admin);
	aula_admin_free(d->admin);
	aula_signaling_free(d->signaling);
	aula_demo_free(d->demo);
	aula_web_free(d->web);
	aula_hits_free(d->hits);
	aula_supervisor_free(d->supervisor);
	if (!d->keeper_hangs) {
		aula_loop_free(d->control);
		aula_keeper_free(d->keeper);
		aula_audit_log_free(d->audit);
	}
	aula_fanout_free(d->events);
	aula_certificate_free(d->certificate);
	aula_ice_servers_free(d->ice_servers);
	aula_identities_free(d->identities);
	aula_reload_free(d->reload);
	aula_roles_free(d->roles);
	aula_modules_free(d->modules);
	aula_capabilities_free(d->capabilities);
	aula_settings_free(d->settings);
	aula_options_finish(&d->options);
	if (d->signal_fd >= 0)
		close(d->signal_fd);
}

static bool
serve(daemon_parts *d, GError **error)
{
	d->supervisor = aula_supervisor_new();
	block_signals(d);
	umask(077);
	if (d->options.command[0] != NULL)
		return move_database(d, error);
	if (!load(d, error))
		return false;
	if (d->options.check_config) {
		printf("The configuration is good.\n");
		return true;
	}
	if (!make_parts(d, error))
		return false;
	d->drain.ring = look_whether_empty;
	d->signals = aula_watch_new(d->control, d->signal_fd, EPOLLIN, on_signal, d);
	aula_greet(d->settings, aula_web_port(d->web), aula_web_tls_port(d->web));
	aula_supervisor_ready(d->supervisor, d->control);
	aula_loop_run(d->control);
	return true;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "ctl") == 0 || strcmp(argv[1], "user") == 0))
		return aula_ctl_main(argc - 1, argv + 1);
	daemon_parts d = { .signal_fd = -1 };
	g_autoptr(GError) error = NULL;
	bool good = aula_options_parse(&d.options, argc, argv, &error);

	if (good && d.options.version)
		printf("aula %s\n", AULA_VERSION);
	else if (good && d.options.describe)
		good = aula_describe_print(&d.options, aula_admin_describe(), &error);
	else if (good)
		good = serve(&d, &error);
	if (!good)
		fprintf(stderr, "aula: %s\n", error->message);
	take_down(&d);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
