import { asString, at, type Resource } from '../../src/core/fhir.ts';
import { clip, fail, notTestable, pass, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, ExportName, Finding } from '../../src/core/model.ts';
import { type Seen, seenIn } from '../../src/core/seen.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { subjectOf } from '../sec/lib.ts';
import { bulkData } from '../sources.ts';
import { askedTypes, baseOf, type Export, exportOf, isExport, keyOf, lastUpdatedOf, rowsOf, whenWhole } from './exports.ts';

/** Exports that nothing but `_type` and the patient limits; a provider's export leaves rows out by rules of its own. */
const unlimited: readonly ExportName[] = ['group', 'patient-level'];

/**
 * About a patient, and yet not in the compartment that an export by patients is made of: whoever exports them does more than is asked.
 * Source: http://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
const outside: ReadonlySet<string> = new Set(['Device', 'Contract', 'GuidanceResponse']);

/** By the payer's own clock: what does not say when it changed may be newer than what the export looked at. */
const isOlder = ({ resource }: Seen, job: Export): boolean =>
  Date.parse(lastUpdatedOf(resource) ?? '') <= Date.parse(asString(job.manifest['transactionTime']) ?? '');

/** Honestly asked for what is stored: $docref and a match may make what they bring. */
const isOtherWay = ({ exchange: { step, probe } }: Seen): boolean => ['read', 'search', 'everything'].includes(step) && probe === undefined;

/** What other answers showed of the members that this export covers: of the types that it must bring, and of those that it may not know. */
function owed(job: Export, rows: readonly Resource[], evidence: Evidence): { readonly sure: readonly Seen[]; readonly unsure: readonly Seen[] } {
  const base = baseOf(job);
  const members = new Set(rows.filter(({ resourceType }) => resourceType === 'Patient').map(keyOf));
  const asked = askedTypes(job);
  // Without _type a server brings the types that it can export, and need not be able to export all that it can search.
  const brought = new Set(rows.map((row) => `${row.resourceType} ${subjectOf(row)}`));
  const [sure, unsure]: [Seen[], Seen[]] = [[], []];
  for (const all of seenIn(evidence).values()) {
    const seen = all.find((each) => isOtherWay(each) && each.exchange.request.url.startsWith(`${base}/`) && isOlder(each, job));
    if (seen === undefined || seen.resource.resourceType === 'Patient' || outside.has(seen.resource.resourceType)) continue;
    const { resourceType } = seen.resource;
    const member = subjectOf(seen.resource);
    if (member === undefined || !members.has(member)) continue;
    if (asked === undefined ? brought.has(`${resourceType} ${member}`) : asked.includes(resourceType)) sure.push(seen);
    else if (asked === undefined) unsure.push(seen);
  }
  return { sure, unsure };
}

function complete(job: Export, evidence: Evidence): Finding {
  return whenWhole(job, () => {
    const rows = rowsOf(job);
    const here = new Set(rows.map(keyOf));
    const { sure: all, unsure } = owed(job, rows, evidence);
    const missing = all.filter(({ resource }) => !here.has(keyOf(resource)));
    const [first] = missing;
    if (first !== undefined) {
      const { request, response } = first.exchange;
      return fail(
        job.final,
        `all ${all.length} resources that other answers brought of the members of this export, e.g. ${keyOf(first.resource)} of ${clip(`${request.method} ${request.url}`, 160)} (${response?.status})`,
        `${missing.length} are missing: ${clip(missing.map(({ resource }) => keyOf(resource)).join(', '), 200)}, while transactionTime is ${asString(at(job.manifest, 'transactionTime'))}`,
      );
    }
    const types = [...new Set(unsure.map(({ resource }) => resource.resourceType))].join(', ');
    // A server need not be able to export all that it can search; then its reader should know.
    if (types !== '')
      return warn(job.final, 'the types that searches bring of this member, as no _type was named', `no ${types} in the export "${job.variant}"`);
    if (all.length === 0)
      return notTestable(`No other answer brought a resource of a member of the export "${job.variant}", of a type that it must hold.`, 'test-data');
    return { ...pass, note: `${all.length} resources that other answers brought are in the export "${job.variant}"` };
  });
}

/** Is all of it there? An export is compared with what searches and reads of the same run brought. */
export const completeChecks: readonly Check[] = group({ scenarios: asynchronous, lines: ['L2', 'L4'], holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.export.complete',
    level: 'SHALL',
    text: 'What searches and reads bring of a member is in an export of that type: the response "SHALL include any matching resources modified up to and including" transactionTime.',
    source: bulkData('export.html#response---complete-status'),
    crosses: 'a fault that changes ids or members in one of the two answers makes them other resources',
    judge: (evidence) => {
      const found = unlimited.map((name) => exportOf(evidence, name)).map((job) => (isExport(job) ? complete(job, evidence) : job));
      const telling = found.filter(({ outcome }) => outcome !== 'not-testable');
      return worst(telling.length > 0 ? telling : found.slice(0, 1));
    },
    faults: [
      {
        name: 'leaves the last claims of each member out of an export',
        at: 'bulk.status',
        drives: ['claims.search', 'bulk.export'],
        behaviour: 'exports-one-claim-each',
      },
      {
        name: 'leaves a type out of an export',
        at: 'bulk.status',
        drives: ['claims.search', 'bulk.export'],
        behaviour: 'exports-no-coverage',
      },
    ],
  },
]);
