// A large room: what a join costs does not grow with who is there. AULA_MEMBERS sets another size.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

const MEMBERS = Number(process.env.AULA_MEMBERS ?? 600), A_SESSION = 20, LARGE = 50, ROOM = 77;
let d, teacher;

before(async () => {
  d = await Daemon.start({ files: { classroom: { presence_window: 500, rooms: [{ room: ROOM, notify_joining: true }] } } });
  const { token } = await (await fetch(`${d.origin}/demo/token?role=admin&name=T`)).json();
  teacher = await (await Client.open(d.ws, { token })).attach('aula.plugin.classroom');
});
after(async () => assert.equal(await d.stop(), 0));

const worked = () => fs.readdirSync(`/proc/${d.pid}/task`)
  .reduce((sum, id) => sum + Number(fs.readFileSync(`/proc/${d.pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e6;

describe('a room that fills', () => {
  test('tells of those who come together and counted, in bounded messages', { timeout: 120000 }, async () => {
    const clients = [];
    let bytes = 0, messages = 0, joins = 0;
    const costs = [];
    const began = Date.now();
    for (let i = 0; i < MEMBERS / A_SESSION; i++) {
      const c = await Client.open(d.ws);
      clients.push(c);
      c.socket.on('message', data => { bytes += data.length; messages++; });
      const before = worked();
      await Promise.all(Array.from({ length: A_SESSION }, async () => {
        const reply = await (await c.attach('aula.plugin.classroom')).message({ request: 'join', ptype: 'publisher', room: ROOM });
        assert.equal(reply.videoroom, 'joined');
        assert.ok((reply.attendees ?? []).length <= LARGE);
        joins++;
      }));
      costs.push((worked() - before) / A_SESSION);
    }
    const windows = Math.ceil((Date.now() - began) / 500) + 1;
    await new Promise(resolve => setTimeout(resolve, 700)); // the last window
    // Three of one's own (attach, ack, joined); each of the first fifty to the others; one a window to each.
    const most = 3 * MEMBERS + LARGE * LARGE / 2 + windows * MEMBERS + MEMBERS / A_SESSION;
    console.log(`# ${joins} joined: ${messages} messages of at most ${most}, ${Math.round(bytes / joins)} bytes a join; ` +
      `${costs[0].toFixed(2)} ms of work a join at first, ${costs.at(-1).toFixed(2)} ms at last`);
    assert.equal(joins, MEMBERS);
    assert.ok(messages <= most, `${messages} messages, at most ${most}`);
    const presence = clients[0].events.filter(m => m.plugindata?.data.presence).map(m => m.plugindata.data.presence);
    assert.ok(presence.length > 0);
    for (const p of presence) assert.ok(p.joined.length <= 20 && p.joined_count >= p.joined.length);
    assert.equal(presence.at(-1).participants, MEMBERS);
    const page = await teacher.message({ request: 'listparticipants', room: ROOM, offset: MEMBERS - 5 });
    assert.equal(page.total, MEMBERS);
    assert.equal(page.participants.length, 5);
    await Promise.all(clients.map(c => c.kill()));
  });
});
