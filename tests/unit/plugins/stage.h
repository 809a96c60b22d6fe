/* SPDX-License-Identifier: Apache-2.0 */
/** Plays the host for plugins: real rooms of the core, but clients, PeerConnections and time are
 * scenery. What a plugin pushes, feeds, mutes and offers is kept to be looked at. */
#ifndef STAGE_H
#define STAGE_H

#include <glib.h>

#include "aula/module.h"

struct stage;

struct stage *stage_new(void);
/** Detaches everybody, stops the modules and checks that nothing was left behind. */
void stage_free(struct stage *stage);

/** The module of that name as it was built. */
const aula_module *stage_module(const char *name);
/** Starts a module with settings as a JSON text; its number on the stage. */
unsigned stage_load(struct stage *stage, const aula_module *module, const char *settings);
/** What starting it with these settings says; it is stopped again if it started. */
aula_code stage_try_load(struct stage *stage, const aula_module *module, const char *settings);

/** A handle of a session. `holds` names capabilities, with spaces. */
aula_handle stage_attach(struct stage *stage, unsigned module, unsigned session, const char *holds);
/** As its token says; before anything else is asked. NULL: as a guest. */
void stage_identify(struct stage *stage, aula_handle handle, const char *subject, const char *name,
	const char *role, const char *room);
void stage_detach(struct stage *stage, aula_handle handle);

/** A request, with single quotes for double ones. `jsep`: NULL, "answer", or an offer's m-lines
 * such as "audio 0 opus send, video 1 vp8 both"; "rids" sends a simulcast, "layers" sends layers.
 * The reply, or the error as the core would tell it, with the "jsep" that came along; borrowed
 * until the next request. */
json_t *stage_ask(struct stage *stage, aula_handle handle, const char *jsep, const char *format,
	...) G_GNUC_PRINTF(4, 5);
/** The next event of the handle, with its "jsep"; NULL when there is none. Borrowed likewise. */
json_t *stage_event(struct stage *stage, aula_handle handle);
/** Forgets the events of the handle; returns how many there were. */
size_t stage_skip(struct stage *stage, aula_handle handle);

/** ICE and DTLS are done; the connection breaks. */
void stage_connect(struct stage *stage, aula_handle handle);
void stage_break(struct stage *stage, aula_handle handle);
/** Lets time pass. */
void stage_advance(struct stage *stage, int64_t ms);

/* What the plugin has done to the media of a handle: of the m-line `index`. */
bool stage_has_peer(struct stage *stage, aula_handle handle);
bool stage_is_offering(struct stage *stage, aula_handle handle);
aula_track stage_track(struct stage *stage, aula_handle handle, unsigned index);
aula_track stage_source(struct stage *stage, aula_handle handle, unsigned index);
bool stage_is_muted(struct stage *stage, aula_track track);
bool stage_is_paused(struct stage *stage, aula_handle handle, unsigned index);
/** What the sender is to show; `size` 0: nothing was said. */
const aula_aim *stage_aim(struct stage *stage, aula_handle handle, unsigned index);
/** The sender of the m-line shows that from now on. */
void stage_show(struct stage *stage, aula_handle handle, unsigned index, const aula_shown *shown);
unsigned stage_keyframes(struct stage *stage, aula_track track);
int64_t stage_limit(struct stage *stage, aula_handle handle);
/** What a feed carries; how often it was switched; whose media an m-line does not bring back. */
aula_track stage_carried(struct stage *stage, aula_track feed);
unsigned stage_switches(struct stage *stage, aula_track feed);
aula_handle stage_except(struct stage *stage, aula_handle handle, unsigned index);
unsigned stage_feeds(const struct stage *stage);
/** Who sends on the m-line begins or ceases to speak. */
void stage_speak(struct stage *stage, aula_handle handle, unsigned index, bool speaks);
/** How many texts rooms->broadcast has made since the start. */
unsigned stage_broadcasts(const struct stage *stage);
const aula_host *stage_host(struct stage *stage, unsigned module);

/** True when `document` has all that `pattern` (single quotes again) has; objects may have more.
 * Says what differs. */
bool stage_matches(json_t *document, const char *pattern);
#define stage_expect(document, pattern) g_assert_true(stage_matches((document), (pattern)))

#endif
