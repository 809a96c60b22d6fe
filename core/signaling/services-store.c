/* SPDX-License-Identifier: Apache-2.0 */
/* The store, as modules know it. */
#include "signaling/services-module.h"

static aula_code
migrate(const aula_host *host, const aula_migration *steps, size_t count)
{
	const aula_module_host *asks = aula_module_of(host);
	aula_keeper *keeper = asks->board->keeper;

	return keeper == NULL
		       ? AULA_UNAVAILABLE
		       : aula_keeper_migrate(keeper, aula_loaded_name(asks->loaded), steps, count);
}

static aula_code
write_store(const aula_host *host, uint32_t flags, const aula_statement *statements, size_t count,
	aula_store_done done, void *data)
{
	const aula_module_host *asks = aula_module_of(host);
	aula_keeper *keeper = asks->board->keeper;

	return keeper == NULL ? AULA_UNAVAILABLE
			      : aula_keeper_write(
					keeper, asks->index, flags, statements, count, done, data);
}

static aula_code
read_store(const aula_host *host, const aula_statement *statement, aula_store_done done, void *data)
{
	const aula_module_host *asks = aula_module_of(host);
	aula_keeper *keeper = asks->board->keeper;

	return keeper == NULL ? AULA_UNAVAILABLE
			      : aula_keeper_read(keeper, asks->index, statement, done, data);
}

static bool
ready(const aula_host *host)
{
	const aula_keeper *keeper = aula_module_of(host)->board->keeper;

	return keeper != NULL && aula_keeper_ready(keeper);
}

const aula_store aula_service_store = { .size = sizeof aula_service_store,
	.migrate = migrate,
	.write = write_store,
	.read = read_store,
	.ready = ready };
