import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bulkView } from '../../reports/view/bulk.ts';
import { asObject, at } from '../../src/core/fhir.ts';
import type { Evidence, Finding } from '../../src/core/model.ts';
import { scoreIdentity } from '../../src/core/rubric/identity.ts';
import { findingsOf, openWorld, type World } from './world.ts';

/** Claims of 12 MB: three times what is stored of a file. */
const claims = 4_000;
const group = `generated-${claims}`;
const families = ['bulk.', 'atr.', 'pa.', 'claims.', 'payload.'];

/** Decided by all rows of the large exports. */
const ofRows = [
  'atr.export.all-members',
  'atr.export.linked',
  'atr.coverage.plan',
  'atr.coverage.profile',
  'bulk.file.latest-version',
  'bulk.file.ndjson',
  'bulk.file.references',
  'bulk.manifest.count',
  'claims.focal',
  'claims.last-updated',
  'claims.meta-profile',
  'claims.roster-bound',
  'claims.trio',
  'claims.window',
  'pa.non-financial',
  'payload.r4',
] as const;

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

async function talk(
  behaviour: string | undefined,
  suites: readonly string[],
): Promise<{ readonly evidence: Evidence; readonly failed: readonly string[]; readonly found: Readonly<Record<string, Finding>> }> {
  world.embedded.payer.inject(...(behaviour === undefined ? [] : [{ name: behaviour, at: 'bulk.file', behaviour } as const]));
  const evidence = await world.talk(suites, { validated: true, patch: { bulk: { ...world.embedded.target.bulk, group } } });
  const found = findingsOf(evidence, ...families);
  return { evidence, found, failed: Object.keys(found).filter((id) => found[id]?.outcome === 'fail') };
}

const actualOf = (finding: Finding | undefined): string => (finding?.outcome === 'fail' ? finding.actual : JSON.stringify(finding));

describe('exports of which a third is stored', () => {
  let honest: Awaited<ReturnType<typeof talk>>;
  before(async () => {
    honest = await talk(undefined, ['roster.export', 'bulk.export', 'bulk.claims']);
  });

  test('of an honest payer, every judge of rows says pass, not "not testable"', () => {
    const large = honest.evidence.exchanges.filter((each) => each.facts?.['file.judged'] === 'schema');
    assert.deepEqual(
      large.map(({ variant, facts }) => [variant, facts?.['file.type'], facts?.['file.lines'], facts?.['file.whole']]),
      [
        ['group', 'ExplanationOfBenefit', claims, false],
        ['claims', 'ExplanationOfBenefit', claims, false],
      ],
    );
    for (const id of ofRows) assert.equal(honest.found[id]?.outcome, 'pass', `${id}: ${JSON.stringify(honest.found[id])}`);
    assert.deepEqual(honest.failed, []);
  });

  test('rubric 5 knows that the foreign member is on no line', () => {
    const item = scoreIdentity(honest.evidence, []).items.find(({ title }) => title === 'A foreign member is in no export');
    assert.equal(item?.state, 'earned', item?.why);
  });

  test('the report tells what the files say together', () => {
    const { compared, files } = bulkView(honest.evidence);
    assert.deepEqual([...new Set(compared.map(({ name }) => name))], ['group', 'claims']);
    assert.ok(
      compared.every(({ word }) => word === '✓ agrees'),
      JSON.stringify(compared.filter(({ word }) => word !== '✓ agrees')),
    );
    assert.equal(files[0]?.sample, 'every line: no error');
  });

  test('what stays open says so: profiles were not applied beyond what is stored', () => {
    const finding = honest.found['payload.claims'];
    assert.match(finding !== undefined && 'reason' in finding ? finding.reason : '', /lines were judged by the R4 schema alone .*validation\.bulk/);
  });
});

test("a stranger's claim on the last line is a failure with their id and the line", async () => {
  const { evidence, failed, found } = await talk('ends-with-a-stranger', ['bulk.claims']);
  assert.deepEqual(failed, ['claims.trio', 'claims.roster-bound']);
  const { notAttributed: foreign } = world.embedded.payer.state.data.roles;
  assert.equal(
    actualOf(found['claims.roster-bound']),
    `1: Patient/${foreign} is not on the roster, but has 1 rows, first ExplanationOfBenefit.ndjson line ${claims}`,
  );
  assert.match(
    bulkView(evidence)
      .compared.map(({ first }) => first)
      .join(),
    new RegExp(`Patient/${foreign} is not on the roster`),
  );
});

test('a second version of the first claim on the last line is a failure with its id', async () => {
  const { failed, found } = await talk('ends-with-another-version', ['bulk.export']);
  assert.deepEqual(failed, ['bulk.file.latest-version']);
  assert.match(actualOf(found['bulk.file.latest-version']), /^1: ExplanationOfBenefit\/g0 is there 2 times, not always the same/);
});

test('an element that R4 does not know on the last line is a failure with the line', async () => {
  const { failed, found } = await talk('ends-with-an-invalid-line', ['bulk.claims']);
  assert.deepEqual(failed, ['payload.r4']);
  assert.match(actualOf(found['payload.r4']), new RegExp(`line ${claims}, ExplanationOfBenefit.*mood`));
});

test('a row of another type on the last line is a failure of the file', async () => {
  const { evidence, failed, found } = await talk('ends-with-another-type', ['bulk.export']);
  // What is renamed a Claim is no valid one.
  assert.deepEqual(failed, ['bulk.file.ndjson', 'payload.r4']);
  assert.equal(actualOf(found['bulk.file.ndjson']), 'also Claim');
  const [file] = evidence.exchanges.filter((each) => each.facts?.['file.judged'] !== undefined);
  assert.equal(at(asObject(file?.facts?.['file.rules']), 'file.type', 'first', 0, 'line'), claims);
});

test('ids from behind what is stored are pseudonymised like those in bodies', async () => {
  world.embedded.payer.inject({ name: 'a stranger', at: 'bulk.file', behaviour: 'ends-with-a-stranger' });
  const evidence = await world.talk(['bulk.claims'], { patch: { evidence: 'pseudonymised', bulk: { ...world.embedded.target.bulk, group } } });
  const { notAttributed: foreign } = world.embedded.payer.state.data.roles;
  assert.doesNotMatch(JSON.stringify(evidence), new RegExp(foreign));
  const told = evidence.exchanges.map((each) => at(each.facts?.['export.together'], 'claims.on-roster', 'first', 0, 'reference')).find(Boolean);
  assert.equal(told, `Patient/${evidence.target.members.notAttributed?.patientId}`, 'equal stays equal: the target file names the same person');
});
