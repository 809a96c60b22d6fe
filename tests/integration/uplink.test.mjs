// What a publisher agrees on with the server, over the real wire, with the offers of real browsers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Daemon, run, writeConfig } from './lib/daemon.mjs';
import { Client, JanusError } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const OFFERS = fileURLToPath(new URL('../fuzz/corpus/sdp', import.meta.url));
const offer = (name, more = {}) => ({ type: 'offer', sdp: fs.readFileSync(path.join(OFFERS, `${name}.sdp`), 'utf8'), ...more });
const PUBLISH = { request: 'joinandconfigure', ptype: 'publisher', room: 1234 };

let d;
before(async () => {
  const secret = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
  fs.writeFileSync(secret, SECRET, { mode: 0o600 });
  d = await Daemon.start({ args: ['--demo', 'off'], files: {
    aula: { identity: { secret_file: secret, max_bitrates: { student: 800000 } } },
    classroom: 'rooms = ( { room = 1234; bitrate = 2000000; publishers = 100; } );' } });
});
after(async () => assert.equal(await d.stop(), 0));

// Publishes with that jsep; the answer's m-lines as text, by kind.
async function publish(role, jsep, body = {}) {
  const c = await Client.open(d.ws, { token: token({ sub: 'x', name: 'x', role }) });
  const h = await c.attach('janus.plugin.videoroom');
  const { jsep: answer, ...rest } = await h.message({ ...PUBLISH, ...body }, jsep);
  assert.ok(answer, JSON.stringify(rest));
  await c.close();
  const [, ...media] = answer.sdp.split(/^m=/m);
  return Object.fromEntries(media.map(text => [text.split(' ')[0], text]));
}

describe('simulcast', () => {
  for (const name of ['chromium-offer', 'firefox-offer'])
    test(`is taken as ${name.split('-')[0]} offers it`, async () => {
      const { video } = await publish('teacher', offer(name));
      for (const rid of ['q', 'h', 'f']) assert.match(video, new RegExp(`^a=rid:${rid} recv\r$`, 'm'));
      assert.match(video, /^a=simulcast:recv q;h;f\r$/m);
      assert.match(video, /^a=extmap:\d+ urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r$/m);
      assert.match(video, /^a=extmap:\d+ urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r$/m);
      assert.match(video, /^a=rtcp-fb:\d+ transport-cc\r$/m);
      assert.match(video, /^a=rtcp-fb:\d+ goog-remb\r$/m);
    });

  test('is listed from the lowest as the client says, or refused', async () => {
    const { video } = await publish('teacher', offer('chromium-offer', { rid_order: 'hml', encodings: true, svc: [{ mindex: 1, svc: 'L3T3' }] }));
    assert.match(video, /^a=simulcast:recv f;h;q\r$/m);
    for (const wrong of [{ rid_order: 'upwards' }, { rid_order: 3 }, { svc: 'L3T3' }])
      await assert.rejects(publish('teacher', offer('chromium-offer', wrong)), e => e instanceof JanusError && e.code === 467);
  });

  test('of one encoding is none', async () => {
    const { video } = await publish('teacher', offer('chromium-offer-basic'));
    assert.doesNotMatch(video, /a=rid|a=simulcast/);
  });
});

describe('the most that may be sent', () => {
  test('is the least of what role, room and publisher say', async () => {
    for (const [role, body, kbps] of [['teacher', {}, 2000], ['student', {}, 800], ['student', { bitrate: 300000 }, 300],
      ['student', { bitrate: 1500000 }, 800], ['teacher', { bitrate: 1500000 }, 1500]]) {
      const { audio, video } = await publish(role, offer('chromium-offer-basic'), body);
      assert.match(video, new RegExp(`^b=AS:${kbps}\r\nb=TIAS:${kbps}000\r$`, 'm'), `${role} ${JSON.stringify(body)}`);
      assert.doesNotMatch(audio, /^b=/m);
    }
  });

  test('is of a role that there is, and a rate that can be', async () => {
    for (const [role, bps, why] of [['nobody', 800000, /no such role/], ['student', 10, /from 32000 to 100000000/], ['student', 'fast', /bits per second/]]) {
      const r = await run(['--config', writeConfig({ aula: { identity: { max_bitrates: { [role]: bps } } } }),
        '--state', fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), '--check-config']);
      assert.notEqual(r.code, 0, r.out);
      assert.match(r.err + r.out, why);
      assert.match(r.err + r.out, new RegExp(`identity.max_bitrates.${role}`));
    }
  });
});
