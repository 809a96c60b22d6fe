/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/letter.h"

#include <string.h>

#include "peer/audience.h"
#include "peer/hub.h"

typedef struct {
	aula_mail mail;
	aula_hub *to;
	unsigned from; /* index */
	uint64_t track;
	bool on;
	unsigned encoding;
	uint32_t encodings; /* bits */
	int64_t seen_us[AULA_ENCODINGS_MOST];
	int64_t bps;
	aula_clock_pair pair;
} letter;

static void
note_watched(aula_hub *hub, uint64_t track, unsigned from, uint32_t encodings)
{
	aula_live_track *here = aula_hub_track(hub, track);
	aula_live_feed *feed = aula_hub_feed(hub, track);

	if (here != NULL)
		aula_track_watch(here, from, encodings);
	else if (feed != NULL)
		aula_feed_watch(feed, from, encodings);
}

static void
post(aula_hub *hub, unsigned to, void (*deliver)(aula_mail *mail), letter content)
{
	aula_hub *there = aula_hub_at(hub, to);

	if (there == NULL)
		return;
	letter *posted = g_new(letter, 1);
	*posted = content;
	posted->mail.deliver = deliver;
	posted->to = there;
	posted->from = aula_hub_index(hub);
	aula_loop_post(aula_hub_loop(posted->to), &posted->mail);
}

static void
deliver_gone(aula_mail *mail)
{
	letter *arrived = (letter *)mail;

	aula_mirror_free(aula_hub_mirror(arrived->to, arrived->track));
	g_free(arrived);
}

static void
deliver_subscribe(aula_mail *mail)
{
	letter *arrived = (letter *)mail;
	aula_live_track *track = aula_hub_track(arrived->to, arrived->track);
	aula_live_feed *feed = aula_hub_feed(arrived->to, arrived->track);

	if (track != NULL)
		aula_track_subscribe(track, arrived->from, arrived->on);
	else if (feed != NULL)
		aula_feed_subscribe(feed, arrived->from, arrived->on);
	else if (arrived->on)
		aula_letter_gone(arrived->to, arrived->from, arrived->track);
	g_free(arrived);
}

static void
deliver_keyframe(aula_mail *mail)
{
	letter *arrived = (letter *)mail;
	aula_live_track *track = aula_hub_track(arrived->to, arrived->track);
	aula_live_feed *feed = aula_hub_feed(arrived->to, arrived->track);
	const aula_audience *audience = NULL;

	if (track != NULL)
		audience = aula_track_audience(track);
	else if (feed != NULL)
		audience = aula_feed_audience(feed);
	/* One that it has not seen yet is what it asks for. */
	if (audience != NULL)
		arrived->encodings &= ~aula_audience_under_way(
			audience, arrived->from, arrived->seen_us, aula_hub_now_us(arrived->to));
	aula_hub_want_keyframe(arrived->to, arrived->track, arrived->encodings);
	g_free(arrived);
}

static void
deliver_watch(aula_mail *mail)
{
	letter *arrived = (letter *)mail;

	note_watched(arrived->to, arrived->track, arrived->from, arrived->encodings);
	g_free(arrived);
}

static void
deliver_pair(aula_mail *mail)
{
	letter *arrived = (letter *)mail;
	aula_mirror *mirror = aula_hub_mirror(arrived->to, arrived->track);

	if (mirror != NULL)
		aula_mirror_set_pair(mirror, arrived->encoding, &arrived->pair);
	g_free(arrived);
}

static void
deliver_rate(aula_mail *mail)
{
	letter *arrived = (letter *)mail;
	aula_mirror *mirror = aula_hub_mirror(arrived->to, arrived->track);

	if (mirror != NULL)
		aula_mirror_note_rate(mirror, arrived->encoding, arrived->bps);
	g_free(arrived);
}

static void
deliver_forget(aula_mail *mail)
{
	letter *arrived = (letter *)mail;
	aula_mirror *mirror = aula_hub_mirror(arrived->to, arrived->track);

	if (mirror != NULL)
		aula_mirror_forget(mirror);
	g_free(arrived);
}

void
aula_letter_subscribe(aula_hub *hub, unsigned home, uint64_t track, bool on)
{
	if (home != aula_hub_index(hub))
		post(hub, home, deliver_subscribe, (letter){ .track = track, .on = on });
}

void
aula_letter_ask_keyframe(aula_hub *hub, unsigned home, uint64_t track, uint32_t encodings,
	const int64_t seen_us[AULA_ENCODINGS_MOST])
{
	letter ask = { .track = track, .encodings = encodings };

	memcpy(ask.seen_us, seen_us, sizeof(ask.seen_us));
	post(hub, home, deliver_keyframe, ask);
}

void
aula_letter_watch(aula_hub *hub, unsigned home, uint64_t track, uint32_t encodings)
{
	if (home == aula_hub_index(hub))
		note_watched(hub, track, home, encodings);
	else
		post(hub, home, deliver_watch, (letter){ .track = track, .encodings = encodings });
}

void
aula_letter_pair(
	aula_hub *hub, unsigned to, uint64_t track, unsigned encoding, const aula_clock_pair *pair)
{
	post(hub, to, deliver_pair,
		(letter){ .track = track, .encoding = encoding, .pair = *pair });
}

void
aula_letter_rate(aula_hub *hub, unsigned to, uint64_t track, unsigned encoding, int64_t bps)
{
	post(hub, to, deliver_rate, (letter){ .track = track, .encoding = encoding, .bps = bps });
}

void
aula_letter_forget(aula_hub *hub, unsigned to, uint64_t track)
{
	/* After the packets that came before. */
	aula_hub_flush_link(hub, to);
	post(hub, to, deliver_forget, (letter){ .track = track });
}

void
aula_letter_gone(aula_hub *hub, unsigned to, uint64_t track)
{
	post(hub, to, deliver_gone, (letter){ .track = track });
}
