import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { startOn } from '../../mocks/embedded.ts';
import { nockHost } from '../../mocks/kernel/nock-host.ts';
import { createTransport } from '../../src/client/transport.ts';
import { judge } from '../../src/core/judge.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';

// A payer on this machine is asked without pauses; nothing listens there all the same.
const origin = 'https://localhost';
const payer = await startOn((each) => nockHost(each, origin));
after(() => payer.close());

// A handshake needs a socket, and here there is none.
const s1 = suites.filter(({ id, scenarios }) => scenarios.includes('S1') && id !== 'tls');

test('the payer answers in this process, under https, and S1 finds nothing wrong with it', async (t) => {
  const session = openSession(payer.target, payer.secrets);
  t.after(() => session.close());
  const evidence = await drive({ target: payer.target, suites: s1, ...session });
  assert.ok(evidence.exchanges.length > 150, `${evidence.exchanges.length} exchanges`);
  assert.ok(evidence.exchanges.every(({ request }) => request.url.startsWith(`${origin}/`)));
  const verdicts = judge(checks, evidence, '2026-11-24');
  assert.deepEqual(
    verdicts.filter(({ finding }) => finding.outcome === 'fail'),
    [],
  );
  assert.ok(verdicts.filter(({ finding }) => finding.outcome === 'pass').length > 150);
});

test('a request body reaches the payer letter by letter, and its bytes come back', async () => {
  const transport = createTransport();
  const body = '{ "resourceType":"Parameters",\n "a" : 1, "a" : 2 }';
  const headers = { 'content-type': 'application/fhir+json', accept: 'application/fhir+json' };
  const { response } = await transport.send({ method: 'POST', url: `${payer.origin}/fhir/Patient/$member-match`, headers, body });
  transport.close();
  assert.equal(payer.payer.asked.at(-1)?.body, body);
  assert.ok(response);
});

test('a call to anywhere else fails', async () => {
  const transport = createTransport();
  const { response, error } = await transport.send({ method: 'GET', url: 'https://elsewhere.example/', headers: {} });
  transport.close();
  assert.equal(response, null);
  assert.ok(error);
});
