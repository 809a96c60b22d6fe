// Events in PostgreSQL: what happened is there once and in order, whoever was away or killed meanwhile.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { Peers } from '../integration/lib/clients.mjs';
import { Daemon } from '../integration/lib/daemon.mjs';
import { Client } from '../integration/lib/janus.mjs';
import { SECRET, token } from '../integration/lib/token.mjs';
import { Postgres } from './lib/postgres.mjs';

const RATE = 500; // events a second
const AWAY_S = Number(process.env.AULA_AWAY_S ?? 3); // how long the database is away; the server dies twice in that time

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const until = async (what, test, ms = 180000) => {
  for (const end = Date.now() + ms; Date.now() < end; await pause(100)) {
    const found = await test();
    if (found) return found;
  }
  throw new Error(`not within ${ms} ms: ${what}`);
};

function post(daemon, agent, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${daemon.admin}/admin`, { method: 'POST', agent }, response => {
      let text = '';
      response.on('data', chunk => { text += chunk; });
      response.on('end', () => resolve(JSON.parse(text)));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(JSON.stringify({ transaction: 'tx', ...body }));
  });
}

// Puts numbered events into the stream at a rate, until told to stop; `said`: those that were answered.
class Source {
  constructor(said) {
    Object.assign(this, { said, next: 0 });
  }

  begin(daemon) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    const began = Date.now();
    let sent = 0;
    this.timer = setInterval(() => {
      for (const due = (Date.now() - began) * RATE / 1000; sent < due; sent++) {
        const n = this.next++;
        post(daemon, agent, { janus: 'custom_event', schema: 'test', data: { n, text: 'tab\tline\n "quoted" \\N' } })
          .then(reply => { if (reply.janus === 'success') this.said.push(n); }, () => {});
      }
    }, 10);
    this.agent = agent;
  }

  end() {
    clearInterval(this.timer);
    this.agent?.destroy();
  }
}

const files = (database, more = {}) => ({ aula: { events: more, modules: { enabled: [{ name: 'websocket' }, { name: 'classroom' },
  { name: 'chat' }, { name: 'people' }, { name: 'polls' }, { name: 'postgres' }] } }, postgres: { url: database.url } });

const counts = async daemon => (await post(daemon, undefined, { janus: 'query_eventhandler', handler: 'postgres' })).response;

test(`${RATE} events a second, the database away, the server killed twice: each is there once, in order`, async () => {
  const database = new Postgres(), said = [], source = new Source(said);
  await database.start();
  let d = await Daemon.start({ files: files(database) });
  const kill = async () => {
    source.end();
    d.child.kill('SIGKILL');
    await d.exited;
  };
  try {
    source.begin(d);
    await until('events arrive', () => database.rows("SELECT to_regclass('aula_events')")[0][0] &&
      Number(database.rows("SELECT count(*) FROM aula_events WHERE name = 'external'")[0][0]) > RATE / 2);
    await database.kill();
    for (let death = 0; death < 2; death++) {
      await pause(AWAY_S * 1000 / 3);
      // Not while it rests: in the middle of it.
      d.child.kill('SIGKILL');
      source.end();
      await d.exited;
      d = await Daemon.start({ state: d.state, files: files(database) });
      source.begin(d);
    }
    await pause(AWAY_S * 1000 / 3);
    const away = await counts(d);
    assert.ok(away.spooled > 0 && away.breaker !== 'closed', JSON.stringify(away));
    await database.start();
    source.end();
    await until('all is delivered', async () => {
      const { spooled, waiting, dropped, refused } = await counts(d);
      assert.deepEqual({ dropped, refused }, { dropped: 0, refused: 0 });
      return spooled + waiting === 0;
    });
    // Each batch is a transaction, and those are numbered in order; where a row lies in a file says nothing.
    const rows = database.rows("SELECT extract(epoch FROM epoch), seq, event #>> '{data,n}'," +
      " event #>> '{data,text}' = E'tab\\tline\\n \"quoted\" \\\\N', type" +
      ' FROM aula_events ORDER BY xmin::text::bigint, epoch, seq').map(([epoch, seq, n, text, type]) =>
      ({ epoch: Number(epoch), seq: Number(seq), n: Number(n), text, type }));
    assert.ok(rows.every(row => row.type !== '4' || row.text === 't'), 'texts are as they were');
    // Every number of each of the three lives, none twice, in the order in which they happened.
    const lives = [...new Set(rows.map(row => row.epoch))];
    assert.equal(lives.length, 3);
    assert.deepEqual(lives, [...lives].sort((a, b) => a - b));
    const ends = lives.map(life => {
      const seqs = rows.filter(row => row.epoch === life).map(row => row.seq);
      seqs.forEach((seq, i) => assert.equal(seq, i + 1, `life ${life}: place ${i} has number ${seq}`));
      return seqs.length;
    });
    const there = new Map(rows.filter(row => row.type === '4').map(row => [row.n, row]));
    const lost = said.filter(n => !there.has(n));
    console.log(`# ${said.length} answered, ${there.size} there, ${lost.length} lost; events of the three lives: ${ends}`);
    assert.deepEqual(lost, []);
  } finally {
    await kill();
    await database.finish();
    fs.rmSync(d.state, { recursive: true, force: true });
  }
});

test('what waits is bounded; what is dropped past the bound is counted, and told where the gap is', async () => {
  const database = new Postgres(), source = new Source([]), bound = 262144;
  const d = await Daemon.start({ files: files(database, { spool_bytes: bound }) });
  const folder = path.join(d.state, 'events', 'postgres');
  try {
    source.begin(d);
    await until('some are dropped', async () => (await counts(d)).dropped > RATE / 10);
    const bytes = fs.readdirSync(folder).reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0);
    assert.ok(bytes <= bound + 100, `${bytes} bytes on disk`);
    await database.start();
    await until('it has caught up', async () => (await counts(d)).breaker === 'closed' &&
      (await counts(d)).spooled < RATE && database.rows(
      "SELECT 1 FROM aula_events WHERE name = 'dropped'").length > 0);
    source.end();
    await until('all is delivered', async () => {
      const { spooled, waiting } = await counts(d);
      return spooled + waiting === 0;
    });
    const { dropped } = await counts(d);
    const [[told]] = database.rows("SELECT sum((event->>'count')::bigint) FROM aula_events WHERE name = 'dropped'");
    assert.equal(Number(told), dropped);
    const seqs = database.rows('SELECT seq FROM aula_events ORDER BY xmin::text::bigint, seq').map(([seq]) => Number(seq));
    for (let i = 1; i < seqs.length; i++) assert.ok(seqs[i] > seqs[i - 1], 'in order');
    assert.equal(await d.stop(), 0);
  } finally {
    source.end();
    d.child.kill('SIGKILL');
    await database.finish();
    fs.rmSync(d.state, { recursive: true, force: true });
  }
});

test('the views say who was there, until when and why not any more, and how many answered', async () => {
  const database = new Postgres();
  await database.start();
  const d = await Daemon.start({ files: { ...files(database), classroom: 'rooms = ( { room = 7; publishers = 10; } );\n' } });
  try {
    const stays = await Client.open(d.ws), goes = await Client.open(d.ws), falls = await Client.open(d.ws);
    for (const [client, plugin] of [[stays, 'classroom'], [goes, 'classroom'], [falls, 'classroom']]) {
      client.seat = await client.attach(`aula.plugin.${plugin}`);
      await client.seat.message({ request: 'join', ptype: 'publisher', room: 7 });
    }
    await goes.seat.message({ request: 'leave' });
    await falls.request({ janus: 'destroy' });
    const rows = await until('three were there', () => {
      if (!database.rows("SELECT to_regclass('aula_attendance')")[0][0]) return false;
      const found = database.rows("SELECT session_id, room, plugin, reason, left_at > joined_at FROM aula_attendance ORDER BY joined_at");
      return found.length === 3 && found.filter(row => row[4] === 't').length === 2 && found;
    });
    assert.deepEqual(rows, [[String(stays.session), '7', 'aula.plugin.classroom', '', ''],
      [String(goes.session), '7', 'aula.plugin.classroom', 'left', 't'],
      [String(falls.session), '7', 'aula.plugin.classroom', 'destroyed', 't']]);
    // Tomorrow's partition is there today.
    const days = database.rows("SELECT relname FROM pg_class WHERE relname ~ '^aula_events_[0-9]+$' AND relkind = 'r' ORDER BY 1");
    assert.ok(days.length >= 4, JSON.stringify(days));
    const polls = await stays.attach('aula.plugin.polls'), away = await Client.open(d.ws);
    away.seat = await away.attach('aula.plugin.classroom');
    await away.seat.message({ request: 'join', ptype: 'publisher', room: 7 });
    await (await away.attach('aula.plugin.polls')).message({ request: 'join', room: 7 });
    assert.equal((await polls.message({ request: 'join', room: 7 })).polls, 'joined');
    const { id } = await polls.message({ request: 'ask', title: 'Tea?', questions: [{ text: 'Tea or coffee?', options: ['Tea', 'Coffee'] }] });
    await polls.message({ request: 'answer', id, answers: [{ answer: ['Tea'] }] });
    await polls.message({ request: 'close', id });
    const turnout = await until('the poll is there', () => database.rows(
      'SELECT room, id, title, answered, closed_at >= opened_at FROM aula_poll_turnout WHERE closed_at IS NOT NULL')[0]);
    assert.deepEqual(turnout, ['7', String(id), 'Tea?', '1', 't']);
    await Promise.all([stays, away].map(c => c.close()));
    assert.equal(await d.stop(), 0);
  } finally {
    d.child.kill('SIGKILL');
    await database.finish();
    fs.rmSync(d.state, { recursive: true, force: true });
  }
});

test('views of an older server are replaced; one who may only write does', async () => {
  const database = new Postgres();
  await database.start();
  const start = url => Daemon.start({ files: { postgres: { url } } });
  let d;
  try {
    d = await start(database.url);
    await until('the views', () => database.rows("SELECT 1 WHERE to_regclass('aula_poll_turnout') IS NOT NULL").length === 1);
    await until('events', () => Number(database.rows('SELECT count(*) FROM aula_events')[0][0]) > 0);
    assert.equal(await d.stop(), 0);
    database.rows("DROP VIEW aula_poll_turnout; COMMENT ON VIEW aula_talk IS 'of before'; CREATE OR REPLACE VIEW aula_talk_time AS"
      + ' SELECT room, user_id, date_trunc(\'day\', began_at) AS day, 0::bigint AS times, sum(lasted) AS talked FROM aula_talk GROUP BY 1, 2, 3');
    d = await start(database.url);
    await until('the view anew', () => database.rows("SELECT 1 WHERE pg_get_viewdef('aula_talk_time'::regclass) LIKE '%count(%' AND to_regclass('aula_poll_turnout') IS NOT NULL").length === 1);
    assert.equal(await d.stop(), 0);
    database.rows('CREATE ROLE writer LOGIN; GRANT INSERT, SELECT ON aula_events TO writer; REVOKE CREATE ON SCHEMA public FROM PUBLIC; DROP VIEW aula_poll_turnout');
    const [[before]] = database.rows('SELECT count(*) FROM aula_events');
    d = await start(database.url.replace('aula@', 'writer@'));
    await until('what it wrote', () => Number(database.rows('SELECT count(*) FROM aula_events')[0][0]) > Number(before));
  } finally {
    await d?.stop();
    await database.finish();
  }
});

test('the views say who spoke, how long, and how well each was connected', async () => {
  const database = new Postgres(), peers = new Peers();
  await database.start();
  const secret = path.join(database.folder, 'token.secret');
  fs.writeFileSync(secret, SECRET, { mode: 0o600 });
  const { aula, postgres } = files(database, { statistics_s: 1 });
  const d = await Daemon.start({ files: { aula: { ...aula, identity: { secret_file: secret } }, postgres,
    classroom: 'rooms = ( { room = 7; publishers = 10; } );\n' } });
  const enter = async (user, send) => {
    const client = await Client.open(d.ws, { token: token({ sub: user, role: 'student' }) });
    const handle = await client.attach('aula.plugin.classroom');
    await handle.message({ request: 'join', ptype: 'publisher', room: 7 });
    await peers.publish(user, handle, { request: 'publish' }, send);
    return client;
  };
  // The stretches of speech of a person, as soon as there are so many, and so many of them over.
  const stretches = (user, count, over) => until(`${user} spoke ${count} times, ${over} of them over`, () => {
    if (!database.rows("SELECT to_regclass('aula_quality')")[0][0]) return false;
    const rows = database.rows(`SELECT room, lasted >= interval '300 ms', mid, extract(epoch FROM lasted) FROM aula_talk WHERE user_id = '${user}' ORDER BY began_at`);
    return rows.length === count && rows.filter(row => row[1] !== '').length === over && rows;
  }, 30000);
  try {
    const ann = await enter('ann', ['speech', 'video']), ben = await enter('ben', ['speech']);
    const eve = await (await Client.open(d.ws, { token: token({ sub: 'eve', role: 'student' }) })).attach('aula.plugin.classroom');
    await peers.answer('eve', eve, await eve.message({ request: 'join', ptype: 'viewer', room: 7 }));
    for (let time = 1; time <= 2; time++) {
      await peers.ask('ann', 'speak', { on: true });
      await stretches('ann', time, time - 1);
      await peers.ask('ann', 'speak', { on: false });
      await stretches('ann', time, time);
    }
    for (const [room, lasted, mid] of await stretches('ann', 2, 2)) assert.deepEqual([room, lasted, mid], ['7', 't', '0']);
    // One is gone in the middle of a sentence.
    await peers.ask('ben', 'speak', { on: true });
    await stretches('ben', 1, 0);
    await ben.request({ janus: 'destroy' });
    await stretches('ben', 1, 1);
    const talked = database.rows('SELECT room, user_id, times, day = date_trunc(\'day\', day), talked = (SELECT sum(lasted) FROM aula_talk t' +
      ' WHERE t.user_id = s.user_id) FROM aula_talk_time s ORDER BY user_id');
    assert.deepEqual(talked, [['7', 'ann', '2', 't', 't'], ['7', 'ben', '1', 't', 't']]);
    // Who gets media tells how long it took; who only sends has no round trip.
    const quality = await until('each was looked at', () => {
      const rows = database.rows('SELECT user_id, sum(samples), avg(quality), min(worst_quality), max(rtt_ms_p95), max(loss_in), max(loss_out)' +
        " FROM aula_quality WHERE room = '7' GROUP BY 1 ORDER BY 1").map(([user, ...figures]) => [user, ...figures.map(Number)]);
      return rows.length === 3 && rows.every(([, samples]) => samples >= 2) && rows.find(([user]) => user === 'eve')[4] > 0 && rows;
    }, 30000);
    console.log(`# person, samples, quality, the worst, round trip in ms, loss in and out: ${quality.join('; ')}`);
    assert.deepEqual(quality.map(([user]) => user), ['ann', 'ben', 'eve']);
    for (const [, , mean, worst, rtt, lossIn, lossOut] of quality) {
      assert.ok(worst >= 0 && worst <= mean && mean > 0 && mean <= 100 && rtt < 10000, quality.join('; '));
      for (const loss of [lossIn, lossOut]) assert.ok(loss >= 0 && loss < 1, quality.join('; '));
    }
    await ann.close();
    // Who is erased is in no row any more; what was counted stays.
    const agent = new http.Agent(), plugin = request => post(d, agent, { janus: 'message_plugin', plugin: 'aula.plugin.people', request });
    assert.equal((await plugin({ request: 'add', login: 'ann', name: 'Ann', role: 'student' })).response?.login, 'ann');
    await until('all of hers is there', () => database.rows("SELECT 1 FROM aula_events WHERE user_id = 'ann' AND name = 'left'").length > 0);
    const { renamed } = (await plugin({ request: 'erase', login: 'ann', confirm: 'ann' })).response;
    await until('she is nowhere', () => database.rows('SELECT 1 FROM aula_events WHERE user_id = \'ann\' OR event::text ~ \'"ann"\'').length === 0, 30000);
    assert.deepEqual(database.rows("SELECT user_id, times FROM aula_talk_time WHERE user_id <> 'ben'"), [[renamed, '2']]);
    assert.equal(await d.stop(), 0);
  } finally {
    d.child.kill('SIGKILL');
    await peers.end();
    await database.finish();
    fs.rmSync(d.state, { recursive: true, force: true });
  }
});
