// A network of namespaces inside the one that integration/run made: an "internet" bridge, and sites behind it, each with a
// router that translates addresses. Everything is in memory of the kernel and goes with the namespaces.
//
//   internet 198.51.100.0/24 ── public hosts (TURN server 198.51.100.10, ...)
//        ├─ router of site 1 (198.51.100.101) ── 10.0.1.0/24 ── host 10.0.1.2
//        └─ router of site 2 (198.51.100.102) ── 10.0.2.0/24 ── host 10.0.2.2
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const sh = (command, ...args) => execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });

// True when namespaces and translation can be had here; else the sentence that says why not.
export function able() {
  if (process.getuid?.() !== 0) return 'needs root';
  try {
    sh('unshare', '--net', 'iptables', '-t', 'nat', '-A', 'POSTROUTING', '-j', 'MASQUERADE', '--random-fully');
    return true;
  } catch (error) {
    return `no address translation here: ${String(error.stderr ?? error.message).trim()}`;
  }
}

class Host {
  constructor(lab, name) {
    Object.assign(this, { lab, name });
    // A namespace lives as long as a process in it.
    this.keeper = spawn('unshare', ['--net', '--', 'sh', '-c', 'echo up; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.pid = this.keeper.pid;
  }

  async up(six) {
    await new Promise((resolve, reject) => {
      this.keeper.stdout.once('data', resolve);
      this.keeper.once('exit', code => reject(new Error(`no namespace for ${this.name} (${code})`)));
    });
    this.run('ip', 'link', 'set', 'lo', 'up');
    // An address that is still looked into when a browser starts is a change of network to it.
    this.run('sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0', `net.ipv6.conf.default.disable_ipv6=${six ? 0 : 1}`);
    return this;
  }

  // The command line that runs something here.
  inside(...args) { return ['nsenter', '--net', '--target', String(this.pid), '--', ...args]; }
  run(...args) { return sh(...this.inside(...args)); }
  spawn(args, options) {
    const [command, ...rest] = this.inside(...args);
    return spawn(command, rest, options);
  }

  // A cable to a bridge of `to`; the near end is called `name`.
  plug(to, name, addresses) {
    const far = `v${this.lab.cables++}`;
    sh('ip', 'link', 'add', name, 'netns', String(this.pid), 'type', 'veth', 'peer', 'name', far, 'netns', String(to.pid));
    to.run('ip', 'link', 'set', far, 'master', 'br0', 'up');
    for (const address of addresses) this.run('ip', 'address', 'add', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []));
    this.run('ip', 'link', 'set', name, 'up');
  }
}

export class Lab {
  static async open() {
    const lab = new Lab();
    Object.assign(lab, { cables: 0, hosts: [], children: [], folder: fs.mkdtempSync(path.join(os.tmpdir(), 'aula-lab-')) });
    lab.internet = await lab.switchboard('internet');
    return lab;
  }

  // `six`: with IPv6.
  async host(name, six = false) {
    const host = await new Host(this, name).up(six);
    this.hosts.push(host);
    return host;
  }

  async switchboard(name) {
    const host = await this.host(name);
    host.run('ip', 'link', 'add', 'br0', 'type', 'bridge');
    host.run('ip', 'link', 'set', 'br0', 'up');
    return host;
  }

  // A host on the internet itself: 198.51.100.N and 2001:db8::N.
  async public(name, number) {
    const host = await this.host(name, true);
    host.address = `198.51.100.${number}`;
    host.address6 = `2001:db8::${number}`;
    host.plug(this.internet, 'eth0', [`${host.address}/24`, `${host.address6}/64`]);
    host.run('ip', 'route', 'add', 'default', 'dev', 'eth0');
    return host;
  }

  // A host behind a router. `nat`: 'symmetric' (another port for each destination, nothing comes in unasked), or '1:1' (all that
  // comes to the router's address is the host's). `udp: false`: the router lets no UDP out.
  async site(name, number, { nat = 'symmetric', udp = true } = {}) {
    const lan = await this.switchboard(`${name} lan`);
    const router = await this.host(`${name} router`);
    const outside = `198.51.100.${100 + number}`, net = `10.0.${number}`;
    router.plug(this.internet, 'wan', [`${outside}/24`]);
    router.plug(lan, 'lan', [`${net}.1/24`]);
    router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    if (nat === '1:1') {
      router.run('iptables', '-t', 'nat', '-A', 'PREROUTING', '-i', 'wan', '-j', 'DNAT', '--to-destination', `${net}.2`);
      router.run('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-o', 'wan', '-j', 'SNAT', '--to-source', outside);
    } else {
      router.run('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-o', 'wan', '-j', 'MASQUERADE', '--random-fully');
      router.run('iptables', '-P', 'FORWARD', 'DROP');
      if (!udp) router.run('iptables', '-A', 'FORWARD', '-p', 'udp', '-j', 'DROP');
      router.run('iptables', '-A', 'FORWARD', '-i', 'lan', '-j', 'ACCEPT');
      router.run('iptables', '-A', 'FORWARD', '-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT');
    }
    const host = await this.host(name);
    host.plug(lan, 'eth0', [`${net}.2/24`]);
    host.run('ip', 'route', 'add', 'default', 'via', `${net}.1`);
    Object.assign(host, { address: `${net}.2`, outside, router });
    return host;
  }

  // Lets TCP to a port of the router through to the same port of the host behind it.
  forward({ router, address }, port) {
    router.run('iptables', '-t', 'nat', '-I', 'PREROUTING', '-i', 'wan', '-p', 'tcp', '--dport', String(port), '-j', 'DNAT', '--to-destination', address);
    router.run('iptables', '-I', 'FORWARD', '-i', 'wan', '-p', 'tcp', '--dport', String(port), '-j', 'ACCEPT');
  }

  // A program that runs /usr/bin/NAME in a host, for those who want to start it themselves.
  program(host, name) {
    const file = path.join(this.folder, `${name}-${host.pid}`);
    fs.writeFileSync(file, `#!/bin/sh\nexec ${host.inside(`/usr/bin/${name}`).join(' ')} "$@"\n`, { mode: 0o755 });
    return file;
  }

  // A process that ends with the lab.
  start(host, args, options = {}) {
    const child = host.spawn(args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    child.text = '';
    child.stdout.on('data', d => (child.text += d));
    child.stderr.on('data', d => (child.text += d));
    child.ended = new Promise(resolve => child.once('close', resolve));
    this.children.push(child);
    return child;
  }

  async close() {
    for (const child of this.children) child.kill('SIGTERM');
    await Promise.all(this.children.map(c => Promise.race([c.ended, new Promise(r => setTimeout(r, 3000).unref())])));
    for (const child of this.children) child.kill('SIGKILL');
    for (const host of this.hosts) host.keeper.kill('SIGKILL');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
