import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { findingOf } from '../../src/core/judge.ts';
import { openWorld, type World } from './world.ts';

/**
 * Of each file almost nothing is stored, so whatever a judge sees was picked by its row question: under each fault that a row can show it must fail all
 * the same. The suites that hold the export which the judge reads.
 */
const drivenBy: Readonly<Record<string, readonly string[]>> = {
  'bulk.kickoff.scope': ['bulk.export', 'bulk.scope'],
  'bulk.kickoff.group-rules': ['bulk.refusals'],
  'bulk.param.since': ['roster.groups', 'bulk.since'],
  'bulk.param.since-future': ['bulk.parameters'],
  'bulk.param.type-filter': ['bulk.parameters'],
  'bulk.param.patient': ['bulk.limits'],
  'bulk.param.elements': ['bulk.parameters'],
  'bulk.param.until': ['bulk.limits'],
  'bulk.manifest.error-files': ['bulk.jobs'],
  'bulk.file.references': ['bulk.export'],
  'bulk.file.attachment-url': ['bulk.provider'],
  'atr.export.subset': ['roster.subset'],
  'atr.export.bad-member': ['roster.subset'],
  'atr.coverage.plan': ['roster.export'],
  'atr.coverage.member-id': ['roster.export'],
  'atr.coverage.profile': ['roster.export'],
  'pa.export.consent-at-run': ['bulk.opt-out'],
  'pa.export.ignore-foreign': ['bulk.provider'],
  'pa.opted-out-group-not-exportable': ['bulk.provider'],
  'pa.non-financial': ['bulk.claims'],
  'claims.meta-profile': ['bulk.claims'],
  'claims.meta-version': ['bulk.claims'],
  'claims.window': ['bulk.claims'],
  'claims.last-updated': ['bulk.claims'],
  'claims.focal': ['bulk.claims'],
  'claims.sequences': ['bulk.claims'],
  'id.authz.opt-out': ['bulk.provider', 'bulk.opt-out'],
};
// What it asks is not how much memory that takes.
process.env['PAYER_ASSAY_MEMORY'] ??= 'ample';

/** Shown by another answer than a row's. */
const elsewhere = new Set(['does not serve attachments', 'lists a member who opted out']);

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const asking = checks.filter(({ mustSee }) => mustSee !== undefined);

test('every check with a row question is proven here', () => assert.deepEqual(asking.map(({ id }) => id).sort(), Object.keys(drivenBy).sort()));

for (const check of asking)
  for (const fault of check.faults.filter(({ at, name }) => [at].flat().some((step) => step.startsWith('bulk.')) && !elsewhere.has(name)))
    test(`${check.id} sees on lines that are not stored that a payer ${fault.name}`, async () => {
      world.embedded.payer.inject(fault);
      const evidence = await world.talk(['smart', 'token', ...(drivenBy[check.id] ?? [])], {
        patch: { ...fault.target, bulk: { ...world.embedded.target.bulk, ...fault.target?.bulk, storedBytes: 1024 } },
      });
      const finding = findingOf(check, evidence);
      assert.equal(finding.outcome, 'fail', JSON.stringify(finding));
    });
