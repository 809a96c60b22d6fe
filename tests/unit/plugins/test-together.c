/* SPDX-License-Identifier: Apache-2.0 */
/* Classroom and chat in the same rooms: who is thrown out of one is out of the other; and people
 * who do anything in any order. */
#include "stage.h"

#define EVERYTHING \
	"room.create room.join room.list media.publish media.subscribe chat.read chat.write"

static void
test_kick(void)
{
	struct stage *stage = stage_new();
	unsigned classroom =
		stage_load(stage, stage_module("classroom"), "{'rooms':[{'room':7,'pin':'1'}]}");
	unsigned chat = stage_load(stage, stage_module("chat"), "{}");
	aula_handle teacher = stage_attach(stage, classroom, 1, EVERYTHING " room.moderate");
	aula_handle student = stage_attach(stage, classroom, 2, EVERYTHING);
	aula_handle talk = stage_attach(stage, chat, 2, EVERYTHING);

	/* The PIN of the room is the PIN of its chat. */
	stage_expect(
		stage_ask(stage, talk, NULL, "{'request':'join','room':7}"), "{'error_code':419}");
	stage_ask(stage, teacher, NULL, "{'request':'join','ptype':'publisher','room':7}");
	stage_ask(stage, student, NULL,
		"{'request':'join','ptype':'publisher','room':7,'pin':'1','id':5,'display':'Stu'}");
	stage_expect(stage_ask(stage, talk, NULL, "{'request':'join','room':7}"),
		"{'textroom':'success','username':5,'participants':[{'username':5,'display':'Stu'}]"
		"}");

	stage_expect(stage_ask(stage, teacher, NULL, "{'request':'kick','room':7,'id':5}"),
		"{'videoroom':'success'}");
	stage_expect(stage_event(stage, talk), "{'textroom':'kicked','reason':'kicked'}");
	stage_expect(stage_ask(stage, talk, NULL, "{'request':'message','text':'x'}"),
		"{'error_code':422}");
	stage_expect(
		stage_ask(stage, talk, NULL, "{'request':'join','room':7}"), "{'error_code':419}");
	stage_free(stage);
}

static void
test_destroy(void)
{
	struct stage *stage = stage_new();
	unsigned classroom = stage_load(stage, stage_module("classroom"), "{'rooms':[{'room':7}]}");
	unsigned chat = stage_load(stage, stage_module("chat"), "{}");
	aula_handle teacher = stage_attach(stage, classroom, 1, EVERYTHING " room.moderate");
	aula_handle talk = stage_attach(stage, chat, 1, EVERYTHING);

	stage_ask(stage, teacher, NULL, "{'request':'join','ptype':'publisher','room':7}");
	stage_ask(stage, talk, NULL, "{'request':'join','room':7}");
	stage_ask(stage, teacher, NULL, "{'request':'destroy','room':7}");
	stage_expect(stage_event(stage, talk), "{'textroom':'kicked'}");
	stage_ask(stage, teacher, NULL, "{'request':'create','room':7}");
	stage_ask(stage, teacher, NULL, "{'request':'join','ptype':'publisher','room':7}");
	stage_expect(stage_ask(stage, talk, NULL, "{'request':'join','room':7}"), "{'history':[]}");
	stage_free(stage);
}

/* -- anything in any order -- */

enum { PEOPLE = 12, STEPS = 6000, SESSIONS = 5 };

struct crowd {
	struct stage *stage;
	unsigned modules[2];
	aula_handle handles[PEOPLE];
	bool chats[PEOPLE];
};

static const char *const offers[] = {
	"audio 0 opus send, video 1 vp8 send",
	"audio 0 opus send, video 1 h264 send, video 2 vp8 send",
	"audio 0 opus none, video 1 vp8 send",
	"video 0 vp8 send",
	"audio a opus both",
};

static const char *const bodies[] = {
	"{'request':'join','ptype':'publisher','room':%d,'id':%d}",
	"{'request':'join','ptype':'publisher','room':%d,'id':%d}",
	"{'request':'join','ptype':'subscriber','room':%d,'streams':[{'feed':%d},{'feed':1},{'feed'"
	":2}]}",
	"{'request':'join','ptype':'subscriber','room':%d,'autoupdate':false,'streams':[{'feed':%d}"
	",{'feed':3}]}",
	"{'request':'subscribe','x':%d,'streams':[{'feed':%d}]}",
	"{'request':'unsubscribe','x':%d,'streams':[{'feed':%d}]}",
	"{'request':'update','x':%d,'subscribe':[{'feed':%d}],'unsubscribe':[{'sub_mid':'0'}]}",
	"{'request':'switch','x':%d,'feed':%d}",
	"{'request':'configure','x':%d,'display':'%d'}",
	"{'request':'configure','x':%d,'restart':true,'audio':false,'y':%d}",
	"{'request':'start','x':%d,'y':%d}",
	"{'request':'pause','x':%d,'y':%d}",
	"{'request':'leave','x':%d,'y':%d}",
	"{'request':'unpublish','x':%d,'y':%d}",
	"{'request':'kick','room':%d,'secret':'s','id':%d}",
	"{'request':'moderate','room':%d,'secret':'s','id':%d,'mid':'0','mute':true}",
	"{'request':'create','room':%d,'secret':'s','notify_joining':true,'x':%d}",
	"{'request':'create','room':%d,'secret':'s','x':%d}",
	"{'request':'listparticipants','room':%d,'x':%d}",
};

static const char *const words[] = {
	"{'request':'join','room':%d,'x':%d}",
	"{'request':'message','x':%d,'text':'%d'}",
	"{'request':'message','x':%d,'text':'psst','to':%d}",
	"{'request':'delete','x':%d,'id':%d}",
	"{'request':'history','x':%d,'y':%d}",
	"{'request':'leave','x':%d,'y':%d}",
};

static void
speak(struct crowd *crowd, unsigned who)
{
	aula_handle handle = crowd->handles[who];
	int room = g_test_rand_int_range(1, 3), other = g_test_rand_int_range(1, PEOPLE);
	const char *jsep = NULL;

	if (crowd->chats[who]) {
		const char *body = words[g_test_rand_int_range(0, G_N_ELEMENTS(words))];
		stage_ask(crowd->stage, handle, NULL, body, room, other);
		return;
	}
	const char *body = bodies[g_test_rand_int_range(0, G_N_ELEMENTS(bodies))];
	if (stage_is_offering(crowd->stage, handle) && g_test_rand_bit())
		stage_ask(crowd->stage, handle, "answer", "{'request':'start'}");
	if (g_test_rand_int_range(0, 3) == 0) {
		jsep = offers[g_test_rand_int_range(0, G_N_ELEMENTS(offers))];
		body = g_test_rand_bit() ? "{'request':'publish','x':%d,'y':%d}"
					 : "{'request':'joinandconfigure','room':%d,'id':%d}";
	}
	stage_ask(crowd->stage, handle, jsep, body, room, other);
	if (g_test_rand_int_range(0, 200) == 0)
		stage_ask(crowd->stage, handle, NULL,
			"{'request':'destroy','room':%d,'secret':'s'}", room);
}

static void
arrive(struct crowd *crowd, unsigned who)
{
	crowd->chats[who] = g_test_rand_int_range(0, 4) == 0;
	crowd->handles[who] = stage_attach(crowd->stage, crowd->modules[crowd->chats[who]],
		(unsigned)g_test_rand_int_range(1, SESSIONS), EVERYTHING);
}

static void
test_any_order(void)
{
	struct crowd crowd = { .stage = stage_new() };

	crowd.modules[0] = stage_load(crowd.stage, stage_module("classroom"),
		"{'large_room':3,'max_rooms':2,'rooms':[{'room':1,'secret':'s','notify_joining':"
		"true,'fir_freq':1,'publishers':4}]}");
	crowd.modules[1] =
		stage_load(crowd.stage, stage_module("chat"), "{'history_messages':5,'rate':6000}");
	for (unsigned i = 0; i < PEOPLE; i++)
		arrive(&crowd, i);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned who = (unsigned)g_test_rand_int_range(0, PEOPLE);
		aula_handle handle = crowd.handles[who];
		switch (g_test_rand_int_range(0, 12)) {
		case 0:
			stage_detach(crowd.stage, handle);
			arrive(&crowd, who);
			break;
		case 1:
			if (!crowd.chats[who])
				stage_break(crowd.stage, handle);
			break;
		case 2:
			stage_advance(crowd.stage, g_test_rand_int_range(1, 1500));
			break;
		case 3:
		case 4:
			if (stage_has_peer(crowd.stage, handle))
				stage_connect(crowd.stage, handle);
			break;
		default:
			speak(&crowd, who);
		}
	}
	stage_free(crowd.stage);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugins/together/kick", test_kick);
	g_test_add_func("/plugins/together/destroy", test_destroy);
	g_test_add_func("/plugins/together/any-order", test_any_order);
	return g_test_run();
}
