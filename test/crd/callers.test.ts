import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startEmbedded } from '../../mocks/embedded.ts';
import { signersOf } from '../../src/client/identity.ts';
import { createTransport } from '../../src/client/transport.ts';
import type { Evidence, Exchange, Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

async function ordering(t: TestContext, change: (target: Target) => Target, behaviour?: string): Promise<Evidence> {
  const embedded = await startEmbedded();
  t.after(() => embedded.close());
  if (behaviour !== undefined) embedded.payer.inject({ name: 'test', at: 'cds.hook', behaviour });
  const transport = createTransport();
  t.after(() => transport.close());
  const target = change(embedded.target);
  return drive({ target, suites: withNeeds(suites, ['crd.hooks', 'crd.negatives']), transport, signers: signersOf(target, embedded.secrets) });
}

const bodyOf = ({ request }: Exchange) => JSON.parse(request.body ?? '{}') as Record<string, unknown>;
const calls = ({ exchanges }: Evidence) => exchanges.filter(({ step, probe }) => step === 'cds.hook' && probe === undefined);

test('without any key S2 is driven all the same, without a JWT; wrong JWTs are left out with the reason', async (t) => {
  const evidence = await ordering(t, (target) => ({ ...target, auth: { kind: 'none' } }), 'crd-admits-callers-without-jwt');
  assert.deepEqual([...new Set(calls(evidence).map(({ response }) => response?.status))], [200]);
  assert.ok(calls(evidence).every(({ request }) => request.headers['authorization'] === undefined));
  assert.ok(
    evidence.blocked.some(({ reason }) => reason.includes('crd.jwt-unsigned') && reason.includes('cds.key')),
    JSON.stringify(evidence.blocked),
  );
  assert.ok(!evidence.blocked.some(({ suite, reason }) => suite === 'crd.hooks' || reason.includes('stopped')));
});

test('cds.key and cds.issuer sign where the FHIR client has no key', async (t) => {
  const evidence = await ordering(t, (target) => {
    assert.ok(target.auth.kind === 'smart-backend' && target.cds);
    const { clientId, key, kid } = target.auth;
    return { ...target, auth: { kind: 'none' }, cds: { ...target.cds, issuer: clientId, key, ...(kid === undefined ? {} : { kid }) } };
  });
  assert.deepEqual([...new Set(calls(evidence).map(({ response }) => response?.status))], [200]);
  assert.ok(calls(evidence).every(({ request }) => request.headers['authorization'] !== undefined));
});

test('wrong calls name our EHR as the honest ones do; only those that must lack something do not', async (t) => {
  const { exchanges } = await ordering(t, (target) => target);
  const wrong = exchanges.filter(({ step, probe, request }) => step === 'cds.hook' && probe !== undefined && request.body?.endsWith('}'));
  assert.ok(wrong.length > 8);
  for (const each of wrong) {
    const alone = each.probe === 'crd.no-prefetch' || each.probe === 'crd.empty-call';
    assert.equal('fhirServer' in bodyOf(each), !alone, each.probe);
    assert.equal('fhirAuthorization' in bodyOf(each), !alone, each.probe);
  }
});
