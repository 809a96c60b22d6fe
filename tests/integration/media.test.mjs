// Media with clients that are no browsers: aiortc (its own ICE, DTLS and SRTP) through echo.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { aiortc } from './lib/clients.mjs';
import { Daemon } from './lib/daemon.mjs';

let d;
before(async () => { d = await Daemon.start(); });
after(async () => assert.equal(await d.stop(), 0));

describe('aiortc', () => {
  for (const plugin of ['aula.plugin.echo', 'janus.plugin.echotest'])
    test(`hears and sees itself through ${plugin}`, async () => {
      const r = await aiortc(d.ws, plugin, { audio: true, video: true }, { audio: true }, 20);
      assert.equal(r.state, 'connected', JSON.stringify(r));
      assert.ok(r.got.video >= 20 && r.got.audio > 0, JSON.stringify(r));
      assert.equal(r.answer.echotest, 'event');
    });
});
