// load.mjs [--subscribers N] [--seconds N] [--sessions N] [--peer janus]: one publisher (VP8 1.2 Mbit/s, Opus), N
// subscribers with a PeerConnection each, and N idle sessions, against our server or Debian's janus. Prints one JSON
// object. bench/README.md says how to read it.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import { Daemon } from '../integration/lib/daemon.mjs';
import { Client } from '../integration/lib/janus.mjs';
import { startJanus } from './janus.mjs';

const { values } = parseArgs({ options: {
  subscribers: { type: 'string', default: '100' }, seconds: { type: 'string', default: '10' },
  sessions: { type: 'string', default: '2000' }, peer: { type: 'string', default: 'aula' },
  sample: { type: 'string', default: '20' }, loops: { type: 'string', default: '1' },
} });
const N = Number(values.subscribers), SECONDS = Number(values.seconds), SESSIONS = Number(values.sessions);
const ROOM = 9000;

// CPU seconds (user and system) of a process so far: of its threads that live, to the nanosecond. The ticks of
// /proc/PID/stat are too coarse for a server that wakes often and briefly.
function cpu(pid) {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, id) => sum + Number(fs.readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e9;
}
const percentile = (list, p) => list.length ? list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))] : null;
const round = (x, digits = 1) => x === null ? null : Number(x.toFixed(digits));

// The C program that plays the media side.
class Peers {
  constructor() {
    this.child = spawn(path.join(process.env.AULA_BENCH, 'peers'), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.waiting = new Map();
    this.ready = this.next('ready');
    readline.createInterface({ input: this.child.stdout }).on('line', line => {
      const m = JSON.parse(line);
      const key = m.id === undefined ? m.event : `${m.id} ${m.event}`;
      this.waiting.get(key)?.(m);
      this.waiting.delete(key);
      if (m.event === 'down') console.error(`peer ${m.id} down: ${m.why}`);
    });
  }

  next(key, ms = 30000) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no "${key}" within ${ms} ms`)), ms);
      this.waiting.set(key, m => { clearTimeout(timer); resolve({ ...m, at: performance.now() }); });
    });
  }

  tell(order) { this.child.stdin.write(JSON.stringify(order) + '\n'); }

  report() {
    const answer = this.next('report');
    this.tell({ op: 'report' });
    return answer;
  }
}

// What a peer needs to know of a session description.
function remote(sdp) {
  const get = (pattern, otherwise) => sdp.match(pattern)?.[1] ?? otherwise;
  const candidate = sdp.match(/a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/i);
  return { remote_ufrag: get(/a=ice-ufrag:(\S+)/), remote_pwd: get(/a=ice-pwd:(\S+)/), host: candidate[1],
    port: Number(candidate[2]), setup: get(/a=setup:(\S+)/), };
}

const credentials = id => ({ ufrag: `u${String(id).padStart(6, '0')}`, pwd: `password${String(id).padStart(16, '0')}` });

function description(id, fingerprint, { setup, sections }) {
  const { ufrag, pwd } = credentials(id);
  return ['v=0', `o=- ${id} 1 IN IP4 127.0.0.1`, 's=-', 't=0 0', `a=group:BUNDLE ${sections.map(s => s.mid).join(' ')}`,
    ...sections.flatMap(s => [`m=${s.kind} 9 UDP/TLS/RTP/SAVPF ${s.pt}`, 'c=IN IP4 0.0.0.0', `a=ice-ufrag:${ufrag}`,
      `a=ice-pwd:${pwd}`, `a=fingerprint:${fingerprint}`, `a=setup:${setup}`, `a=mid:${s.mid}`, `a=${s.direction}`,
      'a=rtcp-mux', `a=rtpmap:${s.pt} ${s.codec}`,
      ...(s.kind === 'video' ? [`a=rtcp-fb:${s.pt} nack`, `a=rtcp-fb:${s.pt} nack pli`] : []),
      ...(s.ssrc ? [`a=ssrc:${s.ssrc} cname:bench`] : [])]), ''].join('\r\n');
}

async function publish(server, peers, fingerprint) {
  const client = await Client.open(server.ws);
  const handle = await client.attach('janus.plugin.videoroom');
  await handle.message({ request: 'create', room: ROOM, publishers: 1, bitrate: 0, audiocodec: 'opus', videocodec: 'vp8' });
  const { id } = await handle.message({ request: 'join', ptype: 'publisher', room: ROOM });
  const sdp = description(1, fingerprint, { setup: 'actpass', sections: [
    { kind: 'audio', pt: 111, mid: '0', codec: 'opus/48000/2', direction: 'sendonly', ssrc: 1111 },
    { kind: 'video', pt: 96, mid: '1', codec: 'VP8/90000', direction: 'sendonly', ssrc: 2222 }] });
  const { jsep } = await handle.message({ request: 'configure', audio: true, video: true }, { type: 'offer', sdp });
  const { setup, ...to } = remote(jsep.sdp);
  const up = peers.next('1 up');
  peers.tell({ op: 'open', id: 1, ...credentials(1), ...to, publishes: true, dtls_server: setup === 'active',
    audio_ssrc: 1111, video_ssrc: 2222, audio_pt: 111, video_pt: 96 });
  await up;
  keepAlive(client);
  return id;
}

const keepAlive = client => setInterval(() => client.request({ janus: 'keepalive' }, { ack: true }).catch(() => {}), 25000).unref();

// One student: from the first byte of the WebSocket to the first packet of media.
async function subscribe(server, peers, fingerprint, feed, id) {
  const began = performance.now();
  const client = await Client.open(server.ws);
  const handle = await client.attach('janus.plugin.videoroom');
  const { jsep } = await handle.message({ request: 'join', ptype: 'subscriber', room: ROOM, streams: [{ feed }] });
  const sections = jsep.sdp.split(/(?=m=(?:audio|video) )/).slice(1).map(text => {
    const pt = text.match(/^m=\S+ \d+ \S+ (\d+)/)[1];
    return { kind: text.match(/^m=(\S+)/)[1], pt, mid: text.match(/a=mid:(\S+)/)[1],
      codec: text.match(new RegExp(`a=rtpmap:${pt} (\\S+)`))[1], direction: 'recvonly' };
  });
  const media = peers.next(`${id} media`);
  const { setup: _, ...to } = remote(jsep.sdp);
  peers.tell({ op: 'open', id, ...credentials(id), ...to, sampled: id % Number(values.sample) === 0 });
  await handle.message({ request: 'start' }, { type: 'answer', sdp: description(id, fingerprint, { setup: 'active', sections }) });
  const first = await media;
  keepAlive(client);
  return { total: first.at - began, media: first.us / 1000 };
}

async function settled(server, ms = 1500) {
  await new Promise(r => setTimeout(r, ms));
  return server.memory();
}

const server = values.peer === 'janus' ? await startJanus({ loops: Number(values.loops) })
  : await Daemon.start({ files: { aula: { media: { loops: Number(values.loops) } } } });
const result = { peer: values.peer, loops: Number(values.loops), subscribers: N };
try {
  if (SESSIONS) {
    const before = await settled(server);
    const idle = [];
    for (let i = 0; i < SESSIONS; i += 50) idle.push(...await Promise.all(Array.from({ length: Math.min(50, SESSIONS - i) }, () => Client.open(server.ws))));
    result.idle_session_kB = round(((await settled(server)) - before) / SESSIONS / 1000);
    const cpu0 = cpu(server.pid);
    await new Promise(r => setTimeout(r, 5000));
    result.idle_cpu_percent = round((cpu(server.pid) - cpu0) / 5 * 100, 2);
    await Promise.all(idle.map(c => c.kill()));
    await settled(server);
  }
  const peers = new Peers();
  const { fingerprint } = await peers.ready;
  const feed = await publish(server, peers, fingerprint);
  const before = await settled(server);
  const joins = [], cpuBeforeJoins = cpu(server.pid), joinBegan = performance.now();
  for (let i = 0; i < N; i += 5)
    joins.push(...await Promise.all(Array.from({ length: Math.min(5, N - i) }, (_, k) => subscribe(server, peers, fingerprint, feed, 2 + i + k))));
  result.joins_per_second = round(N / ((performance.now() - joinBegan) / 1000));
  result.join_cpu_ms = round((cpu(server.pid) - cpuBeforeJoins) * 1000 / N, 2);
  result.join_ms = { p50: round(percentile(joins.map(j => j.total), 0.5)), p95: round(percentile(joins.map(j => j.total), 0.95)) };
  result.subscriber_kB = round(((await settled(server)) - before) / N / 1000);
  await peers.report();
  const cpu0 = cpu(server.pid), began = performance.now();
  await new Promise(r => setTimeout(r, SECONDS * 1000));
  const spent = cpu(server.pid) - cpu0, elapsed = (performance.now() - began) / 1000;
  const r = await peers.report();
  result.packets_per_second = Math.round(r.received / elapsed);
  result.lost_percent = round((r.expected - r.received) / Math.max(1, r.expected) * 100, 3);
  result.unverified = r.unverified;
  result.server_cpu_percent = round(spent / elapsed * 100);
  result.cpu_us_per_packet = round(spent * 1e6 / r.received, 2);
  result.latency_ms = { p50: round(r.p50_us / 1000, 2), p99: round(r.p99_us / 1000, 2) };
  result.read_latency_ms = { p50: round(r.read_p50_us / 1000, 2), p99: round(r.read_p99_us / 1000, 2) };
  peers.child.stdin.end();
} catch (error) {
  result.error = error.message;
  process.exitCode = 1;
} finally {
  result.exit = await server.stop();
  console.log(JSON.stringify(result));
  process.exit();
}
