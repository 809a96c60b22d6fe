/* SPDX-License-Identifier: Apache-2.0 */
#include "question.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "polls.h"

const char *const question_kinds[] = { "single", "multiple", "text", "number", NULL };

struct tally {
	int64_t count;
	char shown[]; /* as the first wrote it */
};

static const char *
text_of(const json_t *body, const char *key)
{
	return json_string_value(json_object_get(body, key));
}

static enum question_kind
kind_of(const json_t *body)
{
	const char *name = text_of(body, "kind");

	for (size_t i = 0; question_kinds[i] != NULL; i++)
		if (g_strcmp0(question_kinds[i], name) == 0)
			return (enum question_kind)i;
	return QUESTION_SINGLE;
}

static bool
has_options(enum question_kind kind)
{
	return kind == QUESTION_SINGLE || kind == QUESTION_MULTIPLE;
}

void
question_init(struct question *question, json_t *body)
{
	*question = (struct question){ .kind = kind_of(body),
		.points = json_integer_value(json_object_get(body, "points")),
		.tolerance = json_number_value(json_object_get(body, "tolerance")),
		.body = json_incref(body),
		.count = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
}

void
question_finish(struct question *question)
{
	json_decref(question->body);
	g_hash_table_destroy(question->count);
}

/* -- texts -- */

char *
text_clean(const char *text, size_t most)
{
	if (text == NULL || strlen(text) > most || !g_utf8_validate(text, -1, NULL))
		return NULL;
	for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at))
		if (g_unichar_iscntrl(g_utf8_get_char(at)) && *at != '\n')
			return NULL;
	char *clean = g_strstrip(g_strdup(text));
	if (*clean != '\0')
		return clean;
	g_free(clean);
	return NULL;
}

/* A decimal number, and nothing after it. */
static bool
read_number(const char *text, double *ret_number)
{
	char *end;

	if (strspn(text, "+-.0123456789eE") != strlen(text))
		return false;
	double number = g_ascii_strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(number))
		return false;
	*ret_number = number;
	return true;
}

/* What is compared: numbers by value, written answers whatever their capitals and spaces. */
static char *
fold(enum question_kind kind, const char *text)
{
	double number;

	if (has_options(kind))
		return g_strdup(text);
	if (kind == QUESTION_NUMBER && read_number(text, &number)) {
		char shortest[G_ASCII_DTOSTR_BUF_SIZE];
		return g_strdup(g_ascii_formatd(
			shortest, sizeof shortest, "%.12g", number == 0 ? 0 : number));
	}
	g_autofree char *normal = g_utf8_normalize(text, -1, G_NORMALIZE_ALL_COMPOSE);
	g_autofree char *folded = g_utf8_casefold(normal != NULL ? normal : text, -1);
	g_auto(GStrv) words = g_strsplit_set(folded, " \n\t", -1);
	g_autoptr(GString) joined = g_string_new(NULL);
	for (char **word = words; *word != NULL; word++)
		if (**word != '\0')
			g_string_append_printf(joined, "%s%s", joined->len > 0 ? " " : "", *word);
	return g_strdup(joined->str);
}

static bool
lists(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (g_strcmp0(json_string_value(json_array_get(list, i)), text) == 0)
			return true;
	return false;
}

/* -- what is asked -- */

static const char *
options_fault(const json_t *options)
{
	size_t count = json_array_size(options);

	if (count < 2 || count > OPTIONS_MOST)
		return "A choice has 2 to 20 options.";
	for (size_t i = 0; i < count; i++) {
		const char *option = json_string_value(json_array_get(options, i));
		g_autofree char *clean = text_clean(option, ANSWER_BYTES_MOST);
		if (g_strcmp0(clean, option) != 0)
			return "An option is empty, too long, or has control characters.";
		for (size_t j = 0; j < i; j++)
			if (strcmp(json_string_value(json_array_get(options, j)), option) == 0)
				return "Two options are alike.";
	}
	return NULL;
}

static const char *
right_fault(enum question_kind kind, const json_t *body)
{
	const json_t *right = json_object_get(body, "right");
	double number;

	if (kind == QUESTION_SINGLE && json_array_size(right) > 1)
		return "Of a single choice one option is right.";
	for (size_t i = 0; i < json_array_size(right); i++) {
		const char *text = json_string_value(json_array_get(right, i));
		g_autofree char *clean = text_clean(text, ANSWER_BYTES_MOST);
		if (clean == NULL)
			return "A right answer is empty, too long, or has control characters.";
		if (has_options(kind) && !lists(json_object_get(body, "options"), text))
			return "A right answer is none of the options.";
		if (kind == QUESTION_NUMBER && !read_number(clean, &number))
			return "A right answer is no number.";
	}
	return NULL;
}

const char *
question_fault(const json_t *body)
{
	enum question_kind kind = kind_of(body);
	g_autofree char *text = text_clean(text_of(body, "text"), TEXT_BYTES_MOST);
	const char *fault = NULL;

	if (text == NULL)
		return "A question is empty, too long, or has control characters.";
	if (has_options(kind))
		fault = options_fault(json_object_get(body, "options"));
	else if (json_array_size(json_object_get(body, "options")) > 0)
		fault = "Only choices have options.";
	return fault != NULL ? fault : right_fault(kind, body);
}

/* -- what is answered -- */

static const char *
answer_fault(const struct question *question, const char *text, const json_t *before)
{
	double number;

	if (text == NULL)
		return "An answer is empty, too long, or has control characters.";
	if (has_options(question->kind) && !lists(json_object_get(question->body, "options"), text))
		return "An answer is none of the options.";
	if (lists(before, text))
		return "An option is chosen twice.";
	if (question->kind == QUESTION_NUMBER && !read_number(text, &number))
		return "An answer is no number.";
	return NULL;
}

json_t *
question_accept(const struct question *question, const char *const *texts, size_t count,
	const char **ret_why)
{
	json_t *answer = json_array();

	if (question->kind != QUESTION_MULTIPLE && count > 1)
		*ret_why = "This question takes one answer.";
	for (size_t i = 0; i < count && *ret_why == NULL; i++) {
		g_autofree char *clean = text_clean(texts[i], ANSWER_BYTES_MOST);
		*ret_why = answer_fault(question, clean, answer);
		if (*ret_why == NULL)
			json_array_append_new(answer, json_string(clean));
	}
	if (*ret_why == NULL)
		return answer;
	json_decref(answer);
	return NULL;
}

bool
question_is_quiz(const struct question *question)
{
	return json_array_size(json_object_get(question->body, "right")) > 0;
}

static bool
is_one_of(const struct question *question, const char *text, const json_t *right)
{
	g_autofree char *folded = fold(question->kind, text);
	double is, wanted;

	for (size_t i = 0; i < json_array_size(right); i++) {
		const char *one = json_string_value(json_array_get(right, i));
		g_autofree char *other = fold(question->kind, one);
		if (strcmp(folded, other) == 0)
			return true;
		/* A tolerance of 0.1 around 0.3 takes 0.4, whatever its last bit. */
		if (question->kind == QUESTION_NUMBER && read_number(text, &is) &&
			read_number(one, &wanted) &&
			fabs(is - wanted) <= question->tolerance * (1 + 1e-9))
			return true;
	}
	return false;
}

bool
question_is_right(const struct question *question, const json_t *answer)
{
	const json_t *right = json_object_get(question->body, "right");
	size_t count = json_array_size(answer);

	if (count == 0 || json_array_size(right) == 0 ||
		(question->kind == QUESTION_MULTIPLE && count != json_array_size(right)))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_one_of(question, json_string_value(json_array_get(answer, i)), right))
			return false;
	return true;
}

static void
count_text(struct question *question, const char *text, int by)
{
	char *folded = fold(question->kind, text);
	struct tally *tally = g_hash_table_lookup(question->count, folded);
	double number;

	if (question->kind == QUESTION_NUMBER && read_number(text, &number))
		question->sum += by * number;
	if (tally == NULL && by > 0 && g_hash_table_size(question->count) < DIFFERENT_MOST) {
		tally = g_malloc(sizeof *tally + strlen(text) + 1);
		tally->count = 0;
		strcpy(tally->shown, text);
		g_hash_table_insert(question->count, g_steal_pointer(&folded), tally);
	}
	if (tally == NULL)
		question->others += by;
	else
		tally->count += by;
	if (tally != NULL && tally->count == 0)
		g_hash_table_remove(question->count, folded != NULL ? folded : text);
	g_free(folded);
}

void
question_count(struct question *question, const json_t *answer, int by)
{
	size_t count = json_array_size(answer);

	if (count == 0)
		return;
	question->answered += by;
	if (question_is_right(question, answer))
		question->right += by;
	for (size_t i = 0; i < count; i++)
		count_text(question, json_string_value(json_array_get(answer, i)), by);
}

/* -- as it is shown -- */

json_t *
question_describe(const struct question *question, bool all)
{
	json_t *shown = json_copy(question->body);

	if (!all) {
		json_object_del(shown, "right");
		json_object_del(shown, "tolerance");
	}
	return shown;
}

static int
by_count(const void *a, const void *b)
{
	const struct tally *one = *(const struct tally *const *)a,
			   *other = *(const struct tally *const *)b;

	if (one->count != other->count)
		return one->count < other->count ? 1 : -1;
	return strcmp(one->shown, other->shown);
}

static json_t *
most_frequent(const struct question *question, int64_t *ret_others)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	json_t *list = json_array();
	GHashTableIter walk;
	void *tally;

	g_hash_table_iter_init(&walk, question->count);
	while (g_hash_table_iter_next(&walk, NULL, &tally))
		g_ptr_array_add(all, tally);
	g_ptr_array_sort(all, by_count);
	*ret_others = question->others;
	for (guint i = 0; i < all->len; i++) {
		const struct tally *one = g_ptr_array_index(all, i);
		if (i >= SHOWN_MOST)
			*ret_others += one->count;
		else
			json_array_append_new(list, json_pack("{s:s, s:I}", "text", one->shown,
							    "count", (json_int_t)one->count));
	}
	return list;
}

json_t *
question_results(const struct question *question)
{
	const json_t *options = json_object_get(question->body, "options");
	json_t *results = json_pack("{s:I}", "answered", (json_int_t)question->answered);
	json_t *counts = json_array();

	if (has_options(question->kind)) {
		for (size_t i = 0; i < json_array_size(options); i++) {
			const struct tally *tally = g_hash_table_lookup(
				question->count, json_string_value(json_array_get(options, i)));
			json_array_append_new(
				counts, json_integer(tally != NULL ? tally->count : 0));
		}
		json_object_set_new(results, "counts", counts);
	} else {
		int64_t others;
		json_decref(counts);
		json_object_set_new(results, "answers", most_frequent(question, &others));
		json_object_set_new(results, "others", json_integer(others));
	}
	if (question->kind == QUESTION_NUMBER && question->answered > 0)
		json_object_set_new(
			results, "mean", json_real(question->sum / (double)question->answered));
	if (question_is_quiz(question))
		json_object_set_new(results, "right_count", json_integer(question->right));
	return results;
}
