/* SPDX-License-Identifier: Apache-2.0 */
/** What the pages are told, and the tokens that a demo class hands out to everybody. */
#ifndef AULA_SIGNALING_DEMO_H
#define AULA_SIGNALING_DEMO_H

#include "signaling/identity.h"
#include "web/web.h"

typedef struct aula_demo aula_demo;

/** [control, before the listener starts] Adds the pages: "/config.json" always, "/demo/token" when
 * the demo runs. Borrows all three.
 *
 * {"version": "0.1.0", "name": "Aula", "demo": true, "room": 1234, "title": "Demo class"}
 * {"token": "..", "room": 1234, "title": "Demo class", "role": "student", "expires": 1700000000}
 */
aula_demo *aula_demo_new(
	aula_web *web, const aula_settings *settings, const aula_identities *identities);
/** After the listener has stopped. NULL is fine. */
void aula_demo_free(aula_demo *demo);

#endif
