// Debian's janus as a peer to compare with: an own configuration, loopback allowed.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const MODULES = '/usr/lib/x86_64-linux-gnu/janus';

// janus leaves out interfaces flagged as loopback; this clears the flag for it.
const SHIM = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>
int getifaddrs(struct ifaddrs **list)
{
	int (*next)(struct ifaddrs **) = (int (*)(struct ifaddrs **))dlsym(RTLD_NEXT, "getifaddrs");
	int status = next(list);
	if (status == 0)
		for (struct ifaddrs *one = *list; one; one = one->ifa_next)
			one->ifa_flags &= ~(unsigned)IFF_LOOPBACK;
	return status;
}
`;

async function listening(port) {
  for (const end = Date.now() + 10000; Date.now() < end; await new Promise(r => setTimeout(r, 50)))
    if (await new Promise(r => { const s = net.connect(port, '127.0.0.1', () => { s.destroy(); r(true); }).on('error', () => r(false)); })) return;
  throw new Error('janus does not listen');
}

// `loops` 0: a thread a handle, as it comes; else event_loops.
export async function startJanus({ loops = 0, port = 18188 } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'janus-'));
  const write = (name, text) => fs.writeFileSync(path.join(dir, name), text);
  const others = (folder, keep) => fs.readdirSync(path.join(MODULES, folder)).filter(f => f.endsWith('.so') && !f.includes(keep)).join(',');
  write('shim.c', SHIM);
  execFileSync('cc', ['-shared', '-fPIC', '-o', path.join(dir, 'shim.so'), path.join(dir, 'shim.c'), '-ldl']);
  write('janus.jcfg', `general: { configs_folder = "${dir}" plugins_folder = "${MODULES}/plugins" transports_folder = "${MODULES}/transports"
    events_folder = "${MODULES}/events" loggers_folder = "${MODULES}/loggers" debug_level = 2 ${loops ? `event_loops = ${loops}` : ''} }
    nat: { ignore_mdns = true ice_lite = true }
    plugins: { disable = "${others('plugins', 'videoroom')}" }
    transports: { disable = "${others('transports', 'websockets')}" }\n`);
  write('janus.transport.websockets.jcfg', `general: { ws = true ws_port = ${port} ws_ip = "127.0.0.1" json = "compact" }\n`);
  write('janus.plugin.videoroom.jcfg', 'general: { }\n');
  const child = spawn('janus', ['-F', dir], { stdio: 'ignore', env: { ...process.env, LD_PRELOAD: path.join(dir, 'shim.so') } });
  const exited = new Promise(r => child.once('exit', (code, signal) => r(code ?? signal)));
  await Promise.race([listening(port), exited.then(code => { throw new Error(`janus ended: ${code}`); })]);
  return { ws: `ws://127.0.0.1:${port}`, pid: child.pid,
    memory: () => Number(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) * 1024,
    stop() { child.kill('SIGTERM'); setTimeout(() => child.kill('SIGKILL'), 5000).unref(); return exited; } };
}
