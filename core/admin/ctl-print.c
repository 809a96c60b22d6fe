/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/ctl-print.h"

#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL_MOST = 100, LINE_MOST = 1000, KEYS_MOST = 12, LEVELS = 8, ROW_LEVELS = 2 };

void
aula_ctl_print_json(const json_t *reply)
{
	json_dumpf(reply, stdout, JSON_INDENT(2));
	putchar('\n');
}

/* In one line, of at most so many characters and a mark of what was cut; a list of objects is told
 * by its length. */
static char *
cell(const json_t *value, glong most)
{
	if (json_is_null(value) || value == NULL)
		return g_strdup("-");
	if (json_is_array(value) && json_is_object(json_array_get(value, 0)))
		return g_strdup_printf("(%zu)", json_array_size(value));
	if (json_is_real(value))
		return g_strdup_printf("%.4g", json_real_value(value));
	char *text = json_is_string(value) ? strdup(json_string_value(value))
					   : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *out = g_string_new(NULL);

	free(text);
	glong count = 0;
	for (const char *at = valid; *at != '\0' && count <= most; at = g_utf8_next_char(at)) {
		gunichar c = count++ < most ? g_utf8_get_char(at) : 0x2026;
		g_string_append_unichar(out, g_unichar_isprint(c) ? c : ' ');
	}
	return g_string_free(out, FALSE);
}

/* {"a": {"b": 1}} as a.b: 1, for so many levels. */
static void
flatten(json_t *out, const char *prefix, json_t *object, int levels)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		g_autofree char *name =
			*prefix != '\0' ? g_strdup_printf("%s.%s", prefix, key) : g_strdup(key);
		if (json_is_object(value) && levels > 0 && json_object_size(value) <= KEYS_MOST)
			flatten(out, name, value, levels - 1);
		else
			json_object_set(out, name, value);
	}
}

static json_t *
flat(json_t *object, int levels)
{
	json_t *out = json_object();

	flatten(out, "", object, levels);
	return out;
}

static void
print_padded(const char *text, glong width)
{
	fputs(text, stdout);
	for (glong have = g_utf8_strlen(text, -1); have < width; have++)
		putchar(' ');
}

static void
print_list(const char *name, json_t *list)
{
	g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) widths = g_array_new(FALSE, TRUE, sizeof(glong));
	json_t *rows = json_array(), *row, *value;
	const char *key;
	size_t index;

	json_array_foreach(list, index, row) json_array_append_new(rows, flat(row, ROW_LEVELS));
	json_array_foreach(rows, index, row)
	{
		json_object_foreach(row, key, value)
		{
			guint at;
			if (!g_ptr_array_find_with_equal_func(columns, key, g_str_equal, &at)) {
				at = columns->len;
				glong width = (glong)strlen(key);
				g_ptr_array_add(columns, g_strdup(key));
				g_array_append_val(widths, width);
			}
			g_autofree char *text = cell(value, CELL_MOST);
			glong *width = &g_array_index(widths, glong, at);
			*width = MAX(*width, g_utf8_strlen(text, -1));
		}
	}
	printf("%s (%zu)\n", name, json_array_size(list));
	for (guint i = 0; i < columns->len; i++) {
		print_padded(columns->pdata[i], g_array_index(widths, glong, i));
		fputs(i + 1 < columns->len ? "  " : "\n", stdout);
	}
	json_array_foreach(rows, index, row)
	{
		for (guint i = 0; i < columns->len; i++) {
			g_autofree char *text =
				cell(json_object_get(row, columns->pdata[i]), CELL_MOST);
			print_padded(text, g_array_index(widths, glong, i));
			fputs(i + 1 < columns->len ? "  " : "\n", stdout);
		}
	}
	json_decref(rows);
}

static void
print_lines(const char *key, json_t *list)
{
	size_t index;
	json_t *one;

	if (json_array_size(list) == 0)
		printf("%s: none\n", key);
	json_array_foreach(list, index, one)
	{
		g_autofree char *text = cell(one, LINE_MOST);
		if (strcmp(key, "lines") == 0)
			printf("%s\n", text);
		else
			printf("%s: %s\n", key, text);
	}
}

void
aula_ctl_print_table(const json_t *reply)
{
	json_t *all = flat((json_t *)(uintptr_t)reply, LEVELS), *value;
	const char *key;

	json_object_del(all, "janus");
	json_object_del(all, "transaction");
	if (json_object_size(all) == 0)
		printf("done\n");
	json_object_foreach(all, key, value)
	{
		if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
			print_list(key, value);
		} else if (json_is_array(value)) {
			print_lines(key, value);
		} else {
			g_autofree char *text = cell(value, LINE_MOST);
			printf("%s: %s\n", key, text);
		}
	}
	json_decref(all);
}
