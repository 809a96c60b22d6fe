/* SPDX-License-Identifier: Apache-2.0 */
/* The bus, as modules know it. */
#include "signaling/services-module.h"

static aula_courier *
courier_of(const aula_host *host)
{
	return aula_module_of(host)->board->courier;
}

static bool
shared(const aula_host *host)
{
	return courier_of(host) != NULL && aula_courier_shared(courier_of(host));
}

static bool
up(const aula_host *host)
{
	return courier_of(host) != NULL && aula_courier_up(courier_of(host));
}

static aula_code
append(const aula_host *host, const char *stream, int64_t most, const aula_bus_field *fields,
	size_t count)
{
	aula_courier *courier = courier_of(host);

	return courier == NULL ? AULA_UNAVAILABLE
			       : aula_courier_append(courier, stream, most, fields, count);
}

static aula_code
publish(const aula_host *host, const char *channel, const char *text, size_t length)
{
	aula_courier *courier = courier_of(host);

	return courier == NULL ? AULA_UNAVAILABLE
			       : aula_courier_publish(courier, channel, text, length);
}

static aula_code
follow(const aula_host *host, const char *stream, aula_bus_reader read, void *data)
{
	aula_courier *courier = courier_of(host);

	return courier == NULL ? AULA_UNAVAILABLE
			       : aula_courier_follow(
					 courier, aula_module_of(host)->index, stream, read, data);
}

static aula_code
serve(const aula_host *host, const aula_bus_queue *queue, aula_bus_reader read, void *data)
{
	aula_courier *courier = courier_of(host);

	return courier == NULL ? AULA_UNAVAILABLE
			       : aula_courier_serve(
					 courier, aula_module_of(host)->index, queue, read, data);
}

const aula_bus aula_service_bus = { .size = sizeof aula_service_bus,
	.shared = shared,
	.up = up,
	.append = append,
	.publish = publish,
	.follow = follow,
	.serve = serve };
