// What the tests of the network put into their lab: coturn, the server under test, clients.
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Peers } from '../../integration/lib/clients.mjs';
import { Daemon } from '../../integration/lib/daemon.mjs';
import { Client } from '../../integration/lib/janus.mjs';
import { SECRET, token } from '../../integration/lib/token.mjs';

export { token };
export const TURN_SECRET = 'a secret that coturn and the server share';
const SAMPLE = fileURLToPath(new URL('../../../conf/coturn/turnserver.conf', import.meta.url));
const DOOR = fileURLToPath(new URL('door.mjs', import.meta.url));

export function secretFile(lab, name, text) {
  const file = path.join(lab.folder, name);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

// A real coturn with UDP and TCP on 3478 and TLS on 5349; `turn.ca` is what vouches for it.
export async function coturn(lab, number) {
  const host = await lab.public(`turn ${number}`, number), folder = path.join(lab.folder, `turn-${number}`);
  fs.mkdirSync(folder);
  const key = path.join(folder, 'turn.key'), ca = path.join(folder, 'turn.crt'), conf = path.join(folder, 'turn.conf');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=turn',
    '-addext', `subjectAltName=IP:${host.address},IP:${host.address6}`, '-keyout', key, '-out', ca], { stdio: 'ignore' });
  // The sample that an operator copies, with what it says to change changed.
  fs.writeFileSync(conf, fs.readFileSync(SAMPLE, 'utf8')
    .replace(/^(listening|relay)-ip=.*$/gm, (_, what) => `${what}-ip=${host.address}\n${what}-ip=${host.address6}`)
    .replace(/^cert=.*$/m, `cert=${ca}`).replace(/^pkey=.*$/m, `pkey=${key}`)
    .replace('CHANGE-ME', TURN_SECRET).replace(/^syslog$/m, 'log-file=stdout\nverbose')
    + `userdb=${folder}/turn.db\npidfile=${folder}/turn.pid\n`);
  const run = async () => {
    const turn = lab.start(host, ['turnserver', '-c', conf]);
    for (const end = Date.now() + 10000; ; await new Promise(r => setTimeout(r, 30))) {
      const listening = host.run('ss', '-Hlnt', 'sport = :5349');
      if (listening.includes(host.address)) return turn;
      if (Date.now() > end || turn.exitCode !== null) throw new Error(`coturn does not listen:\n${turn.text}`);
    }
  };
  const turn = await run();
  // Ends without a word to anybody and is started again: all that it relayed is lost.
  const restart = async () => { turn.kill('SIGKILL'); await turn.ended; return run(); };
  return Object.assign(turn, { host, ca, restart, uri: (scheme, transport, address = host.address) =>
    `${scheme}:${address}:${scheme === 'turns' ? 5349 : 3478}${transport ? `?transport=${transport}` : ''}` });
}

// The server, in `host`; its signalling is reached through a door that no packet of media can take.
export async function aula(lab, host, { ice = {}, ice_servers, media = {}, args = [] } = {}) {
  const d = await Daemon.start({ inside: host.inside(), args: ['--host', '0.0.0.0', ...args],
    files: { aula: { media, ice, ...(ice_servers && { ice_servers }), log: { level: 'debug' },
      identity: { secret_file: secretFile(lab, `token-${host.name}`.replace(/\W/g, '-'), SECRET) } } } });
  const socket = path.join(lab.folder, `${d.pid}.sock`);
  const port = Number(d.text.match(/http:\/\/\S+?:(\d+)\/teacher/)[1]);
  const door = lab.start(host, ['node', DOOR, socket, String(port)]);
  await d.until(() => door.text.includes('open'));
  d.port = port;
  d.signalling = `ws+unix://${socket}:/`;
  return d;
}

// A session of somebody with a token.
export const enter = (d, claims = {}) =>
  Client.open(d.signalling, { token: token({ sub: 'sam', name: 'Sam', role: 'student', ...claims }) });

export const aiortc = (host, env = {}) => new Peers({ inside: host.inside(), env: { AULA_PEER_NETWORK: '1', ...env } });

// With a goodbye to the relays: aiortc waits for their answer.
export async function leave(peers) {
  await peers.ask('a', 'close').catch(() => {});
  await peers.end();
}

// Sends audio and video through echo and sees it come back; the server's answer.
// `only`: leaves no other candidates of the server to the client.
export async function echo(d, peers, { ice = [], peer = 'a', client, only } = {}) {
  const own = client ?? await enter(d);
  const handle = await own.attach('aula.plugin.echo');
  const { sdp } = await peers.ask(peer, 'offer', { send: ['audio', 'video'], direction: 'sendrecv', ice });
  const { jsep } = await handle.message({ audio: true, video: true }, { type: 'offer', sdp });
  const left = line => !line.startsWith('a=candidate') || !only || only.test(line);
  await peers.ask(peer, 'accept', { sdp: jsep.sdp.split('\r\n').filter(left).join('\r\n') });
  return { handle, client: own, sdp: jsep.sdp, offer: sdp };
}

// What coturn's REST scheme wants.
export function credentials(user, expires, secret = TURN_SECRET) {
  const username = `${Math.floor(expires)}:${user}`;
  return { username, credential: crypto.createHmac('sha1', secret).update(username).digest('base64') };
}
