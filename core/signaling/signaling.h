/* SPDX-License-Identifier: Apache-2.0 */
/** Signaling as main.c sees it: made of the rooms to its left, started once, stopped once. All
 * [control]. */
#ifndef AULA_SIGNALING_SIGNALING_H
#define AULA_SIGNALING_SIGNALING_H

#include "signaling/switchboard.h"

typedef struct aula_signaling aula_signaling;

/** Everything must outlive it. */
typedef struct {
	aula_loop *control;
	const aula_settings *settings;
	aula_modules *modules;
	aula_capabilities *capabilities;
	aula_identities *identities;
	aula_ice_servers *ice_servers; /* told to clients */
	aula_fanout *events;
	aula_web *web;
	aula_keeper *keeper;   /* NULL: no store */
	aula_audit_log *audit; /* NULL: none */
	aula_hits *hits;
} aula_signaling_parts;

aula_signaling *aula_signaling_new(const aula_signaling_parts *parts);
/** NULL is fine. */
void aula_signaling_free(aula_signaling *signaling);

/** The listener to make the engine with; its data is the signaling. */
extern const aula_engine_listener aula_signaling_engine_listener;
/** Before `start`. `fingerprint`: of the engine's certificate. */
void aula_signaling_set_engine(
	aula_signaling *signaling, aula_engine *engine, const char *fingerprint);

/** What its parts share; lives as long. */
aula_switchboard *aula_signaling_board(aula_signaling *signaling);

/** Whether new sessions and rooms are taken; what is there goes on. */
void aula_signaling_accept(aula_switchboard *board, bool accept);
/** Takes no new ones, and tells each session that the server ends in `wait_ms`: {"janus":
 * "draining", "session_id": .., "retry_after_ms": 420, "ends_in_ms": 10000}. The first is when its
 * client should look for another server; they are spread, so that not all come there at once. */
void aula_signaling_announce_end(aula_switchboard *board, int64_t wait_ms);
/** The limits of the settings hold from now on. */
void aula_signaling_apply_limits(aula_switchboard *board);

/** Starts the modules. From now on clients are served. */
bool aula_signaling_start(aula_signaling *signaling, GError **error);
/** Takes no new session, ends those there are (their clients are told), closes every client. */
void aula_signaling_drain(aula_signaling *signaling);
/** The engine is gone: what modules still ask of it does nothing. After `drain`. */
void aula_signaling_drop_engine(aula_signaling *signaling);

#endif
