/* SPDX-License-Identifier: Apache-2.0 */
#include "store/transaction.h"

#include <string.h>

/* -- one piece of memory -- */

static bool
has_bytes(const aula_sql_value *value)
{
	return value->type == AULA_SQL_TEXT || value->type == AULA_SQL_BYTES;
}

static const char *
check(const aula_statement *statement)
{
	if (statement->text == NULL || *statement->text == '\0')
		return "a statement is empty";
	if (!g_utf8_validate(statement->text, -1, NULL))
		return "a statement is not UTF-8";
	if (statement->value_count > AULA_TRANSACTION_VALUES_MOST)
		return "a statement has too many values";
	for (size_t i = 0; i < statement->value_count; i++) {
		const aula_sql_value *value = &statement->values[i];
		if (value->type > AULA_SQL_BYTES)
			return "a value is of no type";
		if (value->type == AULA_SQL_TEXT &&
			!g_utf8_validate(value->text, (gssize)value->length, NULL))
			return "a text is not UTF-8, or has a zero byte inside";
	}
	return NULL;
}

static size_t
weigh(const aula_statement *statements, size_t count)
{
	size_t bytes = sizeof(aula_transaction) + count * sizeof(aula_statement);

	for (size_t i = 0; i < count; i++) {
		bytes += statements[i].value_count * sizeof(aula_sql_value);
		bytes += strlen(statements[i].text) + 1;
		for (size_t j = 0; j < statements[i].value_count; j++)
			if (has_bytes(&statements[i].values[j]))
				bytes += statements[i].values[j].length + (size_t)1;
	}
	return bytes;
}

static const char *
put(char **place, const char *bytes, size_t length)
{
	char *start = *place;

	if (length > 0)
		memcpy(start, bytes, length);
	start[length] = '\0';
	*place += length + 1;
	return start;
}

aula_transaction *
aula_transaction_new(const aula_statement *statements, size_t count, const char **ret_problem)
{
	*ret_problem = count == 0                                 ? "there is no statement"
		       : count > AULA_TRANSACTION_STATEMENTS_MOST ? "there are too many statements"
								  : NULL;
	for (size_t i = 0; i < count && *ret_problem == NULL; i++)
		*ret_problem = check(&statements[i]);
	if (*ret_problem != NULL)
		return NULL;
	size_t bytes = weigh(statements, count), values = 0;
	aula_transaction *transaction = g_malloc(bytes);
	aula_statement *list = (aula_statement *)(void *)(transaction + 1);
	for (size_t i = 0; i < count; i++)
		values += statements[i].value_count;
	aula_sql_value *value = (aula_sql_value *)(void *)(list + count);
	char *place = (char *)(value + values);
	for (size_t i = 0; i < count; i++) {
		const aula_statement *from = &statements[i];
		list[i] = *from;
		list[i].text = put(&place, from->text, strlen(from->text));
		list[i].values = value;
		for (size_t j = 0; j < from->value_count; j++, value++) {
			*value = from->values[j];
			if (has_bytes(value))
				value->text = put(&place, value->text, value->length);
		}
	}
	*transaction = (aula_transaction){ .bytes = bytes, .count = count, .statements = list };
	return transaction;
}

/* -- bytes: little endian, as on every machine that we run on -- */

static void
write_u64(GByteArray *bytes, uint64_t number)
{
	uint64_t little = GUINT64_TO_LE(number);

	g_byte_array_append(bytes, (const guint8 *)&little, sizeof little);
}

static void
write_bytes(GByteArray *bytes, const void *what, size_t length)
{
	write_u64(bytes, length);
	if (length > 0)
		g_byte_array_append(bytes, what, (guint)length);
}

static void
write_value(GByteArray *bytes, const aula_sql_value *value)
{
	guint8 type = (guint8)value->type;
	uint64_t bits;

	g_byte_array_append(bytes, &type, 1);
	switch (value->type) {
	case AULA_SQL_BOOL:
		write_u64(bytes, value->is);
		break;
	case AULA_SQL_INT:
		write_u64(bytes, (uint64_t)value->integer);
		break;
	case AULA_SQL_NUMBER:
		memcpy(&bits, &value->number, sizeof bits);
		write_u64(bytes, bits);
		break;
	case AULA_SQL_TEXT:
	case AULA_SQL_BYTES:
		write_bytes(bytes, value->bytes, value->length);
		break;
	default:
		break;
	}
}

void
aula_transaction_write(const aula_transaction *transaction, GByteArray *bytes)
{
	write_u64(bytes, transaction->count);
	for (size_t i = 0; i < transaction->count; i++) {
		const aula_statement *statement = &transaction->statements[i];
		write_bytes(bytes, statement->text, strlen(statement->text));
		write_u64(bytes, (uint64_t)statement->least);
		write_u64(bytes, statement->value_count);
		for (size_t j = 0; j < statement->value_count; j++)
			write_value(bytes, &statement->values[j]);
	}
}

typedef struct {
	const uint8_t *bytes;
	size_t left;
	bool bad;
} reader;

static uint64_t
read_u64(reader *from)
{
	uint64_t number = 0;

	if (from->left < sizeof number) {
		from->bad = true;
		return 0;
	}
	memcpy(&number, from->bytes, sizeof number);
	from->bytes += sizeof number;
	from->left -= sizeof number;
	return GUINT64_FROM_LE(number);
}

static const char *
read_bytes(reader *from, uint32_t *ret_length)
{
	uint64_t length = read_u64(from);

	if (from->bad || length > from->left || length > UINT32_MAX) {
		from->bad = true;
		return NULL;
	}
	const char *bytes = (const char *)from->bytes;
	from->bytes += length;
	from->left -= length;
	*ret_length = (uint32_t)length;
	return bytes;
}

static aula_sql_value
read_value(reader *from)
{
	aula_sql_value value = { 0 };
	uint64_t bits;

	if (from->left == 0 || *from->bytes > AULA_SQL_BYTES) {
		from->bad = true;
		return value;
	}
	value.type = (aula_sql_type)*from->bytes++;
	from->left--;
	switch (value.type) {
	case AULA_SQL_BOOL:
		value.is = read_u64(from) != 0;
		break;
	case AULA_SQL_INT:
		value.integer = (int64_t)read_u64(from);
		break;
	case AULA_SQL_NUMBER:
		bits = read_u64(from);
		memcpy(&value.number, &bits, sizeof bits);
		break;
	case AULA_SQL_TEXT:
	case AULA_SQL_BYTES:
		value.text = read_bytes(from, &value.length);
		break;
	default:
		break;
	}
	return value;
}

static void
statement_clear(void *data)
{
	aula_statement *statement = data;

	g_free((char *)statement->text);
	g_free((aula_sql_value *)statement->values);
}

static void
read_statement(reader *from, GArray *list)
{
	aula_statement statement = { 0 };
	uint32_t length = 0;
	const char *text = read_bytes(from, &length);

	if (text == NULL || memchr(text, '\0', length) != NULL) {
		from->bad = true;
		return;
	}
	statement.least = (int64_t)read_u64(from);
	uint64_t count = read_u64(from);
	if (from->bad || count > AULA_TRANSACTION_VALUES_MOST) {
		from->bad = true;
		return;
	}
	aula_sql_value *values = g_new0(aula_sql_value, count + 1);
	for (uint64_t i = 0; i < count && !from->bad; i++)
		values[i] = read_value(from);
	statement.text = g_strndup(text, length);
	statement.values = values;
	statement.value_count = count;
	g_array_append_val(list, statement);
}

aula_transaction *
aula_transaction_read(const uint8_t *bytes, size_t length)
{
	reader from = { bytes, length, false };
	uint64_t count = read_u64(&from);
	const char *problem;

	if (from.bad || count == 0 || count > AULA_TRANSACTION_STATEMENTS_MOST)
		return NULL;
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(aula_statement));
	g_array_set_clear_func(list, statement_clear);
	for (uint64_t i = 0; i < count && !from.bad; i++)
		read_statement(&from, list);
	if (from.bad || from.left > 0)
		return NULL;
	return aula_transaction_new(
		(const aula_statement *)(const void *)list->data, list->len, &problem);
}
