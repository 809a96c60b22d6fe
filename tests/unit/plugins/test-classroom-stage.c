/* SPDX-License-Identifier: Apache-2.0 */
#include "classroom-fixture.h"

#define ROOM "{'rooms': [{'room': 7, 'description': 'Seven', 'publishers': 20%s}]}"
#define SCREEN CAMERA ", video 2 vp8 send"

enum { TEACHER_SOUND, TEACHER_PICTURE, SCREEN_SOUND, SCREEN_PICTURE, SPEAKERS };

static fixture
set_up_stage(const char *more)
{
	g_autofree char *settings = g_strdup_printf(ROOM, more);
	fixture f = set_up(settings);

	join_both(&f);
	return f;
}

/* A student with that number, who publishes when `offer` is given. */
static aula_handle
student(fixture *f, unsigned number, const char *offer)
{
	aula_handle handle = stage_attach(f->stage, f->module, 100 + number, STUDENT);

	stage_expect(
		stage_ask(f->stage, handle, NULL,
			"{'request':'join','ptype':'publisher','room':7,'id':%u,'display':'S%u'}",
			number, number),
		"{'videoroom':'joined'}");
	if (offer != NULL)
		publish(f, handle, offer);
	return handle;
}

static aula_handle
viewer(fixture *f, unsigned session)
{
	aula_handle handle = stage_attach(f->stage, f->module, session, STUDENT);

	stage_expect(
		stage_ask(f->stage, handle, NULL, "{'request':'join','ptype':'viewer','room':7}"),
		"{'videoroom':'joined','room':7,'jsep':{'type':'offer'}}");
	stage_expect(stage_ask(f->stage, handle, "answer", "{'request':'start'}"),
		"{'videoroom':'event','room':7,'started':'ok'}");
	stage_connect(f->stage, handle);
	return handle;
}

/* What the viewer receives on that m-line. */
static aula_track
seen(fixture *f, aula_handle handle, unsigned line)
{
	return stage_carried(f->stage, stage_source(f->stage, handle, line));
}

static void
assert_seen(fixture *f, aula_handle handle, unsigned line, aula_handle publisher, unsigned of)
{
	g_assert_cmpuint(seen(f, handle, line).id, ==, stage_track(f->stage, publisher, of).id);
}

/* The last "stage" that the handle was told of, as {slot-type: feed_id}; NULL: none. */
static json_t *
told(fixture *f, aula_handle handle)
{
	static json_t *last;
	json_t *event, *item;
	size_t i;
	bool any = false;

	stage_advance(f->stage, 1000);
	json_decref(last);
	last = json_object();
	while ((event = stage_event(f->stage, handle)) != NULL) {
		if (json_object_get(event, "stage") == NULL)
			continue;
		any = true;
		json_object_clear(last);
		json_array_foreach(json_object_get(event, "stage"), i, item)
		{
			g_autofree char *key = g_strdup_printf("%s %s",
				json_string_value(json_object_get(item, "slot")),
				json_string_value(json_object_get(item, "type")));
			if (json_object_get(item, "feed_mid") != NULL)
				json_object_set(last, key, json_object_get(item, "feed_id"));
		}
	}
	return any ? last : NULL;
}

static void
test_join(void)
{
	fixture f = set_up_stage("");
	aula_handle one = stage_attach(f.stage, f.module, 50, STUDENT);

	g_assert_cmpuint(stage_feeds(f.stage), ==, 0);
	stage_expect(stage_ask(f.stage, one, NULL,
			     "{'request':'join','ptype':'viewer','room':7,'display':'Eve'}"),
		"{'videoroom':'joined','room':7,'description':'Seven','participants':2,'viewers':1,"
		"'stage':[{'slot':'teacher','mid':'0','type':'audio','feed_id':null},"
		"{'slot':'teacher','mid':'1','type':'video'},{'slot':'screen','mid':'2'},"
		"{'slot':'screen','mid':'3'},{'slot':'speaker-1','mid':'4','type':'audio'},"
		"{'slot':'speaker-1','mid':'5','type':'video'},{'slot':'speaker-2'},"
		"{'slot':'speaker-2'},{'slot':'speaker-3'},{'slot':'speaker-3','mid':'9'}],"
		"'jsep':{'type':'offer'}}");
	g_assert_cmpuint(stage_feeds(f.stage), ==, 10);
	stage_ask(f.stage, one, "answer", "{'request':'start'}");
	stage_connect(f.stage, one);
	/* Nobody is there; then the teacher is. */
	g_assert_null(told(&f, one));
	publish(&f, f.teacher, CAMERA);
	stage_expect(told(&f, one), "{'teacher audio':1,'teacher video':1,'screen video':null,"
				    "'speaker-1 audio':null}");
	assert_seen(&f, one, TEACHER_SOUND, f.teacher, 0);
	assert_seen(&f, one, TEACHER_PICTURE, f.teacher, 1);
	/* A second joins what is there. */
	aula_handle two = stage_attach(f.stage, f.module, 51, STUDENT);
	stage_expect(stage_ask(f.stage, two, NULL, "{'request':'join','ptype':'viewer','room':7}"),
		"{'viewers':2,'stage':[{'feed_id':1,'feed_mid':'0','feed_display':'Ms T',"
		"'feed_role':'teacher'},{'feed_id':1,'feed_mid':'1'},{},{},{},{},{},{},{},{}]}");
	g_assert_cmpuint(stage_feeds(f.stage), ==, 10);
	/* It goes as it came. */
	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'leave'}"),
		"{'videoroom':'event','room':7,'left':'ok'}");
	g_assert_false(stage_has_peer(f.stage, one));
	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'leave'}"), "{'error_code':424}");
	stage_ask(f.stage, f.teacher, NULL, "{'request':'unpublish'}");
	stage_expect(told(&f, two), "{'teacher audio':null,'teacher video':null}");
	g_assert_true(AULA_NONE(seen(&f, two, TEACHER_PICTURE)));
	stage_free(f.stage);
}

static void
test_refused(void)
{
	fixture f = set_up_stage(",'stage_speakers':-1");
	aula_handle one = stage_attach(f.stage, f.module, 50, "room.join");

	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'join','ptype':'viewer','room':7}"),
		"{'error_code':433,'code':'forbidden'}");
	one = stage_attach(f.stage, f.module, 50, STUDENT);
	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'join','ptype':'viewer','room':7}"),
		"{'error_code':430,'field':'ptype'}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'stage','room':7,'action':'unpin'}"),
		"{'error_code':430,'field':'room'}");
	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'hand','raised':true}"),
		"{'error_code':424}");
	stage_free(f.stage);
}

/* Three places for those who speak, and four who do. */
static void
test_speakers(void)
{
	fixture f = set_up_stage("");
	aula_handle one = viewer(&f, 50), s[5];

	publish(&f, f.teacher, CAMERA);
	for (unsigned i = 0; i < 5; i++)
		s[i] = student(&f, 10 + i, CAMERA);
	/* They publish, and are not shown. But the first three are let through: their first word is
	 * heard. */
	stage_expect(
		told(&f, one), "{'teacher audio':1,'speaker-1 audio':null,'speaker-1 video':null}");
	assert_seen(&f, one, SPEAKERS, s[0], 0);
	g_assert_true(AULA_NONE(seen(&f, one, SPEAKERS + 1)));
	/* The second speaks: where his voice is. */
	stage_speak(f.stage, s[1], 0, true);
	stage_expect(told(&f, one), "{'speaker-1 audio':null,'speaker-2 audio':11,"
				    "'speaker-2 video':11,'speaker-3 audio':null}");
	assert_seen(&f, one, SPEAKERS + 3, s[1], 1);
	stage_speak(f.stage, s[4], 0, true);
	stage_speak(f.stage, s[3], 0, true);
	json_t *now = told(&f, one);
	stage_expect(now, "{'speaker-1 video':14,'speaker-2 video':11,'speaker-3 video':13}");
	/* All speak: the next waits until one is silent, and goes to that place. */
	stage_speak(f.stage, s[0], 0, true);
	g_assert_null(told(&f, one));
	stage_speak(f.stage, s[4], 0, false);
	stage_expect(
		told(&f, one), "{'speaker-1 video':10,'speaker-2 video':11,'speaker-3 video':13}");
	/* Who is silent stays until the place is needed; then the one who is silent for longest
	 * goes. */
	stage_speak(f.stage, s[3], 0, false);
	stage_advance(f.stage, 5000);
	stage_speak(f.stage, s[1], 0, false);
	g_assert_null(told(&f, one));
	stage_speak(f.stage, s[2], 0, true);
	stage_expect(
		told(&f, one), "{'speaker-1 video':10,'speaker-2 video':11,'speaker-3 video':12}");
	/* The teacher speaks as well, and stays where she is. */
	stage_speak(f.stage, f.teacher, 0, true);
	g_assert_null(told(&f, one));
	/* Who goes leaves the place empty. */
	stage_detach(f.stage, s[0]);
	stage_break(f.stage, s[1]);
	stage_expect(told(&f, one),
		"{'speaker-1 video':null,'speaker-2 video':null,'speaker-3 video':12}");
	/* No offer was made since the first. */
	g_assert_false(stage_is_offering(f.stage, one));
	stage_free(f.stage);
}

static void
test_moderators(void)
{
	fixture f = set_up_stage(",'stage_speakers':1");
	aula_handle one = viewer(&f, 50);
	aula_handle a = student(&f, 10, CAMERA), b = student(&f, 11, CAMERA);
	aula_handle c = student(&f, 12, "audio 0 opus send, video 1 vp9 send");

	publish(&f, f.teacher, CAMERA);
	stage_skip(f.stage, a);
	stage_expect(stage_ask(f.stage, a, NULL,
			     "{'request':'stage','room':7,'action':'promote','id':10}"),
		"{'error_code':433}");
	/* On stage without a word, and nobody's voice takes the place. */
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'stage','room':7,'action':'promote','id':10}"),
		"{'videoroom':'success','room':7,'stage':[{},{},{},{},{'slot':'speaker-1',"
		"'feed_id':10,'promoted':true},{}]}");
	stage_expect(stage_event(f.stage, a), "{'videoroom':'event','on_stage':'promoted'}");
	stage_speak(f.stage, b, 0, true);
	stage_expect(told(&f, one), "{'speaker-1 video':10}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'stage','room':7,'action':'promote','id':11}"),
		"{'error_code':432}");
	/* Taken down: the other comes up; who was taken down does not by speaking. */
	stage_ask(
		f.stage, f.teacher, NULL, "{'request':'stage','room':7,'action':'demote','id':10}");
	stage_expect(told(&f, one), "{'speaker-1 video':11}");
	stage_speak(f.stage, b, 0, false);
	stage_speak(f.stage, a, 0, true);
	g_assert_null(told(&f, one));
	stage_ask(f.stage, f.teacher, NULL,
		"{'request':'stage','room':7,'action':'release','id':10}");
	stage_expect(told(&f, one), "{'speaker-1 video':10}");
	/* A student in the teacher's place, and back. */
	stage_ask(f.stage, f.teacher, NULL, "{'request':'stage','room':7,'action':'pin','id':11}");
	stage_expect(told(&f, one), "{'teacher video':11,'speaker-1 video':10}");
	stage_ask(f.stage, f.teacher, NULL, "{'request':'stage','room':7,'action':'unpin'}");
	stage_expect(told(&f, one), "{'teacher video':1}");
	/* What the stage cannot carry, who is not there, what is missing. */
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'stage','room':7,'action':'promote','id':12}"),
		"{'error_code':430,'code':'unsupported'}");
	stage_speak(f.stage, a, 0, false);
	stage_speak(f.stage, c, 0, true); /* but his voice is heard */
	stage_expect(told(&f, one), "{'speaker-1 audio':12,'speaker-1 video':null}");
	g_assert_true(AULA_NONE(seen(&f, one, SPEAKERS + 1)));
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'stage','room':7,'action':'pin','id':99}"),
		"{'error_code':428}");
	stage_expect(
		stage_ask(f.stage, f.teacher, NULL, "{'request':'stage','room':7,'action':'pin'}"),
		"{'error_code':429,'field':'id'}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL,
			     "{'request':'stage','room':7,'action':'pin','id':10,'slot':'screen'}"),
		"{'error_code':428}");
	stage_free(f.stage);
}

static void
test_screen(void)
{
	fixture f = set_up_stage("");
	aula_handle one = viewer(&f, 50), a = student(&f, 10, NULL);
	static const char shared[] =
		"{'request':'publish','descriptions':[{'mid':'0','description':'microphone'},"
		"{'mid':'1','description':'camera'},{'mid':'2','description':'screen'}]}";

	stage_expect(stage_ask(f.stage, a, SCREEN, "%s", shared), "{'configured':'ok'}");
	stage_connect(f.stage, a);
	stage_expect(told(&f, one), "{'screen video':10,'screen audio':null,'teacher video':null}");
	assert_seen(&f, one, SCREEN_PICTURE, a, 2);
	/* A teacher's screen goes before a student's. */
	stage_expect(stage_ask(f.stage, f.teacher, SCREEN, "%s", shared), "{'configured':'ok'}");
	stage_connect(f.stage, f.teacher);
	stage_expect(told(&f, one), "{'screen video':1,'teacher video':1,'teacher audio':1}");
	stage_ask(f.stage, f.teacher, NULL,
		"{'request':'stage','room':7,'action':'pin','id':10,'slot':'screen'}");
	stage_expect(told(&f, one), "{'screen video':10}");
	stage_ask(f.stage, f.teacher, NULL,
		"{'request':'stage','room':7,'action':'unpin','slot':'screen'}");
	stage_expect(told(&f, one), "{'screen video':1}");
	/* It ends: what else there is takes its place. */
	stage_expect(stage_ask(f.stage, f.teacher, CAMERA ", video 2 vp8 none",
			     "{'request':'configure'}"),
		"{'configured':'ok'}");
	stage_expect(told(&f, one), "{'screen video':10,'teacher video':1}");
	stage_free(f.stage);
}

static void
test_hands(void)
{
	fixture f = set_up_stage("");
	aula_handle one = viewer(&f, 50);

	stage_advance(f.stage, 2000);
	stage_skip(f.stage, f.teacher);
	stage_expect(stage_ask(f.stage, f.student, NULL, "{'request':'hand','raised':true}"),
		"{'videoroom':'success','raised':true}");
	stage_ask(f.stage, f.student, NULL, "{'request':'hand','raised':true}");
	stage_ask(f.stage, one, NULL, "{'request':'hand','raised':true}");
	stage_advance(f.stage, 1000);
	/* One event for all, in their order. */
	stage_expect(stage_event(f.stage, f.teacher),
		"{'videoroom':'event','room':7,'hands':[{'id':2,'display':'Stu','seconds':0},{}],"
		"'hands_count':2}");
	g_assert_null(stage_event(f.stage, f.teacher));
	g_assert_null(stage_event(f.stage, f.student));
	/* The teacher lowers one; nobody raises another's, and a student lowers nobody's. */
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'hand','raised':true,'id':2}"),
		"{'error_code':430}");
	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'hand','raised':false,'id':2}"),
		"{'error_code':433}");
	stage_expect(
		stage_ask(f.stage, f.teacher, NULL, "{'request':'hand','raised':false,'id':2}"),
		"{'videoroom':'success'}");
	stage_expect(stage_event(f.stage, f.student), "{'hand':'lowered'}");
	/* Who only watches is invited; who takes part is on stage with what he sends. */
	stage_advance(f.stage, 1000);
	json_t *event = stage_event(f.stage, f.teacher);
	stage_expect(event, "{'hands':[{}],'hands_count':1}");
	json_int_t id = json_integer_value(
		json_object_get(json_array_get(json_object_get(event, "hands"), 0), "id"));
	stage_expect(
		stage_ask(f.stage, f.teacher, NULL,
			"{'request':'stage','room':7,'action':'promote','id':%" JSON_INTEGER_FORMAT
			"}",
			id),
		"{'videoroom':'success','invited':true}");
	stage_expect(stage_event(f.stage, one), "{'hand':'lowered'}");
	stage_expect(stage_event(f.stage, one), "{'on_stage':'invited'}");
	stage_ask(f.stage, f.student, NULL, "{'request':'hand','raised':true}");
	stage_ask(
		f.stage, f.teacher, NULL, "{'request':'stage','room':7,'action':'promote','id':2}");
	stage_expect(stage_event(f.stage, f.student), "{'hand':'lowered'}");
	stage_expect(stage_event(f.stage, f.student), "{'on_stage':'promoted'}");
	publish(&f, f.student, CAMERA);
	stage_expect(told(&f, one), "{'speaker-1 video':2}");
	/* Who goes takes the hand along. */
	stage_ask(f.stage, one, NULL, "{'request':'hand','raised':true}");
	stage_detach(f.stage, one);
	stage_advance(f.stage, 1000);
	while ((event = stage_event(f.stage, f.teacher)) != NULL)
		if (json_object_get(event, "hands") != NULL)
			stage_expect(event, "{'hands':[],'hands_count':0}");
	stage_free(f.stage);
}

/* Whose media does not come back: the session's own, and that of the private id. */
static void
test_own(void)
{
	fixture f = set_up_stage("");
	aula_handle one = viewer(&f, 50);
	aula_handle two = stage_attach(f.stage, f.module, 51, STUDENT);
	json_t *joined = stage_ask(f.stage, student(&f, 10, NULL), NULL, "{'request':'leave'}");

	(void)joined;
	aula_handle a = stage_attach(f.stage, f.module, 60, STUDENT);
	joined = stage_ask(f.stage, a, NULL, "{'request':'join','ptype':'publisher','room':7}");
	json_int_t private_id = json_integer_value(json_object_get(joined, "private_id"));
	stage_expect(stage_ask(f.stage, two, NULL,
			     "{'request':'join','ptype':'viewer','room':7,'private_id':"
			     "%" JSON_INTEGER_FORMAT "}",
			     private_id),
		"{'videoroom':'joined'}");
	for (unsigned i = 0; i < 10; i++) {
		g_assert_true(AULA_SAME(stage_except(f.stage, one, i), one));
		g_assert_true(AULA_SAME(stage_except(f.stage, two, i), a));
	}
	/* Thrown out of the class, he does not go on watching. */
	json_int_t id = json_integer_value(json_object_get(
		stage_ask(f.stage, f.teacher, NULL, "{'request':'listparticipants','room':7}"),
		"viewers"));
	g_assert_cmpint(id, ==, 1); /* who takes part as well is not counted twice */
	stage_skip(f.stage, two);
	joined = stage_ask(f.stage, a, NULL, "{'request':'configure'}");
	stage_ask(f.stage, a, NULL, "{'request':'leave'}");
	joined = stage_ask(
		f.stage, a, NULL, "{'request':'join','ptype':'publisher','room':7,'id':77}");
	private_id = json_integer_value(json_object_get(joined, "private_id"));
	stage_ask(f.stage, two, NULL, "{'request':'leave'}");
	stage_ask(f.stage, two, NULL,
		"{'request':'join','ptype':'viewer','room':7,'private_id':%" JSON_INTEGER_FORMAT
		"}",
		private_id);
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'kick','room':7,'id':77}"),
		"{'videoroom':'success'}");
	stage_expect(stage_event(f.stage, two), "{'left':'ok','reason':'kicked'}");
	g_assert_false(stage_has_peer(f.stage, two));
	stage_free(f.stage);
}

/* What a viewer may change for itself. */
static void
test_configure(void)
{
	fixture f = set_up_stage("");
	aula_handle one = viewer(&f, 50);

	stage_expect(stage_ask(f.stage, one, NULL,
			     "{'request':'configure','streams':[{'mid':'5','send':false}]}"),
		"{'configured':'ok','jsep':null}");
	g_assert_true(stage_is_paused(f.stage, one, 5));
	g_assert_false(stage_is_paused(f.stage, one, 4));
	stage_expect(stage_ask(f.stage, one, NULL,
			     "{'request':'configure','streams':[{'mid':'10','send':false}]}"),
		"{'error_code':428}");
	stage_expect(stage_ask(f.stage, one, NULL,
			     "{'request':'configure','streams':[{'mid':'x','send':false}]}"),
		"{'error_code':428}");
	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'pause'}"), "{'paused':'ok'}");
	g_assert_true(stage_is_paused(f.stage, one, 4));
	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'start'}"), "{'started':'ok'}");
	g_assert_false(stage_is_paused(f.stage, one, 4));
	g_assert_true(stage_is_paused(f.stage, one, 5));
	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'configure','restart':true}"),
		"{'configured':'ok','jsep':{'type':'offer','restart':true}}");
	stage_expect(
		stage_ask(f.stage, one, NULL, "{'request':'subscribe','streams':[{'feed':1}]}"),
		"{'error_code':424}");
	stage_expect(
		stage_ask(f.stage, one, NULL, "{'request':'join','ptype':'publisher','room':7}"),
		"{'error_code':425}");
	stage_free(f.stage);
}

/* In a class of thousands a viewer's coming and going costs nobody a message but itself and, once a
 * second, the moderators. */
static void
test_cost(void)
{
	enum { VIEWERS = 3000 };
	fixture f = set_up_stage("");
	g_autofree aula_handle *viewers = g_new(aula_handle, VIEWERS);

	publish(&f, f.teacher, CAMERA);
	stage_advance(f.stage, 2000);
	stage_skip(f.stage, f.teacher);
	stage_skip(f.stage, f.student);
	unsigned broadcasts = stage_broadcasts(f.stage);
	for (unsigned i = 0; i < VIEWERS; i++)
		viewers[i] = viewer(&f, 1000 + i);
	stage_advance(f.stage, 1500);
	g_assert_cmpuint(stage_broadcasts(f.stage), ==, broadcasts);
	size_t heard = 0;
	for (unsigned i = 0; i < VIEWERS; i++)
		heard += stage_skip(f.stage, viewers[i]);
	g_assert_cmpuint(heard, ==, 0);
	g_assert_cmpuint(stage_skip(f.stage, f.student), ==, 0);
	json_t *event = stage_event(f.stage, f.teacher);
	stage_expect(event, "{'viewers':{'count':3000,'joined_count':3000,'left_count':0}}");
	g_assert_cmpuint(
		json_array_size(json_object_get(json_object_get(event, "viewers"), "joined")), ==,
		20);
	g_assert_null(stage_event(f.stage, f.teacher));
	/* Ten who speak in turn within a second cost each viewer no more than the stage's interval
	 * allows. */
	aula_handle s[10];
	for (unsigned i = 0; i < 10; i++)
		s[i] = student(&f, 10 + i, CAMERA);
	stage_advance(f.stage, 2000);
	stage_skip(f.stage, viewers[0]);
	for (unsigned i = 0; i < 10; i++) {
		stage_speak(f.stage, s[i], 0, true);
		stage_advance(f.stage, 50);
		stage_speak(f.stage, s[i], 0, false);
		stage_advance(f.stage, 50);
	}
	stage_advance(f.stage, 1000);
	g_assert_cmpuint(stage_skip(f.stage, viewers[0]), <=, 6);
	for (unsigned i = 0; i < VIEWERS; i++)
		stage_skip(f.stage, viewers[i]);
	stage_skip(f.stage, f.teacher);
	for (unsigned i = 0; i < VIEWERS; i += 2)
		stage_expect(stage_ask(f.stage, viewers[i], NULL, "{'request':'leave'}"),
			"{'left':'ok'}");
	stage_advance(f.stage, 1500);
	for (unsigned i = 0; i < VIEWERS; i++)
		heard += stage_skip(f.stage, viewers[i]);
	g_assert_cmpuint(heard, ==, 0);
	stage_expect(stage_event(f.stage, f.teacher),
		"{'viewers':{'count':1500,'joined_count':0,'left_count':1500}}");
	/* The room closes with all of them. */
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'destroy','room':7}"),
		"{'videoroom':'destroyed'}");
	stage_expect(stage_event(f.stage, viewers[1]), "{'videoroom':'destroyed','room':7}");
	stage_free(f.stage);
}

static void
test_talking(void)
{
	fixture f = set_up_stage(",'audiolevel_event':true");

	publish(&f, f.teacher, CAMERA);
	stage_skip(f.stage, f.student);
	stage_speak(f.stage, f.teacher, 0, true);
	stage_expect(stage_event(f.stage, f.student),
		"{'videoroom':'talking','room':7,'id':1,'mid':'0','mindex':0,"
		"'audio-level-dBov-avg':-25}");
	stage_speak(f.stage, f.teacher, 0, false);
	stage_expect(stage_event(f.stage, f.student), "{'videoroom':'stopped-talking','id':1}");
	stage_free(f.stage);
}

/* A player of WHEP: its m-lines are its own. */
static void
test_own_offer(void)
{
	fixture f = set_up_stage("");
	aula_handle one = stage_attach(f.stage, f.module, 50, STUDENT);
	const char *offer = "video v vp8 receive, audio a opus receive, video w vp8 receive, "
			    "video x av1 receive";

	publish(&f, f.teacher, CAMERA);
	stage_expect(
		stage_ask(f.stage, one, offer,
			"{'request':'join','ptype':'viewer','room':7,'slots':['screen','screen']}"),
		"{'error_code':430}");
	stage_expect(stage_ask(f.stage, one, offer,
			     "{'request':'join','ptype':'viewer','room':7,'slots':['balcony']}"),
		"{'error_code':430}");
	stage_expect(stage_ask(f.stage, one, "video v av1 receive",
			     "{'request':'join','ptype':'viewer','room':7}"),
		"{'error_code':437}");
	stage_expect(stage_ask(f.stage, one, "audio a opus send",
			     "{'request':'join','ptype':'viewer','room':7}"),
		"{'error_code':437}");
	stage_expect(stage_ask(f.stage, one, offer, "{'request':'join','ptype':'viewer','room':7}"),
		"{'videoroom':'joined','room':7,'viewers':1,'jsep':{'type':'answer'},"
		"'streams':[{'slot':'teacher','mid':'a','type':'audio'},"
		"{'slot':'teacher','mid':'v','type':'video'},{'slot':'screen','mid':'w','type':'"
		"video'}]}");
	stage_connect(f.stage, one);
	assert_seen(&f, one, 0, f.teacher, 1);
	assert_seen(&f, one, 1, f.teacher, 0);
	g_assert_true(AULA_NONE(seen(&f, one, 2)));
	g_assert_cmpint(stage_aim(f.stage, one, 0)->rank, ==, 1);
	/* What it says of its m-lines, by their own names. */
	stage_expect(stage_ask(f.stage, one, NULL,
			     "{'request':'configure','streams':[{'mid':'v','send':false}]}"),
		"{'configured':'ok'}");
	g_assert_true(stage_is_paused(f.stage, one, 0));
	stage_expect(stage_ask(f.stage, one, NULL,
			     "{'request':'configure','streams':[{'mid':'0','send':false}]}"),
		"{'error_code':428}");
	/* New credentials. */
	stage_expect(stage_ask(f.stage, one, offer, "{'request':'configure'}"),
		"{'configured':'ok','jsep':{'type':'answer'}}");
	stage_expect(stage_ask(f.stage, one, NULL, "{'request':'leave'}"), "{'left':'ok'}");
	/* Another order; and who was offered to does not offer. */
	aula_handle two = stage_attach(f.stage, f.module, 51, STUDENT);
	stage_expect(stage_ask(f.stage, two, "video v vp8 receive",
			     "{'request':'join','ptype':'viewer','room':7,"
			     "'slots':['speaker-2','teacher']}"),
		"{'streams':[{'slot':'speaker-2','mid':'v'}]}");
	aula_handle three = viewer(&f, 52);
	stage_expect(
		stage_ask(f.stage, three, offer, "{'request':'configure'}"), "{'error_code':437}");
	stage_free(f.stage);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugins/classroom/stage/join", test_join);
	g_test_add_func("/plugins/classroom/stage/own-offer", test_own_offer);
	g_test_add_func("/plugins/classroom/stage/refused", test_refused);
	g_test_add_func("/plugins/classroom/stage/speakers", test_speakers);
	g_test_add_func("/plugins/classroom/stage/moderators", test_moderators);
	g_test_add_func("/plugins/classroom/stage/screen", test_screen);
	g_test_add_func("/plugins/classroom/stage/hands", test_hands);
	g_test_add_func("/plugins/classroom/stage/own", test_own);
	g_test_add_func("/plugins/classroom/stage/configure", test_configure);
	g_test_add_func("/plugins/classroom/stage/cost", test_cost);
	g_test_add_func("/plugins/classroom/stage/talking", test_talking);
	return g_test_run();
}
