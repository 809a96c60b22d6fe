/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds: what modules open, and whose they are. */
#include "signaling/services-module.h"

#include <inttypes.h>
#include <string.h>

#include "signaling/verifier.h"

enum { NAME_BYTES = 17 };

typedef struct {
	aula_feed id; /* the engine's, as a track */
	unsigned module;
	aula_codec codec;
	uint64_t group;
	char name[NAME_BYTES]; /* of the stream in descriptions */
} feed;

GHashTable *
aula_service_feeds_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
}

/* The calling module's feed of that name; NULL. */
static feed *
find(const aula_host *host, aula_feed id)
{
	const aula_module_host *asks = aula_module_of(host);
	feed *one = g_hash_table_lookup(asks->feeds, &id.id);

	return one != NULL && one->module == asks->index ? one : NULL;
}

static const feed *
of_group(const aula_module_host *asks, uint64_t group)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, asks->feeds);
	while (group != 0 && g_hash_table_iter_next(&iter, NULL, &value)) {
		const feed *one = value;
		if (one->module == asks->index && one->group == group)
			return one;
	}
	return NULL;
}

static void
name(feed *one, const aula_module_host *asks)
{
	const feed *other = of_group(asks, one->group);
	uint64_t random;

	if (other != NULL) {
		memcpy(one->name, other->name, sizeof one->name);
		return;
	}
	aula_random(&random, sizeof random);
	g_snprintf(one->name, sizeof one->name, "%016" PRIx64, random);
}

static aula_code
feeds_open(const aula_host *host, const aula_feed_options *options, aula_feed *ret_feed)
{
	const aula_module_host *asks = aula_module_of(host);
	aula_codec codec = aula_codec_find(options->codec, strlen(options->codec));

	if (codec == AULA_CODEC_NONE || aula_codec_kind(codec) != options->kind)
		return AULA_UNSUPPORTED;
	if (asks->board->engine == NULL)
		return AULA_WRONG_STATE;
	aula_track track = aula_engine_open_feed(asks->board->engine, codec);
	if (AULA_NONE(track))
		return AULA_FULL;
	feed *one = g_new0(feed, 1);
	*one = (feed){
		.id = { track.id }, .module = asks->index, .codec = codec, .group = options->group
	};
	name(one, asks);
	g_hash_table_insert(asks->feeds, &one->id.id, one);
	*ret_feed = one->id;
	return AULA_OK;
}

static void
feeds_close(const aula_host *host, aula_feed id)
{
	const aula_module_host *asks = aula_module_of(host);

	if (find(host, id) == NULL)
		return;
	if (asks->board->engine != NULL) /* it is gone before the modules are */
		aula_engine_close_feed(asks->board->engine, (aula_track){ id.id });
	g_hash_table_remove(asks->feeds, &id.id);
}

void
aula_service_feeds_close(aula_switchboard *board, GHashTable *feeds, unsigned module)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, feeds);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const feed *one = value;
		if (one->module != module)
			continue;
		if (board->engine != NULL)
			aula_engine_close_feed(board->engine, (aula_track){ one->id.id });
		g_hash_table_iter_remove(&iter);
	}
}

/* The number of the handle's session, by which its own media is known; 0: it is gone. */
static uint64_t
owner_of(const aula_switchboard *board, aula_handle handle)
{
	const aula_attachment *attachment = aula_attachment_find(board->sessions, handle);

	return attachment != NULL ? aula_session_number(aula_attachment_session(attachment)) : 0;
}

static aula_code
feeds_source(const aula_host *host, aula_feed id, aula_track source)
{
	const aula_switchboard *board = aula_module_of(host)->board;

	if (find(host, id) == NULL || board->engine == NULL)
		return AULA_GONE;
	return aula_engine_switch(board->engine, (aula_track){ id.id }, source,
		owner_of(board, aula_peering_publisher(board->peerings, source, NULL)));
}

static aula_code
feeds_add(const aula_host *host, aula_handle handle, aula_feed id, aula_handle except,
	aula_sender *ret_sender)
{
	const aula_switchboard *board = aula_module_of(host)->board;
	const feed *one = find(host, id);

	if (one == NULL || board->engine == NULL || aula_module_lasting(host, handle) == NULL)
		return AULA_GONE;
	uint64_t owner = owner_of(board, AULA_NONE(except) ? handle : except);
	return aula_peering_add_feed(board->peerings, handle, one->codec, (aula_track){ id.id },
		one->name, owner, ret_sender);
}

static aula_code
feeds_carry(const aula_host *host, aula_sender sender, aula_feed id, aula_handle except)
{
	const aula_switchboard *board = aula_module_of(host)->board;
	const feed *one = find(host, id);

	if (one == NULL || board->engine == NULL)
		return AULA_GONE;
	aula_handle handle = aula_peering_receiver(board->peerings, sender);
	if (aula_module_lasting(host, handle) == NULL)
		return AULA_GONE;
	return aula_peering_carry_feed(board->peerings, sender, one->codec, (aula_track){ id.id },
		owner_of(board, AULA_NONE(except) ? handle : except));
}

static aula_track
feeds_track(const aula_host *host, aula_feed id)
{
	return (aula_track){ find(host, id) != NULL ? id.id : 0 };
}

const aula_feeds aula_service_feeds = { .size = sizeof aula_service_feeds,
	.open = feeds_open,
	.close = feeds_close,
	.source = feeds_source,
	.add = feeds_add,
	.track = feeds_track,
	.carry = feeds_carry };
