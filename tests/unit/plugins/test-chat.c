/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#define STUDENT "chat.read chat.write"
#define TEACHER STUDENT " chat.moderate"

typedef struct {
	struct stage *stage;
	unsigned module;
	aula_room room;
	aula_handle teacher, anna, ben;
} fixture;

static int
number_of(json_t *reply)
{
	return (int)json_integer_value(json_object_get(reply, "error_code"));
}

/* Room 7 of the core, and three who may chat. */
static fixture
set_up(const char *settings)
{
	fixture f = { .stage = stage_new() };
	aula_key name = { .number = 7 };

	f.module = stage_load(f.stage, stage_module("chat"), settings);
	const aula_host *host = stage_host(f.stage, f.module);
	g_assert_cmpint(host->rooms->open(host, &name, NULL, &f.room), ==, AULA_OK);
	f.teacher = stage_attach(f.stage, f.module, 1, TEACHER);
	f.anna = stage_attach(f.stage, f.module, 2, STUDENT);
	f.ben = stage_attach(f.stage, f.module, 3, STUDENT);
	stage_identify(f.stage, f.teacher, "t", "Ms T", "teacher", NULL);
	stage_identify(f.stage, f.anna, "a", "Anna", "student", NULL);
	return f;
}

#define OPEN "{'members_only': false, 'burst': 1000, 'rate': 6000}"

static void
join(fixture *f, aula_handle who, const char *name)
{
	stage_expect(
		stage_ask(f->stage, who, NULL, "{'request':'join','room':7,'username':'%s'}", name),
		"{'textroom':'success','room':7}");
}

static void
join_all(fixture *f)
{
	join(f, f->teacher, "t");
	join(f, f->anna, "anna");
	join(f, f->ben, "ben");
	stage_skip(f->stage, f->teacher);
	stage_skip(f->stage, f->anna);
}

static void
test_join(void)
{
	fixture f = set_up(OPEN);

	stage_expect(
		stage_ask(f.stage, f.anna, NULL, "{'request':'join','room':7,'username':'anna'}"),
		"{'textroom':'success','room':7,'username':'anna','participants':[{'username':'"
		"anna','display':'Anna'}],"
		"'total':1,'history':[],'more':false,'last_id':0}");
	stage_expect(
		stage_ask(f.stage, f.ben, NULL, "{'request':'join','room':7,'username':'anna'}"),
		"{'textroom':'event','error_code':420}");
	stage_expect(stage_ask(f.stage, f.ben, NULL,
			     "{'request':'join','room':'7','username':'ben','display':'Ben','"
			     "history':false}"),
		"{'history':null,'participants':[{'username':'anna'},{'username':'ben','display':'"
		"Ben'}]}");
	stage_expect(stage_event(f.stage, f.anna),
		"{'textroom':'join','room':7,'username':'ben','display':'Ben'}");
	stage_expect(stage_ask(f.stage, f.ben, NULL, "{'request':'listparticipants','offset':1}"),
		"{'textroom':'participants','participants':[{'username':'ben'}],'offset':1,'count':"
		"1,'total':2}");
	stage_expect(
		stage_ask(f.stage, f.ben, NULL, "{'request':'leave'}"), "{'textroom':'success'}");
	stage_expect(stage_event(f.stage, f.anna), "{'textroom':'leave','username':'ben'}");
	g_assert_null(stage_event(f.stage, f.ben));
	stage_free(f.stage);
}

static void
test_errors(void)
{
	static const struct {
		char who; /* 'o' is outside */
		const char *body;
		int number;
	} rows[] = {
		{ 'a', "{}", 413 },
		{ 'a', "{'request':'sing'}", 415 },
		{ 'a', "{'request':'join','room':7}", 421 },
		{ 'o', "{'request':'join'}", 413 },
		{ 'o', "{'request':'join','room':true}", 414 },
		{ 'o', "{'request':'join','room':8}", 417 },
		{ 'o', "{'request':'message','text':'x'}", 422 },
		{ 'o', "{'request':'leave'}", 422 },
		{ 'o', "{'request':'history'}", 422 },
		{ 'o', "{'request':'listparticipants'}", 422 },
		{ 'o', "{'request':'delete','id':1}", 422 },
		{ 'a', "{'request':'message','room':8,'text':'x'}", 422 },
		{ 'a', "{'request':'message'}", 413 },
		{ 'a', "{'request':'message','text':''}", 414 },
		{ 'a', "{'request':'message','text':'  '}", 414 },
		{ 'a', "{'request':'message','text':'a\\u0007'}", 414 },
		{ 'a', "{'request':'message','text':'a\\u0085'}", 414 },
		{ 'a', "{'request':'message','text':'a\\u007f'}", 414 },
		{ 'a', "{'request':'message','text':'12345678901'}", 414 },
		{ 'a', "{'request':'message','text':'x','to':'nobody'}", 423 },
		{ 'a', "{'request':'message','text':'x','tos':['nobody']}", 423 },
		{ 'a', "{'request':'message','text':'x','tos':[]}", 414 },
		{ 'a', "{'request':'message','text':'x','to':'ben','tos':['ben']}", 414 },
		{ 'a', "{'request':'delete','id':99}", 425 },
		{ 'a', "{'request':'delete'}", 413 },
		{ 'a', "{'request':'history','limit':0}", 414 },
		{ 'a', "{'request':'announcement','text':'x'}", 419 },
		{ 'a', "{'request':'list'}", 419 },
		{ 'r', "{'request':'message','text':'x'}", 419 },
	};
	fixture f = set_up("{'members_only': false, 'max_text': 10, 'burst': 1000}");
	aula_handle outside = stage_attach(f.stage, f.module, 4, STUDENT);
	aula_handle reader = stage_attach(f.stage, f.module, 5, "chat.read");

	join_all(&f);
	join(&f, reader, "reader");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].body);
		json_t *reply = stage_ask(f.stage,
			rows[i].who == 'o'   ? outside
			: rows[i].who == 'r' ? reader
					     : f.anna,
			NULL, "%s", rows[i].body);
		stage_expect(reply, "{'textroom':'event'}");
		g_assert_cmpint(number_of(reply), ==, rows[i].number);
	}
	stage_expect(stage_ask(f.stage, f.anna, NULL, "{'request':'history'}"),
		"{'messages':[],'last_id':0}"); /* nothing that failed was said */
	stage_free(f.stage);
}

static void
test_members_only(void)
{
	fixture f = set_up("{}");

	stage_expect(stage_ask(f.stage, f.anna, NULL, "{'request':'join','room':7}"),
		"{'error_code':419,'code':'forbidden'}");
	stage_free(f.stage);
}

static void
test_public(void)
{
	fixture f = set_up(OPEN);

	join_all(&f);
	json_t *reply = stage_ask(
		f.stage, f.anna, NULL, "{'request':'message','room':7,'text':'Hé\\nhello'}");
	stage_expect(reply, "{'textroom':'success','room':7,'id':1,'sent':null}");
	const char *date = json_string_value(json_object_get(reply, "date"));
	g_assert_true(g_regex_match_simple(
		"^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$", date, 0, 0));
	aula_handle all[] = { f.teacher, f.anna, f.ben };
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		stage_expect(stage_event(f.stage, all[i]),
			"{'textroom':'message','room':7,'id':1,'from':'anna','display':'Anna','"
			"role':'student',"
			"'text':'Hé\\nhello','whisper':null}");
		g_assert_null(stage_event(f.stage, all[i]));
	}
	stage_expect(
		stage_ask(f.stage, f.teacher, NULL, "{'request':'announcement','text':'Break'}"),
		"{'id':2}");
	stage_expect(stage_event(f.stage, f.ben),
		"{'textroom':'announcement','id':2,'text':'Break','from':'t'}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'list'}"),
		"{'textroom':'success','list':[{'room':7,'num_participants':3,'history':2}]}");

	aula_handle late = stage_attach(f.stage, f.module, 9, STUDENT);
	stage_expect(stage_ask(f.stage, late, NULL, "{'request':'join','room':7}"),
		"{'history':[{'id':1,'text':'Hé\\nhello'},{'id':2,'textroom':'announcement'}],'"
		"last_id':2}");
	stage_free(f.stage);
}

static void
test_private(void)
{
	fixture f = set_up(OPEN);

	join_all(&f);
	stage_expect(
		stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'psst','to':'ben'}"),
		"{'textroom':'success','id':1,'sent':{'ben':true}}");
	stage_expect(stage_event(f.stage, f.ben),
		"{'textroom':'message','id':1,'from':'anna','whisper':true,'to':['ben']}");
	stage_expect(stage_event(f.stage, f.anna), "{'id':1,'whisper':true}");
	g_assert_null(stage_event(f.stage, f.anna));
	g_assert_null(stage_event(f.stage, f.teacher));
	stage_expect(
		stage_ask(f.stage, f.anna, NULL,
			"{'request':'message','text':'both','tos':['ben','t','ben','nobody']}"),
		"{'id':2,'sent':{'ben':true,'t':true,'nobody':false}}");
	stage_expect(stage_event(f.stage, f.ben), "{'id':2,'to':['ben','t']}");
	g_assert_null(stage_event(f.stage, f.ben));

	/* The history has it for those who had it, and for nobody else; a moderator is nobody else.
	 */
	stage_expect(stage_ask(f.stage, f.ben, NULL, "{'request':'history'}"),
		"{'textroom':'history','messages':[{'id':1},{'id':2}],'more':false}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'history'}"),
		"{'messages':[{'id':2}]}");
	stage_expect(stage_ask(f.stage, f.teacher, NULL, "{'request':'delete','id':1}"),
		"{'error_code':425}");

	/* A guest who takes the name does not inherit; one with a token who comes back does. */
	stage_detach(f.stage, f.ben);
	stage_detach(f.stage, f.anna);
	f.ben = stage_attach(f.stage, f.module, 7, STUDENT);
	f.anna = stage_attach(f.stage, f.module, 8, STUDENT);
	stage_identify(f.stage, f.anna, "a", "Anna", "student", NULL);
	stage_expect(
		stage_ask(f.stage, f.ben, NULL, "{'request':'join','room':7,'username':'ben'}"),
		"{'history':[]}");
	stage_expect(
		stage_ask(f.stage, f.anna, NULL, "{'request':'join','room':7,'username':'anna2'}"),
		"{'history':[{'id':1},{'id':2}]}");
	stage_free(f.stage);
}

static void
test_delete(void)
{
	fixture f = set_up("{'members_only': false, 'burst': 100, 'delete_own': 60}");

	join_all(&f);
	for (int i = 0; i < 4; i++)
		stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'%d'}", i);
	stage_skip(f.stage, f.ben);
	stage_expect(stage_ask(f.stage, f.ben, NULL, "{'request':'delete','id':1}"),
		"{'error_code':419}");
	stage_expect(stage_ask(f.stage, f.anna, NULL, "{'request':'delete','id':1}"),
		"{'textroom':'success','id':1}");
	stage_expect(
		stage_event(f.stage, f.ben), "{'textroom':'deleted','room':7,'id':1,'by':'anna'}");
	stage_expect(stage_ask(f.stage, f.anna, NULL, "{'request':'delete','id':1}"),
		"{'error_code':425}");
	stage_advance(f.stage, 61000);
	stage_expect(stage_ask(f.stage, f.anna, NULL, "{'request':'delete','id':2}"),
		"{'error_code':419}");
	stage_expect(
		stage_ask(f.stage, f.teacher, NULL, "{'request':'delete','id':2}"), "{'id':2}");
	stage_expect(stage_event(f.stage, f.ben), "{'textroom':'deleted','id':2,'by':'t'}");
	stage_expect(stage_ask(f.stage, f.ben, NULL, "{'request':'history'}"),
		"{'messages':[{'id':3},{'id':4}]}");

	stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'psst','to':'ben'}");
	stage_skip(f.stage, f.ben);
	stage_skip(f.stage, f.teacher);
	stage_ask(f.stage, f.anna, NULL, "{'request':'delete','id':5}");
	stage_expect(stage_event(f.stage, f.ben), "{'textroom':'deleted','id':5}");
	g_assert_null(stage_event(f.stage, f.teacher));
	stage_free(f.stage);
}

static void
test_history_bounds(void)
{
	fixture f = set_up("{'members_only': false, 'burst': 1000, 'history_messages': 30,"
			   "'history_bytes': 6000, 'history_at_join': 3}");

	join_all(&f);
	for (int i = 1; i <= 50; i++)
		stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'%d'}", i);
	stage_expect(stage_ask(f.stage, f.ben, NULL, "{'request':'history','limit':2}"),
		"{'messages':[{'id':49},{'id':50}],'more':true,'last_id':50}");
	stage_expect(stage_ask(f.stage, f.ben, NULL, "{'request':'history','limit':2,'before':49}"),
		"{'messages':[{'id':47},{'id':48}],'more':true}");
	stage_expect(stage_ask(f.stage, f.ben, NULL, "{'request':'history','after':48}"),
		"{'messages':[{'id':49},{'id':50}],'more':false}");
	size_t kept = json_array_size(json_object_get(
		stage_ask(f.stage, f.ben, NULL, "{'request':'history','limit':200}"), "messages"));
	g_assert_cmpuint(kept, <=, 30);
	g_assert_cmpuint(kept, >, 20);
	g_autofree char *big = g_strnfill(1990, 'x');
	for (int i = 0; i < 4; i++)
		stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'%s'}", big);
	kept = json_array_size(json_object_get(
		stage_ask(f.stage, f.ben, NULL, "{'request':'history','limit':200}"), "messages"));
	g_assert_cmpuint(kept, ==, 2);
	aula_handle late = stage_attach(f.stage, f.module, 9, STUDENT);
	stage_expect(stage_ask(f.stage, late, NULL, "{'request':'join','room':7}"),
		"{'history':[{'id':53},{'id':54}],'more':false}");
	stage_free(f.stage);
}

static void
test_rate(void)
{
	fixture f = set_up("{'members_only': false, 'burst': 3, 'rate': 60}");

	join_all(&f);
	for (int i = 0; i < 3; i++)
		stage_expect(stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'x'}"),
			"{'textroom':'success'}");
	json_t *reply = stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'x'}");
	stage_expect(reply, "{'error_code':424,'code':'too-fast'}");
	int64_t wait_ms = json_integer_value(json_object_get(reply, "retry_after_ms"));
	g_assert_cmpint(wait_ms, >, 900);
	g_assert_cmpint(wait_ms, <=, 1001);
	/* Leaving and coming back does not help; waiting does. */
	stage_ask(f.stage, f.anna, NULL, "{'request':'leave'}");
	join(&f, f.anna, "anna");
	stage_expect(stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'x'}"),
		"{'error_code':424}");
	stage_advance(f.stage, wait_ms);
	stage_expect(
		stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'x'}"), "{'id':4}");
	stage_expect(
		stage_ask(f.stage, f.ben, NULL, "{'request':'message','text':'x'}"), "{'id':5}");
	stage_free(f.stage);
}

/* Another session of the same person does not speak for another person. */
static void
test_rate_of_person(void)
{
	fixture f = set_up("{'members_only': false, 'burst': 3, 'rate': 60}");

	for (unsigned session = 1; session <= 2; session++) {
		aula_handle handle = stage_attach(f.stage, f.module, 70 + session, STUDENT);
		stage_identify(f.stage, handle, "eve", "Eve", "student", NULL);
		join(&f, handle, session == 1 ? "eve" : "eve too");
		for (int i = 0; i < (session == 1 ? 3 : 1); i++)
			stage_expect(stage_ask(f.stage, handle, NULL,
					     "{'request':'message','text':'x'}"),
				session == 1 ? "{'textroom':'success'}" : "{'error_code':424}");
		stage_detach(f.stage, handle);
	}
	aula_handle back = stage_attach(f.stage, f.module, 73, STUDENT);
	stage_identify(f.stage, back, "eve", "Eve", "student", NULL);
	join(&f, back, "eve");
	stage_expect(stage_ask(f.stage, back, NULL, "{'request':'message','text':'x'}"),
		"{'error_code':424}");
	stage_free(f.stage);
}

static void
test_large_room(void)
{
	enum { MANY = 1000 };
	fixture f = set_up(OPEN);
	aula_handle last = { 0 };

	join_all(&f);
	for (unsigned i = 0; i < MANY; i++) {
		last = stage_attach(f.stage, f.module, 100 + i, STUDENT);
		stage_ask(f.stage, last, NULL, "{'request':'join','room':7}");
	}
	g_assert_cmpuint(stage_broadcasts(f.stage), <=, 50);
	unsigned before = stage_broadcasts(f.stage);
	stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'hello, all of you'}");
	g_assert_cmpuint(stage_broadcasts(f.stage), ==, before + 1);
	stage_expect(stage_event(f.stage, last), "{'text':'hello, all of you'}");
	stage_free(f.stage);
}

static void
test_room_closed(void)
{
	fixture f = set_up(OPEN);
	const aula_host *host = stage_host(f.stage, f.module);

	join_all(&f);
	stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'bye'}");
	stage_skip(f.stage, f.anna);
	host->rooms->close(host, f.room, "over");
	json_t *event = stage_event(f.stage, f.anna);
	while (event != NULL &&
		g_strcmp0(json_string_value(json_object_get(event, "textroom")), "leave") == 0)
		event = stage_event(f.stage, f.anna);
	stage_expect(event, "{'textroom':'kicked','room':7,'username':'anna','reason':'over'}");
	stage_expect(stage_ask(f.stage, f.anna, NULL, "{'request':'message','text':'x'}"),
		"{'error_code':422}");
	stage_free(f.stage);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugins/chat/join", test_join);
	g_test_add_func("/plugins/chat/errors", test_errors);
	g_test_add_func("/plugins/chat/members-only", test_members_only);
	g_test_add_func("/plugins/chat/public", test_public);
	g_test_add_func("/plugins/chat/private", test_private);
	g_test_add_func("/plugins/chat/delete", test_delete);
	g_test_add_func("/plugins/chat/history-bounds", test_history_bounds);
	g_test_add_func("/plugins/chat/rate", test_rate);
	g_test_add_func("/plugins/chat/rate-of-person", test_rate_of_person);
	g_test_add_func("/plugins/chat/large-room", test_large_room);
	g_test_add_func("/plugins/chat/room-closed", test_room_closed);
	return g_test_run();
}
