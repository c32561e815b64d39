import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { createDataset } from '../../fixtures/dataset.ts';
import { targetMembers } from '../../mocks/match/target.ts';
import { asString, at } from '../../src/core/fhir.ts';
import { judge } from '../../src/core/judge.ts';
import type { Evidence, Exchange, Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';
import { assertNoDrift } from './compare.ts';
import { startHapiCds, whyNoHapi } from './hapi-server.ts';

/** The whole of S2 against a coverage service on HAPI's CDS Hooks module. */
async function order(t: TestContext): Promise<Evidence> {
  const { known, unknown } = targetMembers(createDataset(1, 200));
  assert.ok(known && unknown);
  const service = await startHapiCds([asString(at(known.coverage, 'subscriberId')) ?? '']);
  t.after(() => service.close());
  const target: Target = {
    name: 'HAPI CDS Hooks 8.8.0',
    fhir: { base: `${service.base}/fhir` },
    auth: { kind: 'none' },
    cds: { base: service.base },
    crd: { payer: { system: 'http://hl7.org/fhir/sid/us-npi', value: '9876543213', name: 'Sunrise Health Plan' } },
    members: { known, unknown },
    evidence: 'full',
  };
  const session = openSession(target, {});
  t.after(() => session.close());
  return drive({ target, suites: suites.filter(({ scenarios }) => scenarios.includes('S2')), ...session });
}

const bodyOf = ({ request }: Exchange): unknown => JSON.parse(request.body ?? '{}');
const variant = ({ exchanges }: Evidence, name: string): Exchange => {
  const found = exchanges.find((each) => each.step === 'cds.hook' && each.variant === name);
  assert.ok(found, name);
  return found;
};

test("a service on HAPI's CDS Hooks module is served by its own keys and reads our EHR with HAPI's strict client", {
  skip: whyNoHapi() ?? false,
  timeout: 900_000,
}, async (t) => {
  const evidence = await order(t);
  const crashed = evidence.blocked.filter((each) => each.reason.includes('bug of payer-assay'));
  assert.deepEqual(crashed, []);

  // What it asks for is sent under its own keys, and it has nothing left to fetch.
  const plain = variant(evidence, 'order-sign:plain');
  assert.deepEqual(Object.keys(at(bodyOf(plain) as never, 'prefetch') as object).sort(), ['activeCoverage', 'thePatient']);
  const callbacks = (of: Exchange): readonly Exchange[] =>
    evidence.exchanges.filter((each) => each.step === 'ehr.callback' && each.follows === of.index);
  assert.deepEqual(callbacks(plain), []);
  assert.equal(plain.response?.status, 200);

  // What we leave out it reads: the CapabilityStatement first, as HAPI's client does, then the search with its `_include`.
  const fetching = variant(evidence, 'order-sign:fetch');
  assert.deepEqual(Object.keys(at(bodyOf(fetching) as never, 'prefetch') as object), ['thePatient']);
  assert.equal(fetching.response?.status, 200, fetching.response?.body);
  const paths = callbacks(fetching).map(({ request, response }) => [request.url.replace(/^.*\/ehr\//, '').replace(/[?].*/, ''), response?.status]);
  assert.ok(paths.some(([path]) => path === 'metadata') && paths.some(([path]) => path === 'Coverage'), JSON.stringify(paths));
  assert.deepEqual(
    paths.filter(([, status]) => status !== 200),
    [],
  );
  assert.equal(fetching.response?.body.includes('systemActions'), true);

  const S2 = checks.filter(({ scenarios }) => scenarios.includes('S2'));
  assertNoDrift(judge(S2, evidence, '2026-11-24'), join(import.meta.dirname, 'hapi-cds.json'));
});
