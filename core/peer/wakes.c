/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/wakes.h"

#include "peer/peer.h"

void
aula_wakes_init(aula_wakes *wakes)
{
	wakes->peers = g_ptr_array_new();
}

void
aula_wakes_finish(aula_wakes *wakes)
{
	g_ptr_array_free(wakes->peers, TRUE);
}

void
aula_wakes_add(aula_wakes *wakes, aula_live_peer *peer)
{
	g_ptr_array_add(wakes->peers, peer);
}

void
aula_wakes_remove(aula_wakes *wakes, aula_live_peer *peer)
{
	g_ptr_array_remove_fast(wakes->peers, peer);
}

void
aula_wakes_tick(aula_wakes *wakes, int64_t now_us)
{
	/* A tick may wake others, which are called as well, and frees nobody. */
	for (guint i = 0; i < wakes->peers->len;) {
		if (aula_peer_tick(wakes->peers->pdata[i], now_us))
			i++;
		else
			g_ptr_array_remove_index_fast(wakes->peers, i);
	}
}
