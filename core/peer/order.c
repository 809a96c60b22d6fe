/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/order.h"

#include "peer/hub.h"
#include "peer/taps.h"

static void
deliver(aula_mail *mail)
{
	aula_order *order = (aula_order *)mail;

	AULA_ASSERT_ON(aula_hub_loop(order->hub));
	order->run(order->hub, order);
	g_free(order);
}

aula_order *
aula_order_new(aula_order_run *run)
{
	aula_order *order = g_new0(aula_order, 1);

	order->mail.deliver = deliver;
	order->run = run;
	return order;
}

void
aula_order_give(aula_order *order, aula_hub *hub)
{
	order->hub = hub;
	aula_loop_post(aula_hub_loop(hub), &order->mail);
}

void
aula_order_open(aula_hub *hub, aula_order *order)
{
	void *data;
	const aula_hub_listener *listener = aula_hub_listener_of(hub, &data);

	if (aula_peer_new(hub, order->peer, &order->credentials, order->on) == NULL)
		listener->on_hub_closed(data, order->peer, "no memory for DTLS");
}

void
aula_order_close(aula_hub *hub, aula_order *order)
{
	aula_peer_free(aula_hub_peer(hub, order->peer));
}

void
aula_order_set_remote(aula_hub *hub, aula_order *order)
{
	aula_live_peer *peer = aula_hub_peer(hub, order->peer);

	if (peer != NULL)
		aula_peer_set_remote(peer, &order->remote, order->setup);
}

void
aula_order_add_candidates(aula_hub *hub, aula_order *order)
{
	aula_live_peer *peer = aula_hub_peer(hub, order->peer);

	if (peer != NULL)
		aula_connection_add_candidates(aula_peer_connection(peer), order->candidates.list,
			order->candidates.count, order->on);
	g_free(order->candidates.list);
}

void
aula_order_restart(aula_hub *hub, aula_order *order)
{
	aula_live_peer *peer = aula_hub_peer(hub, order->peer);

	if (peer != NULL)
		aula_connection_restart(aula_peer_connection(peer), &order->credentials, order->on);
}

void
aula_order_limit(aula_hub *hub, aula_order *order)
{
	aula_live_peer *peer = aula_hub_peer(hub, order->peer);

	if (peer != NULL)
		aula_peer_limit(peer, order->limit_bps);
}

void
aula_order_open_track(aula_hub *hub, aula_order *order)
{
	aula_live_peer *peer = aula_hub_peer(hub, order->peer);

	if (peer != NULL)
		aula_peer_open_track(peer, order->track, &order->track_options);
}

void
aula_order_close_track(aula_hub *hub, aula_order *order)
{
	aula_live_track *track = aula_hub_track(hub, order->track);

	if (track != NULL)
		aula_peer_close_track(aula_track_peer(track), track);
}

void
aula_order_mute(aula_hub *hub, aula_order *order)
{
	aula_live_track *track = aula_hub_track(hub, order->track);

	if (track != NULL)
		aula_track_mute(track, order->on);
}

void
aula_order_keyframe(aula_hub *hub, aula_order *order)
{
	aula_hub_want_keyframe(hub, order->track, AULA_ENCODINGS_ALL);
}

void
aula_order_open_feed(aula_hub *hub, aula_order *order)
{
	aula_feed_new(hub, order->feed, &order->track_options);
}

void
aula_order_close_feed(aula_hub *hub, aula_order *order)
{
	aula_feed_free(aula_hub_feed(hub, order->feed));
}

void
aula_order_switch(aula_hub *hub, aula_order *order)
{
	aula_live_feed *feed = aula_hub_feed(hub, order->feed);

	if (feed == NULL)
		return;
	aula_feed_switch(feed,
		order->track == 0 ? NULL
				  : aula_hub_open_mirror(
					    hub, order->track, order->home, &order->track_options),
		order->owner);
}

void
aula_order_open_sender(aula_hub *hub, aula_order *order)
{
	aula_live_peer *peer = aula_hub_peer(hub, order->peer);

	if (peer != NULL)
		aula_peer_open_sender(peer, order->sender, &order->sender_options);
}

void
aula_order_close_sender(aula_hub *hub, aula_order *order)
{
	aula_live_sender *sender = aula_hub_sender(hub, order->sender);

	if (sender != NULL)
		aula_peer_close_sender(aula_sender_peer(sender), sender);
}

void
aula_order_feed(aula_hub *hub, aula_order *order)
{
	aula_live_sender *sender = aula_hub_sender(hub, order->sender);

	if (sender == NULL)
		return;
	aula_sender_feed(sender, order->track == 0 ? NULL
						   : aula_hub_open_mirror(hub, order->track,
							     order->home, &order->track_options));
}

void
aula_order_pause(aula_hub *hub, aula_order *order)
{
	aula_live_sender *sender = aula_hub_sender(hub, order->sender);

	if (sender != NULL)
		aula_sender_pause(sender, order->on);
}

void
aula_order_aim(aula_hub *hub, aula_order *order)
{
	aula_live_sender *sender = aula_hub_sender(hub, order->sender);

	if (sender != NULL)
		aula_sender_aim(sender, &order->aim);
}

void
aula_order_tap(aula_hub *hub, aula_order *order)
{
	aula_live_track *track = aula_hub_track(hub, order->track);
	aula_live_feed *feed = aula_hub_feed(hub, order->track);

	if (track != NULL)
		aula_track_tap(track, order->tap, order->tapping.ops, order->tapping.data);
	else if (feed != NULL)
		aula_feed_tap(feed, order->tap, order->tapping.ops, order->tapping.data);
	else
		aula_tap_close(
			order->tapping.ops, order->tapping.data, (aula_track){ order->track });
}

void
aula_order_untap(aula_hub *hub, aula_order *order)
{
	aula_live_track *track = aula_hub_track(hub, order->track);
	aula_live_feed *feed = aula_hub_feed(hub, order->track);

	/* If what it reads is gone, so is the tap. */
	if (track != NULL)
		aula_track_untap(track, order->tap);
	else if (feed != NULL)
		aula_feed_untap(feed, order->tap);
}

void
aula_order_stats(aula_hub *hub, aula_order *order)
{
	aula_live_peer *peer = aula_hub_peer(hub, order->peer);

	aula_gate_stats(order->asking.gate,
		peer != NULL ? aula_peer_stats(peer, order->asking.brief) : NULL,
		order->asking.done, order->asking.data);
}

void
aula_order_capture(aula_hub *hub, aula_order *order)
{
	aula_live_peer *peer = aula_hub_peer(hub, order->peer);

	if (peer != NULL)
		aula_connection_capture(aula_peer_connection(peer), order->capture);
	else
		aula_capture_unref(order->capture);
}
