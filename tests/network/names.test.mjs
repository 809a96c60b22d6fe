// Browsers that hide their address behind a name (mDNS): full ICE looks it up as the machine's resolver does, and finds them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Peers } from '../integration/lib/clients.mjs';
import { Daemon } from '../integration/lib/daemon.mjs';
import { Client } from '../integration/lib/janus.mjs';

const skip = process.env.AULA_NAMESPACES ? false : 'would change the names of this machine';
const NAME = '9b36eaac-bb2e-49bb-bb78-21c41c499900.local';

test('a client whose candidates are names is found where names are looked up', { skip, timeout: 60000 }, async t => {
  const hosts = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'names-')), 'hosts');
  fs.writeFileSync(hosts, `127.0.0.1 localhost\n127.0.0.1 ${NAME}\n`);
  execFileSync('mount', ['--bind', hosts, '/etc/hosts']);
  t.after(() => execFileSync('umount', ['/etc/hosts']));
  const nobody = dgram.createSocket('udp4'), peers = new Peers();
  await new Promise(resolve => nobody.bind(0, '127.0.0.1', resolve));
  const d = await Daemon.start({ files: { aula: { ice: { mode: 'full', mdns: true }, media: { loopback: true } } } });
  const client = await Client.open(d.ws);
  t.after(async () => {
    await client.close();
    await peers.end();
    nobody.close();
    assert.equal(await d.stop(), 0, d.text.slice(-8000));
  });
  const handle = await client.attach('aula.plugin.echo');
  const { sdp } = await peers.ask('hidden', 'offer', { send: ['audio', 'video'], direction: 'sendrecv' });
  const candidates = sdp.match(/candidate:.*/g).map(c => ({ sdpMid: '0', sdpMLineIndex: 0, candidate: c.trim().replace(/( udp \d+ )\S+/i, `$1${NAME}`) }));
  const reply = handle.message({ audio: true, video: true }, { type: 'offer', sdp: sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, '') });
  await handle.request({ janus: 'trickle', candidates: [...candidates, { completed: true }] }, { ack: true });
  // The client is told of a place where nobody answers: it is the server that must find the client.
  const answer = (await reply).jsep.sdp.replace(/(a=candidate:\S+ 1 (?:udp|tcp) \d+ \S+ )\d+/gi, `$1${nobody.address().port}`);
  await peers.ask('hidden', 'accept', { sdp: answer });
  assert.equal((await handle.notice('webrtcup', 20000)).sender, handle.id);
  await peers.receives('hidden', '1', 10, 20000);
  const { info } = await (await fetch(`${d.admin}/admin/${client.session}/${handle.id}`,
    { method: 'POST', body: JSON.stringify({ janus: 'handle_info', transaction: 'tx' }) })).json();
  assert.deepEqual([info['ice-mode'], info['ice-role'], info.webrtc.ice.state], ['full', undefined, 'ready']);
  await peers.ask('hidden', 'close');
});
