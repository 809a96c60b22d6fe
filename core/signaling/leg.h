/* SPDX-License-Identifier: Apache-2.0 */
/** What one m-line has open in the engine: the track that the client sends, the sender that it
 * receives by. A sender has its name from the day a module asks for it, and is opened when the
 * client has agreed. All [control]. */
#ifndef AULA_SIGNALING_LEG_H
#define AULA_SIGNALING_LEG_H

#include "peer/engine.h"
#include "signaling/negotiate.h"

typedef struct aula_legs aula_legs; /* all of them */
typedef struct aula_leg aula_leg;

aula_legs *aula_legs_new(aula_engine *engine);
/** There must be none left. */
void aula_legs_free(aula_legs *legs);

/** The leg of m-line `index` of `owner`'s PeerConnection. */
aula_leg *aula_leg_new(aula_legs *legs, void *owner, size_t index);
/** Closes what is open. */
void aula_leg_free(aula_leg *leg);

/** The leg that receives the track / sends by the sender; NULL when it is gone. */
aula_leg *aula_leg_of_track(const aula_legs *legs, aula_track track);
aula_leg *aula_leg_of_sender(const aula_legs *legs, aula_sender sender);
/** The same by the engine's name of it. */
aula_leg *aula_leg_of_opened(const aula_legs *legs, aula_sender opened);

/** Opens and closes what `line` asks for. */
void aula_leg_settle(aula_leg *leg, aula_peer peer, const aula_line *line);
/** Names a sender for the line, with its first source (may be none, or a feed). `owner`: see
 * aula_sender_options. `named`: the line keeps the names that its stream has now. */
void aula_leg_promise(aula_leg *leg, aula_track source, uint64_t owner, bool named);
/** Closes the sender; its name is dead. */
void aula_leg_forget_sender(aula_leg *leg);
void aula_leg_feed(aula_leg *leg, aula_track source);
/** As aula_leg_feed(), of a line that is settled and a source of `codec`; `owner` counts from now
 * on. UNSUPPORTED: the line has another codec. */
aula_code aula_leg_carry(aula_leg *leg, aula_peer peer, const aula_line *line, aula_codec codec,
	aula_track source, uint64_t owner);
void aula_leg_pause(aula_leg *leg, bool paused);
void aula_leg_aim(aula_leg *leg, const aula_aim *aim);

void *aula_leg_owner(const aula_leg *leg);
size_t aula_leg_index(const aula_leg *leg);
aula_track aula_leg_track(const aula_leg *leg);
aula_sender aula_leg_sender(const aula_leg *leg);
/** The line's stream was named by whoever added it. */
bool aula_leg_is_named(const aula_leg *leg);
aula_track aula_leg_source(const aula_leg *leg);
/** The line as a module sees it. */
aula_stream aula_leg_stream(const aula_leg *leg, const aula_line *line);
/** With what its track was opened. Borrowed. */
const aula_track_options *aula_leg_opened(const aula_leg *leg);

/** Names for what is sent on a line, and SSRCs if it has none; `stream`: of whoever it comes from.
 */
void aula_leg_name(aula_line *line, const char *stream);

#endif
