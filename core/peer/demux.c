/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/demux.h"

#include <glib.h>
#include <string.h>

enum { UFRAG_MOST = 32 };

typedef struct {
	aula_address remote;
	void *owner;
} claim;

struct aula_demux {
	GHashTable *names;  /* char* -> owner */
	GHashTable *claims; /* claim, by its address */
	claim *latest;      /* datagrams of one sender often come in a row */
};

static guint
hash_claim(const void *key)
{
	return aula_address_hash(&((const claim *)key)->remote);
}

static gboolean
equal_claims(const void *a, const void *b)
{
	return aula_address_equal(&((const claim *)a)->remote, &((const claim *)b)->remote);
}

aula_demux *
aula_demux_new(void)
{
	aula_demux *demux = g_new0(aula_demux, 1);

	demux->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	demux->claims = g_hash_table_new_full(hash_claim, equal_claims, g_free, NULL);
	return demux;
}

void
aula_demux_free(aula_demux *demux)
{
	if (demux == NULL)
		return;
	g_hash_table_unref(demux->names);
	g_hash_table_unref(demux->claims);
	g_free(demux);
}

void
aula_demux_name(aula_demux *demux, const char *ufrag, void *owner)
{
	g_assert(!g_hash_table_contains(demux->names, ufrag));
	g_hash_table_insert(demux->names, g_strdup(ufrag), owner);
}

void
aula_demux_unname(aula_demux *demux, const char *ufrag)
{
	g_hash_table_remove(demux->names, ufrag);
}

void *
aula_demux_named(const aula_demux *demux, const char *ufrag, size_t length)
{
	char name[UFRAG_MOST + 1] = "";

	if (length > UFRAG_MOST)
		return NULL;
	memcpy(name, ufrag, length);
	return g_hash_table_lookup(demux->names, name);
}

void
aula_demux_claim(aula_demux *demux, const aula_address *remote, void *owner)
{
	claim key = { .remote = *remote };
	claim *known = g_hash_table_lookup(demux->claims, &key);

	if (known == NULL) {
		known = g_new(claim, 1);
		known->remote = *remote;
		g_hash_table_add(demux->claims, known);
	}
	known->owner = owner;
}

void
aula_demux_disclaim(aula_demux *demux, const aula_address *remote, const void *owner)
{
	claim key = { .remote = *remote };
	claim *known = g_hash_table_lookup(demux->claims, &key);

	if (known == NULL || known->owner != owner)
		return;
	if (demux->latest == known)
		demux->latest = NULL;
	g_hash_table_remove(demux->claims, known);
}

void *
aula_demux_owner(aula_demux *demux, const aula_address *remote)
{
	claim key = { .remote = *remote };

	if (demux->latest == NULL || !aula_address_equal(&demux->latest->remote, remote))
		demux->latest = g_hash_table_lookup(demux->claims, &key);
	return demux->latest != NULL ? demux->latest->owner : NULL;
}
