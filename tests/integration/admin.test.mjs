// The operator's side: the Admin API of Janus and our verbs, aula ctl, reload and drain.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Peers } from './lib/clients.mjs';
import { Daemon, libconfig, run } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const CLASSROOM = 'aula.plugin.classroom';
const secretFile = (text = SECRET) => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
};
const identity = secretFile();
const settings = (more = {}) => ({ identity: { secret_file: identity }, events: { statistics_s: 1 }, ...more, limits: { reclaim_s: 0, ...more.limits } });
const write = (d, name, value) => fs.writeFileSync(path.join(d.config, `${name}.cfg`), typeof value === 'string' ? value
  : Object.entries(value).map(([k, v]) => `${k} = ${libconfig(v)};\n`).join(''));
const post = async (d, at, body) => {
  const r = await fetch(`${d.admin}/admin${at}`, { method: 'POST', body: JSON.stringify({ transaction: 'tx', ...body }) });
  assert.equal(r.status, 200, await r.clone().text());
  return r.json();
};
// A verb; the reply, which is no error.
const ask = async (d, janus, more = {}, at = '') => {
  const reply = await post(d, at, { janus, ...more });
  assert.equal(reply.janus, 'success', JSON.stringify(reply));
  assert.equal(reply.transaction, 'tx');
  return reply;
};
const until = async (what, test, ms = 10000) => {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 50))) {
    const found = await test();
    if (found) return found;
  }
  throw new Error(`not within ${ms} ms: ${what}`);
};
const open = (d, role, name, more) => Client.open(d.ws, { token: token({ sub: name, name, role, ...more }) });
const ctl = (d, ...words) => run(['ctl', '--url', d.admin, ...words], { env: { AULA_ADMIN_SECRET: d.secret ?? '' } });

// A teacher who sends, and a student who receives.
async function lesson(d, peers) {
  const teacher = await open(d, 'teacher', 'Tess'), student = await open(d, 'student', 'Stu');
  const sends = await teacher.attach(CLASSROOM), receives = await student.attach(CLASSROOM);
  await sends.message({ request: 'join', ptype: 'publisher', room: 1234, id: 'tess', display: 'Tess' });
  await peers.publish('tess', sends, { request: 'publish' }, ['audio', 'video']);
  await sends.notice('webrtcup', 15000);
  const offer = await receives.message({ request: 'join', ptype: 'subscriber', room: 1234, streams: [{ feed: 'tess' }] });
  await peers.answer('stu', receives, offer);
  await receives.notice('webrtcup', 15000);
  return { teacher, student, sends, receives };
}

describe('one server', () => {
  let d, peers, class_;
  before(async () => {
    d = await Daemon.start({ args: ['--demo', 'off'], files: { aula: settings(), classroom: 'rooms = ( { room = 1234; } );' } });
    peers = new Peers();
    class_ = await lesson(d, peers);
  });
  after(async () => {
    await Promise.all([class_.teacher.close(), class_.student.close(), peers.ask('tess', 'close'), peers.ask('stu', 'close')]);
    await peers.end();
    assert.equal(await d.stop(), 0);
  });

  test('the requests of Janus tools, over HTTP', async () => {
    assert.equal((await (await fetch(`${d.admin}/admin/info`)).json()).janus, 'server_info');
    assert.equal((await post(d, '', { janus: 'ping' })).janus, 'pong');
    const { status } = await ask(d, 'get_status');
    assert.equal(status.session_timeout, 60);
    assert.equal(status.log_level, 4);
    const { sessions } = await ask(d, 'list_sessions');
    assert.deepEqual([...sessions].sort(), [class_.teacher.session, class_.student.session].sort());
    const at = `/${class_.teacher.session}`;
    assert.deepEqual((await ask(d, 'list_handles', {}, at)).handles, [class_.sends.id]);
    const { info } = await ask(d, 'handle_info', {}, `${at}/${class_.sends.id}`);
    assert.equal(info.plugin, CLASSROOM);
    assert.equal(info.webrtc.ice.state, 'ready');
    assert.match(info.webrtc.ice['selected-pair'], /127\.0\.0\.1/);
    const loops = (await ask(d, 'loops_info')).loops;
    assert.equal(loops.reduce((sum, one) => sum + one.handles, 0), 2);
    assert.equal((await ask(d, 'set_log_level', { level: 7 })).level, 7);
    assert.equal((await ask(d, 'get_status')).status.log_level, 7);
    await ask(d, 'set_log_level', { level: 4 });
    await ask(d, 'set_session_timeout', { timeout: 90 });
    assert.equal((await ask(d, 'get_status')).status.session_timeout, 90);
    await ask(d, 'custom_event', { schema: 'lunch', data: { at: 12 } });
    const { events } = await ask(d, 'events');
    assert.deepEqual(events.at(-1).event, { schema: 'lunch', data: { at: 12 } });
    await ask(d, 'custom_logline', { line: 'hello\nworld' });
    assert.ok((await ask(d, 'logs')).lines.some(line => line.includes('hello\\x0aworld')));
  });

  test('handle_info tells each stream', async () => {
    for (const [handle, session, list] of [[class_.sends, class_.teacher, 'tracks'], [class_.receives, class_.student, 'senders']])
      await until(list, async () => {
        const { info } = await ask(d, 'handle_info', {}, `/${session.session}/${handle.id}`);
        const streams = info.statistics[list];
        assert.deepEqual(streams.map(one => one.kind).sort(), ['audio', 'video']);
        if (list === 'senders') {
          assert.ok(info.webrtc.bwe.estimate_bps > 0 && 'waiting_bytes' in info.webrtc.bwe, JSON.stringify(info.webrtc.bwe));
          const video = streams.find(one => one.kind === 'video');
          assert.ok('target_encoding' in video && 'temporal' in video, JSON.stringify(video));
        }
        assert.equal(info.webrtc.dtls.details.state, 'connected');
        assert.ok(info.webrtc.dtls.details.srtp_profile > 0);
        const each = streams.flatMap(one => one.encodings ?? [one]);
        return each.every(one => one.packets > 20 && one.bytes > 1000 && 'jitter_ms' in one && 'rtt_ms' in one && 'lost' in one && 'nacks' in one)
          && Object.values(info.webrtc.media).length === 2;
      });
  });

  test('rooms, members and peers with their quality', async () => {
    const { rooms } = await ask(d, 'rooms');
    assert.equal(rooms.find(one => one.room === 1234).members, 1);
    const member = await until('statistics', async () => {
      const { members } = await ask(d, 'members', { room: 1234 });
      const tess = members.find(one => one.id === 'tess');
      return tess?.quality !== undefined && tess.handles[0].statistics.in.bps > 0 && tess;
    });
    assert.equal(member.display, 'Tess');
    // A student's line is that of a handle which only receives, and takes no seat.
    const seat = await class_.student.attach(CLASSROOM);
    await seat.message({ request: 'join', ptype: 'publisher', room: 1234, id: 'stu', display: 'Stu' });
    const stu = (await ask(d, 'members', { room: 1234 })).members.find(one => one.id === 'stu');
    assert.ok(stu.quality > 80 && stu.handles.some(one => one.statistics?.out.bps > 0), JSON.stringify(stu));
    await seat.detach();
    assert.ok(member.quality > 80, JSON.stringify(member));
    const { peers: all } = await ask(d, 'peers');
    assert.deepEqual(all.map(one => one.user).sort(), ['Stu', 'Tess']);
    const page = await ask(d, 'peers', { most: 1 });
    const rest = await ask(d, 'peers', { cursor: page.next });
    assert.notEqual(page.peers[0].handle_id, rest.peers[0].handle_id);
    const { node } = await ask(d, 'status');
    assert.deepEqual([node.now.sessions, node.now.peers, node.draining], [2, 2, false]);
    assert.equal((await ask(d, 'nodes')).nodes[0].pid, d.pid);
    assert.ok((await ask(d, 'modules')).modules.find(one => one.name === 'classroom').settings.some(one => one.name === 'max_rooms'));
    assert.equal((await ask(d, 'limits')).limits.find(one => one.name === 'sessions').now, 2);
    assert.ok((await ask(d, 'settings')).settings.limits.some(one => one.name === 'rooms' && one.live));
  });

  test('statistics become events', async () => {
    const file = path.join(d.state, 'events.jsonl');
    const event = await until('a media event', () => fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line))
      .find(one => one.type === 32 && one.name === 'stats' && one.user === 'Tess' && one.event.summary.in.bps > 0));
    assert.deepEqual(event.event.media.map(one => one.media).sort(), ['audio', 'video']);
    assert.ok(event.event.media.every(one => one['packets-received'] > 0 && 'jitter-local' in one && 'lost' in one));
    assert.equal(event.room, 1234);
    assert.equal(event.handle_id, class_.sends.id);
  });

  const tshark = (file, ...more) => execFileSync('tshark', ['-r', file, '-d', 'udp.port==5004,rtp', ...more],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n').filter(Boolean);

  test('packets of one handle are captured, and tshark reads them', async () => {
    const at = `/${class_.student.session}/${class_.receives.id}`, sender = `/${class_.teacher.session}/${class_.sends.id}`;
    for (const [where, source] of [[at, '10.2.2.2'], [sender, '10.1.1.1']]) {
      const { path: file } = await ask(d, 'start_pcap', {}, where);
      assert.equal(path.dirname(file), path.join(d.state, 'captures'));
      assert.equal((await post(d, where, { janus: 'start_pcap' })).error.code, 471);
      await until('packets', async () => (await ask(d, 'captures')).captures[0].packets > 60);
      const { capture } = await ask(d, 'stop_pcap', {}, where);
      assert.equal(capture.dropped, 0);
      const { info } = await ask(d, 'handle_info', {}, where);
      const streams = [...info.statistics.tracks.flatMap(one => one.encodings), ...info.statistics.senders];
      const ssrcs = new Set(streams.map(one => one.ssrc));
      const rtp = tshark(file, '-Y', `rtp && ip.src==${source}`, '-T', 'fields', '-e', 'rtp.ssrc', '-e', 'rtp.seq').map(line => line.split('\t'));
      assert.ok(rtp.length > 30);
      const seen = new Map();
      for (const [ssrc, seq] of rtp) {
        const last = seen.get(ssrc);
        if (last !== undefined) assert.equal(Number(seq), (last + 1) & 0xffff, 'a hole in what was captured');
        seen.set(ssrc, Number(seq));
      }
      assert.deepEqual(new Set([...seen.keys()].map(Number)), ssrcs);
      assert.equal(tshark(file, '-Y', '_ws.malformed || ip.checksum.status==0').length, 0);
      assert.ok(fs.statSync(file).size <= capture.bytes && (fs.statSync(file).mode & 0o777) === 0o600);
    }
    const rtcp = path.join(d.state, 'captures', 'rtcp.pcap');
    await ask(d, 'start_pcap', { filename: 'rtcp.pcap', folder: path.join(d.state, 'captures') }, at);
    await until('a report', async () => { try {
      return execFileSync('tshark', ['-r', rtcp, '-d', 'udp.port==5004,rtcp', '-Y', 'rtcp.pt==200', '-T', 'fields', '-e', 'rtcp.senderssrc'],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().length > 0;
    } catch (error) { return error.stdout?.trim().length > 0; } });
    await ask(d, 'stop_pcap', {}, at);
  });

  test('captures as text, cut short, and what is refused', async () => {
    const at = `/${class_.student.session}/${class_.receives.id}`;
    const { path: file } = await ask(d, 'start_text2pcap', { filename: 'it.txt', truncate: 12 }, at);
    await until('packets', async () => (await ask(d, 'captures')).captures[0].packets > 20);
    assert.equal((await post(d, at, { janus: 'stop_pcap' })).error.code, 471);
    await ask(d, 'stop_text2pcap', {}, at);
    const line = fs.readFileSync(file, 'utf8').split('\n')[0];
    assert.match(line, /^[IO] \d\d:\d\d:\d\d\.\d{6} 000000( [0-9a-f]{2}){12}$/);
    const out = path.join(d.state, 'captures', 'out.pcap');
    execFileSync('text2pcap', ['-D', '-t', '%H:%M:%S.%f', '-u', '5004,5004', file, out], { stdio: 'ignore' });
    assert.ok(tshark(out).length > 20);
    for (const [more, code] of [[{ filename: '../x' }, 467], [{ filename: '.x' }, 467], [{ filename: 'a/b' }, 467], [{ filename: '' }, 467],
      [{ folder: '/tmp' }, 467], [{ filename: 'it.txt' }, 490]])
      assert.equal((await post(d, at, { janus: 'start_pcap', ...more })).error?.code, code, JSON.stringify(more));
    const bare = await class_.student.attach(CLASSROOM);
    assert.equal((await post(d, `/${class_.student.session}/${bare.id}`, { janus: 'start_pcap' })).error.code, 471);
    await bare.detach();
  });

  test('a capture ends at its bound, by itself', async () => {
    write(d, 'aula', settings({ admin: { capture_bytes: 65536 } }));
    assert.ok((await ask(d, 'reload')).applied.includes('admin.capture_bytes'));
    const at = `/${class_.teacher.session}/${class_.sends.id}`;
    const { path: file } = await ask(d, 'start_pcap', {}, at);
    const over = await until('the bound', async () => (await ask(d, 'captures')).captures.find(one => one.state !== 'runs'), 20000);
    assert.equal(over.state, 'the bound is reached');
    assert.ok(fs.statSync(file).size <= 65536);
    await ask(d, 'stop_pcap', {}, at);
    assert.ok(tshark(file).length > 20);
  });

  test('the same over WebSocket, several in one message', async () => {
    const socket = new WebSocket(d.admin.replace('http', 'ws'), 'janus-admin-protocol');
    await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject); });
    const replies = [];
    socket.on('message', text => replies.push(JSON.parse(text)));
    socket.send('{"janus":"ping","transaction":"a"} {"janus":"rooms","transaction":"b"}{"janus":');
    await until('three replies', () => replies.length === 3);
    assert.deepEqual(replies.map(one => [one.janus, one.transaction]), [['pong', 'a'], ['success', 'b'], ['error', undefined]]);
    assert.equal(replies[2].error.code, 454);
    socket.close();
  });

  test('what is refused says why', async () => {
    const refused = async (body, code, word, reason, at = '') => {
      const { error } = await post(d, at, body);
      assert.equal(error?.code, code, JSON.stringify(error));
      assert.equal(error.word, word);
      assert.match(error.reason, reason);
    };
    await refused({ janus: 'fly' }, 453, 'unknown', /fly/);
    await refused({ janus: 'add_token', token: 'x' }, 453, 'unsupported', /signed/);
    await refused({ janus: 'set_locking_debug', debug: true }, 453, 'unsupported', /no locks/);
    await refused({ janus: 'set_log_level', level: 9 }, 467, 'invalid', /0 to 7/);
    await refused({ janus: 'members' }, 456, 'missing', /room/);
    await refused({ janus: 'members', room: 99 }, 490, 'not-found', /room/);
    await refused({ janus: 'list_handles' }, 457, 'wrong-state', /path/);
    await refused({ janus: 'list_handles' }, 458, 'not-found', /5/, '/5');
    await refused({ janus: 'handle_info' }, 459, 'not-found', /7/, `/${class_.teacher.session}/7`);
    assert.equal((await fetch(`${d.admin}/admin`)).status, 405);
    assert.equal((await fetch(`${d.admin}/admin/x`, { method: 'POST', body: '{}' })).status, 404);
    assert.equal((await fetch(`${d.admin}/`)).status, 404);
    assert.equal((await fetch(`${d.origin}/admin/`, { method: 'POST', body: '{}' })).status, 405);
  });

  test('without a secret nobody is heard but this machine', async () => {
    const status = headers => new Promise((resolve, reject) => {
      const request = http.request(`${d.admin}/admin`, { method: 'POST', headers }, r => resolve(r.resume().statusCode));
      request.on('error', reject);
      request.end('{"janus":"ping","transaction":"x"}');
    });
    assert.equal(await status({}), 200);
    assert.equal(await status({ Host: 'evil.example' }), 403);
    assert.equal(await status({ Origin: 'https://evil.example' }), 403);
    assert.equal(await status({ 'X-Forwarded-For': '192.0.2.1' }), 403);
  });

  test('pages ask through the main listener, by a capability', async () => {
    const admin = await open(d, 'admin', 'Root');
    const { data } = await admin.request({ janus: 'admin', request: { janus: 'rooms' } });
    assert.equal(data.rooms.find(one => one.room === 1234).members, 1);
    const info = await admin.request({ janus: 'admin', request: { janus: 'handle_info', session_id: class_.teacher.session, handle_id: class_.sends.id } });
    assert.equal(info.data.info.user, 'Tess');
    await assert.rejects(admin.request({ janus: 'admin', request: { janus: 'fly' } }), { code: 453 });
    await assert.rejects(admin.request({ janus: 'admin' }), { code: 456 });
    await assert.rejects(class_.teacher.request({ janus: 'admin', request: { janus: 'rooms' } }), { code: 403 });
    const bound = await open(d, 'admin', 'Local', { room: '1234' });
    await assert.rejects(bound.request({ janus: 'admin', request: { janus: 'rooms' } }), { code: 403 });
    await admin.close();
    await bound.close();
  });

  test('sessions and handles are ended, and their clients told', async () => {
    const c = await open(d, 'student', 'Gone');
    const h = await c.attach(CLASSROOM), other = await c.attach(CLASSROOM);
    await ask(d, 'detach_handle', {}, `/${c.session}/${h.id}`);
    await h.notice('detached');
    await ask(d, 'hangup_webrtc', {}, `/${c.session}/${other.id}`);
    await ask(d, 'destroy_session', {}, `/${c.session}`);
    await c.event(m => m.janus === 'timeout');
    await c.close();
  });

  test('aula ctl', async () => {
    const status = await ctl(d, 'status');
    assert.equal(status.code, 0, status.err);
    assert.match(status.out, /node\.now\.sessions: 2/);
    const rooms = await ctl(d, 'rooms');
    assert.match(rooms.out, /room +members +hidden\n1234 +1 +0/);
    const json = await ctl(d, 'members', 'room=1234', '--json');
    assert.equal(JSON.parse(json.out).members[0].id, 'tess');
    for (const [words, code, says] of [
      [['fly'], 2, /no verb fly/], [['members'], 1, /room/], [['members', 'room'], 2, /key=value/], [['add_token', 'token=x'], 1, /signed/],
      [['capture'], 2, /start, stop or list/], [['--url', 'ftp://x', 'status'], 1, /http:/], [['--url', 'http://127.0.0.1:1', 'status'], 1, /no server/]]) {
      const r = await run(['ctl', '--url', d.admin, ...words]);
      assert.equal(r.code, code, r.err + r.out);
      assert.match(r.err, says);
    }
    assert.match((await run(['ctl', '--help'])).out, /aula ctl drain/);
    assert.match((await run(['ctl', 'help'])).out, /handle_info/);
    assert.match((await run(['ctl', 'help', 'drain'])).out, /wait_s/);
  });

  test('a reload under load drops no packet, applies what it can and names the rest', async () => {
    const { received: before } = await peers.ask('stu', 'received');
    const level = () => ask(d, 'limits').then(({ limits }) => limits.find(one => one.name === 'rooms').most);
    for (let i = 0; i < 20; i++) {
      write(d, 'aula', settings({ limits: { rooms: 500 + i }, web: { threads: i % 2 + 1 }, log: { level: 'info' } }));
      if (i % 2) {
        const said = await ask(d, 'reload');
        assert.ok(said.applied.includes('limits.rooms'), JSON.stringify(said));
        assert.deepEqual(said.restart, ['web.threads']);
      } else {
        process.kill(d.pid, 'SIGHUP');
      }
      await until('the new limit', async () => await level() === 500 + i);
    }
    assert.match(d.text, /need a restart to change settings=web\.threads/);
    await peers.receives('stu', '1', 10);
    const { received: now } = await peers.ask('stu', 'received');
    for (const mid of Object.keys(now)) {
      assert.ok(now[mid].packets - before[mid].packets > 10, JSON.stringify({ before, now }));
      assert.equal(now[mid].lost, before[mid].lost, JSON.stringify({ before, now }));
    }
    assert.equal((await class_.student.request({ janus: 'keepalive' }, { ack: true })).janus, 'ack');
  });

  test('modules take over what they can', async () => {
    const teacher = await open(d, 'teacher', 'Talker');
    const h = await teacher.attach(CLASSROOM), chat = await teacher.attach('aula.plugin.chat');
    await h.message({ request: 'join', ptype: 'publisher', room: 1234 });
    await chat.message({ request: 'join', room: 1234 });
    write(d, 'chat', 'max_text = 10;\n');
    write(d, 'http', 'hold = 7;\nbase_path = "/other";\n');
    const said = await ask(d, 'reload');
    assert.ok(said.applied.includes('chat.max_text'), JSON.stringify(said));
    assert.deepEqual([said.applied.includes('http.hold'), said.restart.includes('http.base_path')], [true, true], JSON.stringify(said));
    const { modules } = await ask(d, 'modules');
    const value = (module, name) => modules.find(one => one.name === module).settings.find(one => one.name === name).value;
    assert.deepEqual([value('chat', 'max_text'), value('http', 'hold'), value('http', 'base_path')], [10, 7, '/janus']);
    const refused = await chat.message({ request: 'message', room: 1234, text: 'twenty characters...' });
    assert.equal(refused.word, 'too-large', JSON.stringify(refused));
    write(d, 'chat', '');
    write(d, 'http', '');
    assert.ok((await ask(d, 'reload')).applied.includes('chat.max_text'));
    await teacher.close();
  });

  test('a bad file changes nothing and says where', async () => {
    for (const [name, text, says] of [
      ['aula', `limits: { rooms = 7; };\nidentity: { secret_file = "${identity}"; };\nlog: { level = "loud"; };\n`, /aula\.cfg:3: log\.level: expected/],
      ['aula', 'limits: { rooms = 7;\n', /aula\.cfg:\d+/],
      ['chat', 'max_text = 0;\n', /chat\.cfg:1: max_text/]]) {
      const before = fs.existsSync(path.join(d.config, `${name}.cfg`)) ? fs.readFileSync(path.join(d.config, `${name}.cfg`), 'utf8') : '';
      write(d, name, text);
      const { error } = await post(d, '', { janus: 'reload' });
      assert.match(error.reason, says);
      assert.match(error.reason, /Nothing was changed/);
      assert.notEqual((await ask(d, 'limits')).limits.find(one => one.name === 'rooms').most, 7);
      const count = () => d.text.split('the configuration stays as it is').length, told = count();
      process.kill(d.pid, 'SIGHUP');
      await d.until(() => count() > told);
      assert.match(d.text.split('\n').filter(line => line.includes('stays as it is')).at(-1), says);
      write(d, name, before);
    }
  });

  test('roles change for those who come', async () => {
    write(d, 'aula', settings({ identity: { secret_file: identity, roles: { student: ['info'], teacher: ['*'] } } }));
    assert.ok((await ask(d, 'reload')).applied.includes('identity.roles'));
    await assert.rejects(open(d, 'admin', 'Root'), { code: 403 });
    const stu = await open(d, 'student', 'Late');
    const h = await stu.attach(CLASSROOM);
    assert.equal((await h.message({ request: 'join', ptype: 'publisher', room: 1234 })).error_code, 433);
    await stu.close();
  });
});

describe('a secret', () => {
  test('is made, kept from others, and asked for', async () => {
    const d = await Daemon.start({ files: { aula: { admin: { bind: '0.0.0.0', secret_file: 'admin.secret' } } } });
    const file = path.join(d.state, 'admin.secret');
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    d.secret = fs.readFileSync(file, 'utf8').trim();
    for (const admin_secret of [undefined, '', d.secret.slice(1), 7]) {
      const { error } = await post(d, '', { janus: 'rooms', admin_secret });
      assert.deepEqual([error.code, error.field], [403, 'admin_secret']);
    }
    assert.equal((await post(d, '', { janus: 'fly' })).error.code, 403);
    assert.equal((await post(d, '', { janus: 'ping' })).janus, 'pong');
    await ask(d, 'rooms', { admin_secret: d.secret });
    assert.equal((await ctl(d, 'rooms')).code, 0);
    assert.equal((await run(['ctl', '--url', d.admin, '--secret-file', file, 'rooms'])).code, 0);
    const without = await run(['ctl', '--url', d.admin, 'rooms']);
    assert.deepEqual([without.code, /secret/.test(without.err)], [1, true]);
    assert.ok(!d.text.includes(d.secret));
    assert.equal(await d.stop(), 0);
  });

  test('or no start', async () => {
    const config = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-conf-'));
    fs.writeFileSync(path.join(config, 'aula.cfg'), 'admin: { bind = "0.0.0.0"; };\n');
    const r = await run(['--config', config, '--port', '0', '--tls-port', '0', '--udp-port', '0']);
    assert.equal(r.code, 1);
    assert.match(r.err, /aula\.cfg:1: admin\.bind: expected a loopback address.*admin\.secret_file/);
  });

  test('a demo for everybody gives nobody this', async () => {
    const d = await Daemon.start({ args: ['--host', '0.0.0.0', '--demo', 'anywhere'] });
    const origin = `http://127.0.0.1:${d.port}`;
    const ticket = await (await fetch(`${origin}/demo/token?role=admin`)).json();
    const c = await Client.open(`ws://127.0.0.1:${d.port}`, { token: ticket.token });
    await assert.rejects(c.request({ janus: 'admin', request: { janus: 'rooms' } }), { code: 403 });
    await c.close();
    assert.equal(await d.stop(), 0);
  });
});

describe('the end', () => {
  const start = () => Daemon.start({ args: ['--demo', 'off', '--drain', '60'], files: { aula: settings() } });

  test('drain: nobody new, all told, over when the last has left', async () => {
    const d = await start();
    const c = await open(d, 'teacher', 'Tess');
    const h = await c.attach(CLASSROOM);
    const said = await ctl(d, 'drain', 'wait_s=60');
    assert.match(said.out, /sessions: 1/);
    const notice = await c.event(m => m.janus === 'draining');
    assert.equal(notice.session_id, c.session);
    assert.ok(notice.retry_after_ms >= 0 && notice.retry_after_ms <= notice.ends_in_ms && notice.ends_in_ms === 60000);
    assert.equal((await fetch(`${d.origin}/health/ready`)).status, 503);
    assert.equal((await fetch(`${d.origin}/health/live`)).status, 200);
    await assert.rejects(open(d, 'student', 'Late'), { code: 472 });
    assert.notEqual((await h.message({ request: 'create' })).videoroom, 'created');
    assert.equal((await h.message({ request: 'list' })).videoroom, 'success');
    assert.equal((await ask(d, 'status')).node.draining, true);
    await c.request({ janus: 'destroy' });
    assert.equal(await d.exited, 0);
    await c.ended;
  });

  test('the bound ends who does not go', async () => {
    const d = await start();
    const c = await open(d, 'teacher', 'Tess');
    await ask(d, 'drain', { wait_s: 1 });
    assert.equal(await d.exited, 0);
    assert.equal((await c.ended).code, 1001);
  });

  test('SIGTERM drains, a second one ends', async () => {
    const d = await start();
    const c = await open(d, 'teacher', 'Tess');
    process.kill(d.pid, 'SIGTERM');
    await c.event(m => m.janus === 'draining');
    assert.equal((await c.request({ janus: 'keepalive' }, { ack: true })).janus, 'ack');
    process.kill(d.pid, 'SIGTERM');
    assert.equal(await d.exited, 0);
  });

  test('new sessions can be refused for a while', async () => {
    const d = await start();
    await ask(d, 'accept_new_sessions', { accept: false });
    await assert.rejects(open(d, 'student', 'Early'), { code: 472 });
    await ask(d, 'accept_new_sessions', { accept: true });
    await (await open(d, 'student', 'Late')).close();
    assert.equal(await d.stop(), 0);
  });
});
