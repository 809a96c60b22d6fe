/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs and consent in simulated time. */
#include "peer/ice.h"

#include <string.h>

typedef struct {
	aula_ice ice;
	int lost, voided;
	uint16_t last_lost;
} world;

static const aula_ice_credentials first = { "aaaa", "first password of 22 chars" };
static const aula_ice_credentials second = { "bbbb", "second password" };
static const aula_ice_credentials third = { "cccc", "third password" };

static void
on_lost(void *data, const aula_path *path)
{
	world *self = data;

	self->lost++;
	self->last_lost = aula_address_port(&path->remote);
}

static void
on_void(void *data, const aula_ice_credentials *former)
{
	world *self = data;

	g_assert_null(aula_ice_password(&self->ice, former->ufrag, strlen(former->ufrag)));
	self->voided++;
}

static world
new_world(void)
{
	return (world){ .ice = { .local = first,
				.on_ice_pair_lost = on_lost,
				.on_ice_former_void = on_void } };
}

/* A path that differs by the remote port; its socket is never touched. */
static aula_path
path_from(uint16_t port)
{
	aula_path path = { .udp = (aula_udp *)&first };

	g_assert_true(aula_address_parse("192.0.2.1", port, &path.remote));
	g_assert_true(aula_address_parse("198.51.100.1", 0, &path.local));
	return path;
}

static void
check(world *self, uint16_t port, const aula_ice_credentials *local, bool nominates, int64_t now_us)
{
	aula_path path = path_from(port);

	self->ice.data = self;
	aula_ice_checked(&self->ice, &path, local->ufrag, strlen(local->ufrag), nominates, now_us);
}

static uint16_t
chosen(const world *self)
{
	return self->ice.chosen != NULL ? aula_address_port(&self->ice.chosen->path.remote) : 0;
}

static void
test_choice(void)
{
	static const struct {
		int64_t at_s;
		uint16_t port;
		bool nominates;
		uint16_t chosen;
	} steps[] = {
		{ 1, 10, false, 10 },
		{ 2, 11, false, 11 }, /* none nominated: the latest */
		{ 3, 10, true, 10 },
		{ 4, 11, false, 10 },
		{ 5, 11, true, 11 }, /* the latest nominated */
		{ 6, 10, false, 11 },
		{ 19, 10, false, 11 },
		{ 21, 10, false, 10 }, /* 11 was not checked for too long */
		{ 22, 11, false, 10 },
	};
	world self = new_world();

	g_assert_null(self.ice.chosen);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		check(&self, steps[i].port, &first, steps[i].nominates, steps[i].at_s * 1000000);
		g_assert_cmpuint(chosen(&self), ==, steps[i].chosen);
		g_assert_cmpint(self.ice.checked_us, ==, steps[i].at_s * 1000000);
	}
	g_assert_cmpint(self.lost, ==, 0);
}

static void
test_bound(void)
{
	world self = new_world();

	check(&self, 1, &first, true, 1);
	for (uint16_t port = 2; port < 100; port++) {
		check(&self, port, &first, false, port);
		if (port > AULA_ICE_PAIRS_MOST)
			g_assert_cmpuint(self.last_lost, ==, port - AULA_ICE_PAIRS_MOST + 1);
	}
	g_assert_cmpint(self.lost, ==, 99 - AULA_ICE_PAIRS_MOST);
	g_assert_cmpuint(chosen(&self), ==, 1);
	aula_path present = path_from(99), past = path_from(50);
	g_assert_true(aula_ice_has_remote(&self.ice, &present.remote));
	g_assert_false(aula_ice_has_remote(&self.ice, &past.remote));
}

static void
test_restart(void)
{
	world self = new_world();

	self.ice.data = &self;
	check(&self, 10, &first, true, 1);
	aula_ice_restart(&self.ice, &second);
	g_assert_cmpstr(aula_ice_password(&self.ice, "aaaa", 4), ==, first.pwd);
	g_assert_cmpstr(aula_ice_password(&self.ice, "bbbb", 4), ==, second.pwd);
	g_assert_null(aula_ice_password(&self.ice, "bbb", 3));
	g_assert_null(aula_ice_password(&self.ice, "", 0));
	check(&self, 10, &first, true, 2); /* still valid, and says nothing new */
	check(&self, 20, &second, false, 3);
	g_assert_cmpuint(chosen(&self), ==, 10);
	g_assert_cmpint(self.voided, ==, 0);
	aula_ice_restart(&self.ice, &third); /* before any pair was nominated: drops `second` */
	g_assert_cmpint(self.voided, ==, 1);
	g_assert_null(aula_ice_password(&self.ice, "bbbb", 4));
	g_assert_cmpstr(aula_ice_password(&self.ice, "aaaa", 4), ==, first.pwd);
	check(&self, 30, &third, true, 4);
	g_assert_cmpuint(chosen(&self), ==, 30);
	g_assert_cmpint(self.voided, ==, 2);
	g_assert_cmpint(self.lost, ==, 2); /* those of 10 and 20 */
	g_assert_null(aula_ice_password(&self.ice, "aaaa", 4));
}

/* The same path checked with the new credentials outlives the restart. */
static void
test_restart_same_path(void)
{
	world self = new_world();

	self.ice.data = &self;
	check(&self, 10, &first, true, 1);
	aula_ice_restart(&self.ice, &second);
	check(&self, 10, &second, true, 2);
	g_assert_cmpuint(chosen(&self), ==, 10);
	g_assert_cmpint(self.lost, ==, 0);
	g_assert_cmpint(self.voided, ==, 1);
}

static void
test_forget(void)
{
	world self = new_world();
	aula_tcp_stream *stream = (aula_tcp_stream *)&second;
	aula_path path = path_from(30);

	self.ice.data = &self;
	check(&self, 10, &first, false, 1);
	check(&self, 11, &first, false, 2);
	path.udp = NULL;
	path.stream = stream;
	aula_ice_checked(&self.ice, &path, "aaaa", 4, true, 3);
	g_assert_cmpuint(chosen(&self), ==, 30);
	aula_ice_forget(&self.ice, stream);
	g_assert_cmpuint(chosen(&self), ==, 11);
	check(&self, 10, &first, false, 4); /* nothing is nominated now */
	g_assert_cmpuint(chosen(&self), ==, 10);
	g_assert_cmpint(self.lost, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peer/ice/choice", test_choice);
	g_test_add_func("/peer/ice/bound", test_bound);
	g_test_add_func("/peer/ice/restart", test_restart);
	g_test_add_func("/peer/ice/restart-same-path", test_restart_same_path);
	g_test_add_func("/peer/ice/forget", test_forget);
	return g_test_run();
}
