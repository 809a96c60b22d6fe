// Runs floor, our server and Debian's janus in turn and prints one table with ratios. Options go on to load.mjs.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const options = process.argv.slice(2);
const last = text => JSON.parse(text.trim().split('\n').pop());
const node = (script, ...args) => last(execFileSync('node', [path.join(HERE, script), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));

const floor = last(execFileSync(path.join(process.env.AULA_BENCH, 'floor'), { encoding: 'utf8' }));
const runs = [['Aula', node('load.mjs', ...options)]];
if (fs.existsSync('/usr/bin/janus')) {
  runs.push(['janus, event_loops=1', node('load.mjs', '--peer', 'janus', '--loops', '1', ...options)]);
  runs.push(['janus, as it comes', node('load.mjs', '--peer', 'janus', '--loops', '0', ...options)]);
}
console.log(`floor: ${floor.single_us} us a packet sent alone, ${floor.segmented_us} us in segments of four, ${floor.load_us} us in the mix of this load\n`);
console.log('| server | subscribers | CPU us per packet | times the floor | latency p50 / p99 ms | join p50 / p95 ms | join CPU ms | kB per subscriber | kB per idle session | lost % |');
console.log('|---|---|---|---|---|---|---|---|---|---|');
for (const [name, r] of runs)
  console.log(`| ${name} | ${r.subscribers} | ${r.cpu_us_per_packet} | ${(r.cpu_us_per_packet / floor.load_us).toFixed(1)} | ${r.latency_ms.p50} / ${r.latency_ms.p99} | ${r.join_ms.p50} / ${r.join_ms.p95} | ${r.join_cpu_ms} | ${r.subscriber_kB} | ${r.idle_session_kB ?? '-'} | ${r.lost_percent} |`);

if (fs.existsSync('/usr/bin/chromium')) {
  const { runs, first_frame_ms: ms } = node('first-frame.mjs');
  console.log(`\nChromium, from opening the student page's session to the first decoded frame: p50 ${ms.p50} ms, p95 ${ms.p95} ms (${runs} runs)`);
}
