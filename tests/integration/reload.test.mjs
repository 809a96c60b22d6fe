// The configuration read anew while people are there: certificates, what the listener and the transports are told, and media.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Daemon, libconfig } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

const TLS_PORT = 18443, ADMIN_TLS_PORT = 18444;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-certificates-'));
const inFolder = name => path.join(folder, name);

// A self-signed certificate and its key; the serial number.
function certificate(name, crt = inFolder('web.crt'), key = inFolder('web.key')) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', `/CN=${name}`, '-keyout', key, '-out', crt], { stdio: 'ignore' });
  return execFileSync('openssl', ['x509', '-in', crt, '-noout', '-serial'], { encoding: 'utf8' }).trim().replace('serial=', '').replace(/^0+/, '');
}

// The serial number that a handshake sees.
const shown = (port, more = {}) => new Promise((resolve, reject) => {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more }, () => {
    resolve(socket.getPeerCertificate().serialNumber.replace(/^0+/, ''));
    socket.destroy();
  });
  socket.on('error', reject);
});

const write = (d, name, value) => fs.writeFileSync(path.join(d.config, `${name}.cfg`),
  Object.entries(value).map(([k, v]) => `${k} = ${libconfig(v)};\n`).join(''));
async function reload(d) {
  const r = await fetch(`${d.admin}/admin`, { method: 'POST', body: JSON.stringify({ janus: 'reload', transaction: 'tx' }) });
  return r.json();
}
const until = async (what, probe, ms = 10000) => {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 20)))
    if (await probe()) return;
  throw new Error(`not within ${ms} ms: ${what}`);
};

after(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('certificates', () => {
  let d, first, socket;
  const settings = (more = {}) => ({ web: { certificate_file: inFolder('web.crt'), key_file: inFolder('web.key'), threads: 2, ...more } });
  before(async () => {
    first = certificate('first');
    d = await Daemon.start({ files: { aula: settings() }, args: ['--tls-port', String(TLS_PORT)] });
    socket = new WebSocket(`wss://127.0.0.1:${TLS_PORT}`, 'janus-protocol', { rejectUnauthorized: false });
    socket.answers = [];
    socket.on('message', text => socket.answers.push(JSON.parse(text)));
    await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject); });
  });
  after(async () => { socket.close(); assert.equal(await d.stop(), 0); });

  const goesOn = async () => {
    const transaction = String(Math.random());
    socket.send(JSON.stringify({ janus: 'ping', transaction }));
    await until('a pong', () => socket.answers.some(one => one.janus === 'pong' && one.transaction === transaction));
  };
  const isShown = serial => until(`the certificate ${serial}`, async () => await shown(TLS_PORT) === serial && await shown(TLS_PORT) === serial);

  test('new handshakes see the new one, open connections go on', async () => {
    await isShown(first);
    const second = certificate('second');
    assert.notEqual(second, first);
    assert.equal(await shown(TLS_PORT), first);
    assert.deepEqual((({ applied, restart }) => ({ applied, restart }))(await reload(d)), { applied: ['web.certificate_file'], restart: [] });
    await isShown(second);
    await goesOn();
    assert.equal(await shown(TLS_PORT, { maxVersion: 'TLSv1.2' }), second);
    const third = certificate('third');
    process.kill(d.pid, 'SIGHUP');
    await isShown(third);
    await goesOn();
    assert.deepEqual((await reload(d)).applied, []);
    assert.match(d.text, /new connections see another certificate serial=/);
  });

  test('a bad file is refused with its name, and changes nothing', async () => {
    const serial = certificate('good');
    assert.deepEqual((await reload(d)).applied, ['web.certificate_file']);
    const good = [fs.readFileSync(inFolder('web.crt')), fs.readFileSync(inFolder('web.key'))];
    certificate('other', inFolder('other.crt'), inFolder('other.key'));
    for (const [spoil, says] of [
      [() => fs.writeFileSync(inFolder('web.crt'), 'no certificate'), /web\.crt: there is no certificate in PEM/],
      [() => fs.writeFileSync(inFolder('web.key'), ''), /web\.key: there is no private key in PEM/],
      [() => fs.copyFileSync(inFolder('other.key'), inFolder('web.key')), /web\.key: the private key is not that of the certificate/],
      [() => fs.rmSync(inFolder('web.crt')), /web\.crt.*No such file/]]) {
      spoil();
      write(d, 'aula', { ...settings(), limits: { rooms: 77 } });
      const { error } = await reload(d);
      assert.match(error.reason, says);
      assert.match(error.reason, /Nothing was changed/);
      const lines = () => d.text.split('\n').filter(line => line.includes('stays as it is')), told = lines().length;
      process.kill(d.pid, 'SIGHUP');
      await d.until(() => lines().length > told);
      assert.match(lines().at(-1), says);
      assert.equal(await shown(TLS_PORT), serial);
      fs.writeFileSync(inFolder('web.crt'), good[0]);
      fs.writeFileSync(inFolder('web.key'), good[1]);
    }
    assert.deepEqual((await reload(d)).applied, ['limits.rooms']);
    await goesOn();
  });

  test('from files of other names, too', async () => {
    const serial = certificate('moved', inFolder('moved.crt'), inFolder('moved.key'));
    write(d, 'aula', settings({ certificate_file: inFolder('moved.crt'), key_file: inFolder('moved.key') }));
    const said = await reload(d);
    assert.deepEqual([said.applied.sort(), said.restart], [['limits.rooms', 'web.certificate_file', 'web.key_file'], []]);
    await isShown(serial);
    await goesOn();
  });

  test('the Admin API shows it as well', async () => {
    const port = ADMIN_TLS_PORT, files = { aula: { ...settings(), admin: { tls_port: port } } };
    certificate('before');
    const one = await Daemon.start({ files });
    try {
      const serial = certificate('after');
      assert.deepEqual((await reload(one)).applied, ['web.certificate_file']);
      await until('the new one', async () => await shown(port) === serial);
    } finally { assert.equal(await one.stop(), 0); }
  });
});
