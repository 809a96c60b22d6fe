// SPDX-License-Identifier: Apache-2.0
// The session against a server that is played: what is lost, what is claimed, what begins anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';

// Browsers have it; Node 18, which is Debian's, does not.
globalThis.CustomEvent ??= class extends Event {
  constructor(type, options) {
    super(type, options);
    this.detail = options?.detail ?? null;
  }
};

// Node 18 keeps it behind a flag; browsers have always had it.
globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail } = {}) {
    super(type);
    this.detail = detail;
  }
};
const { Session } = await import('../../../html/lib/session.js');

/** A server of one or more connections; `answer` decides, the default knows the core verbs. */
function play(answer = () => undefined) {
  const server = { sockets: [], heard: [], sessions: new Set(), next: 100 };
  const core = message => {
    if (message.janus === 'create') {
      server.sessions.add(++server.next);
      return { janus: 'success', data: { id: server.next } };
    }
    if (!server.sessions.has(message.session_id))
      return { janus: 'error', error: { code: 458, reason: 'No such session', word: 'not-found' } };
    if (message.janus === 'attach') return { janus: 'success', data: { id: ++server.next } };
    return { janus: message.janus === 'keepalive' ? 'ack' : 'success' };
  };
  server.WebSocket = class {
    readyState = 0;
    constructor(url, protocol) {
      Object.assign(this, { url, protocol });
      server.sockets.push(this);
      queueMicrotask(() => {
        if (server.down) return this.drop();
        this.readyState = 1;
        this.onopen();
      });
    }
    send(text) {
      const message = JSON.parse(text);
      server.heard.push(message);
      const own = answer(message, this);
      if (own === null) return;
      const replies = [own ?? core(message)].flat();
      setTimeout(() => replies.forEach(reply => this.tell({ transaction: message.transaction, ...reply })), 1);
    }
    tell(message) {
      if (this.readyState === 1) this.onmessage({ data: JSON.stringify(message) });
    }
    drop() {
      if (this.readyState === 3) return;
      this.readyState = 3;
      setTimeout(() => this.onclose({ reason: '' }), 0);
    }
    close() {
      this.drop();
    }
  };
  return server;
}

const begin = (server, options) =>
  new Session('ws://there/', { WebSocket: server.WebSocket, token: 'secret', ...options }).open();
const once = (emitter, type) => new Promise(resolve => {
  const stop = emitter.on(type, detail => {
    stop();
    resolve(detail);
  });
});

test('opens with the subprotocol and the token', async () => {
  const server = play();
  const session = await begin(server);
  assert.equal(server.sockets[0].protocol, 'janus-protocol');
  assert.equal(server.heard[0].token, 'secret');
  assert.equal(server.heard[0].session_id, undefined);
  assert.equal(session.state, 'open');
  await session.close();
  assert.equal(session.state, 'closed');
  assert.equal(server.heard.at(-1).janus, 'destroy');
});

test('asks about the server outside the session', async () => {
  const server = play(message => message.janus === 'info' ? { janus: 'server_info', name: 'x' } : undefined);
  const session = await begin(server);
  assert.equal((await session.info()).name, 'x');
  assert.equal(server.heard.at(-1).session_id, undefined);
  await session.close();
});

test('an answer is the reply, or the event after the ack', async () => {
  const server = play(message => message.janus !== 'message' ? undefined
    : message.body.request === 'now' ? { janus: 'success', plugindata: { data: { way: 'now' } } }
      : [{ janus: 'ack' }, { janus: 'event', plugindata: { data: { way: 'later' } }, jsep: { type: 'answer', sdp: 'x' } }]);
  const session = await begin(server);
  const handle = await session.attach('p');
  assert.equal((await handle.request({ request: 'now' })).data.way, 'now');
  const later = await handle.request({ request: 'later' });
  assert.equal(later.data.way, 'later');
  assert.equal(later.jsep.type, 'answer');
  await session.close();
});

test('errors carry code, word and field', async () => {
  const server = play(message => message.janus !== 'message' ? undefined
    : { janus: 'event', plugindata: { data: message.body.word
      ? { error_code: 433, error: 'No', word: 'forbidden', field: 'id' } : { error_code: 426, error: 'No room' } } });
  const session = await begin(server);
  const handle = await session.attach('p');
  await assert.rejects(handle.request({ word: true }), { code: 433, word: 'forbidden', field: 'id' });
  await assert.rejects(handle.request({}), { code: 426, word: 'not-found' });
  await session.close();
});

test('a lost connection is made again and claimed; handles live on', async () => {
  const server = play();
  const session = await begin(server);
  const handle = await session.attach('p');
  const { id } = session;
  const resumed = once(session, 'resumed');
  server.sockets[0].drop();
  await once(session, 'state');
  assert.equal(session.state, 'reconnecting');
  const waiting = handle.request({ request: 'x' });
  session.retry();
  await resumed;
  assert.equal(session.id, id);
  assert.equal(handle.gone, false);
  assert.deepEqual((await waiting).data, {});
  const events = once(handle, 'event');
  server.sockets[1].tell({ janus: 'event', sender: handle.id, plugindata: { data: { a: 1 } } });
  assert.equal((await events).data.a, 1);
  await session.close();
});

test('what was asked when the connection broke fails at once', async () => {
  const server = play(message => message.janus === 'message' ? null : undefined);
  const session = await begin(server);
  const handle = await session.attach('p');
  const asked = handle.request({ request: 'x' });
  await new Promise(resolve => setTimeout(resolve, 5));
  server.sockets[0].drop();
  await assert.rejects(asked, { word: 'unavailable' });
  await session.close();
});

test('a session that the server has forgotten begins anew', async () => {
  const server = play();
  const session = await begin(server);
  const handle = await session.attach('p');
  const { id } = session;
  server.sessions.clear();
  const detached = once(handle, 'detached'), renewed = once(session, 'renewed');
  await assert.rejects(handle.request({ request: 'x' }), { code: 458 });
  session.retry();
  await Promise.all([detached, renewed]);
  assert.equal(handle.gone, true);
  assert.notEqual(session.id, id);
  assert.equal(session.state, 'open');
  await session.close();
});

test('a refused token ends it', async () => {
  const server = play(message => message.janus === 'claim'
    ? { janus: 'error', error: { code: 403, reason: 'Unauthorized' } } : undefined);
  const session = await begin(server);
  const closed = once(session, 'closed');
  server.sockets[0].drop();
  await once(session, 'state');
  session.retry();
  assert.equal((await closed).word, 'unauthorized');
  assert.equal(session.state, 'closed');
  await assert.rejects(session.attach('p'), { word: 'unauthorized' });
});

test('it gives up in the end, and says so', async () => {
  const server = play();
  const session = await begin(server, { giveUpMs: 1 });
  server.down = true;
  const closed = once(session, 'closed');
  server.sockets[0].drop();
  await once(session, 'state');
  session.retry();
  assert.equal((await closed).word, 'unavailable');
});

test('a server that does not answer a sign of life is left', async () => {
  const server = play(message => message.janus === 'keepalive' ? null : undefined);
  const session = await begin(server);
  const resumed = once(session, 'resumed');
  await session.probe(5);
  assert.equal(session.state, 'reconnecting');
  session.retry();
  await resumed;
  assert.equal(server.sockets.length, 2);
  await session.close();
});

test('closing while it reconnects stays closed', async () => {
  const server = play();
  const session = await begin(server);
  server.sockets[0].drop();
  await once(session, 'state');
  await session.close();
  await new Promise(resolve => setTimeout(resolve, 20));
  assert.equal(session.state, 'closed');
  assert.equal(server.sockets.length, 1);
});

test('opening where nobody is fails with a word', async () => {
  const server = play();
  server.down = true;
  await assert.rejects(begin(server), { word: 'unavailable' });
});

test('knows the servers that it was told of, and asks for new passwords before the old ones end', async () => {
  const expires = seconds => Math.floor(Date.now() / 1000) + seconds;
  const told = (username, seconds) => ({ ice_servers: [{ urls: ['turn:there'], username }], ice_expires: expires(seconds) });
  const server = play(message => {
    if (message.janus === 'create') {
      server.sessions.add(1);
      return { janus: 'success', data: { id: 1, ...told('first', 100) } };
    }
    return message.janus === 'ice_servers' ? { janus: 'success', data: told('second', 3600) } : undefined;
  });
  const session = await begin(server);
  assert.equal(session.iceServers[0].username, 'first');
  await session.probe();
  assert.equal(session.iceServers[0].username, 'second');
  await session.probe();
  assert.equal(server.heard.filter(m => m.janus === 'ice_servers').length, 1);
  await session.close();
});

test('asks nothing of a server that names none', async () => {
  const server = play();
  const session = await begin(server);
  await session.probe();
  assert.deepEqual(session.iceServers, []);
  assert.ok(!server.heard.some(m => m.janus === 'ice_servers'));
  await session.close();
});

test('a server that ends: told, and looked for elsewhere, once', async () => {
  const server = play();
  const session = await new Session('ws://x', { WebSocket: server.WebSocket }).open();
  const told = [], became = [];
  session.on('draining', notice => told.push(notice));
  session.on('state', state => became.push(state));
  const renewed = new Promise(resolve => session.on('renewed', resolve));
  // Behind the same address another server answers, which does not know the session.
  server.sessions.clear();
  const notice = { janus: 'draining', session_id: session.id, retry_after_ms: 5, ends_in_ms: 900 };
  server.sockets[0].tell(notice);
  server.sockets[0].tell(notice);
  await renewed;
  assert.deepEqual(told, [{ endsInMs: 900 }, { endsInMs: 900 }]);
  assert.equal(server.sockets.length, 2);
  assert.deepEqual(became, ['reconnecting', 'open']);
  await session.close();
});
