/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds that only pretend: tracks that name another. */
#include "scenery.h"

static prop_track *
find(const struct stage *stage, aula_feed feed)
{
	prop_track *one = scenery_track(stage, (aula_track){ feed.id });

	return one != NULL && one->feed ? one : NULL;
}

static aula_code
feed_open(const aula_host *host, const aula_feed_options *options, aula_feed *ret_feed)
{
	struct stage *stage = scenery_stage(host);

	g_assert_cmpuint(options->size, ==, sizeof *options);
	prop_track *one = g_new0(prop_track, 1);
	g_ptr_array_add(stage->tracks, one);
	one->id.id = stage->tracks->len;
	one->kind = options->kind;
	one->alive = one->feed = true;
	g_strlcpy(one->codec, options->codec, sizeof one->codec);
	*ret_feed = (aula_feed){ one->id.id };
	return AULA_OK;
}

static void
feed_close(const aula_host *host, aula_feed feed)
{
	prop_track *one = find(scenery_stage(host), feed);

	if (one != NULL)
		one->alive = false;
}

static aula_code
feed_source(const aula_host *host, aula_feed feed, aula_track source)
{
	prop_track *one = find(scenery_stage(host), feed);
	prop_track *track = scenery_track(scenery_stage(host), source);

	if (one == NULL || (track == NULL && !AULA_NONE(source)))
		return AULA_GONE;
	if (track != NULL && g_strcmp0(track->codec, one->codec) != 0)
		return AULA_UNSUPPORTED;
	one->carried = source;
	one->switches++;
	return AULA_OK;
}

static aula_code
feed_add(const aula_host *host, aula_handle handle, aula_feed feed, aula_handle except,
	aula_sender *ret_sender)
{
	struct stage *stage = scenery_stage(host);
	const prop_track *one = find(stage, feed);
	const actor *who = scenery_find(stage, handle);

	if (one == NULL || who == NULL || who->ending)
		return AULA_GONE;
	aula_code code = scenery_peers.add(host, handle, one->kind, one->id, NULL, ret_sender);
	for (unsigned i = 0; code == AULA_OK && i < who->peer->count; i++)
		if (AULA_SAME(who->peer->lines[i].stream.sender, *ret_sender))
			who->peer->lines[i].except = AULA_NONE(except) ? handle : except;
	return code;
}

static aula_code
feed_carry(const aula_host *host, aula_sender sender, aula_feed feed, aula_handle except)
{
	struct stage *stage = scenery_stage(host);
	const prop_track *one = find(stage, feed);
	prop_line *line = scenery_line(stage, sender);

	if (one == NULL || line == NULL)
		return AULA_GONE;
	if (strcmp(line->stream.codec, one->codec) != 0)
		return AULA_UNSUPPORTED;
	line->source = one->id;
	line->except = except;
	return AULA_OK;
}

static aula_track
feed_track(const aula_host *host, aula_feed feed)
{
	return (aula_track){ find(scenery_stage(host), feed) != NULL ? feed.id : 0 };
}

const aula_feeds scenery_feeds = { .size = sizeof scenery_feeds,
	.open = feed_open,
	.close = feed_close,
	.source = feed_source,
	.add = feed_add,
	.track = feed_track,
	.carry = feed_carry };

aula_track
stage_carried(struct stage *stage, aula_track feed)
{
	const prop_track *one = find(stage, (aula_feed){ feed.id });

	g_assert_nonnull(one);
	return one->carried;
}

unsigned
stage_switches(struct stage *stage, aula_track feed)
{
	const prop_track *one = find(stage, (aula_feed){ feed.id });

	g_assert_nonnull(one);
	return one->switches;
}

aula_handle
stage_except(struct stage *stage, aula_handle handle, unsigned index)
{
	const actor *one = scenery_actor(stage, handle);

	g_assert_cmpuint(index, <, one->peer->count);
	return one->peer->lines[index].except;
}

unsigned
stage_feeds(const struct stage *stage)
{
	unsigned count = 0;

	for (guint i = 0; i < stage->tracks->len; i++) {
		const prop_track *one = g_ptr_array_index(stage->tracks, i);
		count += one->feed && one->alive;
	}
	return count;
}

void
stage_speak(struct stage *stage, aula_handle handle, unsigned index, bool speaks)
{
	const actor *one = scenery_actor(stage, handle);
	const aula_plugin_ops *plugin = one->in->module->plugin;

	if (plugin->speaking != NULL)
		plugin->speaking(one->in->self, handle, one->state,
			stage_track(stage, handle, index), speaks, speaks ? -25 : -80);
}
