import { asArray, asString, at, literalReference, type Resource } from '../../src/core/fhir.ts';
import { fail } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { MustSee } from '../../src/core/lines.ts';
import type { Check, Json, Target } from '../../src/core/model.ts';
import { panel } from '../../src/core/steps.ts';
import { where } from '../bulk/alter.ts';
import { named } from '../bulk/applies.ts';
import { hadAny, keyOf, membersOf, patientOf, rowsOf } from '../bulk/exports.ts';
import { group } from '../group.ts';
import { atr } from '../sources.ts';
import { coverageRefs, groupBefore, isGroup, onRoster } from './exports.ts';

/** Coverage rows that the list's active members refer to. `judge` says what is wrong with one. */
const onCoverages = (judge: Judge, expected: string) => ({
  judge: onRoster((job, evidence) => {
    const group = groupBefore(evidence, 'before-roster');
    if (!isGroup(group)) return group;
    const wanted = new Set(coverageRefs(group));
    const members = membersOf(group);
    const rows = rowsOf(job, 'Coverage').filter((row) => (wanted.size === 0 ? members.has(patientOf(row) ?? '') : wanted.has(keyOf(row))));
    const wrong = rows.map((row) => ({ row, why: judge(row, evidence.target) })).find(({ why }) => why !== undefined);
    return wrong ? fail(job.final, expected, `${keyOf(wrong.row)}: ${wrong.why}`) : hadAny(job, rows, 'Coverage of a listed member');
  }),
  mustSee: ((row, { variant, target }) =>
    variant.startsWith('roster') && row.resourceType === 'Coverage' && judge(row, target) !== undefined) satisfies MustSee,
});
type Judge = (row: Resource, target: Target) => string | undefined;

const coding = (value: Json | undefined, system: string, code: string): boolean =>
  asArray(at(value, 'coding')).some((each) => at(each, 'system') === system && at(each, 'code') === code);

export const coverageChecks: readonly Check[] = group({ scenarios: panel, lines: ['L2'], holds: [{ ig: guides.atr }] }, [
  {
    id: 'atr.coverage.plan',
    level: 'SHALL',
    text: 'Each roster Coverage names the plan in Coverage.class.',
    source: atr('spec.html#representing-plans-and-coverage'),
    ...onCoverages((row) => {
      const plan = asArray(row['class']).find((each) => coding(at(each, 'type'), 'http://terminology.hl7.org/CodeSystem/coverage-class', 'plan'));
      return asString(at(plan, 'value')) === undefined ? 'no class of type plan with a value' : undefined;
    }, 'Coverage.class of type plan with a value'),
    faults: [
      {
        name: 'does not name the plan',
        at: 'bulk.file',
        alter: where(/Coverage\.ndjson/, (response) => ({ ...response, body: response.body.replaceAll('"code":"plan"', '"code":"rxbin"') })),
      },
    ],
  },
  {
    id: 'atr.coverage.member-id',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: 'Where a member identifier exists it is in Coverage.identifier (type MB).',
    source: atr('spec.html#handling-identifiers'),
    applies: named('bulk.memberIds', 'member identifiers', ({ target }) => target.bulk?.memberIds),
    ...onCoverages((row, target) => {
      const known = target.bulk?.memberIds?.[literalReference(at(row, 'beneficiary', 'reference'))?.split('/')[1] ?? ''];
      if (known === undefined) return undefined;
      const ids = asArray(row['identifier']).filter(
        (each) => coding(at(each, 'type'), 'http://terminology.hl7.org/CodeSystem/v2-0203', 'MB') && at(each, 'system') !== undefined,
      );
      return ids.some((each) => at(each, 'value') === known) ? undefined : `no identifier of type MB with the member id, but ${ids.length} others`;
    }, 'Coverage.identifier of type MB with the member id'),
    faults: [
      {
        name: 'does not type the member id',
        at: 'bulk.file',
        alter: where(/Coverage\.ndjson/, (response) => ({ ...response, body: response.body.replaceAll('"code":"MB"', '"code":"XX"') })),
      },
    ],
  },
  {
    id: 'atr.coverage.profile',
    level: 'SHALL',
    text: 'Roster Coverage has status active, subscriberId, beneficiary, period and exactly one payor.',
    source: atr('StructureDefinition-atr-coverage.html'),
    ...onCoverages((row) => {
      const missing = ['subscriberId', 'beneficiary', 'period'].filter((name) => row[name] === undefined);
      if (missing.length > 0) return `no ${missing.join(', no ')}`;
      if (row['status'] !== 'active') return `status ${JSON.stringify(row['status'] ?? null)}`;
      return asArray(row['payor']).length === 1 ? undefined : `${asArray(row['payor']).length} payors`;
    }, 'status active, subscriberId, beneficiary, period and one payor'),
    faults: [
      {
        name: 'leaves the subscriber id out',
        at: 'bulk.file',
        alter: where(/Coverage\.ndjson/, (response) => ({ ...response, body: response.body.replaceAll(/"subscriberId":"[^"]*",/g, '') })),
      },
    ],
  },
]);
