/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/question.h"

#include <glib.h>
#include <hiredis/hiredis.h>
#include <string.h>

#include "bus/cord.h"

static void
text_clear(void *data)
{
	g_free((char *)((aula_bus_text *)data)->text);
}

static GArray *
texts_new(void)
{
	GArray *texts = g_array_new(FALSE, FALSE, sizeof(aula_bus_text));

	g_array_set_clear_func(texts, text_clear);
	return texts;
}

static void
add_text(GArray *texts, const char *text, size_t length)
{
	aula_bus_text one = { .length = length };

	if (text != NULL) {
		char *copy = g_malloc(length + 1);
		memcpy(copy, text, length);
		copy[length] = '\0';
		one.text = copy;
	}
	g_array_append_val(texts, one);
}

aula_question *
aula_question_new(const aula_bus_text *words, size_t count)
{
	aula_question *question = g_new0(aula_question, 1);

	question->words = texts_new();
	question->texts = texts_new();
	question->code = AULA_UNAVAILABLE;
	for (size_t i = 0; i < count; i++)
		add_text(question->words, words[i].text, words[i].length);
	return question;
}

/* [control] */
static void
deliver(aula_mail *mail)
{
	aula_question *question = (aula_question *)(void *)mail;

	question->answered(question->data, question->code,
		(const aula_bus_text *)(void *)question->texts->data, question->texts->len);
	g_array_free(question->words, TRUE);
	g_array_free(question->texts, TRUE);
	g_free(question);
}

static void
flatten(GArray *texts, const redisReply *reply)
{
	switch (reply->type) {
	case REDIS_REPLY_ARRAY:
		for (size_t i = 0; i < reply->elements; i++)
			flatten(texts, reply->element[i]);
		break;
	case REDIS_REPLY_INTEGER: {
		g_autofree char *digits = g_strdup_printf("%lld", reply->integer);
		add_text(texts, digits, strlen(digits));
		break;
	}
	case REDIS_REPLY_NIL:
		add_text(texts, NULL, 0);
		break;
	default:
		add_text(texts, reply->str, reply->str != NULL ? reply->len : 0);
	}
}

static void
on_reply(void *data, const redisReply *reply)
{
	aula_question *question = data;

	if (reply != NULL && reply->type == REDIS_REPLY_ERROR) {
		question->code = AULA_INVALID;
	} else if (reply != NULL) {
		question->code = AULA_OK;
		flatten(question->texts, reply);
	}
	question->mail.deliver = deliver;
	aula_loop_post(question->control, &question->mail);
}

void
aula_question_send(aula_question *question, aula_cord *cord)
{
	guint count = question->words->len;
	g_autofree const char **words = g_new(const char *, count);
	g_autofree size_t *lengths = g_new(size_t, count);

	if (cord == NULL) {
		on_reply(question, NULL);
		return;
	}
	for (guint i = 0; i < count; i++) {
		const aula_bus_text *word = &g_array_index(question->words, aula_bus_text, i);
		words[i] = word->text;
		lengths[i] = word->length;
	}
	aula_cord_send(cord, false, (int)count, words, lengths, on_reply, question);
}
