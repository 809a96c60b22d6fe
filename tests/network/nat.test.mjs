// Address translators, blocked UDP and a real coturn: who gets through, and how.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { able, Lab } from './lib/lab.mjs';
import { aiortc, aula, coturn, credentials, echo, enter, secretFile, TURN_SECRET } from './lib/parts.mjs';

const can = able();
const skip = can === true ? false : can;
let lab, turn, school, home;
before(async () => {
  if (skip) return;
  lab = await Lab.open();
  turn = await coturn(lab, 10);
  school = await lab.site('school', 1);
  home = await lab.site('home', 2);
}, { timeout: 30000 });
after(async () => { await lab?.close(); });

const shared = () => secretFile(lab, 'turn.secret', TURN_SECRET);

describe('full ICE: a server behind a NAT that forwards nothing', { skip }, () => {
  for (const [scheme, transport] of [['turn', 'udp'], ['turn', 'tcp'], ['turns', 'tcp']])
    test(`a client behind another one is reached by the server's relay over ${scheme} ${transport}`, { timeout: 60000 }, async t => {
      const d = await aula(lab, school, { ice: { mode: 'full', ca_file: turn.ca, stun_server: turn.uri('stun'),
        turn: [{ uri: turn.uri(scheme, transport), secret_file: shared() }] } });
      t.after(async () => assert.equal(await d.stop(), 0));
      const peers = aiortc(home);
      t.after(() => peers.end());
      const { client, sdp } = await echo(d, peers, { ice: [{ urls: turn.uri('stun') }] });
      t.after(() => client.close());
      assert.match(sdp, /typ relay/, `${sdp}\n${d.text}`);
      assert.match(sdp, /typ host/);
      assert.match(sdp, /a=end-of-candidates/);
      assert.doesNotMatch(sdp, /a=ice-lite/);
      await peers.receives('a', '1', 10, 20000);
      assert.match((await client.event(m => m.janus === 'webrtcup')).janus, /webrtcup/);
    });
});
