// A student behind a firewall that lets no UDP out: the class comes over ICE-TCP, from a server of either way of ICE.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { keepLogs, launch, received, until } from './lib/browsers.mjs';
import { enterAs } from './lib/class.mjs';

const iptables = (...args) => { for (const tool of ['iptables', 'ip6tables']) execFileSync(tool, ['-w', ...args]); };
const browsers = {};
before(async () => { for (const name of ['chromium', 'firefox']) browsers[name] = await launch(name); }, { timeout: 60000 });
after(async () => { for (const b of Object.values(browsers)) await b.close(); });

describe('UDP blocked', () => {
  for (const mode of ['lite', 'full'])
    test(`the student sees and hears over TCP, from a server of ICE ${mode}`, { timeout: 120000 }, async t => {
      const d = await Daemon.start({ files: { aula: { ice: { mode }, media: { loopback: true } } } });
      t.after(async () => {
        iptables('-F', 'INPUT');
        assert.equal(await d.stop(), 0);
      });
      const teacher = await enterAs(browsers.chromium, d, 'teacher', { name: 'Ada' });
      t.after(() => teacher.context().close());
      const port = await until('the teacher is live', () => teacher.evaluate(async () => {
        for (const pc of window.peers) {
          const report = await pc.getStats();
          for (const s of report.values())
            if (s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated) return report.get(s.localCandidateId).port;
        }
        return 0;
      }));
      // From here on only the teacher's own UDP passes.
      iptables('-A', 'INPUT', '-p', 'udp', '--sport', String(port), '-j', 'ACCEPT');
      iptables('-A', 'INPUT', '-p', 'udp', '--dport', String(port), '-j', 'ACCEPT');
      iptables('-A', 'INPUT', '-p', 'udp', '-j', 'DROP');
      for (const name of ['chromium', 'firefox']) {
        const student = await enterAs(browsers[name], d, 'student', { name: `Sam in ${name}` });
        try {
          await until(`${name} sees`, () => received(student), r => r.framesDecoded >= 20 && r.audioPackets > 20);
          const { protocol } = await received(student);
          assert.ok(protocol.length && protocol.every(p => p === 'tcp'), `${name}: ${protocol}`);
        } finally {
          keepLogs(`ice-tcp-${mode}-${name}`, d, teacher, student);
          await student.context().close();
        }
      }
    });
});
