/* SPDX-License-Identifier: Apache-2.0 */
/* What waits on disk for the database: what is read is written as it was. */
#include "fuzz.h"

#include <string.h>

#include "store/transaction.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	aula_transaction *transaction = aula_transaction_read(data, length);

	if (transaction == NULL)
		return 0;
	HOLDS(transaction->count > 0 && transaction->count <= AULA_TRANSACTION_STATEMENTS_MOST);
	g_autoptr(GByteArray) first = g_byte_array_new(), second = g_byte_array_new();
	aula_transaction_write(transaction, first);
	g_free(transaction);
	/* A true that was written as another number than 1 comes back as 1. */
	HOLDS(first->len == length);
	transaction = aula_transaction_read(first->data, first->len);
	HOLDS(transaction != NULL);
	aula_transaction_write(transaction, second);
	HOLDS(second->len == first->len && memcmp(first->data, second->data, first->len) == 0);
	g_free(transaction);
	return 0;
}
