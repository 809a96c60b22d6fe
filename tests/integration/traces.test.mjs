// Traces of a join, as a collector gets them: an HTTP server of the test's own, strict about OTLP/JSON, which OpenTelemetry's own
// message classes read as well; and aiortc that joins.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import otlp from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import WebSocket from 'ws';
import { aiortc } from './lib/clients.mjs';
import { Daemon } from './lib/daemon.mjs';

let d, collector, answers = [];
const spans = [], requests = [], official = [];
before(async () => {
  collector = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const status = answers.shift() ?? 200;
    requests.push({ url: request.url, type: request.headers['content-type'], status });
    if (status === 200) {
      spans.push(...read(JSON.parse(body)));
      official.push([JSON.parse(body), throughProtobuf(body)]);
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise(resolve => collector.listen(0, '127.0.0.1', resolve));
  d = await Daemon.start({ files: { traces: { endpoint: `http://127.0.0.1:${collector.address().port}/v1/traces`, interval_ms: 100, join_time: 5 } } });
});
after(async () => {
  assert.equal(await d.stop(), 0);
  collector.closeAllConnections();
  collector.close();
});

// A field that the protocol does not have, or of another type, would not come back.
const { ExportTraceServiceRequest: Request } = otlp.opentelemetry.proto.collector.trace.v1;
const ids = ['traceId', 'spanId', 'parentSpanId'];
function throughProtobuf(text) {
  const wire = Request.encode(Request.fromObject(JSON.parse(text, (key, value) => (ids.includes(key) ? Buffer.from(value, 'hex') : value)))).finish();
  const plain = JSON.stringify(Request.toObject(Request.decode(wire), { longs: String, bytes: String }));
  return JSON.parse(plain, (key, value) => (ids.includes(key) ? Buffer.from(value, 'base64').toString('hex') : value));
}

const keys = (object, known) => assert.deepEqual(Object.keys(object).filter(key => !known.includes(key)), []);

// The spans of a request, each with its attributes as an object.
function read(message) {
  keys(message, ['resourceSpans']);
  return message.resourceSpans.flatMap(({ resource, scopeSpans, ...rest }) => {
    keys(rest, []);
    assert.equal(resource.attributes.find(one => one.key === 'service.name').value.stringValue, 'aula');
    return scopeSpans.flatMap(({ scope, spans: all }) => all.map(span => {
      assert.equal(scope.name, 'aula');
      keys(span, ['traceId', 'spanId', 'parentSpanId', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano', 'attributes', 'status']);
      assert.match(span.traceId, /^(?!0{32})[0-9a-f]{32}$/);
      assert.match(span.spanId, /^(?!0{16})[0-9a-f]{16}$/);
      if ('parentSpanId' in span) assert.match(span.parentSpanId, /^(?!0{16})[0-9a-f]{16}$/);
      assert.ok(span.kind === 1 || span.kind === 2);
      for (const key of ['startTimeUnixNano', 'endTimeUnixNano']) assert.match(span[key], /^\d{19}$/);
      assert.ok(BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano));
      for (const { key, value } of span.attributes) {
        assert.match(key, /^aula\.[a-z_]+$/);
        assert.ok(typeof (value.stringValue ?? value.intValue) === 'string' && Object.keys(value).length === 1);
      }
      return { ...span, attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue])) };
    }));
  });
}

test('a join of aiortc is one trace, its parts in order below one root', async () => {
  answers = [503, 503];
  const r = await aiortc(d.ws, 'aula.plugin.echo', { audio: true, video: true }, { audio: true }, 20);
  assert.equal(r.state, 'connected', JSON.stringify(r));
  await d.until(() => spans.some(span => span.name === 'join'), 20000);
  const root = spans.find(span => span.name === 'join');
  const parts = spans.filter(span => span.parentSpanId === root.spanId);
  assert.ok(spans.every(span => span.traceId === root.traceId));
  assert.deepEqual(parts.map(span => span.name), ['create', 'attach', 'negotiate', 'ice', 'dtls', 'media']);
  assert.equal(new Set(spans.map(span => span.spanId)).size, spans.length);
  assert.deepEqual([root.kind, root.parentSpanId, root.status], [2, undefined, undefined]);
  for (let i = 1; i < parts.length; i++)
    assert.ok(BigInt(parts[i].startTimeUnixNano) >= BigInt(parts[i - 1].startTimeUnixNano), parts[i].name);
  assert.equal(root.startTimeUnixNano, parts[0].startTimeUnixNano);
  assert.equal(root.endTimeUnixNano, parts.at(-1).endTimeUnixNano);
  assert.equal(parts[1].attributes['aula.plugin'], 'aula.plugin.echo');
  assert.ok(requests.every(({ url, type }) => url === '/v1/traces' && type === 'application/json'));
  assert.deepEqual(requests.slice(0, 2).map(({ status }) => status), [503, 503]);
  for (const [sent, understood] of official) assert.deepEqual(understood, sent);
});

test('a client says of what it is a part; one that says no is not traced', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c', parent = 'b7ad6b7169203331';
  const socket = new WebSocket(d.ws, 'janus-protocol');
  const got = [];
  socket.on('message', message => got.push(JSON.parse(message)));
  await new Promise(resolve => { socket.once('open', resolve); });
  for (const [transaction, traceparent] of [['a', `00-${trace}-${parent}-01`], ['b', `00-${'1'.repeat(32)}-${parent}-00`], ['c', 'nonsense']])
    socket.send(JSON.stringify({ janus: 'create', transaction, traceparent }));
  await d.until(() => got.length === 3);
  const session = transaction => String(got.find(one => one.transaction === transaction).data.id);
  socket.close();
  const of = transaction => spans.filter(span => span.attributes['aula.session_id'] === session(transaction));
  await d.until(() => of('c').some(span => span.name === 'join') && of('a').some(span => span.name === 'join'), 60000);
  const root = of('a').find(span => span.name === 'join');
  assert.deepEqual([root.traceId, root.parentSpanId], [trace, parent]);
  assert.deepEqual(of('b'), []);
  assert.equal(of('c').find(span => span.name === 'join').parentSpanId, undefined);
});
