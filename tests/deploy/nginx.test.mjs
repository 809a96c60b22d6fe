// A real nginx in front, configured by the sample: pages, HTTP API and WebSocket through TLS.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import https from 'node:https';
import { Daemon } from '../integration/lib/daemon.mjs';
import { Client } from '../integration/lib/janus.mjs';

let d, nginx, folder;
const NAME = 'school.example';
const get = (where, options = {}) => new Promise((resolve, reject) => {
  const request = https.request({ host: '127.0.0.1', port: 10443, path: where, servername: NAME, rejectUnauthorized: false,
    headers: { Host: NAME, ...options.headers }, method: options.method }, response => {
    let body = '';
    response.on('data', part => { body += part; });
    response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
  });
  request.on('error', reject);
  request.end(options.body);
});

before(async () => {
  d = await Daemon.start({ files: { aula: { demo: { mode: 'off' } } } });
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nginx-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
    '-subj', `/CN=${NAME}`, '-keyout', `${folder}/key.pem`, '-out', `${folder}/cert.pem`], { stdio: 'ignore' });
  const sample = fs.readFileSync(new URL('../../conf/nginx/aula.conf', import.meta.url), 'utf8')
    .replace('127.0.0.1:8080', `127.0.0.1:${d.port}`).replaceAll('443 ssl', '10443 ssl').replaceAll('listen 80;', 'listen 10080;')
    .replaceAll(']:80;', ']:10080;').replace(/ssl_certificate .*/, `ssl_certificate ${folder}/cert.pem;`)
    .replace(/ssl_certificate_key .*/, `ssl_certificate_key ${folder}/key.pem;`);
  fs.writeFileSync(`${folder}/nginx.conf`, `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 1024; }
    http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      ${sample} }`);
  execFileSync('nginx', ['-t', '-q', '-c', `${folder}/nginx.conf`, '-e', `${folder}/start.log`]);
  nginx = spawn('nginx', ['-c', `${folder}/nginx.conf`, '-e', `${folder}/start.log`], { stdio: 'inherit' });
  for (const end = Date.now() + 10000; ; await new Promise(r => setTimeout(r, 50)))
    try { await get('/health/live'); break; } catch (error) { if (Date.now() > end) throw error; }
});
after(async () => {
  const gone = new Promise(resolve => nginx.once('exit', resolve));
  nginx.kill('SIGQUIT');
  await gone;
  assert.equal(await d.stop(), 0);
});

test('pages come through, with their policy', async () => {
  const page = await get('/student/');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-security-policy'], /default-src/);
});

test('a WebSocket comes through and is answered', async () => {
  const client = await Client.open(`wss://127.0.0.1:10443/`, { tls: { rejectUnauthorized: false, servername: NAME, headers: { Host: NAME } }, session: false });
  const info = await client.request({ janus: 'info' });
  assert.equal(info.janus, 'server_info');
  await client.close();
});

test('the HTTP API comes through, and metrics do not', async () => {
  const reply = await get('/janus', { method: 'POST', body: JSON.stringify({ janus: 'ping', transaction: 'x' }) });
  assert.equal(JSON.parse(reply.body).janus, 'pong');
  assert.equal((await get('/metrics')).status, 403);
});
