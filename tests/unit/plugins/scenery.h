/* SPDX-License-Identifier: Apache-2.0 */
/** Inside the stage: handles, PeerConnections, tracks and timers that only pretend. */
#ifndef SCENERY_H
#define SCENERY_H

#include "base/schema.h"
#include "room/room.h"
#include "stage.h"

enum { LINES_MOST = 80 };

typedef struct {
	aula_track id;
	aula_handle publisher;
	aula_kind kind;
	char codec[AULA_CODEC_MOST + 1];
	bool alive, muted, feed;
	aula_track carried; /* by a feed */
	unsigned switches;
	unsigned keyframes;
} prop_track;

typedef struct {
	aula_stream stream;
	aula_track source;
	bool paused, offered;
	aula_aim aim;       /* size 0: none was said */
	aula_handle except; /* whose media does not come back */
} prop_line;

typedef struct {
	prop_line lines[LINES_MOST];
	unsigned count, senders;
	bool offering, connected, closing;
	int64_t limit_bps;
} prop_peer;

struct troupe;

/** The host of one module: the stage knows whose call it is. */
typedef struct {
	aula_host host;
	struct stage *stage;
	struct troupe *troupe;
} prop_host;

struct troupe {
	const aula_module *module;
	unsigned number;
	void *self, *config;
	json_t *settings;
	aula_arena arena;
	prop_host host;
};

typedef struct {
	aula_handle handle;
	struct troupe *in;
	unsigned session;
	uint64_t holds;
	aula_identity identity;
	void *state;
	bool gone, ending;
	GQueue events; /* of json_t */
	prop_peer *peer;
	const aula_call *offer; /* the call whose offer may be answered now */
} actor;

typedef struct {
	uint64_t id;
	int64_t at_us, repeat_us;
	void (*fire)(void *data);
	void *data;
} prop_timer;

struct stage {
	struct troupe modules[4];
	unsigned module_count;
	aula_room_list *rooms;
	GPtrArray *handles, *tracks, *timers;
	int64_t now_us;
	uint64_t last_timer;
	unsigned broadcasts;
	json_t *shown;
};

extern const aula_peers scenery_peers;
extern const aula_media scenery_media;
extern const aula_feeds scenery_feeds;

struct stage *scenery_stage(const aula_host *host);
void scenery_host_init(prop_host *host, struct stage *stage, struct troupe *troupe);
/** The handle as it is; NULL when it is gone. */
actor *scenery_find(const struct stage *stage, aula_handle handle);
actor *scenery_actor(const struct stage *stage, aula_handle handle);
/** The track; NULL when it is gone. */
prop_track *scenery_track(const struct stage *stage, aula_track track);
/** The m-line of a sender; NULL when it is gone. */
prop_line *scenery_line(const struct stage *stage, aula_sender sender);
size_t scenery_parse_offer(const char *text, aula_stream *ret_lines, size_t most);
/** Its tracks and senders die with it. */
void scenery_peer_free(struct stage *stage, actor *one);
/** Tells the modules that watch. */
void scenery_did(struct stage *stage, const aula_deed *deed);
/** Fires what is due; true when something was. */
bool scenery_run_timers(struct stage *stage);
int64_t scenery_next_timer(const struct stage *stage);
guint scenery_timer_count(const struct stage *stage);

#endif
