/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that are made of a description: Markdown and the sample configuration. */
#include "host/describe.h"

#include <string.h>

enum { COLUMNS = 100 };

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* -- values as libconfig writes them -- */

static void
append_quoted(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void append_value(GString *out, const json_t *value, const char *indent);

static void
append_list(GString *out, const json_t *list, const char *indent)
{
	size_t index;
	json_t *item;

	g_string_append(out, "[");
	json_array_foreach(list, index, item)
	{
		g_string_append(out, index == 0 ? " " : ", ");
		append_value(out, item, indent);
	}
	g_string_append(out, " ]");
}

static void
append_value(GString *out, const json_t *value, const char *indent)
{
	const char *key;
	json_t *member;

	switch (json_typeof(value)) {
	case JSON_STRING:
		append_quoted(out, json_string_value(value));
		break;
	case JSON_INTEGER:
		g_string_append_printf(out, "%" JSON_INTEGER_FORMAT "%s", json_integer_value(value),
			json_integer_value(value) > G_MAXINT32 ? "L" : "");
		break;
	case JSON_REAL:
		g_string_append_printf(out, "%f", json_real_value(value));
		break;
	case JSON_ARRAY:
		append_list(out, value, indent);
		break;
	case JSON_OBJECT:
		g_string_append(out, "{\n");
		json_object_foreach((json_t *)value, key, member)
		{
			g_string_append_printf(out, "%s\t%s = ", indent, key);
			append_value(out, member, indent);
			g_string_append(out, ";\n");
		}
		g_string_append_printf(out, "%s}", indent);
		break;
	default:
		g_string_append(out, json_is_true(value) ? "true" : "false");
	}
}

/* What to write where there is no default: something of the right type to start from. */
static void
append_example(GString *out, const json_t *row, const char *indent)
{
	const char *type = text_of(row, "type");
	const json_t *value = json_object_get(row, "default");
	const json_t *choices = json_object_get(row, "choices");

	if (value != NULL)
		append_value(out, value, indent);
	else if (strcmp(type, "text") == 0 && choices != NULL)
		append_value(out, json_array_get(choices, 0), indent);
	else if (strcmp(type, "text") == 0)
		g_string_append(out, "\"...\"");
	else if (strcmp(type, "switch") == 0)
		g_string_append(out, "true");
	else if (strcmp(type, "texts") == 0)
		g_string_append(out, "[ ]");
	else if (strcmp(type, "rows") == 0)
		g_string_append(out, "( )");
	else if (strcmp(type, "object") == 0)
		g_string_append(out, "{ }");
	else
		g_string_append_printf(out, "%" JSON_INTEGER_FORMAT,
			MAX(1, json_integer_value(json_object_get(row, "min"))));
}

/* -- the sample configuration -- */

/* Words in lines of comment, none longer than COLUMNS but for a word that is. */
static void
append_prose(GString *out, const char *indent, const char *margin, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 0);
	size_t column = 0, start = strlen(indent) * 8 + strlen(margin) + 1;

	for (size_t i = 0; words[i] != NULL; i++) {
		if (column == 0 || column + 1 + strlen(words[i]) > COLUMNS) {
			g_string_append_printf(
				out, "%s%s#%s", column == 0 ? "" : "\n", indent, margin);
			column = start;
		}
		g_string_append_printf(out, " %s", words[i]);
		column += 1 + strlen(words[i]);
	}
	g_string_append_c(out, '\n');
}

/* "Port to listen on. An integer from 0 to 65535." */
static void
append_facts(GString *out, const json_t *row, const char *indent, const char *margin, bool named)
{
	g_autofree char *expected = g_strdup(text_of(row, "expected"));

	expected[0] = g_ascii_toupper(expected[0]);
	g_autofree char *prose = g_strdup_printf("%s%s%s %s%s.%s",
		named ? text_of(row, "name") : "", named ? ": " : "", text_of(row, "summary"),
		expected, json_is_true(json_object_get(row, "required")) ? ", required" : "",
		json_is_true(json_object_get(row, "live")) ? " A reload applies it." : "");
	append_prose(out, indent, margin, prose);
}

static void
append_setting(GString *out, const json_t *row, const char *indent)
{
	g_autofree char *inner = g_strdup_printf("%s#", indent);
	json_t *fields = json_object_get(row, "fields"), *field;
	size_t index;

	append_facts(out, row, indent, "", false);
	json_array_foreach(fields, index, field) append_facts(out, field, indent, "   ", true);
	g_string_append_printf(out, "%s%s = ", inner, text_of(row, "name"));
	append_example(out, row, inner);
	g_string_append(out, ";\n");
}

char *
aula_describe_sample(json_t *description)
{
	GString *out = g_string_new(NULL);
	json_t *blocks = json_object_get(description, "blocks"), *block, *row;
	size_t i, j;

	g_string_append_printf(out,
		"# %s: %s\n# What is commented out is the default. Made by `aula "
		"--describe --format sample`.\n",
		text_of(description, "name"), text_of(description, "summary"));
	json_array_foreach(blocks, i, block)
	{
		const char *name = text_of(block, "name"), *indent = *name != '\0' ? "\t" : "";
		if (*name != '\0') {
			g_string_append_c(out, '\n');
			append_prose(out, "", "", text_of(block, "summary"));
			g_string_append_printf(out, "%s: {\n", name);
		}
		json_array_foreach(json_object_get(block, "settings"), j, row)
		{
			if (j > 0 || *name == '\0')
				g_string_append_c(out, '\n');
			append_setting(out, row, indent);
		}
		if (*name != '\0')
			g_string_append(out, "};\n");
	}
	return g_string_free(out, FALSE);
}

/* -- Markdown -- */

static void
append_cell(GString *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
}

static void
append_default(GString *out, const json_t *row)
{
	const json_t *value = json_object_get(row, "default");

	if (json_is_true(json_object_get(row, "required")))
		g_string_append(out, "required");
	if (value == NULL)
		return;
	g_autofree char *text = json_dumps(value, JSON_ENCODE_ANY);
	g_string_append_c(out, '`');
	append_cell(out, text);
	g_string_append_c(out, '`');
}

static void
append_rows(GString *out, const json_t *rows, const char *prefix)
{
	size_t index;
	json_t *row;

	json_array_foreach(rows, index, row)
	{
		const char *name = text_of(row, "name");
		g_string_append_printf(out, "| `%s%s` | ", prefix, name);
		append_cell(out, text_of(row, "expected"));
		g_string_append(out, " | ");
		append_default(out, row);
		g_string_append(out, " | ");
		append_cell(out, text_of(row, "summary"));
		if (json_is_true(json_object_get(row, "live")))
			g_string_append(out, " *A reload applies it.*");
		g_string_append(out, " |\n");
		g_autofree char *inner = g_strdup_printf("%s%s[].", prefix, name);
		append_rows(out, json_object_get(row, "fields"), inner);
	}
}

static void
append_table(GString *out, const char *what, const json_t *rows)
{
	if (json_array_size(rows) == 0)
		return;
	g_string_append_printf(
		out, "| %s | is | default | meaning |\n| --- | --- | --- | --- |\n", what);
	append_rows(out, rows, "");
	g_string_append_c(out, '\n');
}

static void
append_names(GString *out, const char *before, const json_t *names, const char *after)
{
	size_t index;
	json_t *name;

	if (json_array_size(names) == 0)
		return;
	g_string_append(out, before);
	json_array_foreach(names, index, name) g_string_append_printf(
		out, "%s`%s`", index == 0 ? "" : ", ", json_string_value(name));
	g_string_append(out, after);
}

static void
append_requests(GString *out, const json_t *requests)
{
	size_t index;
	json_t *row;

	json_array_foreach(requests, index, row)
	{
		bool async = json_is_true(json_object_get(row, "async"));
		bool http = json_is_true(json_object_get(row, "http"));
		g_string_append_printf(out, "#### `%s`\n\n%s%s%s%s", text_of(row, "name"),
			json_is_false(json_object_get(row, "supported")) ? "Not supported: " : "",
			text_of(row, "summary"), async ? " Answered by an event." : "",
			http ? " Also over HTTP." : "");
		append_names(out, " Needs ", json_object_get(row, "needs"), ".");
		g_string_append(out, "\n\n");
		append_table(out, "field", json_object_get(row, "fields"));
	}
}

static void
append_personal(GString *out, const json_t *rows)
{
	size_t index;
	json_t *row;

	if (json_array_size(rows) == 0)
		return;
	g_string_append(out, "### What it keeps about people\n\n"
			     "| table | by | in an export | when they are erased | meaning |\n"
			     "| --- | --- | --- | --- | --- |\n");
	json_array_foreach(rows, index, row) g_string_append_printf(out,
		"| `%s` | `%s` | %s | %s | %s |\n", text_of(row, "table"), text_of(row, "person"),
		text_of(row, "told"), text_of(row, "then"), text_of(row, "summary"));
	g_string_append_c(out, '\n');
}

char *
aula_describe_markdown(json_t *description)
{
	GString *out = g_string_new(NULL);
	json_t *capabilities = json_object_get(description, "capabilities"), *item;
	size_t i;

	g_string_append_printf(out, "## %s (%s)\n\n%s\n\n", text_of(description, "name"),
		text_of(description, "kind"), text_of(description, "summary"));
	append_names(
		out, "Clients attach to it as ", json_object_get(description, "packages"), ".\n\n");
	if (json_array_size(capabilities) > 0)
		g_string_append(
			out, "### Capabilities\n\n| name | lets its holder |\n| --- | --- |\n");
	json_array_foreach(capabilities, i, item) g_string_append_printf(
		out, "| `%s` | %s |\n", text_of(item, "name"), text_of(item, "summary"));
	if (json_array_size(capabilities) > 0)
		g_string_append_c(out, '\n');
	g_string_append(out, "### Settings\n\n");
	json_array_foreach(json_object_get(description, "blocks"), i, item)
	{
		if (*text_of(item, "name") != '\0')
			g_string_append_printf(out, "`%s`: %s\n\n", text_of(item, "name"),
				text_of(item, "summary"));
		else if (json_array_size(json_object_get(item, "settings")) == 0)
			g_string_append(out, "None.\n\n");
		append_table(out, "setting", json_object_get(item, "settings"));
	}
	if (json_array_size(json_object_get(description, "requests")) > 0)
		g_string_append(out, "### Requests\n\n");
	append_requests(out, json_object_get(description, "requests"));
	append_personal(out, json_object_get(description, "personal"));
	return g_string_free(out, FALSE);
}
