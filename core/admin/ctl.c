/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/ctl.h"

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/ctl-print.h"
#include "admin/ctl-user.h"
#include "admin/verb.h"
#include "host/secret.h"
#include "host/settings.h"

enum { TIMEOUT_S = 20, REPLY_BYTES_MOST = 64 << 20, MISSPELT = 2 };

typedef struct {
	char *url, *secret_file, *config_folder, *state;
	gboolean json;
} wishes;

static const char about[] =
	"Asks a running server by its Admin API. Where that is, and the secret it wants, is read "
	"from\n"
	"the configuration that the server has (--config), or said by --url and --secret-file (or "
	"the\n"
	"environment variable AULA_ADMIN_SECRET).\n\n"
	"  aula ctl status                        how this node fares\n"
	"  aula ctl rooms                         what is open\n"
	"  aula ctl members room=1234             who is in a room, and how well each is served\n"
	"  aula ctl peers                         every PeerConnection\n"
	"  aula ctl handle_info session_id=1 handle_id=2 --json\n"
	"  aula ctl capture start session_id=1 handle_id=2 filename=ada.pcap\n"
	"  aula ctl capture stop session_id=1 handle_id=2\n"
	"  aula ctl reload                        read the configuration anew\n"
	"  aula ctl drain wait_s=600              end when all have left, or in ten minutes\n"
	"  aula ctl help VERB                     what a verb takes\n";

static GQuark
quark(void)
{
	return g_quark_from_static_string("aula-ctl");
}

/* -- help -- */

static void
print_verbs(void)
{
	for (const aula_admin_table *const *table = aula_admin_tables(); *table != NULL; table++)
		for (size_t i = 0; i < (*table)->count; i++)
			if ((*table)->rows[i].run != NULL)
				printf("  %-22s %s\n", (*table)->rows[i].name,
					(*table)->rows[i].summary);
}

static int
print_help(const char *name)
{
	const aula_admin_verb *verb = name != NULL ? aula_admin_find(name) : NULL;
	char expected[512];

	if (name == NULL) {
		printf("%s\nVerbs:\n", about);
		print_verbs();
		return EXIT_SUCCESS;
	}
	if (verb == NULL) {
		fprintf(stderr, "aula ctl: there is no verb %s; see aula ctl help\n", name);
		return MISSPELT;
	}
	printf("%s: %s%s\n", verb->name, verb->run == NULL ? "not supported: " : "", verb->summary);
	if ((verb->at & AULA_ADMIN_SERVER) == 0)
		printf("  session_id=..%s\n",
			(verb->at & AULA_ADMIN_HANDLE) != 0 ? " handle_id=.." : "");
	for (size_t i = 0; i < verb->field_count; i++)
		printf("  %s=  %s %s%s.\n", verb->fields[i].name, verb->fields[i].summary,
			aula_schema_expected(&verb->fields[i], expected, sizeof expected),
			(verb->fields[i].flags & AULA_REQUIRED) != 0 ? ", required" : "");
	return EXIT_SUCCESS;
}

/* -- what is asked -- */

/* "wait_s=600", "accept=true", "data={...}"; what is no JSON is a text. */
static bool
add_field(json_t *request, const char *text, GError **error)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text) {
		g_set_error(error, quark(), MISSPELT, "%s: expected key=value", text);
		return false;
	}
	g_autofree char *key = g_strndup(text, (size_t)(equals - text));
	json_t *value = json_loads(equals + 1, JSON_DECODE_ANY, NULL);
	json_object_set_new(request, key, value != NULL ? value : json_string(equals + 1));
	return true;
}

static json_t *
make_request(char **words, GError **error)
{
	bool capture = strcmp(words[0], "capture") == 0;
	const char *name = words[0];

	if (capture && g_strcmp0(words[1], "start") == 0)
		name = "start_pcap";
	else if (capture && g_strcmp0(words[1], "stop") == 0)
		name = "stop_pcap";
	else if (capture && g_strcmp0(words[1], "list") == 0)
		name = "captures";
	else if (capture) {
		g_set_error(
			error, quark(), MISSPELT, "capture: expected start, stop or list after it");
		return NULL;
	}
	if (aula_admin_find(name) == NULL) {
		g_set_error(
			error, quark(), MISSPELT, "there is no verb %s; see aula ctl help", name);
		return NULL;
	}
	json_t *request = json_pack("{s:s, s:s}", "janus", name, "transaction", "ctl");
	for (char **word = words + (capture ? 2 : 1); *word != NULL; word++)
		if (!add_field(request, *word, error)) {
			json_decref(request);
			return NULL;
		}
	return request;
}

/* -- where, and with which secret -- */

static bool
find_server(
	const wishes *wanted, char **ret_host, guint16 *ret_port, char **ret_secret, GError **error)
{
	aula_options options = { .config_folder = wanted->config_folder,
		.overrides = json_array() };
	g_autoptr(aula_settings) settings = NULL;
	const char *file = wanted->secret_file, *given = g_getenv("AULA_ADMIN_SECRET");
	g_autoptr(GBytes) secret = NULL;

	if (wanted->state != NULL) {
		g_autofree char *full = g_canonicalize_filename(wanted->state, NULL);
		json_array_append_new(
			options.overrides, json_pack("{s:s, s:s, s:s}", "path", "general.state",
						   "value", full, "origin", "--state"));
	}
	settings = aula_settings_load(&options, error);
	json_decref(options.overrides);
	if (settings == NULL)
		return false;
	if (file == NULL && given == NULL)
		file = settings->admin.secret_file;
	secret = file != NULL ? aula_secret_read(file, error) : NULL;
	if (file != NULL && secret == NULL)
		return false;
	g_autoptr(GUri) uri = wanted->url != NULL ? g_uri_parse(wanted->url, 0, error) : NULL;
	if (wanted->url != NULL && (uri == NULL || g_strcmp0(g_uri_get_scheme(uri), "http") != 0 ||
					   g_uri_get_host(uri) == NULL)) {
		g_clear_error(error);
		g_set_error(error, quark(), MISSPELT,
			"--url: expected http://HOST:PORT (to a server elsewhere go by ssh, or by "
			"a "
			"tunnel to its loopback address)");
		return false;
	}
	gsize length = 0;
	const char *bytes = secret != NULL ? g_bytes_get_data(secret, &length) : NULL;
	*ret_secret = bytes != NULL ? g_strndup(bytes, length) : g_strdup(given);
	*ret_host = g_strdup(uri != NULL ? g_uri_get_host(uri) : settings->admin.bind);
	*ret_port = uri != NULL && g_uri_get_port(uri) > 0 ? (guint16)g_uri_get_port(uri)
							   : (guint16)settings->admin.port;
	if (strcmp(*ret_host, "0.0.0.0") == 0 || strcmp(*ret_host, "::") == 0) {
		g_free(*ret_host);
		*ret_host = g_strdup("127.0.0.1");
	}
	if (*ret_port != 0)
		return true;
	g_set_error(error, quark(), MISSPELT,
		"the configuration says no port (admin.port is 0); give --url "
		"http://127.0.0.1:PORT");
	return false;
}

/* -- one exchange of HTTP -- */

static GString *
read_all(GSocketConnection *connection, GError **error)
{
	GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
	GString *all = g_string_new(NULL);
	char piece[16384];
	gssize count;

	while ((count = g_input_stream_read(in, piece, sizeof piece, NULL, error)) > 0 &&
		all->len < REPLY_BYTES_MOST)
		g_string_append_len(all, piece, count);
	if (count >= 0)
		return all;
	g_string_free(all, TRUE);
	return NULL;
}

static json_t *
take_reply(const GString *all, GError **error)
{
	const char *body = strstr(all->str, "\r\n\r\n");
	json_error_t where;
	json_t *reply = body != NULL ? json_loads(body + 4, 0, &where) : NULL;

	if (reply == NULL && body != NULL && *(body + 4) != '\0')
		g_set_error(error, quark(), 1, "%s", g_strchomp((char *)(uintptr_t)(body + 4)));
	else if (reply == NULL)
		g_set_error(error, quark(), 1, "what answers there is no Admin API");
	return reply;
}

static json_t *
ask(const char *host, guint16 port, const json_t *request, GError **error)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autofree char *body = g_strdup("");
	char *text = json_dumps(request, JSON_COMPACT);

	g_socket_client_set_timeout(client, TIMEOUT_S);
	/* The secret is for the server alone. */
	g_socket_client_set_enable_proxy(client, FALSE);
	g_autoptr(GSocketConnection) connection =
		g_socket_client_connect_to_host(client, host, port, NULL, error);
	if (connection == NULL) {
		free(text);
		g_prefix_error(error, "no server is reached at %s port %u: ", host, port);
		return NULL;
	}
	bool bare = strchr(host, ':') != NULL;
	g_free(body);
	body = g_strdup_printf("POST /admin HTTP/1.1\r\nHost: %s%s%s:%u\r\n"
			       "Content-Type: application/json\r\nConnection: close\r\n"
			       "Content-Length: %zu\r\n\r\n%s",
		bare ? "[" : "", host, bare ? "]" : "", port, strlen(text), text);
	free(text);
	if (!g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), body,
		    strlen(body), NULL, NULL, error))
		return NULL;
	GString *all = read_all(connection, error);
	if (all == NULL)
		return NULL;
	json_t *reply = take_reply(all, error);
	g_string_free(all, TRUE);
	return reply;
}

static int
run(const wishes *wanted, bool user, char **words, GError **error)
{
	g_autofree char *host = NULL, *secret = NULL;
	guint16 port = 0;
	json_t *request = user ? aula_ctl_user_request(words, error) : make_request(words, error);

	if (request == NULL)
		return MISSPELT;
	json_t *reply = NULL;
	if (find_server(wanted, &host, &port, &secret, error)) {
		if (secret != NULL)
			json_object_set_new(request, "admin_secret", json_string(secret));
		reply = ask(host, port, request, error);
	}
	json_decref(request);
	if (reply == NULL)
		return EXIT_FAILURE;
	const json_t *refusal = json_object_get(reply, "error");
	if (wanted->json)
		aula_ctl_print_json(reply);
	else if (refusal == NULL)
		aula_ctl_print_table(user ? json_object_get(reply, "response") : reply);
	if (refusal != NULL)
		g_set_error(error, quark(), 1, "%s",
			json_string_value(json_object_get(refusal, "reason")));
	json_decref(reply);
	return refusal != NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
aula_ctl_main(int argc, char **argv)
{
	wishes wanted = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(GOptionContext) context = g_option_context_new("VERB [key=value...]");
	GOptionEntry entries[] = {
		{ "url", 0, 0, G_OPTION_ARG_STRING, &wanted.url, "Where the Admin API is", "URL" },
		{ "secret-file", 0, 0, G_OPTION_ARG_FILENAME, &wanted.secret_file,
			"File with its secret", "FILE" },
		{ "config", 0, 0, G_OPTION_ARG_FILENAME, &wanted.config_folder,
			"Configuration of the server", "DIR" },
		{ "state", 0, 0, G_OPTION_ARG_FILENAME, &wanted.state, "State folder of the server",
			"DIR" },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &wanted.json, "Print the reply as JSON", NULL },
		{ 0 },
	};
	int status = MISSPELT;
	bool user = strcmp(argv[0], "user") == 0;

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_summary(context, user ? aula_ctl_user_about : about);
	if (g_option_context_parse(context, &argc, &argv, &error)) {
		bool help = argc < 2 || strcmp(argv[1], "help") == 0;
		if (help && user)
			status = fputs(aula_ctl_user_about, stdout) < 0 ? EXIT_FAILURE
									: EXIT_SUCCESS;
		else if (help)
			status = print_help(argc > 2 ? argv[2] : NULL);
		else
			status = run(&wanted, user, argv + 1, &error);
	}
	if (error != NULL)
		fprintf(stderr, "aula %s: %s\n", user ? "user" : "ctl", error->message);
	g_free(wanted.url);
	g_free(wanted.secret_file);
	g_free(wanted.config_folder);
	g_free(wanted.state);
	return status;
}
