/* SPDX-License-Identifier: Apache-2.0 */
/* PeerConnections, tracks and senders that only pretend. */
#include "scenery.h"

#include <stdio.h>
#include <string.h>

/* -- tracks -- */

prop_track *
scenery_track(const struct stage *stage, aula_track track)
{
	if (AULA_NONE(track) || track.id > stage->tracks->len)
		return NULL;
	prop_track *one = g_ptr_array_index(stage->tracks, track.id - 1);
	return one->alive ? one : NULL;
}

static aula_track
make_track(struct stage *stage, aula_handle publisher, const aula_stream *line)
{
	prop_track *one = g_new0(prop_track, 1);

	g_ptr_array_add(stage->tracks, one);
	one->id.id = stage->tracks->len;
	one->publisher = publisher;
	one->kind = line->kind;
	one->alive = true;
	g_strlcpy(one->codec, line->codec, sizeof one->codec);
	return one->id;
}

/* -- peers -- */

enum { SENDERS_OF_A_HANDLE = 1000000 };

prop_line *
scenery_line(const struct stage *stage, aula_sender sender)
{
	actor *one = scenery_find(stage, (aula_handle){ sender.id / SENDERS_OF_A_HANDLE });

	for (unsigned i = 0; one != NULL && one->peer != NULL && i < one->peer->count; i++)
		if (AULA_SAME(one->peer->lines[i].stream.sender, sender))
			return &one->peer->lines[i];
	return NULL;
}

static aula_sender
make_sender(actor *one)
{
	g_assert_cmpuint(one->peer->senders, <, SENDERS_OF_A_HANDLE - 1);
	return (aula_sender){ one->handle.id * SENDERS_OF_A_HANDLE + ++one->peer->senders };
}

static void
end_line(struct stage *stage, prop_line *line)
{
	prop_track *track = scenery_track(stage, line->stream.track);

	if (track != NULL)
		track->alive = false;
	line->stream.track = (aula_track){ 0 };
	line->stream.sender = (aula_sender){ 0 };
	line->stream.active = false;
}

void
scenery_peer_free(struct stage *stage, actor *one)
{
	if (one->peer == NULL)
		return;
	for (unsigned i = 0; i < one->peer->count; i++)
		end_line(stage, &one->peer->lines[i]);
	g_clear_pointer(&one->peer, g_free);
}

size_t
scenery_parse_offer(const char *text, aula_stream *ret_lines, size_t most)
{
	g_auto(GStrv) lines = g_strsplit(text, ",", -1);
	size_t count = 0;

	for (; lines[count] != NULL; count++) {
		char kind[8], mid[AULA_MID_MOST + 1], codec[AULA_CODEC_MOST + 1], direction[8];
		g_assert_cmpuint(count, <, most);
		int fields =
			sscanf(lines[count], " %7s %32s %16s %7s", kind, mid, codec, direction);
		g_assert_cmpint(fields, ==, 4);
		ret_lines[count] = (aula_stream){ .index = (uint32_t)count,
			.kind = strcmp(kind, "audio") == 0 ? AULA_AUDIO : AULA_VIDEO,
			.active = strcmp(direction, "none") != 0,
			.client_sends =
				strcmp(direction, "send") == 0 || strcmp(direction, "both") == 0 ||
				strcmp(direction, "rids") == 0 || strcmp(direction, "layers") == 0,
			.simulcast = strcmp(direction, "rids") == 0,
			.svc = strcmp(direction, "layers") == 0,
			.client_receives = strcmp(direction, "receive") == 0 ||
					   strcmp(direction, "both") == 0 };
		g_strlcpy(ret_lines[count].mid, mid, sizeof ret_lines[count].mid);
		g_strlcpy(ret_lines[count].codec, codec, sizeof ret_lines[count].codec);
	}
	return count;
}

static bool
is_taken(const aula_answer *how, const aula_stream *line)
{
	const char *list = line->kind == AULA_AUDIO ? how->audio_codecs : how->video_codecs;

	return list == NULL || strstr(list, line->codec) != NULL;
}

static void
answer_line(struct stage *stage, actor *one, const aula_stream *offered, const aula_answer *how)
{
	prop_line *line = &one->peer->lines[offered->index];
	bool taken = offered->active && is_taken(how, offered);
	bool sends = taken && how->receive && offered->client_sends;
	bool receives = taken && how->send && offered->client_receives;

	if (!sends)
		end_line(stage, line);
	aula_track track = line->stream.track;
	aula_sender sender = line->stream.sender;
	line->stream = *offered;
	line->stream.active = sends || receives;
	line->stream.track =
		sends && AULA_NONE(track) ? make_track(stage, one->handle, offered) : track;
	line->stream.sender = receives && AULA_NONE(sender) ? make_sender(one) : sender;
}

static aula_code
answer(const aula_host *host, aula_handle handle, const aula_answer *how, json_t **ret_jsep)
{
	struct stage *stage = scenery_stage(host);
	actor *one = scenery_actor(stage, handle);
	bool any = false;

	g_assert_cmpuint(how->size, ==, sizeof *how);
	if (one->offer == NULL || (one->peer != NULL && one->peer->closing))
		return AULA_WRONG_STATE;
	for (size_t i = 0; i < one->offer->offer_count; i++)
		any |= is_taken(how, aula_offer_stream(one->offer, i));
	if (!any)
		return AULA_UNSUPPORTED;
	if (one->peer == NULL)
		one->peer = g_new0(prop_peer, 1);
	for (size_t i = 0; i < one->offer->offer_count; i++)
		answer_line(stage, one, aula_offer_stream(one->offer, i), how);
	one->peer->count = MAX(one->peer->count, (unsigned)one->offer->offer_count);
	one->peer->limit_bps = how->max_bitrate_bps;
	*ret_jsep = json_pack("{s:s}", "type", "answer");
	return AULA_OK;
}

static aula_code
add(const aula_host *host, aula_handle handle, aula_kind kind, aula_track source, const char *like,
	aula_sender *ret_sender)
{
	struct stage *stage = scenery_stage(host);
	actor *one = scenery_actor(stage, handle);
	const prop_track *track = scenery_track(stage, source);
	unsigned i = 0;

	if (track == NULL && !AULA_NONE(source))
		return AULA_GONE;
	if (one->peer == NULL)
		one->peer = g_new0(prop_peer, 1);
	while (i < one->peer->count &&
		(one->peer->lines[i].stream.active || one->peer->lines[i].stream.kind != kind))
		i++;
	if (i >= LINES_MOST)
		return AULA_FULL;
	prop_line *line = &one->peer->lines[i];
	if (i == one->peer->count) {
		one->peer->count++;
		*line = (prop_line){ .stream = { .index = i, .kind = kind } };
	}
	line->source = source;
	line->paused = false;
	line->aim = (aula_aim){ 0 };
	line->stream.active = true;
	line->stream.client_receives = true;
	line->stream.sender = make_sender(one);
	g_strlcpy(
		line->stream.codec, track != NULL ? track->codec : like, sizeof line->stream.codec);
	*ret_sender = line->stream.sender;
	return AULA_OK;
}

static void
remove_sender(const aula_host *host, aula_handle handle, aula_sender sender)
{
	prop_line *line = scenery_line(scenery_stage(host), sender);
	(void)handle;

	if (line != NULL)
		end_line(scenery_stage(host), line);
}

static aula_code
offer(const aula_host *host, aula_handle handle, bool restart, json_t **ret_jsep)
{
	actor *one = scenery_actor(scenery_stage(host), handle);

	if (one->peer == NULL)
		return AULA_GONE;
	if (one->peer->offering)
		return AULA_WRONG_STATE;
	one->peer->offering = true;
	for (unsigned i = 0; i < one->peer->count; i++)
		g_snprintf(one->peer->lines[i].stream.mid, AULA_MID_MOST, "%u", i);
	*ret_jsep = json_pack("{s:s, s:b}", "type", "offer", "restart", restart);
	return AULA_OK;
}

static bool
offering(const aula_host *host, aula_handle handle)
{
	const actor *one = scenery_find(scenery_stage(host), handle);
	return one != NULL && one->peer != NULL && one->peer->offering;
}

static size_t
streams(const aula_host *host, aula_handle handle, aula_stream *ret_streams, size_t stride,
	size_t most)
{
	const actor *one = scenery_find(scenery_stage(host), handle);
	size_t count = one != NULL && one->peer != NULL ? one->peer->count : 0;

	for (size_t i = 0; i < count && i < most; i++)
		memcpy((char *)ret_streams + i * stride, &one->peer->lines[i].stream,
			sizeof *ret_streams);
	return count;
}

static bool
connected(const aula_host *host, aula_handle handle)
{
	const actor *one = scenery_find(scenery_stage(host), handle);
	return one != NULL && one->peer != NULL && one->peer->connected;
}

static void
close_peer(const aula_host *host, aula_handle handle, const char *reason)
{
	actor *one = scenery_find(scenery_stage(host), handle);
	(void)reason;

	if (one != NULL && one->peer != NULL)
		one->peer->closing = true;
}

static void
limit(const aula_host *host, aula_handle handle, int64_t max_bitrate_bps)
{
	actor *one = scenery_find(scenery_stage(host), handle);

	if (one != NULL && one->peer != NULL)
		one->peer->limit_bps = max_bitrate_bps;
}

const aula_peers scenery_peers = { .size = sizeof scenery_peers,
	.answer = answer,
	.add = add,
	.remove = remove_sender,
	.offer = offer,
	.offering = offering,
	.streams = streams,
	.connected = connected,
	.close = close_peer,
	.limit = limit };

/* -- media -- */

static aula_code
feed(const aula_host *host, aula_sender sender, aula_track source)
{
	prop_line *line = scenery_line(scenery_stage(host), sender);
	prop_track *track = scenery_track(scenery_stage(host), source);

	if (line == NULL || (track == NULL && !AULA_NONE(source)))
		return AULA_GONE;
	if (track != NULL && strcmp(track->codec, line->stream.codec) != 0)
		return AULA_UNSUPPORTED;
	if (track != NULL)
		track->keyframes++;
	line->source = source;
	return AULA_OK;
}

static void
pause_sender(const aula_host *host, aula_sender sender, bool paused)
{
	prop_line *line = scenery_line(scenery_stage(host), sender);

	if (line != NULL)
		line->paused = paused;
}

static void
mute(const aula_host *host, aula_track track, bool muted)
{
	prop_track *one = scenery_track(scenery_stage(host), track);

	if (one != NULL)
		one->muted = muted;
}

static void
keyframe(const aula_host *host, aula_track track)
{
	prop_track *one = scenery_track(scenery_stage(host), track);

	if (one != NULL)
		one->keyframes++;
}

static aula_code
aim_sender(const aula_host *host, aula_sender sender, const aula_aim *aim)
{
	prop_line *line = scenery_line(scenery_stage(host), sender);

	if (line == NULL)
		return AULA_GONE;
	g_assert_cmpuint(aim->size, ==, sizeof *aim);
	line->aim = *aim;
	return AULA_OK;
}

const aula_media scenery_media = { .size = sizeof scenery_media,
	.feed = feed,
	.pause = pause_sender,
	.mute = mute,
	.keyframe = keyframe,
	.aim = aim_sender };

/* -- looking -- */

static const prop_line *
look(struct stage *stage, aula_handle handle, unsigned index)
{
	const actor *one = scenery_actor(stage, handle);

	g_assert_nonnull(one->peer);
	g_assert_cmpuint(index, <, one->peer->count);
	return &one->peer->lines[index];
}

bool
stage_has_peer(struct stage *stage, aula_handle handle)
{
	return scenery_actor(stage, handle)->peer != NULL;
}

bool
stage_is_offering(struct stage *stage, aula_handle handle)
{
	const actor *one = scenery_actor(stage, handle);
	return one->peer != NULL && one->peer->offering;
}

aula_track
stage_track(struct stage *stage, aula_handle handle, unsigned index)
{
	return look(stage, handle, index)->stream.track;
}

aula_track
stage_source(struct stage *stage, aula_handle handle, unsigned index)
{
	const prop_line *line = look(stage, handle, index);
	return AULA_NONE(line->stream.sender) ? (aula_track){ 0 } : line->source;
}

bool
stage_is_muted(struct stage *stage, aula_track track)
{
	const prop_track *one = scenery_track(stage, track);
	return one != NULL && one->muted;
}

bool
stage_is_paused(struct stage *stage, aula_handle handle, unsigned index)
{
	return look(stage, handle, index)->paused;
}

const aula_aim *
stage_aim(struct stage *stage, aula_handle handle, unsigned index)
{
	return &look(stage, handle, index)->aim;
}

void
stage_show(struct stage *stage, aula_handle handle, unsigned index, const aula_shown *shown)
{
	const actor *one = scenery_actor(stage, handle);

	one->in->module->plugin->shown(one->in->self, handle, one->state,
		look(stage, handle, index)->stream.sender, shown);
}

unsigned
stage_keyframes(struct stage *stage, aula_track track)
{
	const prop_track *one = scenery_track(stage, track);
	return one != NULL ? one->keyframes : 0;
}

int64_t
stage_limit(struct stage *stage, aula_handle handle)
{
	const actor *one = scenery_actor(stage, handle);
	return one->peer != NULL ? one->peer->limit_bps : -1;
}

unsigned
stage_broadcasts(const struct stage *stage)
{
	return stage->broadcasts;
}
