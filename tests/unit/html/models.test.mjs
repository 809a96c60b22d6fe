// SPDX-License-Identifier: Apache-2.0
// The parts of the SDK that need no browser.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';

import { Queue, backoff, wait } from '../../../html/lib/emitter.js';
import { AulaError } from '../../../html/lib/errors.js';
import { Feeds } from '../../../html/lib/feeds.js';
import { Judge, sum } from '../../../html/lib/quality.js';
import { slotsOf } from '../../../html/lib/stage.js';
import { LANGUAGES, explain, t } from '../../../html/lib/strings.js';

const HTML = new URL('../../../html/', import.meta.url);

test('back-off doubles, is spread and bounded', () => {
  assert.equal(backoff(0, { random: () => 1 }), 400);
  assert.equal(backoff(0, { random: () => 0 }), 200);
  assert.equal(backoff(3, { random: () => 1 }), 3200);
  assert.equal(backoff(99, { random: () => 1 }), 10_000);
});

test('a queue runs one at a time and survives a failure', async () => {
  const queue = new Queue(), seen = [];
  const first = queue.run(async () => {
    await wait(5);
    seen.push(1);
    throw new Error('no');
  });
  const second = queue.run(async () => seen.push(2));
  await assert.rejects(first, /no/);
  await second;
  assert.deepEqual(seen, [1, 2]);
});

test('feeds keep tracks over a change and drop what is disabled', () => {
  const feeds = new Feeds();
  feeds.put({ id: 7, display: 'Ada', role: 'teacher', streams: [
    { mid: '0', type: 'audio', description: 'microphone' }, { mid: '1', type: 'video', description: 'camera' }] });
  const track = { readyState: 'live' };
  feeds.mark(7, '1', { track });
  const feed = feeds.put({ id: 7, metadata: { sources: { microphone: 'muted' } }, streams: [
    { mid: '0', type: 'audio', description: 'microphone' }, { mid: '1', type: 'video', description: 'camera' },
    { mid: '2', type: 'video', description: 'screen' }, { mid: '3', type: 'audio', disabled: true }] });
  assert.deepEqual(feed.streams.map(({ source, muted }) => [source, muted]),
    [['microphone', true], ['camera', false], ['screen', false]]);
  assert.equal(feed.streams[1].track, track);
  assert.equal(feed.display, 'Ada');
  feeds.change(7, { metadata: { sources: { microphone: 'on' } } });
  assert.equal(feed.streams[0].muted, false);
  assert.equal(feeds.mark(7, '9', { talking: true }), undefined);
});

test('m-lines of a stage are slots, with the tracks that stay', () => {
  const tracks = { 0: { kind: 'audio' }, 1: { kind: 'video' }, 2: { kind: 'audio' } };
  const lines = [
    { slot: 'teacher', mid: '0', type: 'audio', feed_id: 1, feed_mid: '0', feed_display: 'Ms T', feed_role: 'teacher' },
    { slot: 'teacher', mid: '1', type: 'video', feed_id: 1, feed_display: 'Ms T', feed_role: 'teacher' },
    { slot: 'speaker-1', mid: '2', type: 'audio' }, { slot: 'speaker-1', mid: '3', type: 'video' }];
  const [teacher, speaker, ...more] = slotsOf(lines, mid => tracks[mid] ?? null, new Set(['1']));
  assert.equal(more.length, 0);
  assert.deepEqual([teacher.name, teacher.id, teacher.display, teacher.role, teacher.promoted],
    ['teacher', 1, 'Ms T', 'teacher', false]);
  assert.deepEqual(teacher.sound, { mid: '0', feedMid: '0', track: tracks[0], paused: false });
  assert.deepEqual(teacher.picture, { mid: '1', feedMid: undefined, track: tracks[1], paused: true });
  assert.deepEqual([speaker.id, speaker.sound.track, speaker.picture.track], [undefined, tracks[2], null]);
});

test('metadata cannot make a teacher', () => {
  const feed = new Feeds().put({ id: 1, role: 'student', metadata: { role: 'teacher' }, streams: [] });
  assert.equal(feed.role, 'student');
  assert.equal(new Feeds().put({ id: 2, metadata: { role: 'teacher' }, streams: [] }).role, '');
});

test('quality turns poor after two bad samples and good after three', () => {
  const judge = new Judge(), said = [];
  let received = 0, lost = 0;
  for (const bad of [false, true, true, true, false, false, false]) {
    received += 100;
    lost += bad ? 20 : 0;
    said.push(judge.judge(sum([{ type: 'inbound-rtp', packetsReceived: received, packetsLost: lost }])));
  }
  assert.deepEqual(said, ['good', 'good', 'poor', 'poor', 'poor', 'poor', 'good']);
});

test('silence is poor where somebody is heard', () => {
  for (const [expected, verdict] of [[true, 'poor'], [false, 'good']]) {
    const judge = new Judge(), sample = sum([{ type: 'inbound-rtp', packetsReceived: 100 }]);
    for (let i = 0; i < 3; i++) judge.judge({ ...sample }, expected);
    assert.equal(judge.verdict, verdict);
  }
});

test('quality minds the way out and the delay', () => {
  const sample = sum([{ type: 'outbound-rtp', packetsSent: 5 }, { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.9 },
    { type: 'candidate-pair', currentRoundTripTime: 3 }, { type: 'remote-inbound-rtp', packetsLost: -2 }]);
  assert.deepEqual([sample.sent, sample.rttMs, sample.lostThere], [5, 900, 0]);
});

test('sentences', () => {
  assert.equal(t('people.count', { n: 1 }), '1 person');
  assert.equal(t('people.count', { n: 12 }), '12 people');
  assert.match(explain(new AulaError('x', { word: 'denied' }), 'screen'), /screen/);
  assert.match(explain(new AulaError('x', { word: 'odd-word' })), /odd-word/);
  assert.match(explain(new Error('x')), /did not work/);
});

test('every sentence is used', () => {
  const code = fs.readdirSync(new URL('components/', HTML))
    .map(name => fs.readFileSync(new URL(`components/${name}`, HTML), 'utf8')).join('\n');
  // `state.${…}` uses all that begins so.
  const families = [...code.matchAll(/`([a-z.]+\.)\$\{/g)].map(([, start]) => start);
  const catalogue = fs.readFileSync(new URL('lib/strings.js', HTML), 'utf8');
  const unused = [...catalogue.matchAll(/^ {2}'([^']+)':/gm)].map(([, key]) => key)
    .filter(key => !key.startsWith('error.') && !code.includes(`'${key}'`) && !families.some(start => key.startsWith(start)));
  assert.deepEqual(unused, []);
});

test('pages keep to the Content-Security-Policy', () => {
  for (const page of ['index.html', 'student/index.html', 'teacher/index.html', 'admin/index.html']) {
    const text = fs.readFileSync(new URL(page, HTML), 'utf8');
    assert.equal([...text.matchAll(/<script(?![^>]*\bsrc=)/g)].length, 1, `${page}: the import map is the only inline script`);
    assert.doesNotMatch(text, /<style|\sstyle=|\son\w+=|https?:/, page);
  }
});

test('the lock file names no host', () => {
  const lock = fs.readFileSync(new URL('package-lock.json', HTML), 'utf8');
  assert.doesNotMatch(lock.replace(/https:\/\/registry\.npmjs\.org\//g, '').replace(/"url": "https[^"]*"/g, ''), /https?:\/\//);
  assert.doesNotMatch(lock, /file:/);
});

test('every language says all that English says, about the same', async () => {
  const keys = [...fs.readFileSync(new URL('lib/strings.js', HTML), 'utf8').matchAll(/^  '([\w.-]+)': '((?:[^'\\]|\\.)*)',$/gm)].map(m => [m[1], m[2]]);
  assert.ok(keys.length > 300);
  for (const language of Object.keys(LANGUAGES).filter(one => one !== 'en')) {
    const spoken = (await import(new URL(`lib/strings-${language}.js`, HTML))).default;
    assert.deepEqual(Object.keys(spoken).sort(), keys.map(([key]) => key).sort(), language);
    const holes = text => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(m => m[1]))].sort().join();
    for (const [key, english] of keys) {
      assert.equal(holes(spoken[key]), holes(english), `${language} ${key}`);
      assert.equal(spoken[key].split('|').length, english.split('|').length, `${language} ${key}`);
    }
  }
});
