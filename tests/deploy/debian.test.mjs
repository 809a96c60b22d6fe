// The Debian packages that `make deb` made: clean for lintian, and what is in them runs.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { run } from '../integration/lib/daemon.mjs';

const FOLDER = process.env.AULA_DEB;
const TOP = new URL('../../', import.meta.url).pathname;

test('lintian finds nothing', () => {
  const changes = fs.readdirSync(FOLDER).filter(f => f.endsWith('.changes')).map(f => path.join(FOLDER, f));
  assert.equal(changes.length, 1);
  const { stdout, status } = spawnSync('lintian', ['--allow-root', '--fail-on', 'warning,error', ...changes], { encoding: 'utf8' });
  assert.equal(stdout, '');
  assert.equal(status, 0);
});

test('what is packed starts, with its own modules and configuration', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'deb-'));
  const packages = fs.readdirSync(FOLDER).filter(f => /^aula_.*\.deb$/.test(f));
  execFileSync('dpkg-deb', ['-x', path.join(FOLDER, packages[0]), root]);
  const modules = execFileSync('find', [path.join(root, 'usr/lib'), '-name', '*.so', '-path', '*/aula/*'], { encoding: 'utf8' }).trim().split('\n');
  assert.ok(modules.length >= 6, modules.join(' '));
  const config = path.join(root, 'etc/aula');
  const file = path.join(config, 'aula.cfg');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('modules: {', `modules: { folder = "${path.dirname(modules[0])}";`));
  const said = execFileSync(path.join(root, 'usr/bin/aula'), ['--config', config, '--state', path.join(root, 'var'), '--check-config'], { encoding: 'utf8' });
  assert.match(said, /configuration is good/);
  assert.ok(fs.existsSync(path.join(root, 'lib/systemd/system/aula.service')));
  assert.ok(fs.existsSync(path.join(root, 'usr/lib/sysusers.d/aula.conf')));
});

test('the manual page knows every option', async () => {
  const { out } = await run(['--help']);
  const page = fs.readFileSync(path.join(TOP, 'docs/aula.1'), 'utf8').replaceAll('\\-', '-');
  const options = [...out.matchAll(/^ {2,}(?:-\w, )?--([a-z-]+)/gm)].map(m => m[1]).filter(name => name !== 'help');
  assert.ok(options.length > 8);
  assert.deepEqual(options.filter(name => !page.includes(`--${name}`)), []);
  const { stderr } = spawnSync('groff', ['-man', '-ww', '-z', '-Tutf8', path.join(TOP, 'docs/aula.1')], { encoding: 'utf8' });
  assert.equal(stderr, '');
});
