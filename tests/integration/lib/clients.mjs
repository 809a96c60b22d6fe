// Clients that were not written here.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const AIO = fileURLToPath(new URL('../clients/aio.py', import.meta.url));

// See clients/aio.py. Debian's python3, whatever else the path has.
export function aiortc(url, plugin, first, last, frames = 0) {
  return new Promise((resolve, reject) =>
    execFile('/usr/bin/python3', [AIO, url, plugin, JSON.stringify(first), JSON.stringify(last), String(frames)],
      { timeout: 60000 }, (error, out, err) => (error ? reject(new Error(`${error.message}\n${out}\n${err}`)) : resolve(JSON.parse(out)))));
}
