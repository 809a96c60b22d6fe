/* SPDX-License-Identifier: Apache-2.0 */
#include "caller.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publisher.h"
#include "websocket.h"

#define MID_URI "urn:ietf:params:rtp-hdrext:sdes:mid"
#define RID_URI "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
#define LEVEL_URI "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
#define TWCC_URI "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

enum { SDP_BYTES = 8192, KEEPALIVE_US = 25000000 };

typedef enum { OPENING, CREATING, ATTACHING, MAKING_ROOM, JOINING, OFFERING, ANSWERING, DONE } step;

struct caller {
	caller_options options;
	caller_listener listener;
	void *data;
	websocket *socket;
	step step;
	int64_t session, handle, feed, keepalive_us;
	char ufrag[16], pwd[32];
	caller_remote remote;
	bool failed;
};

static void
fail(caller *self, const char *why)
{
	if (self->failed)
		return;
	self->failed = true;
	self->listener.failed(self->data, why);
}

/* -- descriptions -- */

typedef struct {
	char text[SDP_BYTES];
	size_t used;
} writer;

static void __attribute__((format(printf, 2, 3))) line(writer *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	out->used += (size_t)vsnprintf(
		out->text + out->used, sizeof out->text - out->used - 3, format, arguments);
	va_end(arguments);
	if (out->used > sizeof out->text - 3)
		out->used = sizeof out->text - 3;
	memcpy(out->text + out->used, "\r\n", 3);
	out->used += 2;
}

static void
start_sdp(const caller *self, writer *out)
{
	*out = (writer){ .used = 0 };
	line(out, "v=0");
	line(out, "o=- %u 1 IN IP4 127.0.0.1", self->options.id);
	line(out, "s=-");
	line(out, "t=0 0");
}

static void
start_section(const caller *self, writer *out, const char *kind, const char *pt, const char *mid,
	const char *setup)
{
	line(out, "m=%s 9 UDP/TLS/RTP/SAVPF %s", kind, pt);
	line(out, "c=IN IP4 0.0.0.0");
	line(out, "a=ice-ufrag:%s", self->ufrag);
	line(out, "a=ice-pwd:%s", self->pwd);
	line(out, "a=fingerprint:%s", self->options.fingerprint);
	line(out, "a=setup:%s", setup);
	line(out, "a=mid:%s", mid);
	line(out, "a=rtcp-mux");
}

static void
write_offer(const caller *self, writer *out)
{
	start_sdp(self, out);
	line(out, "a=group:BUNDLE 0 1");
	start_section(self, out, "audio", "111", "0", "actpass");
	line(out, "a=sendonly");
	line(out, "a=rtpmap:111 opus/48000/2");
	line(out, "a=rtcp-fb:111 transport-cc");
	line(out, "a=extmap:%d " MID_URI, PUBLISHER_ID_MID);
	line(out, "a=extmap:%d " TWCC_URI, PUBLISHER_ID_TWCC);
	line(out, "a=extmap:%d " LEVEL_URI, PUBLISHER_ID_LEVEL);
	line(out, "a=ssrc:1111 cname:bench");
	start_section(self, out, "video", "96", "1", "actpass");
	line(out, "a=sendonly");
	line(out, "a=rtpmap:96 VP8/90000");
	for (const char *const *fb = (const char *const[]){ "nack", "nack pli", "ccm fir",
		     "transport-cc", NULL };
		*fb != NULL; fb++)
		line(out, "a=rtcp-fb:96 %s", *fb);
	line(out, "a=extmap:%d " MID_URI, PUBLISHER_ID_MID);
	line(out, "a=extmap:%d " TWCC_URI, PUBLISHER_ID_TWCC);
	if (self->options.encodings == 1) {
		line(out, "a=ssrc:2222 cname:bench");
		return;
	}
	line(out, "a=extmap:%d " RID_URI, PUBLISHER_ID_RID);
	for (unsigned i = 0; i < PUBLISHER_ENCODINGS; i++)
		line(out, "a=rid:%s send", publisher_rids[i]);
	line(out, "a=simulcast:send h;m;l");
}

/* The rest of the line that begins so, inside [text, end); false: there is none. */
static bool
find_line(const char *text, const char *end, const char *start, char *ret_rest, size_t size)
{
	size_t length = strlen(start);

	for (const char *at = text; at != NULL && at < end; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, start, length) != 0)
			continue;
		size_t rest = strcspn(at + length, "\r\n");
		snprintf(ret_rest, size, "%.*s", (int)rest, at + length);
		return true;
	}
	return false;
}

/* The id of an extension in a section; 0: not there. */
static int
find_extension(const char *text, const char *end, const char *uri)
{
	char value[256];

	for (int id = 1; id < 15; id++) {
		char start[32];
		snprintf(start, sizeof start, "a=extmap:%d", id);
		if (!find_line(text, end, start, value, sizeof value))
			continue;
		const char *space = strchr(value, ' ');
		if (space != NULL && strncmp(space + 1, uri, strlen(uri)) == 0)
			return id;
	}
	return 0;
}

/* The payload type that repeats `pt` in a section; false: there is none. */
static bool
find_rtx(const char *text, const char *end, const char *pt, char ret_rtx[8])
{
	char apt[16];

	snprintf(apt, sizeof apt, " apt=%s", pt);
	for (const char *at = text; (at = strstr(at, "a=fmtp:")) != NULL && at < end; at++) {
		size_t length = strcspn(at, "\r\n");
		if (length > strlen(apt) &&
			strncmp(at + length - strlen(apt), apt, strlen(apt)) == 0)
			return sscanf(at, "a=fmtp:%7[0-9]", ret_rtx) == 1;
	}
	return false;
}

static void
answer_section(caller *self, const char *text, const char *end, writer *out)
{
	char kind[16] = "", pt[8] = "", mid[32] = "", codec[64] = "", start[64], feedback[64];
	char rtx[8] = "", pts[20];

	sscanf(text, "m=%15s %*s %*s %7s", kind, pt);
	find_line(text, end, "a=mid:", mid, sizeof mid);
	snprintf(start, sizeof start, "a=rtpmap:%s ", pt);
	find_line(text, end, start, codec, sizeof codec);
	bool repeats = self->options.rtx && find_rtx(text, end, pt, rtx);
	snprintf(pts, sizeof pts, repeats ? "%s %s" : "%s", pt, rtx);
	start_section(self, out, kind, pts, mid, "active");
	line(out, "a=recvonly");
	line(out, "a=rtpmap:%s %s", pt, codec);
	if (repeats) {
		line(out, "a=rtpmap:%s rtx/90000", rtx);
		line(out, "a=fmtp:%s apt=%s", rtx, pt);
		self->remote.rtx_pt = (uint8_t)atoi(rtx);
	}
	for (const char *const *fb =
			(const char *const[]){ "nack", "nack pli", "transport-cc", NULL };
		*fb != NULL; fb++) {
		snprintf(start, sizeof start, "a=rtcp-fb:%s %s", pt, *fb);
		if (find_line(text, end, start, feedback, sizeof feedback))
			line(out, "a=rtcp-fb:%s %s", pt, *fb);
	}
	int mid_id = find_extension(text, end, MID_URI);
	int twcc_id = find_extension(text, end, TWCC_URI);
	if (mid_id != 0)
		line(out, "a=extmap:%d " MID_URI, mid_id);
	if (twcc_id != 0)
		line(out, "a=extmap:%d " TWCC_URI, twcc_id);
	if (twcc_id != 0)
		self->remote.twcc_id = (uint8_t)twcc_id;
}

static void
write_answer(caller *self, const char *offer, writer *out)
{
	char mids[256] = "";
	const char *end = offer + strlen(offer);

	start_sdp(self, out);
	if (find_line(offer, end, "a=group:BUNDLE", mids, sizeof mids))
		line(out, "a=group:BUNDLE%s", mids);
	for (const char *at = strstr(offer, "m="), *next; at != NULL; at = next) {
		next = strstr(at + 2, "\nm=");
		next = next != NULL ? next + 1 : NULL;
		answer_section(self, at, next != NULL ? next : end, out);
	}
}

static bool
read_remote(caller *self, const char *sdp)
{
	caller_remote *remote = &self->remote;
	const char *end = sdp + strlen(sdp), *at = sdp;
	char setup[16] = "", value[128];
	unsigned port;

	for (; (at = strstr(at, "a=candidate:")) != NULL; at++)
		if (sscanf(at, "a=candidate:%*s 1 %*[uUdDpP] %*u %63s %u typ host", remote->host,
			    &port) == 2)
			break;
	if (at == NULL ||
		!find_line(sdp, end, "a=ice-ufrag:", remote->ufrag, sizeof remote->ufrag) ||
		!find_line(sdp, end, "a=ice-pwd:", remote->pwd, sizeof remote->pwd))
		return false;
	remote->port = (uint16_t)port;
	find_line(sdp, end, "a=setup:", setup, sizeof setup);
	remote->active = strcmp(setup, "active") == 0;
	remote->simulcast = find_line(sdp, end, "a=simulcast:", value, sizeof value);
	return true;
}

/* -- requests -- */

static void
say(caller *self, json_t *request)
{
	json_object_set_new(request, "transaction", json_string("t"));
	if (self->session != 0)
		json_object_set_new(request, "session_id", json_integer(self->session));
	if (self->handle != 0)
		json_object_set_new(request, "handle_id", json_integer(self->handle));
	char *text = json_dumps(request, JSON_COMPACT);
	websocket_send(self->socket, text, strlen(text));
	free(text);
	json_decref(request);
}

static void
message(caller *self, json_t *body, const char *type, const char *sdp)
{
	json_t *request = json_pack("{s:s, s:o}", "janus", "message", "body", body);

	if (sdp != NULL)
		json_object_set_new(
			request, "jsep", json_pack("{s:s, s:s}", "type", type, "sdp", sdp));
	say(self, request);
}

static void
join(caller *self)
{
	self->step = JOINING;
	if (self->options.feed == 0 || self->options.viewer)
		message(self,
			json_pack("{s:s, s:s, s:I}", "request", "join", "ptype",
				self->options.feed == 0 ? "publisher" : "viewer", "room",
				(json_int_t)self->options.room),
			NULL, NULL);
	else
		message(self,
			json_pack("{s:s, s:s, s:I, s:[{s:I}]}", "request", "join", "ptype",
				"subscriber", "room", (json_int_t)self->options.room, "streams",
				"feed", (json_int_t)self->options.feed),
			NULL, NULL);
}

static void
attached(caller *self)
{
	if (self->options.feed != 0) {
		join(self);
		return;
	}
	self->step = MAKING_ROOM;
	message(self,
		json_pack("{s:s, s:I, s:i, s:i, s:s, s:s}", "request", "create", "room",
			(json_int_t)self->options.room, "publishers", 16, "bitrate", 0,
			"audiocodec", "opus", "videocodec", "vp8"),
		NULL, NULL);
}

static void
joined(caller *self, json_t *data, const char *sdp)
{
	writer out;

	if (self->options.feed == 0) {
		self->feed = json_integer_value(json_object_get(data, "id"));
		self->step = OFFERING;
		write_offer(self, &out);
		message(self,
			json_pack(
				"{s:s, s:b, s:b}", "request", "configure", "audio", 1, "video", 1),
			"offer", out.text);
		return;
	}
	if (sdp == NULL || !read_remote(self, sdp)) {
		fail(self, "no offer");
		return;
	}
	write_answer(self, sdp, &out);
	self->step = ANSWERING;
	message(self, json_pack("{s:s}", "request", "start"), "answer", out.text);
	/* The server may be on its way already. */
	self->listener.agreed(self->data, &self->remote);
}

static void
take_event(caller *self, json_t *event)
{
	json_t *data = json_object_get(json_object_get(event, "plugindata"), "data");
	const char *sdp = json_string_value(json_object_get(json_object_get(event, "jsep"), "sdp"));
	json_t *error = json_object_get(data, "error");

	/* The room may be there from a run before. */
	if (error != NULL && self->step != MAKING_ROOM) {
		fail(self, json_string_value(error));
		return;
	}
	switch (self->step) {
	case MAKING_ROOM:
		join(self);
		break;
	case JOINING:
		joined(self, data, sdp);
		break;
	case OFFERING:
		if (sdp == NULL)
			break; /* an event of the room */
		self->step = DONE;
		if (read_remote(self, sdp))
			self->listener.agreed(self->data, &self->remote);
		else
			fail(self, "no answer");
		break;
	case ANSWERING:
		self->step = DONE;
		break;
	default:
		break;
	}
}

static void
take(caller *self, json_t *reply)
{
	const char *kind = json_string_value(json_object_get(reply, "janus"));
	json_int_t id = json_integer_value(json_object_get(json_object_get(reply, "data"), "id"));

	if (kind == NULL || strcmp(kind, "error") == 0) {
		fail(self, json_string_value(
				   json_object_get(json_object_get(reply, "error"), "reason")));
	} else if (strcmp(kind, "timeout") == 0 || strcmp(kind, "hangup") == 0) {
		fail(self, kind);
	} else if (strcmp(kind, "success") == 0 && self->step == CREATING) {
		self->session = id;
		self->step = ATTACHING;
		say(self, json_pack("{s:s, s:s}", "janus", "attach", "plugin",
				  "janus.plugin.videoroom"));
	} else if (strcmp(kind, "success") == 0 && self->step == ATTACHING) {
		self->handle = id;
		attached(self);
	} else if (json_object_get(reply, "plugindata") != NULL) {
		take_event(self, reply);
	}
}

/* -- the socket -- */

static void
on_opened(void *data)
{
	caller *self = data;

	self->step = CREATING;
	say(self, json_pack("{s:s, s:s*}", "janus", "create", "token", self->options.token));
}

static void
on_text(void *data, char *text, size_t length)
{
	json_t *reply = json_loadb(text, length, 0, NULL);

	if (reply != NULL)
		take(data, reply);
	else
		fail(data, "not JSON");
	json_decref(reply);
}

static void
on_closed(void *data, const char *why)
{
	fail(data, why);
}

caller *
caller_new(const caller_options *options, const caller_listener *listener, void *data)
{
	static const websocket_listener of_socket = { on_opened, on_text, on_closed };
	caller *self = calloc(1, sizeof *self);

	*self = (caller){ .options = *options, .listener = *listener, .data = data };
	snprintf(self->ufrag, sizeof self->ufrag, "u%06u", options->id);
	snprintf(self->pwd, sizeof self->pwd, "password%016u", options->id);
	self->socket =
		websocket_new(options->host, options->port, "janus-protocol", &of_socket, self);
	if (self->socket != NULL)
		return self;
	free(self);
	return NULL;
}

void
caller_free(caller *self)
{
	if (self == NULL)
		return;
	websocket_free(self->socket);
	free(self);
}

int
caller_fd(const caller *self)
{
	return websocket_fd(self->socket);
}

void
caller_ready(caller *self)
{
	if (!self->failed)
		websocket_ready(self->socket);
}

void
caller_tick(caller *self, int64_t now_us)
{
	if (self->keepalive_us == 0)
		self->keepalive_us = now_us;
	if (self->failed || self->step != DONE || now_us - self->keepalive_us < KEEPALIVE_US)
		return;
	self->keepalive_us = now_us;
	int64_t handle = self->handle;
	self->handle = 0;
	say(self, json_pack("{s:s}", "janus", "keepalive"));
	self->handle = handle;
}

int64_t
caller_feed(const caller *self)
{
	return self->feed;
}

const char *
caller_ufrag(const caller *self)
{
	return self->ufrag;
}

const char *
caller_pwd(const caller *self)
{
	return self->pwd;
}
