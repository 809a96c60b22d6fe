/* SPDX-License-Identifier: Apache-2.0 */
/** The numbers of the whole server for a monitoring system: /metrics in the text format of
 * Prometheus, or OpenMetrics for who asks for that. Made into text once a second on the control
 * thread; asking costs a copy. */
#ifndef AULA_SIGNALING_METRICS_H
#define AULA_SIGNALING_METRICS_H

#include "signaling/error.h"
#include "signaling/switchboard.h"

typedef struct aula_metrics aula_metrics;

/** [control, before the web listener starts] Borrows `board`. */
aula_metrics *aula_metrics_new(const aula_switchboard *board);
/** [control, after the web listener ended] NULL is fine. */
void aula_metrics_free(aula_metrics *metrics);
/** [control, before the web listener starts] Besides people at this machine, who may ask: networks
 * as in web.proxies. */
bool aula_metrics_admit(aula_metrics *metrics, const char *const *networks, GError **error);

/** [control, before the first tick] Sends an agent of StatsD what the settings say, if they name
 * one.
 */
void aula_metrics_connect(aula_metrics *metrics, const aula_settings_metrics *settings);

/** [control] Once a second: makes the page anew. */
void aula_metrics_tick(aula_metrics *metrics, int64_t now_us);

/* What happened; all [control]. `metrics` may be NULL: nobody counts. */

/** A verb of the Janus API was served; NULL: one that we do not know. `took_us` is from the moment
 * a transport delivered it until it was answered. */
void aula_metrics_verb(
	aula_metrics *metrics, const char *verb, const aula_refusal *refusal, int64_t took_us);
/** A plugin's request ran; `row` NULL: it has none of that name. */
void aula_metrics_request(aula_metrics *metrics, unsigned module, const aula_request *row,
	aula_code code, int64_t worked_us);
/** A PeerConnection can carry media, so long after its first description. */
void aula_metrics_connected(aula_metrics *metrics, int64_t took_us);

#endif
