/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/agent.h"

#include <gio/gio.h>
#include <nice/agent.h>
#include <string.h>

#include "base/log.h"
#include "peer/foreign.h"

enum {
	COMPONENT = 1, /* RTP and RTCP share it */
	SERVERS_MOST = 16,
	SEND_MOST = 64,
	NAMES_MOST = 16, /* looked up for one peer */
};

static const char area[] = "ice";

struct aula_agent {
	const aula_agent_world *world;
	uint64_t id;
	NiceAgent *nice;
	guint stream;
	bool described;  /* the other side's credentials are known */
	GSList *waiting; /* NiceCandidates, until then */
	unsigned taken;  /* of the other side's candidates */
	unsigned names;  /* looked up so far */
	unsigned looking;
	bool last;         /* the other side has no more */
	bool chosen, lost; /* there was a pair; it does not answer */
	bool retired;
	char text[AULA_TRANSPORT_TEXT_BYTES]; /* of the pair */
	bool wants_relay, has_relay;
	GCancellable *cancel;
};

/* -- our candidates -- */

static const char *
type_of(const NiceCandidate *candidate)
{
	static const char *const types[] = {
		[NICE_CANDIDATE_TYPE_HOST] = "host",
		[NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE] = "srflx",
		[NICE_CANDIDATE_TYPE_PEER_REFLEXIVE] = "prflx",
		[NICE_CANDIDATE_TYPE_RELAYED] = "relay",
	};

	return types[candidate->type];
}

static const char *
tcptype_of(const NiceCandidate *candidate)
{
	switch (candidate->transport) {
	case NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE:
		return "active";
	case NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE:
		return "passive";
	case NICE_CANDIDATE_TRANSPORT_TCP_SO:
		return "so";
	default:
		return "";
	}
}

/* The address by which others know this one. */
static void
announce(const aula_agent *agent, aula_candidate *candidate)
{
	const char *const *announced = agent->world->options->announced;
	bool six = strchr(candidate->address, ':') != NULL;

	for (; announced != NULL && *announced != NULL; announced++) {
		if ((strchr(*announced, ':') != NULL) != six)
			continue;
		g_strlcpy(candidate->address, *announced, sizeof candidate->address);
		return;
	}
}

static void
on_candidate(NiceAgent *nice, NiceCandidate *found, gpointer data)
{
	aula_agent *agent = data;
	char address[NICE_ADDRESS_STRING_LEN];
	aula_candidate candidate = { .component = COMPONENT,
		.priority = found->priority,
		.tcp = found->transport != NICE_CANDIDATE_TRANSPORT_UDP };

	(void)nice;
	nice_address_to_string(&found->addr, address);
	g_strlcpy(candidate.address, address, sizeof candidate.address);
	g_strlcpy(candidate.type, type_of(found), sizeof candidate.type);
	g_strlcpy(candidate.foundation, found->foundation, sizeof candidate.foundation);
	g_strlcpy(candidate.tcptype, tcptype_of(found), sizeof candidate.tcptype);
	candidate.port = (uint16_t)nice_address_get_port(&found->addr);
	if (found->transport == NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE)
		candidate.port = 9; /* RFC 6544 section 4.5 */
	if (found->type == NICE_CANDIDATE_TYPE_HOST)
		announce(agent, &candidate);
	agent->has_relay = agent->has_relay || found->type == NICE_CANDIDATE_TYPE_RELAYED;
	agent->world->listener->on_agent_candidate(agent->world->data, agent->id, &candidate);
}

static void
on_gathered(NiceAgent *nice, guint stream, gpointer data)
{
	const aula_agent *agent = data;

	(void)nice, (void)stream;
	if (agent->wants_relay && !agent->has_relay)
		aula_log(AULA_LOG_WARNING, area,
			"no TURN server gave a relay: unreachable, or it refuses our credentials");
	agent->world->listener->on_agent_candidate(agent->world->data, agent->id, NULL);
}

/* -- the pair -- */

static void
on_pair(NiceAgent *nice, guint stream, guint component, NiceCandidate *local, NiceCandidate *remote,
	gpointer data)
{
	aula_agent *agent = data;
	char address[NICE_ADDRESS_STRING_LEN];
	bool relayed = local->type == NICE_CANDIDATE_TYPE_RELAYED;

	(void)nice, (void)stream, (void)component;
	nice_address_to_string(&remote->addr, address);
	bool six = strchr(address, ':') != NULL;
	g_snprintf(agent->text, sizeof agent->text, "%s%s%s:%u %s%s", six ? "[" : "", address,
		six ? "]" : "", nice_address_get_port(&remote->addr),
		local->transport == NICE_CANDIDATE_TRANSPORT_UDP ? "udp" : "tcp",
		relayed ? " relay" : "");
	agent->chosen = true;
	agent->lost = false;
	agent->world->listener->on_agent_chosen(agent->world->data, agent->id, agent->text);
}

static void
on_state(NiceAgent *nice, guint stream, guint component, guint state, gpointer data)
{
	aula_agent *agent = data;
	const aula_agent_listener *listener = agent->world->listener;
	bool works = state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY;

	(void)nice, (void)stream, (void)component;
	/* Before there was a pair, the time for connecting decides: a check may still come in. */
	if (state == NICE_COMPONENT_STATE_FAILED && agent->chosen && !agent->lost) {
		agent->lost = true;
		listener->on_agent_lost(agent->world->data, agent->id);
	} else if (works && agent->lost && !agent->retired) {
		agent->lost = false;
		listener->on_agent_chosen(agent->world->data, agent->id, agent->text);
	}
}

static void
on_datagram(
	NiceAgent *nice, guint stream, guint component, guint length, gchar *bytes, gpointer data)
{
	const aula_agent *agent = data;

	(void)nice, (void)stream, (void)component;
	agent->world->listener->on_agent_datagram(
		agent->world->data, agent->id, (const uint8_t *)bytes, length);
}

/* -- life -- */

/* A TURN server tells the mapped address as well; and libnice, once it has a relay there, takes the
 * answers of a STUN server at the same address for those of the relay. */
static bool
is_turn_as_well(const aula_server_now *stun, const aula_server_now *servers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (servers[i].kind == AULA_ICE_URI_TURN_UDP && servers[i].port == stun->port &&
			strcmp(servers[i].address, stun->address) == 0)
			return true;
	return false;
}

static void
use_servers(aula_agent *agent)
{
	aula_server_now servers[SERVERS_MOST];
	size_t count = aula_servers_now(agent->world->servers, servers, SERVERS_MOST);

	for (size_t i = 0; i < count; i++) {
		const aula_server_now *one = &servers[i];
		if (one->kind == AULA_ICE_URI_STUN) {
			if (!is_turn_as_well(one, servers, count))
				g_object_set(agent->nice, "stun-server", one->address,
					"stun-server-port", one->port, NULL);
			continue;
		}
		agent->wants_relay = true;
		nice_agent_set_relay_info(agent->nice, agent->stream, COMPONENT, one->address,
			one->port, one->user, one->password,
			one->kind == AULA_ICE_URI_TURN_UDP ? NICE_RELAY_TYPE_TURN_UDP
							   : NICE_RELAY_TYPE_TURN_TCP);
	}
}

static void
use_addresses(aula_agent *agent)
{
	const char *const *addresses = agent->world->options->addresses;
	NiceAddress address;

	for (; *addresses != NULL; addresses++) {
		nice_address_init(&address);
		if (nice_address_set_from_string(&address, *addresses))
			nice_agent_add_local_address(agent->nice, &address);
	}
}

static void
connect_signals(aula_agent *agent)
{
	g_signal_connect(agent->nice, "new-candidate-full", G_CALLBACK(on_candidate), agent);
	g_signal_connect(agent->nice, "candidate-gathering-done", G_CALLBACK(on_gathered), agent);
	g_signal_connect(agent->nice, "new-selected-pair-full", G_CALLBACK(on_pair), agent);
	g_signal_connect(agent->nice, "component-state-changed", G_CALLBACK(on_state), agent);
}

aula_agent *
aula_agent_new(
	const aula_agent_world *world, uint64_t id, const aula_ice_credentials *local, bool leads)
{
	const aula_agents_options *options = world->options;
	GMainContext *glib = aula_context_glib(world->context);
	aula_agent *agent = g_new0(aula_agent, 1);

	agent->world = world;
	agent->id = id;
	agent->cancel = g_cancellable_new();
	/* Regular nomination is what RFC 8445 section 8.1.1 has. */
	agent->nice = nice_agent_new_full(glib, NICE_COMPATIBILITY_RFC5245,
		NICE_AGENT_OPTION_REGULAR_NOMINATION | NICE_AGENT_OPTION_ICE_TRICKLE |
			NICE_AGENT_OPTION_CONSENT_FRESHNESS);
	g_object_set(agent->nice, "upnp", FALSE, "controlling-mode", (gboolean)leads, "ice-tcp",
		(gboolean)options->tcp, "force-relay", (gboolean)options->relay_only, NULL);
	use_addresses(agent);
	agent->stream = nice_agent_add_stream(agent->nice, 1);
	nice_agent_set_local_credentials(agent->nice, agent->stream, local->ufrag, local->pwd);
	if (options->first_port != 0)
		nice_agent_set_port_range(agent->nice, agent->stream, COMPONENT,
			options->first_port, options->last_port);
	use_servers(agent);
	connect_signals(agent);
	nice_agent_attach_recv(agent->nice, agent->stream, COMPONENT, glib, on_datagram, agent);
	if (!nice_agent_gather_candidates(agent->nice, agent->stream)) {
		aula_log(AULA_LOG_WARNING, area,
			"no candidates: no port of ice.first_port to ice.last_port is free");
		world->listener->on_agent_candidate(world->data, id, NULL);
	}
	return agent;
}

typedef struct {
	const aula_agent_listener *listener;
	void *data;
} farewell;

static void
on_closed(GObject *nice, GAsyncResult *result, gpointer data)
{
	farewell *last = data;

	(void)result;
	g_object_unref(nice);
	last->listener->on_agent_closed(last->data);
	g_free(last);
}

void
aula_agent_free(aula_agent *agent)
{
	farewell *last = g_new(farewell, 1);

	*last = (farewell){ agent->world->listener, agent->world->data };
	g_cancellable_cancel(agent->cancel);
	g_object_unref(agent->cancel);
	g_signal_handlers_disconnect_by_data(agent->nice, agent);
	nice_agent_attach_recv(agent->nice, agent->stream, COMPONENT,
		aula_context_glib(agent->world->context), NULL, NULL);
	nice_agent_close_async(agent->nice, on_closed, last);
	g_slist_free_full(agent->waiting, (GDestroyNotify)nice_candidate_free);
	g_free(agent);
}

/* -- the other side -- */

static void
give(aula_agent *agent)
{
	if (!agent->described)
		return;
	if (agent->waiting != NULL)
		nice_agent_set_remote_candidates(
			agent->nice, agent->stream, COMPONENT, agent->waiting);
	g_slist_free_full(g_steal_pointer(&agent->waiting), (GDestroyNotify)nice_candidate_free);
	if (agent->last && agent->looking == 0)
		nice_agent_peer_candidate_gathering_done(agent->nice, agent->stream);
}

void
aula_agent_set_remote(aula_agent *agent, const char *ufrag, const char *pwd)
{
	nice_agent_set_remote_credentials(agent->nice, agent->stream, ufrag, pwd);
	agent->described = true;
	give(agent);
}

static NiceCandidateType
type_named(const char *name)
{
	if (strcmp(name, "host") == 0)
		return NICE_CANDIDATE_TYPE_HOST;
	if (strcmp(name, "srflx") == 0)
		return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
	return strcmp(name, "relay") == 0 ? NICE_CANDIDATE_TYPE_RELAYED
					  : NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
}

static void
take(aula_agent *agent, const aula_candidate *candidate, const char *address)
{
	NiceCandidate *taken = nice_candidate_new(type_named(candidate->type));

	taken->component_id = COMPONENT;
	taken->stream_id = agent->stream;
	taken->priority = candidate->priority;
	taken->transport =
		candidate->tcp ? NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE : NICE_CANDIDATE_TRANSPORT_UDP;
	g_strlcpy(taken->foundation, candidate->foundation, sizeof taken->foundation);
	nice_address_init(&taken->addr);
	if (!nice_address_set_from_string(&taken->addr, address)) {
		nice_candidate_free(taken);
		return;
	}
	nice_address_set_port(&taken->addr, candidate->port);
	taken->base_addr = taken->addr;
	agent->waiting = g_slist_append(agent->waiting, taken);
}

typedef struct {
	aula_agent *agent; /* not to be touched once cancelled */
	GCancellable *cancel;
	aula_candidate candidate;
} lookup;

static void
on_name(GObject *resolver, GAsyncResult *result, gpointer data)
{
	lookup *asked = data;
	GList *found = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, NULL);

	if (!g_cancellable_is_cancelled(asked->cancel)) {
		asked->agent->looking--;
		if (found != NULL) {
			g_autofree char *address = g_inet_address_to_string(found->data);
			if (aula_foreign_may_be(address, asked->agent->world->options->loopback))
				take(asked->agent, &asked->candidate, address);
		}
		give(asked->agent);
	}
	g_resolver_free_addresses(found);
	g_object_unref(asked->cancel);
	g_free(asked);
}

static void
look_up(aula_agent *agent, const aula_candidate *candidate)
{
	if (agent->names == NAMES_MOST)
		return;
	agent->names++;
	agent->looking++;
	lookup *asked = g_new(lookup, 1);
	*asked = (lookup){ agent, g_object_ref(agent->cancel), *candidate };
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	g_resolver_lookup_by_name_async(
		resolver, candidate->address, agent->cancel, on_name, asked);
}

void
aula_agent_add_candidates(
	aula_agent *agent, const aula_candidate *candidates, size_t count, bool last)
{
	const aula_agents_options *options = agent->world->options;

	for (size_t i = 0; i < count && agent->taken < AULA_TRANSPORT_CANDIDATES_MOST; i++) {
		switch (aula_foreign_judge(&candidates[i], options->tcp, options->loopback)) {
		case AULA_FOREIGN_ADDRESS:
			agent->taken++;
			take(agent, &candidates[i], candidates[i].address);
			break;
		case AULA_FOREIGN_NAME:
			if (options->names)
				look_up(agent, &candidates[i]);
			break;
		case AULA_FOREIGN_USELESS:
			break;
		}
	}
	agent->last = agent->last || last;
	give(agent);
}

void
aula_agent_restart(aula_agent *agent, const aula_ice_credentials *local)
{
	nice_agent_restart(agent->nice);
	nice_agent_set_local_credentials(agent->nice, agent->stream, local->ufrag, local->pwd);
	agent->described = agent->last = false;
	agent->taken = agent->names = 0;
	g_slist_free_full(g_steal_pointer(&agent->waiting), (GDestroyNotify)nice_candidate_free);
}

bool
aula_agent_works(const aula_agent *agent)
{
	return agent->chosen && !agent->lost;
}

void
aula_agent_retire(aula_agent *agent)
{
	agent->retired = true;
	g_signal_handlers_disconnect_by_func(agent->nice, (gpointer)on_candidate, agent);
	g_signal_handlers_disconnect_by_func(agent->nice, (gpointer)on_gathered, agent);
	g_signal_handlers_disconnect_by_func(agent->nice, (gpointer)on_pair, agent);
}

/* -- datagrams -- */

void
aula_agent_send(aula_agent *agent, struct iovec *datagrams, size_t count)
{
	GOutputVector vectors[SEND_MOST];
	NiceOutputMessage messages[SEND_MOST];

	g_assert(count <= SEND_MOST);
	for (size_t i = 0; i < count; i++) {
		vectors[i] = (GOutputVector){ datagrams[i].iov_base, datagrams[i].iov_len };
		messages[i] = (NiceOutputMessage){ &vectors[i], 1 };
	}
	/* What is refused is late, and worth less than what comes next. */
	nice_agent_send_messages_nonblocking(
		agent->nice, agent->stream, COMPONENT, messages, (guint)count, NULL, NULL);
}
