/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of conf/aula.cfg: this file is what its sample and the reference are made of. */
#include "host/settings.h"

#include <string.h>

enum { PATH_MOST = 4095, HOST_MOST = 253, PORT_MOST = 65535, TEXT_MOST = 255 };

static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const ice_modes[] = { "lite", "full", NULL };
static const char *const demo_modes[] = { "off", "loopback", "anywhere", NULL };

// clang-format off
static const aula_field general[] = {
	AULA_TEXT(aula_settings_general, name, "name", 63, .min = 1, .fallback_text = "Aula",
		.summary = "What this server calls itself to its clients."),
	AULA_TEXT(aula_settings_general, state, "state", PATH_MOST, .min = 1, .fallback_text = "var",
		.summary = "Folder for certificate, secrets and data (--state); relative to where the server is started."),
	AULA_INT(aula_settings_general, drain_s, "drain_s", 0, 86400, .flags = AULA_LIVE, .fallback = 10,
		.summary = "Seconds that a server which is told to stop (SIGTERM, drain; --drain) waits for its sessions to end; they are told at "
			"once, and new ones are refused; 0: it stops at once."),
};

static const aula_field web[] = {
	AULA_TEXT(aula_settings_web, host, "host", HOST_MOST, .min = 1, .fallback_text = "127.0.0.1",
		.summary = "Address to listen on for pages, API and WebSocket (--host); \"0.0.0.0\" or \"::\": every one."),
	AULA_INT(aula_settings_web, port, "port", 0, PORT_MOST, .fallback = 8080,
		.summary = "TCP port of HTTP and WebSocket (--port); 0: any that is free."),
	AULA_INT(aula_settings_web, tls_port, "tls_port", 0, PORT_MOST, .fallback = 8443,
		.summary = "TCP port of HTTPS and secure WebSocket (--tls-port); 0: none."),
	AULA_TEXT(aula_settings_web, url, "url", 512, .min = 8,
		.summary = "Where people reach the pages, such as \"https://aula.school.example\": what links in mails begin with; absent: made of host and port."),
	AULA_TEXT(aula_settings_web, certificate_file, "certificate_file", PATH_MOST, .min = 1, .flags = AULA_PATH | AULA_LIVE,
		.fallback_text = "web.crt", .summary = "Certificate chain of HTTPS in PEM; a self-signed one is made if it is not there."),
	AULA_TEXT(aula_settings_web, key_file, "key_file", PATH_MOST, .min = 1, .flags = AULA_PATH | AULA_LIVE,
		.fallback_text = "web.key", .summary = "Private key of HTTPS in PEM."),
	AULA_INT(aula_settings_web, threads, "threads", 1, 16, .fallback = 1,
		.summary = "Threads that serve HTTP and WebSocket."),
	AULA_TEXT(aula_settings_web, root, "root", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "Folder of the pages; absent: those installed."),
	AULA_INT(aula_settings_web, connections_most, "connections_most", 1, 1000000, .flags = AULA_LIVE, .fallback = 20000,
		.summary = "HTTP and WebSocket connections at once."),
	AULA_INT(aula_settings_web, address_connections_most, "address_connections_most", 0, 1000000, .flags = AULA_LIVE, .fallback = 2000,
		.summary = "Of these, how many from one address (of IPv6: one network of 64 bits), which may be a whole school; 0: no bound."),
	AULA_TEXTS(aula_settings_web, proxies, "proxies", 16, .flags = AULA_LIVE,
		.summary = "Networks of reverse proxies, such as \"127.0.0.1\" or \"10.0.0.0/8\", whose X-Forwarded-For says who the client is."),
	AULA_TEXTS(aula_settings_web, origins, "origins", 64, .flags = AULA_LIVE,
		.summary = "Origins whose pages may open a WebSocket, such as \"https://school.example\"; \"*\": all; those of the "
			   "same host name always may."),
	AULA_TEXTS(aula_settings_web, connect_sources, "connect_sources", 16, .flags = AULA_LIVE,
		.summary = "Further servers that the pages may connect to (connect-src of the Content-Security-Policy)."),
};

static const aula_field media[] = {
	AULA_INT(aula_settings_media, udp_port, "udp_port", 0, PORT_MOST, .fallback = 20000,
		.summary = "First of the media ports, one a loop, UDP and TCP (--udp-port); 0: any that are free."),
	AULA_INT(aula_settings_media, loops, "loops", 0, 64, .fallback = 0,
		.summary = "Media threads; 0: one a CPU."),
	AULA_TEXTS(aula_settings_media, addresses, "addresses", 16,
		.summary = "Addresses to bind the media ports to."),
	AULA_TEXTS(aula_settings_media, announce, "announce", 16,
		.summary = "Addresses by which browsers reach the media ports (--announce), such as the public one of a 1:1 NAT; "
			"none: the machine's own."),
	AULA_SWITCH(aula_settings_media, loopback, "loopback",
		.summary = "Whether loopback addresses are announced as well; absent: when web.host is one."),
	AULA_BOOL(aula_settings_media, tcp, "tcp", .fallback = true,
		.summary = "Whether media is taken over TCP where UDP is blocked (RFC 6544, passive)."),
	AULA_BOOL(aula_settings_media, segmentation, "segmentation", .fallback = true,
		.summary = "Whether the kernel splits and joins datagrams (UDP_SEGMENT, UDP_GRO)."),
	AULA_INT(aula_settings_media, consent_ms, "consent_ms", 5000, 120000, .fallback = 30000,
		.summary = "Milliseconds without a sign of consent after which a peer is gone (RFC 7675)."),
	AULA_INT(aula_settings_media, connect_ms, "connect_ms", 1000, 120000, .fallback = 30000,
		.summary = "Milliseconds in which a peer must connect once both descriptions are known."),
	AULA_INT(aula_settings_media, packets_most, "packets_most", 1024, 1048576, .fallback = 65536,
		.summary = "Packets that one loop may hold at once; each takes up to 1.6 kB."),
};

static const aula_field turn[] = {
	AULA_TEXT(aula_settings_turn, uri, "uri", 300, .flags = AULA_REQUIRED, .min = 1,
		.summary = "Where it is: \"turn:HOST[:PORT][?transport=udp|tcp]\" or \"turns:HOST[:PORT]\" (TLS)."),
	AULA_TEXT(aula_settings_turn, secret_file, "secret_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File with the secret that is shared with the TURN server (coturn's static-auth-secret), "
			"readable by its owner only."),
	AULA_TEXT(aula_settings_turn, user, "user", TEXT_MOST, .min = 1,
		.summary = "Name of a lasting account there, instead of a shared secret."),
	AULA_TEXT(aula_settings_turn, password_file, "password_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File with the password of that account, readable by its owner only."),
};

static const aula_field ice[] = {
	AULA_TEXT(aula_settings_ice, mode, "mode", 4, .choices = ice_modes, .fallback_text = "lite",
		.summary = "How peers are reached: lite: on the media ports, which browsers must reach (fast; one firewall rule); "
			"full: by an ICE agent a peer, for a server behind a NAT that forwards nothing."),
	AULA_TEXT(aula_settings_ice, stun_server, "stun_server", 300, .min = 1,
		.summary = "Full ICE: \"stun:HOST[:PORT]\", by which the server learns the address that its NAT gives it; absent: none."),
	AULA_ROWS(aula_settings_ice, turn, "turn", 8, turn, aula_settings_turn,
		.summary = "Full ICE: TURN servers whose relays the server may use."),
	AULA_TEXT(aula_settings_ice, ca_file, "ca_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "Certificates in PEM of the authorities that vouch for TURN servers with TLS; absent: the system's."),
	AULA_BOOL(aula_settings_ice, relay_only, "relay_only", .fallback = false,
		.summary = "Full ICE: whether all media goes over the relays, and no address of the server is told."),
	AULA_BOOL(aula_settings_ice, names, "mdns", .fallback = false,
		.summary = "Full ICE: whether \".local\" names in candidates are looked up (needs a resolver that knows mDNS); "
			"else they are left alone."),
	AULA_INT(aula_settings_ice, gather_ms, "gather_ms", 0, 10000, .fallback = 2000,
		.summary = "Full ICE: milliseconds that a description waits for the server's candidates to be in it, as clients of Janus "
			"expect; what comes later is trickled; 0: all of them are trickled."),
	AULA_INT(aula_settings_ice, first_port, "first_port", 0, PORT_MOST, .fallback = 0,
		.summary = "Full ICE: lowest of the ports that agents take, two or more a peer and address; 0: any."),
	AULA_INT(aula_settings_ice, last_port, "last_port", 0, PORT_MOST, .fallback = 0,
		.summary = "Full ICE: highest of these ports."),
};

static const aula_field ice_servers[] = {
	AULA_TEXTS(aula_settings_ice_servers, uris, "uris", 16,
		.summary = "STUN and TURN servers for clients (their iceServers), as \"stun:HOST[:PORT]\", \"turn:HOST[:PORT][?transport=udp|tcp]\" "
			"or \"turns:HOST[:PORT]\"; told to sessions with a token."),
	AULA_TEXT(aula_settings_ice_servers, secret_file, "secret_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File with the secret shared with the TURN servers (coturn's static-auth-secret), readable by its owner only; "
			"passwords for clients are made from it."),
	AULA_INT(aula_settings_ice_servers, lifetime_s, "lifetime_s", 600, 604800, .fallback = 28800,
		.summary = "Seconds for which such a password is good, at least three quarters of them from when it is given."),
};

static const aula_field log_fields[] = {
	AULA_TEXT(aula_settings_log, level, "level", 7, .flags = AULA_LIVE, .choices = log_levels, .fallback_text = "info",
		.summary = "The least weighty lines that are written."),
	AULA_TEXT(aula_settings_log, format, "format", 4, .flags = AULA_LIVE, .choices = log_formats, .fallback_text = "text",
		.summary = "How a line looks: text for people; json: an object a line, for what collects logs."),
};

static const aula_field identity[] = {
	AULA_TEXT(aula_settings_identity, secret_file, "secret_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.fallback_text = "token.secret",
		.summary = "File with the secret that signs tokens (HS256), at least 32 bytes, readable by its owner only; "
			"made if it is not there."),
	AULA_TEXT(aula_settings_identity, jwks_file, "jwks_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File with the public keys of a school's own issuer (JWKS: RS256, ES256, EdDSA)."),
	AULA_TEXT(aula_settings_identity, issuer, "issuer", TEXT_MOST, .min = 1,
		.summary = "What \"iss\" of a token must say; absent: anything."),
	AULA_TEXT(aula_settings_identity, audience, "audience", TEXT_MOST, .min = 1,
		.summary = "What \"aud\" of a token must say or include; absent: anything."),
	AULA_INT(aula_settings_identity, leeway_s, "leeway_s", 0, 3600, .fallback = 60,
		.summary = "Seconds by which the clocks of issuer and server may differ."),
	AULA_JSON(aula_settings_identity, roles, "roles", .flags = AULA_LIVE,
		.summary = "What each role may do: role to list of capabilities; \"chat.*\" is all of an area, \"*\" is all. "
			"A session without a token has the role guest."),
	AULA_JSON(aula_settings_identity, max_bitrates, "max_bitrates", .flags = AULA_LIVE,
		.summary = "The most that a client of a role may send, in bits per second, from 32000 to 100000000: role to number, "
			"such as { student = 800000; }; what rooms and publishers ask for holds where it is less."),
};

static const aula_field demo[] = {
	AULA_TEXT(aula_settings_demo, mode, "mode", 8, .choices = demo_modes,
		.summary = "Whether anybody gets a token for a demo class (--demo); absent: loopback when web.host is a loopback "
			"address and no identity is set up, else off."),
	AULA_INT(aula_settings_demo, room, "room", 1, 9007199254740991, .fallback = 1234,
		.summary = "Number of the demo class."),
	AULA_TEXT(aula_settings_demo, title, "title", 127, .min = 1, .fallback_text = "Demo class",
		.summary = "What the demo class is called."),
	AULA_INT(aula_settings_demo, token_s, "token_s", 60, 604800, .fallback = 43200,
		.summary = "Seconds for which a token of the demo is good."),
	AULA_TEXTS(aula_settings_demo, guest, "guest", 64,
		.summary = "Capabilities of the role guest while the demo runs."),
};

static const aula_field limits[] = {
	AULA_INT(aula_settings_limits, clients, "clients", 1, 1000000, .flags = AULA_LIVE, .fallback = 20000,
		.summary = "Connections of clients at once, over all transports."),
	AULA_INT(aula_settings_limits, sessions, "sessions", 1, 1000000, .flags = AULA_LIVE, .fallback = 20000,
		.summary = "Sessions at once."),
	AULA_INT(aula_settings_limits, client_sessions, "client_sessions", 1, 1000000, .flags = AULA_LIVE, .fallback = 100,
		.summary = "Of these, how many of one connection; a back end that speaks for many people needs more."),
	AULA_INT(aula_settings_limits, handles, "handles", 1, 1000, .flags = AULA_LIVE, .fallback = 32,
		.summary = "Handles of one session."),
	AULA_INT(aula_settings_limits, peers, "peers", 1, 1000000, .fallback = 20000,
		.summary = "PeerConnections at once."),
	AULA_INT(aula_settings_limits, rooms, "rooms", 1, 100000, .flags = AULA_LIVE, .fallback = 1000,
		.summary = "Rooms at once."),
	AULA_INT(aula_settings_limits, members, "members", 1, 1000000, .flags = AULA_LIVE, .fallback = 10000,
		.summary = "Members of one room."),
	AULA_INT(aula_settings_limits, message_bytes, "message_bytes", 1024, 16777216, .fallback = 262144,
		.summary = "Bytes of one request."),
	AULA_INT(aula_settings_limits, session_timeout_s, "session_timeout_s", 1, 86400, .flags = AULA_LIVE, .fallback = 60,
		.summary = "Seconds without a sign of life after which a session ends."),
	AULA_INT(aula_settings_limits, reclaim_s, "reclaim_s", 0, 3600, .flags = AULA_LIVE, .fallback = 20,
		.summary = "Seconds for which a session outlives its connection, to be claimed by another; 0: not at all."),
	AULA_INT(aula_settings_limits, address_rate, "address_rate", 0, 1000000, .flags = AULA_LIVE, .fallback = 2000,
		.summary = "Requests a second of one address (IPv6: of one /64), over all transports; this machine's own are not counted; "
			"a school may be one address; 0: no bound."),
	AULA_INT(aula_settings_limits, address_burst, "address_burst", 1, 1000000, .flags = AULA_LIVE, .fallback = 20000,
		.summary = "Of these, how many in a row."),
	AULA_INT(aula_settings_limits, token_rate, "token_rate", 0, 1000000, .flags = AULA_LIVE, .fallback = 1000,
		.summary = "Requests a second with tokens of one subject, over all sessions; a back end, or a class that shares a token, "
			"needs many; 0: no bound."),
	AULA_INT(aula_settings_limits, token_burst, "token_burst", 1, 1000000, .flags = AULA_LIVE, .fallback = 10000,
		.summary = "Of these, how many in a row."),
	AULA_INT(aula_settings_limits, session_rate, "session_rate", 0, 1000000, .flags = AULA_LIVE, .fallback = 200,
		.summary = "Requests a second in one session, whatever it comes by; 0: no bound."),
	AULA_INT(aula_settings_limits, session_burst, "session_burst", 1, 1000000, .flags = AULA_LIVE, .fallback = 1000,
		.summary = "Of these, how many in a row."),
	AULA_INT(aula_settings_limits, client_rate, "client_rate", 0, 1000000, .flags = AULA_LIVE, .fallback = 200,
		.summary = "Requests a second on one connection, with or without sessions; 0: no bound."),
	AULA_INT(aula_settings_limits, client_burst, "client_burst", 1, 1000000, .flags = AULA_LIVE, .fallback = 1000,
		.summary = "Of these, how many in a row."),
};

static const aula_field events[] = {
	AULA_INT(aula_settings_events, queue_most, "queue_most", 16, 1000000, .fallback = 10000,
		.summary = "Events that may wait for one event handler; more are dropped, counted and reported."),
	AULA_INT(aula_settings_events, queue_bytes, "queue_bytes", 65536, 1073741824, .fallback = 16777216,
		.summary = "Bytes of events that may wait in memory for one event handler; for a sink as much of the disk is taken."),
	AULA_INT(aula_settings_events, spool_bytes, "spool_bytes", 65536, 1099511627776, .fallback = 1073741824,
		.summary = "Bytes of events that may wait on disk for one sink, such as a database that is away; those that come after are dropped, "
			"counted and reported."),
	AULA_INT(aula_settings_events, flush_ms, "flush_ms", 0, 60000, .flags = AULA_LIVE, .fallback = 2000,
		.summary = "Milliseconds in which handlers may deliver what waits when the server stops."),
	AULA_INT(aula_settings_events, statistics_s, "statistics_s", 1, 3600, .flags = AULA_LIVE, .fallback = 10,
		.summary = "Seconds between two looks at the statistics of each PeerConnection: for event handlers that want media events, "
			"and for the quality of people that the administration shows."),
};

static const aula_field admin[] = {
	AULA_BOOL(aula_settings_admin, enabled, "enabled", .fallback = true,
		.summary = "Whether there is an Admin API."),
	AULA_TEXT(aula_settings_admin, bind, "bind", HOST_MOST, .min = 1, .fallback_text = "127.0.0.1",
		.summary = "Address of the Admin API, which has a port of its own; one that is not a loopback address needs secret_file."),
	AULA_INT(aula_settings_admin, port, "port", 0, PORT_MOST, .fallback = 7088,
		.summary = "TCP port of the Admin API (--admin-port), HTTP at /admin and WebSocket (janus-admin-protocol); 0: any that is free."),
	AULA_INT(aula_settings_admin, tls_port, "tls_port", 0, PORT_MOST, .fallback = 0,
		.summary = "The same by TLS, with the certificate of the web listener; 0: none."),
	AULA_TEXT(aula_settings_admin, secret_file, "secret_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File with the secret that each request must show as admin_secret, at least 32 bytes, readable by its owner "
			"only; made if it is not there; absent: none, and only who is at this machine is heard."),
	AULA_TEXT(aula_settings_admin, capture_folder, "capture_folder", PATH_MOST, .min = 1, .flags = AULA_PATH | AULA_LIVE,
		.fallback_text = "captures", .summary = "Folder that packet captures are written to, and no other; made if it is not there."),
	AULA_INT(aula_settings_admin, capture_bytes, "capture_bytes", 65536, 10737418240, .flags = AULA_LIVE, .fallback = 104857600,
		.summary = "Bytes at which a packet capture ends by itself."),
	AULA_INT(aula_settings_admin, captures_most, "captures_most", 0, 64, .flags = AULA_LIVE, .fallback = 4,
		.summary = "Packet captures at once; 0: none is allowed."),
};

static const aula_field store[] = {
	AULA_TEXT(aula_settings_store, url, "url", PATH_MOST, .min = 1, .fallback_text = "sqlite:aula.db", .flags = AULA_SECRET,
		.summary = "The database (--store): \"sqlite:FILE\", relative to the state folder, or "
			"\"postgresql://USER@HOST/DATABASE\" with any parameter that libpq knows."),
	AULA_TEXT(aula_settings_store, password_file, "password_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File with the password of PostgreSQL, readable by its owner only; absent: AULA_STORE_PASSWORD of the "
			"environment, or what libpq finds by itself (PGPASSWORD, ~/.pgpass)."),
	AULA_INT(aula_settings_store, readers, "readers", 1, 64, .fallback = 4,
		.summary = "Connections that read at once; one more writes."),
	AULA_INT(aula_settings_store, queue_most, "queue_most", 16, 1000000, .fallback = 10000,
		.summary = "Writes, and reads, that may wait in memory for their turn; more are refused."),
	AULA_INT(aula_settings_store, queue_bytes, "queue_bytes", 65536, 1073741824, .fallback = 67108864,
		.summary = "Bytes of writes, and of reads, that may wait in memory."),
	AULA_INT(aula_settings_store, spool_bytes, "spool_bytes", 0, 1099511627776, .fallback = 268435456,
		.summary = "Bytes of writes that may wait on disk while the database is away; more are refused; 0: none waits."),
	AULA_INT(aula_settings_store, rows_most, "rows_most", 100, 10000000, .fallback = 10000,
		.summary = "Rows of one answer."),
	AULA_INT(aula_settings_store, connect_ms, "connect_ms", 100, 60000, .fallback = 3000,
		.summary = "Milliseconds in which the database must take a connection."),
	AULA_INT(aula_settings_store, statement_ms, "statement_ms", 100, 600000, .fallback = 5000,
		.summary = "Milliseconds in which the database must have done a statement."),
};

static const aula_field bus[] = {
	AULA_TEXT(aula_settings_bus, url, "url", PATH_MOST, .min = 1, .flags = AULA_SECRET,
		.summary = "Redis 6.2 or newer: \"redis://[USER@]HOST[:PORT][/DATABASE]\", \"redis+sentinel://HOST[:PORT],.../MASTER\" or "
			"\"redis+cluster://HOST[:PORT],...\"; absent: none, and what modules share stays in this process."),
	AULA_TEXT(aula_settings_bus, password_file, "password_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File with the password of Redis, readable by its owner only; absent: AULA_BUS_PASSWORD of the environment, or none."),
	AULA_TEXT(aula_settings_bus, prefix, "prefix", 64, .min = 1, .fallback_text = "aula",
		.summary = "What the names of all keys and channels in Redis begin with, before a colon; servers with the same one belong together."),
	AULA_INT(aula_settings_bus, queue_most, "queue_most", 16, 1000000, .fallback = 100000,
		.summary = "Entries that may wait in memory to go to Redis, as while it is away; more are refused."),
	AULA_INT(aula_settings_bus, queue_bytes, "queue_bytes", 65536, 536870912, .fallback = 67108864,
		.summary = "Bytes of entries that may wait in memory to go to Redis."),
	AULA_INT(aula_settings_bus, connect_ms, "connect_ms", 100, 60000, .fallback = 2000,
		.summary = "Milliseconds in which a server of Redis, or a sentinel, must take a connection and say what it is."),
	AULA_INT(aula_settings_bus, reply_ms, "reply_ms", 100, 60000, .fallback = 3000,
		.summary = "Milliseconds in which Redis must answer a command; then the connection is made anew."),
	AULA_INT(aula_settings_bus, presence_s, "presence", 2, 3600, .fallback = 15,
		.summary = "Seconds after which a server that was not heard of is gone, and with it who was there."),
};

static const aula_field metrics[] = {
	AULA_TEXTS(aula_settings_metrics, networks, "networks", 64,
		.summary = "Networks whose machines may read /metrics, such as \"10.0.0.0/8\", besides this machine itself."),
	AULA_TEXT(aula_settings_metrics, statsd_url, "statsd_url", PATH_MOST, .min = 1,
		.summary = "Agent that is sent all of it as DogStatsD: \"udp://HOST:PORT\" or \"unix:///PATH\"; absent: none."),
	AULA_INT(aula_settings_metrics, statsd_s, "statsd_s", 1, 3600, .fallback = 10,
		.summary = "Seconds between two times that the agent is sent the metrics."),
	AULA_TEXTS(aula_settings_metrics, statsd_tags, "statsd_tags", 16,
		.summary = "Tags, such as \"env:school\", of each line that the agent is sent."),
};

static const aula_field module[] = {
	AULA_TEXT(aula_settings_module, name, "name", 63, .min = 1,
		.summary = "Name of a module in the folder."),
	AULA_TEXT(aula_settings_module, path, "path", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File of a module that lies elsewhere, instead of a name."),
	AULA_BOOL(aula_settings_module, required, "required",
		.summary = "Whether the server does not start without it."),
};

static const aula_field modules[] = {
	AULA_TEXT(aula_settings_modules, folder, "folder", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "Folder of the modules; absent: those installed."),
	AULA_ROWS(aula_settings_modules, enabled, "enabled", 64, module, aula_settings_module,
		.summary = "The modules to load; none: every one of the folder, none of them required."),
};

#define BLOCK(table, member, sentence) \
	{ #member, sentence, { table, G_N_ELEMENTS(table), sizeof *(table) }, offsetof(aula_settings, member), \
		sizeof(((aula_settings *)0)->member) }

const aula_settings_block *
aula_settings_blocks(void)
{
	static const aula_settings_block blocks[] = {
		BLOCK(general, general, "The server as a whole."),
		BLOCK(web, web, "The one HTTP listener: pages, API and WebSocket on one port."),
		BLOCK(media, media, "Media ports and PeerConnections."),
		BLOCK(ice, ice, "How peers are reached."),
		BLOCK(ice_servers, ice_servers, "What clients are told of STUN and TURN, with ice.mode lite as well as full."),
		BLOCK(log_fields, log, "The log, on standard error."),
		BLOCK(identity, identity, "Who is let in, and what each role may do."),
		BLOCK(demo, demo, "A class to try things in, with tokens for everybody who asks."),
		BLOCK(limits, limits, "What clients can make the server hold."),
		BLOCK(events, events, "The stream of events, from the core to its handlers."),
		BLOCK(store, store, "The database, in which is what outlives the server."),
		BLOCK(bus, bus, "What several servers share, by Redis."),
		BLOCK(metrics, metrics, "Numbers for a monitoring system, at /metrics and to a StatsD agent."),
		BLOCK(modules, modules, "Plugins, transports and event handlers."),
		BLOCK(admin, admin, "The Admin API: for operators, their tools and `aula ctl`."),
		{ 0 },
	};
	return blocks;
}

static const struct {
	const char *path, *json;
} defaults[] = {
	{ "media.addresses", "[\"0.0.0.0\", \"::\"]" },
	{ "demo.guest", "[\"info\", \"media.*\", \"room.create\", \"room.join\", \"room.list\", \"chat.*\", \"poll.*\"]" },
	{ "identity.roles", "{"
		"\"guest\": [\"info\"],"
		"\"student\": [\"info\", \"media.*\", \"room.join\", \"room.list\", \"chat.read\", \"chat.write\","
		" \"course.read\", \"poll.vote\"],"
		"\"teacher\": [\"info\", \"media.*\", \"room.*\", \"chat.*\", \"poll.*\", \"attendance.read\","
		" \"course.read\", \"course.manage\"],"
		"\"admin\": [\"*\"]}" },
};
// clang-format on

json_t *
aula_settings_default(const char *path)
{
	for (size_t i = 0; i < G_N_ELEMENTS(defaults); i++) {
		if (strcmp(defaults[i].path, path) == 0)
			return json_loads(defaults[i].json, 0, NULL);
	}
	return NULL;
}
