/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/expiry.h"

struct aula_expiries {
	GTree *tree; /* of aula_expiry, which are members of others */
	uint64_t last_order;
};

static gint
compare(gconstpointer a, gconstpointer b)
{
	const aula_expiry *one = a, *other = b;

	if (one->at_s != other->at_s)
		return one->at_s < other->at_s ? -1 : 1;
	return one->order < other->order ? -1 : one->order > other->order;
}

aula_expiries *
aula_expiries_new(void)
{
	aula_expiries *expiries = g_new0(aula_expiries, 1);

	expiries->tree = g_tree_new(compare);
	return expiries;
}

void
aula_expiries_free(aula_expiries *expiries)
{
	g_tree_destroy(expiries->tree);
	g_free(expiries);
}

void
aula_expiry_set(aula_expiries *expiries, aula_expiry *expiry, void *owner, int64_t at_s)
{
	if (expiry->at_s != 0)
		g_tree_remove(expiries->tree, expiry);
	*expiry = (aula_expiry){ at_s, ++expiries->last_order, owner };
	if (at_s != 0)
		g_tree_insert(expiries->tree, expiry, expiry);
}

void *
aula_expiries_due(aula_expiries *expiries, int64_t now_s)
{
	GTreeNode *first = g_tree_node_first(expiries->tree);
	aula_expiry *expiry = first != NULL ? g_tree_node_value(first) : NULL;

	if (expiry == NULL || now_s <= expiry->at_s)
		return NULL;
	void *owner = expiry->owner;
	aula_expiry_set(expiries, expiry, NULL, 0);
	return owner;
}
