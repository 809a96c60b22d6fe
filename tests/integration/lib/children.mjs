// What a test file started ends with it, and so does the file: one whose test failed half-way would wait for ever for a server
// that nobody stops, or for a connection that nobody closes.

// A file's own hooks come after ours, and stop in an orderly way; this is longer than that may take.
const GRACE_MS = Number(process.env.AULA_TEST_GRACE_MS ?? 20000);
const alive = new Set();

export function watch(child) {
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  return child;
}

const killAll = () => { for (const child of alive) child.kill('SIGKILL'); };
process.on('exit', killAll);

// Set in a file that `node --test` runs; elsewhere (benchmarks) a hook would print a report of no tests.
if (process.env.NODE_TEST_CONTEXT) {
  const { after } = await import('node:test');
  after(() => {
    setTimeout(() => {
      killAll();
      setTimeout(() => process.exit(), GRACE_MS / 10).unref();
    }, GRACE_MS).unref();
  });
}
