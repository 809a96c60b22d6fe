// The database of a server, from the side: what lies there, whatever the server says of it.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { storeArgs } from './daemon.mjs';

const SQLITE = `import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
cursor = db.execute(sys.argv[2])
names = [c[0] for c in cursor.description or []]
rows = [dict(zip(names, (v.hex() if isinstance(v, bytes) else v for v in row))) for row in cursor.fetchall()]
db.commit()
print(json.dumps(rows))`;

// Runs one statement in the database of that state folder; the rows of a SELECT as objects.
export function sql(state, statement) {
  const [, url] = storeArgs(state);
  if (!url) return JSON.parse(execFileSync('python3', ['-c', SQLITE, path.join(state, 'aula.db'), statement]));
  const select = /^\s*(SELECT|WITH)/i.test(statement);
  const out = execFileSync('psql', [url, '-qAtc', select ? `SELECT COALESCE(json_agg(r), '[]') FROM (${statement}) r` : statement], { encoding: 'utf8' });
  return select ? JSON.parse(out) : [];
}

// {table: [column]} of all tables.
export function tables(state) {
  const [, url] = storeArgs(state), all = {};
  const rows = sql(state, url
    ? "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position"
    : "SELECT m.name AS t, i.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) i WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, i.cid");
  for (const { t, c } of rows) (all[t] ??= []).push(c);
  return all;
}

// {table: [row]}: everything.
export function dump(state) {
  const [, url] = storeArgs(state), names = Object.keys(tables(state));
  // One process for all: while one waits for it nothing else goes on here.
  if (url)
    return sql(state, `SELECT ${names.map(name => `(SELECT COALESCE(json_agg(r), '[]') FROM ${name} r) AS ${name}`).join(', ')}`)[0];
  return JSON.parse(execFileSync('python3', ['-c', `import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
db.row_factory = sqlite3.Row
plain = lambda v: v.hex() if isinstance(v, bytes) else v
print(json.dumps({name: [{k: plain(row[k]) for k in row.keys()} for row in db.execute("SELECT * FROM " + name)] for name in sys.argv[2:]}))`,
  path.join(state, 'aula.db'), ...names], { encoding: 'utf8', maxBuffer: 64 << 20 }));
}
