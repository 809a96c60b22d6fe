// A student behind a line that gets thin and wide again, in a network namespace of their own. What counts is what Chromium
// there receives: sound without a gap, a picture that goes on smaller, and the large one back.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Daemon } from '../integration/lib/daemon.mjs';
import { SECRET, token } from '../integration/lib/token.mjs';
import { Lab } from '../network/lib/lab.mjs';
import { CHROMIUM, keepLogs, openPage, picture, until } from './lib/browsers.mjs';
import { click, press } from './lib/class.mjs';

const SHAPED = ['300kbit', 'burst', '6kb', 'latency', '250ms'];

function able() {
  if (process.getuid?.() !== 0) return 'needs root';
  return true;
}

// Chromium of somebody elsewhere.
function launchIn(lab, host, origin) {
  const script = path.join(lab.folder, `chromium-${host.name}`);
  fs.writeFileSync(script, `#!/bin/sh\nexec ${host.inside('/usr/bin/chromium').join(' ')} "$@"\n`, { mode: 0o755 });
  return chromium.launch({ executablePath: script, headless: true,
    args: [...CHROMIUM, `--unsafely-treat-insecure-origin-as-secure=${origin}`] });
}

// Who is not at this machine needs a token.
async function enter(browser, origin, role, name) {
  const page = await openPage(browser, `${origin}/${role}/#token=${token({ sub: role, name, role, room: 1234 })}`);
  if (role === 'teacher')
    for (const what of ['Microphone', 'Camera']) await press(page, what);
  await click(page, role === 'teacher' ? 'Go live' : 'Join');
  await until(`${role} is in`, () => page.getByRole('button', { name: 'Leave class' }).count());
  return page;
}

// Watches what is received: `seen` is a list of moments, ten times a second.
const watch = page => page.evaluate(() => {
  window.seen = [];
  const look = async () => {
    const now = { at: performance.now(), width: 0, frames: 0, sound: 0, lost: 0, fec: 0, again: 0, concealed: 0, samples: 0, frozen: 0 };
    for (const pc of window.peers) {
      if (pc.connectionState !== 'connected') continue;
      (await pc.getStats()).forEach(s => {
        if (s.type !== 'inbound-rtp') return;
        if (s.kind === 'video' && (s.framesDecoded ?? 0) > now.frames)
          Object.assign(now, { width: s.frameWidth, frames: s.framesDecoded, frozen: s.totalFreezesDuration });
        if (s.kind === 'audio' && (s.packetsReceived ?? 0) > now.sound)
          Object.assign(now, { sound: s.packetsReceived, lost: s.packetsLost, samples: s.totalSamplesReceived,
            fec: s.fecPacketsReceived ?? 0, again: s.retransmittedPacketsReceived ?? 0, nacks: s.nackCount ?? 0, discarded: s.packetsDiscarded,
            concealed: s.concealedSamples - s.silentConcealedSamples });
      });
    }
    window.seen.push(now);
    setTimeout(look, 100);
  };
  look();
});
const seen = page => page.evaluate(() => window.seen);
const last = async page => (await seen(page)).at(-1) ?? { width: 0, frames: 0 };
const clock = page => page.evaluate(() => performance.now());

// Of both kinds of addresses: browsers like the newer better.
const filter = (host, ...rule) => { for (const command of ['iptables', 'ip6tables']) host.run(command, ...rule); };

describe('a student behind a thin line', { skip: able() === true ? false : able() }, () => {
  test('hears all and sees a smaller picture at 300 kbit/s; the large one is back when the line is free', { timeout: 200000 }, async t => {
    const lab = await Lab.open(), pages = [];
    t.after(() => lab.close());
    const school = await lab.public('school', 20), home = await lab.public('home', 30);
    const secret = path.join(lab.folder, 'secret');
    fs.writeFileSync(secret, SECRET, { mode: 0o600 });
    const d = await Daemon.start({ inside: school.inside(), args: ['--host', '0.0.0.0'],
      files: { aula: { identity: { secret_file: secret } } } });
    t.after(async () => { keepLogs('thin-line', d, ...pages); assert.equal(await d.stop(), 0); });
    const at = `http://${school.address}:${d.port}`;
    const teacherBrowser = await launchIn(lab, school, `http://127.0.0.1:${d.port}`), studentBrowser = await launchIn(lab, home, at);
    t.after(async () => { await teacherBrowser.close(); await studentBrowser.close(); });
    const teacher = await enter(teacherBrowser, `http://127.0.0.1:${d.port}`, 'teacher', 'Ada');
    const student = await enter(studentBrowser, at, 'student', 'Sam');
    pages.push(teacher, student);
    await watch(student);

    const wide = await until('the large picture', () => last(student), s => s.width >= 1000 && s.frames > 60, 40000);
    t.diagnostic(`wide: ${wide.width} pixels after ${((wide.at - (await seen(student))[0].at) / 1000).toFixed(1)} s`);

    // -- thin --
    const thinFrom = await clock(student);
    school.run('tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', 'rate', ...SHAPED);
    const small = await until('a smaller picture that moves', () => last(student),
      s => s.at > thinFrom && s.width > 0 && s.width < wide.width && s.frames > 0, 10000);
    const adapted = (small.at - thinFrom) / 1000;
    await until('20 seconds', () => clock(student), now => now > thinFrom + 20000, 25000);
    const thin = (await seen(student)).filter(s => s.at > thinFrom && s.at < thinFrom + 20000);
    const settled = thin.filter(s => s.at > thinFrom + 3000);
    const first = thin[0], end = thin.at(-1), after = settled[0];
    const pictures = (end.frames - after.frames) / ((end.at - after.at) / 1000);
    const lost = end.lost - first.lost, lostAfter = end.lost - after.lost;
    const madeUp = from => (end.concealed - from.concealed) / (end.samples - from.samples), concealed = madeUp(after);
    t.diagnostic(`thin: a picture ${small.width} wide after ${adapted.toFixed(2)} s, ${pictures.toFixed(1)} a second; frozen for ` +
      `${(end.frozen - first.frozen).toFixed(2)} s; of ${end.sound - first.sound} packets of sound ${lost} lost, ${lostAfter} after 3 s; ` +
      `${(100 * madeUp(first)).toFixed(2)} % of it made up, ${(100 * concealed).toFixed(2)} % after 3 s`);
    await picture(student, 'thin-line');
    assert.ok(adapted < 3, `the smaller picture came after ${adapted} s`);
    assert.ok(pictures > 5, `${pictures} pictures a second`);
    // No probe that the shaper's bucket lets through brings the large picture back, or costs a packet.
    const large = settled.filter(s => s.width === wide.width).length;
    assert.equal(large, 0, `the large picture was back ${large} times of ${settled.length} on a thin line`);
    assert.equal(lostAfter, 0, `${lostAfter} packets of sound were lost`);
    assert.ok(concealed <= 0.02, `${concealed} of the sound is made up`);

    // -- free --
    const freeFrom = await clock(student);
    school.run('tc', 'qdisc', 'del', 'dev', 'eth0', 'root');
    const again = await until('the large picture again', () => last(student), s => s.at > freeFrom && s.width === wide.width, 20000);
    t.diagnostic(`free: ${again.width} wide again after ${((again.at - freeFrom) / 1000).toFixed(2)} s`);
    assert.ok(again.at - freeFrom < 10000, `the large picture came after ${(again.at - freeFrom) / 1000} s`);

    // -- 8 % of what comes is lost --
    filter(home, '-A', 'INPUT', '-i', 'eth0', '-p', 'udp', '-m', 'statistic', '--mode', 'random', '--probability', '0.08', '-j', 'DROP');
    const lossyFrom = await clock(student);
    await until('2 seconds of loss', () => clock(student), now => now > lossyFrom + 2000, 10000);
    const lossy = await last(student);
    await until('10 seconds of loss', () => clock(student), now => now > lossyFrom + 10000, 15000);
    const later = await last(student), share = (later.concealed - lossy.concealed) / (later.samples - lossy.samples);
    t.diagnostic(`8 % lost: of ${later.sound - lossy.sound} packets of sound ${later.lost - lossy.lost} never came, ${later.again - lossy.again} came again, ` +
      `${later.fec - lossy.fec} with redundancy, ${later.nacks - lossy.nacks} nacks; ${(100 * share).toFixed(2)} % of it made up; a picture ${later.width} wide, ` +
      `frozen for ${(later.frozen - lossy.frozen).toFixed(2)} s of 8`);
    filter(home, '-F', 'INPUT');
    assert.ok(later.frames - lossy.frames > 60, `${later.frames - lossy.frames} pictures in 8 s`);
    // Each of the lost packets is 20 ms; what is lost must not pull more along.
    assert.ok(share <= 0.15, `${share} of the sound is made up`);

    // -- gone for 5 s, in both directions: the same connections go on, and nobody joins anew --
    const peers = () => student.evaluate(() => window.peers.length), before = await peers();
    const gone = what => [school, home].forEach(host => filter(host, what, 'INPUT', '-i', 'eth0', '-j', 'DROP'));
    const goneFrom = await clock(student), atGone = await last(student);
    gone('-A');
    await until('5 seconds', () => clock(student), now => now > goneFrom + 5000, 10000);
    const silent = await last(student);
    assert.ok(silent.sound - atGone.sound < 50, `${silent.sound - atGone.sound} packets of sound while the line was gone`);
    gone('-D');
    const backFrom = await clock(student), still = await last(student);
    const moves = await until('it moves again', () => last(student), s => s.at > backFrom && s.frames > still.frames, 20000);
    const heard = await until('it is heard again', () => last(student), s => s.at > backFrom && s.sound > still.sound + 5, 20000);
    const wholeAgain = await until('the large picture after that', () => last(student), s => s.at > backFrom && s.width === wide.width && s.frames > moves.frames + 10, 20000);
    t.diagnostic(`gone for 5 s: sound after ${((heard.at - backFrom) / 1000).toFixed(1)} s, a picture after ${((moves.at - backFrom) / 1000).toFixed(1)} s, ` +
      `the large one after ${((wholeAgain.at - backFrom) / 1000).toFixed(1)} s`);
    assert.equal(await peers(), before, 'the same PeerConnections');
    t.diagnostic(`by ${await student.evaluate(async () => {
      const used = [];
      for (const pc of window.peers) {
        const all = await pc.getStats();
        all.forEach(one => {
          if (one.type === 'transport' && one.selectedCandidatePairId) used.push(all.get(all.get(one.selectedCandidatePairId).localCandidateId).protocol);
        });
      }
      return used.join();
    })}`);

    // -- too thin for any picture: the tile says so, until there is one again --
    const sign = student.getByText('Paused: weak connection');
    assert.equal(await sign.count(), 0);
    school.run('tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', 'rate', '70kbit', ...SHAPED.slice(1));
    await until('the sign', () => sign.count(), n => n === 1, 30000);
    await picture(student, 'thin-line-paused');
    await student.emulateMedia({ colorScheme: 'dark' });
    await student.setViewportSize({ width: 390, height: 844 });
    await picture(student, 'thin-line-paused-phone');
    school.run('tc', 'qdisc', 'del', 'dev', 'eth0', 'root');
    await until('no sign', () => sign.count(), n => n === 0, 30000);
    const back = await last(student);
    await until('it moves', () => last(student), s => s.frames > back.frames, 20000);
  });
});
