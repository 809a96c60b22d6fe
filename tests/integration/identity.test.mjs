// Who is let in: tokens of our own, of a school's issuer, guests, and the roles of the configuration.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

const SECRET = 'a secret of thirty-two bytes, or more';
const now = () => Math.floor(Date.now() / 1000);
const b64 = v => Buffer.from(typeof v === 'string' || Buffer.isBuffer(v) ? v : JSON.stringify(v)).toString('base64url');

function sign(claims, { alg = 'HS256', key = SECRET, kid } = {}) {
  const input = `${b64({ alg, typ: 'JWT', ...(kid && { kid }) })}.${b64(claims)}`;
  let signature;
  if (alg === 'HS256') signature = crypto.createHmac('sha256', key).update(input).digest();
  else if (alg === 'none') signature = Buffer.alloc(0);
  else if (alg === 'EdDSA') signature = crypto.sign(null, Buffer.from(input), key);
  else signature = crypto.sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${b64(signature)}`;
}

const PAIRS = {
  RS256: crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: crypto.generateKeyPairSync('ed25519'),
};

let d, dir;
before(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-keys-'));
  fs.writeFileSync(path.join(dir, 'secret'), SECRET, { mode: 0o600 });
  fs.writeFileSync(path.join(dir, 'jwks.json'), JSON.stringify({ keys: Object.entries(PAIRS).map(([alg, { publicKey }]) =>
    ({ ...publicKey.export({ format: 'jwk' }), kid: alg, alg, use: 'sig' })) }));
  d = await Daemon.start({ args: ['--demo', 'off'], files: {
    aula: { identity: { secret_file: path.join(dir, 'secret'), jwks_file: path.join(dir, 'jwks.json') } },
    classroom: 'rooms = ( { room = 1234; description = "Class"; }, { room = 77; description = "Other"; } );\n',
  } });
});
after(async () => assert.equal(await d.stop(), 0));

const claims = more => ({ sub: 'u1', name: 'Ada', role: 'teacher', exp: now() + 600, ...more });
const refused = (token, word) => assert.rejects(Client.open(d.ws, { token }),
  e => e.code === 403 && (!word || e.word === word || word.test?.(e.reason)), word);

describe('tokens', () => {
  test('HS256 lets in', async () => (await Client.open(d.ws, { token: sign(claims()) })).close());
  for (const alg of Object.keys(PAIRS))
    test(`${alg} by the issuer's key lets in`, async () =>
      (await Client.open(d.ws, { token: sign(claims(), { alg, key: PAIRS[alg].privateKey, kid: alg }) })).close());

  test('expired', () => refused(sign(claims({ exp: now() - 3600 })), /expired/));
  test('not yet valid', () => refused(sign(claims({ nbf: now() + 3600 }))));
  test('signed with another secret', () => refused(sign(claims(), { key: 'another secret of thirty-two bytes' })));
  test('alg none', () => refused(sign(claims(), { alg: 'none' })));
  test('HS256 with the public key as the secret', () =>
    refused(sign(claims(), { key: PAIRS.RS256.publicKey.export({ format: 'pem', type: 'spki' }), kid: 'RS256' })));
  test('claims changed after signing', () => {
    const [h, , s] = sign(claims({ role: 'student' })).split('.');
    return refused(`${h}.${b64(claims())}.${s}`);
  });
  test('of 100 kB', () => refused(sign(claims({ name: 'x'.repeat(100000) }))));
});

describe('roles', () => {
  test('a guest may do nothing but ask for info', async () => {
    const c = await Client.open(d.ws, { session: false });
    assert.equal((await c.request({ janus: 'info' })).janus, 'server_info');
    c.session = (await c.request({ janus: 'create' })).data.id;
    const h = await c.attach('aula.plugin.classroom');
    for (const body of [{ request: 'create' }, { request: 'join', ptype: 'publisher', room: 1234 }, { request: 'list' }]) {
      const r = await h.message(body);
      assert.equal(r.videoroom, 'event');
      assert.equal(r.word, 'forbidden', JSON.stringify(r));
      assert.ok(r.error_code > 0);
    }
    await c.close();
  });

  test('a student joins and may not moderate; a teacher may', async () => {
    const student = await Client.open(d.ws, { token: sign(claims({ sub: 's1', role: 'student', name: 'Sam' })) });
    const hs = await student.attach('aula.plugin.classroom');
    const joined = await hs.message({ request: 'join', ptype: 'publisher', room: 1234 });
    assert.equal(joined.videoroom, 'joined', JSON.stringify(joined));
    const teacher = await Client.open(d.ws, { token: sign(claims()) });
    const ht = await teacher.attach('aula.plugin.classroom');
    const me = await ht.message({ request: 'join', ptype: 'publisher', room: 1234 });
    assert.equal((await hs.message({ request: 'kick', room: 1234, id: me.id })).word, 'forbidden');
    assert.equal((await ht.message({ request: 'kick', room: 1234, id: joined.id })).videoroom, 'success');
    assert.equal((await hs.event(e => e.leaving === 'ok')).reason, 'kicked');
    await Promise.all([student.close(), teacher.close()]);
  });

  test('a token for one room opens no other', async () => {
    const c = await Client.open(d.ws, { token: sign(claims({ room: '77' })) });
    const h = await c.attach('aula.plugin.classroom');
    assert.equal((await h.message({ request: 'join', ptype: 'publisher', room: 1234 })).word, 'unauthorized');
    assert.equal((await h.message({ request: 'join', ptype: 'publisher', room: 77 })).videoroom, 'joined');
    await c.close();
  });

  test('a token for a room without a name opens none', async () => {
    const c = await Client.open(d.ws, { token: sign(claims({ room: '' })) });
    const h = await c.attach('aula.plugin.classroom');
    assert.equal((await h.message({ request: 'join', ptype: 'publisher', room: 1234 })).word, 'unauthorized');
    await c.close();
  });

  test('demo tokens are not handed out', async () =>
    assert.equal((await fetch(`${d.origin}/demo/token?role=teacher`)).status, 404));
});

test('a session ends with its token, unless a later one of the same person comes', async () => {
  const strict = await Daemon.start({ args: ['--demo', 'off'],
    files: { aula: { identity: { secret_file: path.join(dir, 'secret'), leeway_s: 0 } } } });
  try {
    const claims = { sub: 'ada', role: 'student', name: 'Ada' };
    const ends = await Client.open(strict.ws, { token: sign({ ...claims, exp: now() + 2 }) });
    const stays = await Client.open(strict.ws, { token: sign({ ...claims, exp: now() + 2 }) });
    const later = token => stays.request({ janus: 'keepalive', token }, { ack: true });
    assert.equal((await later(sign({ ...claims, exp: now() + 600 }))).janus, 'ack');
    for (const other of [{ ...claims, sub: 'bob' }, { ...claims, role: 'teacher' }, { ...claims, room: 7 }])
      await assert.rejects(later(sign({ ...other, exp: now() + 600 })), e => e.code === 403 && e.field === 'token');
    await assert.rejects(later('x.y.z'), e => e.code === 403);
    const over = await ends.event(m => m.janus === 'timeout', 10000);
    assert.equal(over.reason, 'expired');
    await assert.rejects(ends.request({ janus: 'keepalive' }, { ack: true }), e => e.code === 458);
    assert.equal((await stays.request({ janus: 'keepalive' }, { ack: true })).janus, 'ack');
    await ends.close();
    await stays.close();
  } finally {
    assert.equal(await strict.stop(), 0);
  }
});
