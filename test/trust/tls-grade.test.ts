import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Embedded } from '../../mocks/embedded.ts';
import { startSecureEmbedded } from '../../mocks/secure.ts';
import { relaxedNote, tlsGrade } from '../../src/core/rubric/tls.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

let embedded: Embedded;
before(async () => {
  embedded = await startSecureEmbedded();
});
after(() => embedded.close());

/** A conversation with verification relaxed, so that a bad certificate does not end it. */
async function relaxed(behaviour?: string) {
  embedded.payer.inject(...(behaviour === undefined ? [] : [{ name: behaviour, at: 'tls' as const, behaviour }]));
  const target = { ...embedded.target, tls: { ...embedded.target.tls, relaxed: true } };
  const session = openSession(target, embedded.secrets);
  try {
    return await drive({ target, suites: withNeeds(suites, ['tls', 'token']), ...session });
  } finally {
    session.close();
  }
}

test('TLS 1.3 with a trusted certificate grades A, TLS 1.2 B', async () => {
  assert.equal(tlsGrade((await relaxed()).exchanges), 'A');
  assert.equal(tlsGrade((await relaxed('stays-on-tls-1.2')).exchanges), 'B');
});

test('an expired certificate grades C, and a relaxed run goes on and says that it certifies nothing', async () => {
  const { exchanges } = await relaxed('shows-an-expired-certificate');
  assert.equal(tlsGrade(exchanges), 'C');
  assert.ok(exchanges.some((each) => each.step === 'token' && each.response?.status === 200));
  const note = relaxedNote(exchanges);
  assert.equal(note.what, 'TLS: not certifiable');
  assert.match(note.why, /grades C/);
});

test('no handshake, no grade', () => assert.equal(tlsGrade([]), undefined));
