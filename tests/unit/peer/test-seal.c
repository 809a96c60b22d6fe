/* SPDX-License-Identifier: Apache-2.0 */
/* What the seal writes against what libsrtp writes, byte for byte, and opened by it again; what the
 * unseal says of each packet of a bad line against what libsrtp says of it. */
#include "peer/seal.h"
#include "peer/unseal.h"

#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <string.h>

enum { PACKET_MOST = 1500 };

static uint32_t state = 1;

static uint8_t
random_byte(void)
{
	state = state * 1664525 + 1013904223;
	return (uint8_t)(state >> 24);
}

static aula_srtp_master
random_master(void)
{
	aula_srtp_master master;

	for (size_t i = 0; i < sizeof(master.bytes); i++)
		master.bytes[i] = random_byte();
	return master;
}

static srtp_t
reference(aula_srtp_profile profile, const aula_srtp_master *master, srtp_ssrc_type_t type)
{
	srtp_policy_t policy = { .ssrc.type = type,
		.key = (uint8_t *)master->bytes,
		.window_size = 1024,
		.allow_repeat_tx = 1 };
	srtp_t session;

	srtp_profile_t code = (srtp_profile_t)aula_srtp_facts(profile)->code;
	g_assert_cmpint(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, code), ==, 0);
	g_assert_cmpint(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, code), ==, 0);
	g_assert_cmpint(srtp_create(&session, &policy), ==, 0);
	return session;
}

/* A header with `csrcs` sources and an extension of `words`; returns its length. */
static size_t
write_header(uint8_t *out, uint16_t sequence, uint32_t ssrc, int csrcs, int words)
{
	size_t length = 12 + 4 * (size_t)csrcs;

	for (size_t i = 0; i < length; i++)
		out[i] = random_byte();
	out[0] = (uint8_t)(0x80 | csrcs | (words >= 0 ? 0x10 : 0));
	out[2] = (uint8_t)(sequence >> 8);
	out[3] = (uint8_t)sequence;
	ssrc = htonl(ssrc);
	memcpy(out + 8, &ssrc, 4);
	if (words < 0)
		return length;
	const uint8_t extension[] = { 0xbe, 0xde, 0, (uint8_t)words };
	memcpy(out + length, extension, 4);
	memset(out + length + 4, 0, 4 * (size_t)words);
	return length + 4 + 4 * (size_t)words;
}

static void
test_rtp(const void *data)
{
	aula_srtp_profile profile = GPOINTER_TO_INT(data);
	static const size_t payloads[] = { 0, 1, 15, 16, 17, 160, 999, 1200 };
	aula_srtp_master master = random_master();
	aula_seal *seal = aula_seal_new(profile, &master);
	aula_unseal *unseal = aula_unseal_new(profile, &master);
	srtp_t theirs = reference(profile, &master, ssrc_any_outbound);
	srtp_t opener = reference(profile, &master, ssrc_any_inbound);

	/* 150000 packets in strides of 37 cross the end of the sequence numbers twice */
	for (uint32_t index = 65000; index < 215000; index += 37) {
		uint8_t plain[PACKET_MOST], ours[PACKET_MOST];
		_Alignas(4) uint8_t reference_packet[PACKET_MOST], opened[PACKET_MOST];
		size_t payload = payloads[index % G_N_ELEMENTS(payloads)];
		size_t header = write_header(
			plain, (uint16_t)index, 0x1000, (int)(index % 3), (int)(index % 4) - 1);
		for (size_t i = 0; i < payload; i++)
			plain[header + i] = random_byte();
		size_t length = aula_seal_rtp(
			seal, ours, plain, header, plain + header, payload, index >> 16);
		memcpy(reference_packet, plain, header + payload);
		int reference_length = (int)(header + payload);
		g_assert_cmpint(srtp_protect(theirs, reference_packet, &reference_length), ==, 0);
		g_assert_cmpmem(ours, length, reference_packet, reference_length);
		memcpy(opened, ours, length);
		int opened_length = (int)length;
		g_assert_cmpint(srtp_unprotect(opener, opened, &opened_length), ==, 0);
		g_assert_cmpmem(opened, opened_length, plain, header + payload);
		memcpy(opened, ours, length);
		g_assert_cmpint(aula_unseal_rtp(unseal, opened, &length), ==, AULA_UNSEALED);
		g_assert_cmpmem(opened, length, plain, header + payload);
	}
	aula_seal_free(seal);
	aula_unseal_free(unseal);
	srtp_dealloc(theirs);
	srtp_dealloc(opener);
}

static void
test_rtcp(const void *data)
{
	aula_srtp_profile profile = GPOINTER_TO_INT(data);
	aula_srtp_master master = random_master();
	aula_seal *seal = aula_seal_new(profile, &master);
	aula_unseal *unseal = aula_unseal_new(profile, &master);
	srtp_t theirs = reference(profile, &master, ssrc_any_outbound);

	for (size_t i = 0; i < 400; i++) {
		uint8_t plain[PACKET_MOST] = { 0x80, 201 }, ours[PACKET_MOST];
		_Alignas(4) uint8_t reference_packet[PACKET_MOST];
		size_t length = 8 + 4 * (i % 100);
		for (size_t k = 8; k < length; k++)
			plain[k] = random_byte();
		memcpy(reference_packet, plain, length);
		int reference_length = (int)length;
		g_assert_cmpint(
			srtp_protect_rtcp(theirs, reference_packet, &reference_length), ==, 0);
		size_t sealed = aula_seal_rtcp(seal, ours, plain, length);
		g_assert_cmpmem(ours, sealed, reference_packet, reference_length);
		g_assert_cmpint(
			aula_unseal_rtcp(unseal, reference_packet, &sealed), ==, AULA_UNSEALED);
		g_assert_cmpmem(reference_packet, sealed, plain, length);
	}
	aula_seal_free(seal);
	aula_unseal_free(unseal);
	srtp_dealloc(theirs);
}

static void
test_verdicts(const void *data)
{
	aula_srtp_profile profile = GPOINTER_TO_INT(data);
	aula_srtp_master master = random_master();
	aula_seal *seal = aula_seal_new(profile, &master);
	aula_unseal *unseal = aula_unseal_new(profile, &master);
	_Alignas(4) uint8_t sealed[200], copy[200];
	uint8_t header[64];
	size_t header_length = write_header(header, 7, 99, 0, -1);
	size_t length = aula_seal_rtp(
		seal, sealed, header, header_length, (const uint8_t *)"payload", 7, 0);

	for (size_t i = 0; i < length; i++) { /* each byte flipped, each length cut */
		size_t whole = length, cut = i;
		memcpy(copy, sealed, length);
		copy[i] ^= 0x04;
		g_assert_cmpint(aula_unseal_rtp(unseal, copy, &whole), ==, AULA_UNSEAL_FORGED);
		memcpy(copy, sealed, length);
		if (i >= 12)
			g_assert_cmpint(
				aula_unseal_rtp(unseal, copy, &cut), ==, AULA_UNSEAL_FORGED);
	}
	for (int i = 0; i < 3; i++) {
		size_t whole = length;
		memcpy(copy, sealed, length);
		g_assert_cmpint(aula_unseal_rtp(unseal, copy, &whole), ==,
			i == 0 ? AULA_UNSEALED : AULA_UNSEAL_REPLAYED);
	}
	aula_seal_free(seal);
	aula_unseal_free(unseal);
}

/* What a stream is made of on its way: each packet may come late, twice, damaged or cut. */
typedef struct {
	_Alignas(4) uint8_t bytes[PACKET_MOST];
	size_t length;
} kept_packet;

static size_t
random_below(size_t limit)
{
	return (size_t)(random_byte() << 16 | random_byte() << 8 | random_byte()) % limit;
}

static aula_unseal_verdict
verdict_of(srtp_err_status_t status)
{
	if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old)
		return AULA_UNSEAL_REPLAYED;
	return status == srtp_err_status_ok ? AULA_UNSEALED : AULA_UNSEAL_FORGED;
}

/* Opens the packet here and by libsrtp; both must say the same of it. Which they look for first in
 * one that is broken, a replay or the damage, is their own affair. */
static void
compare(aula_unseal *ours, srtp_t theirs, const kept_packet *packet, bool rtcp, bool broken,
	unsigned counts[3])
{
	kept_packet mine = *packet, reference_packet = *packet;
	int length = (int)packet->length;

	aula_unseal_verdict verdict = rtcp ? aula_unseal_rtcp(ours, mine.bytes, &mine.length)
					   : aula_unseal_rtp(ours, mine.bytes, &mine.length);
	srtp_err_status_t status =
		rtcp ? srtp_unprotect_rtcp(theirs, reference_packet.bytes, &length)
		     : srtp_unprotect(theirs, reference_packet.bytes, &length);
	if (broken)
		g_assert_cmpint(verdict == AULA_UNSEALED, ==, status == srtp_err_status_ok);
	else
		g_assert_cmpint(verdict, ==, verdict_of(status));
	if (verdict == AULA_UNSEALED)
		g_assert_cmpmem(mine.bytes, mine.length, reference_packet.bytes, length);
	counts[verdict]++;
}

static void
damage(kept_packet *packet)
{
	if (random_below(2) == 0)
		packet->bytes[random_below(packet->length)] ^= (uint8_t)(1 << random_below(8));
	else
		packet->length = 12 + random_below(packet->length - 12);
}

/* Three sources on a bad line, for two rounds of the sequence numbers, against libsrtp. */
static void
test_reference(const void *data)
{
	enum { KEPT = 4096, PACKETS = 60000, SOURCES = 3 };
	aula_srtp_profile profile = GPOINTER_TO_INT(data);
	aula_srtp_master master = random_master();
	aula_seal *seal = aula_seal_new(profile, &master);
	aula_unseal *unseal = aula_unseal_new(profile, &master);
	srtp_t theirs = reference(profile, &master, ssrc_any_inbound);
	g_autofree kept_packet *kept = g_new0(kept_packet, KEPT);
	uint32_t next[SOURCES] = { 10, 40000, 65530 };
	unsigned counts[2][3] = { 0 };

	for (size_t i = 0; i < PACKETS; i++) {
		kept_packet *packet = &kept[i % KEPT];
		bool rtcp = i % 8 == 7;
		uint32_t source = (uint32_t)random_below(SOURCES);
		uint8_t plain[PACKET_MOST] = { 0x80, 201, 0, 1, 0, 0, 0, (uint8_t)source };
		if (rtcp) {
			packet->length = aula_seal_rtcp(
				seal, packet->bytes, plain, 8 + 4 * random_below(20));
		} else {
			uint32_t index = next[source] += 1 + (uint32_t)random_below(12);
			size_t header = write_header(plain, (uint16_t)index, source,
				(int)random_below(3), (int)random_below(4) - 1);
			packet->length = aula_seal_rtp(seal, packet->bytes, plain, header,
				plain + header, random_below(200), index >> 16);
		}
		if (random_below(10) != 0) /* else it comes late, if at all */
			compare(unseal, theirs, packet, rtcp, false, counts[rtcp]);
		if (i > KEPT) {
			size_t back = random_below(random_below(4) == 0 ? KEPT : 64);
			packet = &kept[(i - back) % KEPT];
			compare(unseal, theirs, packet, (i - back) % 8 == 7, false,
				counts[(i - back) % 8 == 7]);
		}
		if (random_below(8) == 0) {
			kept_packet broken = kept[i % KEPT];
			damage(&broken);
			compare(unseal, theirs, &broken, rtcp, true, counts[rtcp]);
		}
	}
	for (int rtcp = 0; rtcp < 2; rtcp++)
		for (int verdict = 0; verdict < 3; verdict++)
			g_assert_cmpuint(counts[rtcp][verdict], >, 100);
	aula_seal_free(seal);
	aula_unseal_free(unseal);
	srtp_dealloc(theirs);
}

/* A peer that changes its SSRC for ever does not make the server grow, and is heard. */
static void
test_sources(void)
{
	aula_srtp_master master = random_master();
	aula_seal *seal = aula_seal_new(AULA_SRTP_AES128_GCM, &master);
	aula_unseal *unseal = aula_unseal_new(AULA_SRTP_AES128_GCM, &master);

	for (uint32_t i = 0; i < 5 * AULA_UNSEAL_SOURCES; i++) {
		_Alignas(4) uint8_t sealed[200];
		uint8_t header[64];
		size_t header_length = write_header(header, 7, 1000 + i, 0, -1);
		size_t length = aula_seal_rtp(seal, sealed, header, header_length, header, 8, 0);
		g_assert_cmpint(aula_unseal_rtp(unseal, sealed, &length), ==, AULA_UNSEALED);
	}
	aula_seal_free(seal);
	aula_unseal_free(unseal);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(srtp_init(), ==, 0);
	for (aula_srtp_profile profile = 0; profile < AULA_SRTP_PROFILE_COUNT; profile++) {
		const char *name = aula_srtp_facts(profile)->name;
		g_autofree char *rtp = g_strdup_printf("/peer/seal/rtp/%s", name);
		g_autofree char *rtcp = g_strdup_printf("/peer/seal/rtcp/%s", name);
		g_autofree char *verdicts = g_strdup_printf("/peer/unseal/%s", name);
		g_test_add_data_func(rtp, GINT_TO_POINTER(profile), test_rtp);
		g_test_add_data_func(rtcp, GINT_TO_POINTER(profile), test_rtcp);
		g_autofree char *same = g_strdup_printf("/peer/unseal/as-libsrtp/%s", name);
		g_test_add_data_func(same, GINT_TO_POINTER(profile), test_reference);
		g_test_add_data_func(verdicts, GINT_TO_POINTER(profile), test_verdicts);
	}
	g_test_add_func("/peer/unseal/sources", test_sources);
	return g_test_run();
}
