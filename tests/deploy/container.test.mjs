// No container engine runs where this is tested, so what the file says is held against the real thing: the packages of
// the second image are those that the built server needs, the first has those that ./start installs, and what is
// copied exists.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AULA, PREFIX } from '../integration/lib/daemon.mjs';

const TOP = new URL('../../', import.meta.url).pathname;
const text = fs.readFileSync(path.join(TOP, 'conf/container/Containerfile'), 'utf8').replace(/#.*\n/g, '').replace(/\\\n/g, ' ');
const stages = text.split(/^FROM /m).slice(1);
const installed = stage => stage.match(/--no-install-recommends\s+([^&\n]+)/)[1].trim().split(/\s+/);

test('each instruction is one', () => {
  const known = ['FROM', 'RUN', 'COPY', 'WORKDIR', 'USER', 'VOLUME', 'EXPOSE', 'STOPSIGNAL', 'ENTRYPOINT'];
  for (const line of text.split('\n').filter(l => l.trim()))
    assert.ok(known.includes(line.split(/\s/)[0]), line);
  assert.match(text, /^ENTRYPOINT (\[.*\])$/m);
  JSON.parse(text.match(/^ENTRYPOINT (.*)$/m)[1]);
});

test('the image that builds has what a build needs', () => {
  const needs = fs.readFileSync(path.join(TOP, 'conf/packages.sh'), 'utf8').match(/BUILD_PACKAGES="([^"]+)"/)[1].trim().split(/\s+/);
  assert.deepEqual(needs.filter(name => !installed(stages[0]).includes(name)), []);
});

test('the image that runs has each library that the server is linked with, and no other', () => {
  const modules = path.join(PREFIX, 'lib', 'aula');
  const files = [AULA, ...fs.readdirSync(modules).filter(f => f.endsWith('.so')).map(f => path.join(modules, f))];
  // Only what they ask for themselves: the rest comes with those packages. By name: /lib is /usr/lib, as dpkg does not know.
  const wanted = new Set(files.flatMap(file => execFileSync('objdump', ['-p', file], { encoding: 'utf8' })
    .split('\n').filter(l => l.includes('NEEDED')).map(l => l.trim().split(/\s+/)[1])));
  const packages = new Set([...wanted].filter(name => !/^(libc|libm|ld-linux.*)\.so/.test(name)).map(name => {
    const file = execFileSync('ldconfig', ['-p'], { encoding: 'utf8' }).split('\n').find(l => l.trim().startsWith(`${name} `)).split('=> ')[1];
    return execFileSync('dpkg', ['-S', `*/${path.basename(fs.realpathSync(file))}`], { encoding: 'utf8' }).split(':')[0];
  }));
  // What is loaded by name at run time, and what trusts other servers.
  for (const name of ['ca-certificates', 'libwebsockets-evlib-uv']) packages.add(name);
  assert.deepEqual(installed(stages[1]).sort(), [...packages].sort());
});
