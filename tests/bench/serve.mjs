// serve.mjs [--peer aula|janus] [--loops N] [--program NAME] [OPTION of the program...]: starts our server or Debian's
// janus and a load program against it, and ends both. Prints what the program printed. bench/README.md has the options.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Daemon } from '../integration/lib/daemon.mjs';
import { startJanus } from './janus.mjs';

const args = process.argv.slice(2);
const take = (name, otherwise) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? otherwise : args.splice(at, 2)[1];
};
const peer = take('peer', 'aula'), loops = Number(take('loops', '1')), program = take('program', 'load');
const settings = JSON.parse(take('settings', '{}'));
const viewers = args.includes('--viewers');
if (viewers) settings.classroom = { ...settings.classroom, rooms: [{ room: 1234, publishers: 9, stage_speakers: 3 }] };

const server = peer === 'janus' ? await startJanus({ loops })
  : await Daemon.start({ files: { ...settings, aula: { ...settings.aula, media: { ...settings.aula?.media, loops } } } });
// Who is on the stage is a teacher, which a token says.
if (viewers)
  args.push('--room', '1234', '--token', (await (await fetch(`${server.origin}/demo/token?role=teacher&name=Ada`)).json()).token);
const done = spawnSync(path.join(process.env.AULA_BENCH, program), ['--url', server.ws, '--pid', String(server.pid), ...args],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const exit = await server.stop();
if (done.status !== 0 && server.text) console.error(server.text.slice(-4000));
console.log(JSON.stringify({ peer, loops, ...JSON.parse(done.stdout || `{"error":"no result (${done.signal ?? done.status})"}`), exit }));
process.exit(done.status ?? 1);
