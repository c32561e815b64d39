import { exportByGet } from '../../src/client/requests/bulk.ts';
import { beside, decided } from '../../src/core/controls.ts';
import { asArray, asString, at, literalReference, type Resource, resourceOf } from '../../src/core/fhir.ts';
import {
  all,
  check,
  describeBody,
  fail,
  notReached,
  notTestable,
  onEach,
  pass,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, ExportName, Finding, Json, Probe, Variant } from '../../src/core/model.ts';
import { roster } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { accept, bareError, fewBytesKept, refuse, where } from '../bulk/alter.ts';
import { named } from '../bulk/applies.ts';
import { honestTwin, refusedWithOutcome, whereTaken } from '../bulk/controls.ts';
import {
  countOf,
  type Export,
  exportOf,
  fileOf,
  hasOutcome,
  isExport,
  itemsOf,
  keyOf,
  membersOf,
  noRow,
  onExport,
  patientOf,
  reportsOutcome,
  rowsOf,
  some,
  whenHad,
  whenWhole,
} from '../bulk/exports.ts';
import { refusedFile } from '../bulk/files.ts';
import { grantedNo } from '../cc2/applies.ts';
import { group } from '../group.ts';
import { atr } from '../sources.ts';

/** The roster export, however it was started. */
const rosterVariant = (evidence: Evidence): ExportName => (isExport(exportOf(evidence, 'roster/post')) ? 'roster/post' : 'roster');

export const onRoster =
  (judge: (job: Export, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding =>
    onExport(rosterVariant(evidence), judge)(evidence);

/** The Group as read right before an export, or why there is none. */
export function groupBefore(evidence: Evidence, variant: Variant<'group.read'>): Resource | Finding {
  const read = select(evidence, { step: 'group.read', variant })[0];
  if (!read) return notReached(evidence, { step: 'group.read', variant });
  const found = statusOf(read) === 200 ? resourceOf(read, 'Group') : undefined;
  return found ?? unanswered(read) ?? notTestable(`The Group could not be read before the export: ${describeBody(read)}.`, 'payer');
}
export const isGroup = (value: Resource | Finding): value is Resource => 'resourceType' in value;

/** Coverage that the active members of a list refer to. */
export const coverageRefs = (group: Json | undefined): readonly string[] =>
  asArray(at(group, 'member'))
    .filter((entry) => at(entry, 'inactive') !== true)
    .flatMap((entry) => asArray(at(entry, 'extension')))
    .filter((each) => asString(at(each, 'url'))?.endsWith('/ext-coverageReference') === true)
    .flatMap((each) => literalReference(at(each, 'valueReference', 'reference')) ?? []);

/** Members for whom the list names a Coverage of which somebody else is the beneficiary. */
export const strangeCoverages = (group: Json | undefined, coverages: readonly Resource[]): readonly string[] =>
  asArray(at(group, 'member')).flatMap((entry) => {
    const member = literalReference(at(entry, 'entity', 'reference'));
    const own = coverageRefs({ member: [entry] });
    return coverages.flatMap((row) => {
      const beneficiary = literalReference(at(row, 'beneficiary', 'reference'));
      return own.includes(keyOf(row)) && beneficiary !== member ? [`${member}: ${keyOf(row)} is that of ${beneficiary ?? 'nobody'}`] : [];
    });
  });

const refused = (id: string, parameters: Parameters<typeof exportByGet>[1], token: string | undefined, expected: Probe['expected']): Probe => ({
  id: `atr.kickoff.${id}`,
  step: 'bulk.kickoff',
  suite: 'roster.refusals',
  ...(expected === undefined ? {} : { expected }),
  request: ({ base, notes }) => {
    const group = notes['bulk.group'];
    if (base === undefined || typeof group !== 'string') return 'no Group is known';
    return {
      ...exportByGet({ base, at: `Group/${group}`, operation: '$davinci-data-export' }, parameters),
      ...(token === undefined ? {} : { token }),
    };
  },
});

const atrExport = { exportType: 'hl7.fhir.us.davinci-atr', _type: 'Group,Patient,Coverage' } as const;

const everyMember = 'every active member of the Group';
const onlyMembers = 'members of the Group only';

/** Patients that a kick-off by POST names. */
const patientsIn = (body: string | undefined): readonly (string | undefined)[] =>
  [...(body ?? '').matchAll(/"reference":"([^"]+)"/g)].map((match) => match[1]);
const isOfNone = (row: Resource, patients: readonly (string | undefined)[]): boolean =>
  ['Patient', 'Coverage'].includes(row.resourceType) && !patients.includes(patientOf(row) ?? '');

export const rosterExportChecks: readonly Check[] = group({ scenarios: roster, holds: [{ ig: guides.atr }] }, [
  {
    id: 'atr.export.supported',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    text: 'Group/[id]/$davinci-data-export works as an async Bulk Data kick-off with exportType hl7.fhir.us.davinci-atr.',
    source: atr('spec.html#requirements-for-implementation-of-the-davinci-data-export-operation'),
    judge: (evidence) => {
      const tried = [
        ...select(evidence, { step: 'bulk.kickoff', variant: 'roster' }),
        ...select(evidence, { step: 'bulk.kickoff', variant: 'roster/post' }),
      ];
      const last = tried.at(-1);
      if (!last) return notReached(evidence, { step: 'bulk.kickoff', variant: 'roster' });
      // A payer that declares the plain export and not this one is asked by that: what was not asked is not accused.
      if (!last.request.url.includes('$davinci-data-export'))
        return notTestable(
          'The payer declares only $export on Group, and the list was exported by that: $davinci-data-export was not asked.',
          'not-offered',
        );
      const location = last.response?.headers['content-location'];
      const none = unanswered(last);
      if (none) return none;
      return check(
        statusOf(last) === 202 && isHttpUrl(location),
        last,
        '202 with Content-Location for $davinci-data-export',
        statusOf(last) === 202 ? `Content-Location: ${location ?? 'absent'}` : describeBody(last),
      );
    },
    faults: [
      {
        name: 'does not know the attribution list export',
        at: 'bulk.kickoff',
        alter: (response, request) =>
          /exportType=hl7\.fhir\.us\.davinci-atr&_type=Group%2CPatient%2CCoverage$/.test(request.url) ||
          (request.body?.includes('davinci-atr') === true && !request.body.includes('"patient"'))
            ? request.headers['authorization'] === undefined || response.status === 403
              ? response
              : refuse(404, 'not-found', 'This operation is not offered here. Contact the plan to have it enabled.')(response, request)
            : response,
      },
    ],
  },
  {
    id: 'atr.export.minimum-types',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'A request without the minimum types Group, Patient, Coverage is rejected.',
    source: atr('spec.html#requirements-for-implementation-of-the-davinci-data-export-operation'),
    probes: [
      refused('minimum-types', { exportType: 'hl7.fhir.us.davinci-atr', _type: 'Patient' }, undefined, {
        status: [400, 422],
        codes: ['required', 'invalid', 'value', 'business-rule'],
        names: ['_type', 'Group', 'Coverage'],
        action: 'correct',
      }),
    ],
    judge: onEach({ step: 'bulk.kickoff', probe: 'atr.kickoff.minimum-types' }, refusedWithOutcome('_type=Patient alone')),
    faults: [
      {
        name: 'exports a list without its minimum types',
        at: 'bulk.kickoff',
        alter: where(/exportType=hl7\.fhir\.us\.davinci-atr&_type=Patient$/, accept),
      },
    ],
  },
  {
    id: 'atr.export.all-members',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Without the patient parameter all members are exported.',
    source: atr('spec.html#requirements-for-implementation-of-the-davinci-data-export-operation'),
    judge: onRoster((job, evidence) => {
      const group = groupBefore(evidence, 'before-roster');
      if (!isGroup(group)) return group;
      const rowByRow = () => {
        const exported = new Set(rowsOf(job, 'Patient').map(keyOf));
        const listed = membersOf(group, { inactive: true });
        const missing = [...membersOf(group)].filter((each) => !exported.has(each));
        const extra = [...exported].filter((each) => !listed.has(each));
        if (missing.length > 0) return fail(job.final, everyMember, `missing: ${some(missing)}`);
        if (extra.length > 0) return fail(job.final, onlyMembers, `disclosed: others too: ${some(extra)}`);
        return exported.size > 0 ? pass : notTestable('The Group has no active member, and the export no Patient.', 'test-data');
      };
      return whenWhole(job, rowByRow, [
        { question: 'roster.exported', expected: everyMember },
        { question: 'patients.on-roster', expected: onlyMembers },
      ]);
    }),
    faults: [
      { name: 'leaves a member out of the roster export', at: 'bulk.status', behaviour: 'roster-loses-a-member' },
      { name: 'leaves a member out of an export too large to store', at: 'bulk.status', behaviour: 'roster-loses-a-member', target: fewBytesKept },
    ],
  },
  {
    id: 'atr.export.subset',
    level: 'SHALL',
    lines: ['L2'],
    text: 'With patient references only these members are exported.',
    source: atr('spec.html#requirements-for-implementation-of-the-davinci-data-export-operation'),
    judge: whereTaken(['subset'], 'patient', (job) => {
      const asked = patientsIn(job.kickoff.request.body);
      return noRow(job, {
        of: rowsOf(job).filter((row) => ['Patient', 'Coverage'].includes(row.resourceType)),
        what: 'Patient or Coverage',
        wrong: (row) => isOfNone(row, asked),
        expected: `Patient and Coverage of ${asked.join(' and ')} only`,
        seen: 'disclosed: others too:',
      });
    }),
    mustSee: (row, { variant, request }) => variant === 'subset' && isOfNone(row, patientsIn(request.body)),
    faults: [{ name: 'exports all members whatever patient says', at: 'bulk.status', behaviour: 'roster-ignores-patient' }],
  },
  {
    id: 'atr.export.bad-member',
    level: 'SHALL',
    lines: ['L4', 'L7'],
    text: 'No data of a patient outside the Group is exported (SHALL); the ignored reference is reported as OperationOutcome.',
    source: atr(
      'OperationDefinition-davinci-data-export.html',
      'OperationDefinition-davinci-data-export.html; spec.html#requirements-for-implementation-of-the-davinci-data-export-operation',
    ),
    applies: named('bulk.foreignPatient', 'a patient outside the Group', ({ target }) => target.bulk?.foreignPatient),
    judge: (evidence) => {
      const started = select(evidence, { step: 'bulk.kickoff', variant: 'stranger' })[0];
      // The control: the same kick-off for members alone is accepted.
      const twin = select(evidence, { step: 'bulk.kickoff', variant: 'subset' })[0];
      const refused = beside(twin, 'The export of two members of the list', () => pass);
      if (started && statusOf(started) >= 400) return decided(started) ?? refused;
      return onExport('stranger', (job, { target }) => {
        const stranger = `Patient/${target.bulk?.foreignPatient}`;
        const leaked = rowsOf(job).filter((row) => patientOf(row) === stranger);
        if (leaked.length > 0) return fail(job.final, `no data of ${stranger}, who is not in the Group`, `disclosed: ${some(leaked.map(keyOf))}`);
        const silent = () => warn(job.final, 'an OperationOutcome about the reference that was ignored', 'no error file says so');
        return whenHad(job, () => {
          const unread = itemsOf(job.manifest, 'error').find((item) => statusOf(fileOf(job, item) ?? job.kickoff) !== 200);
          if (hasOutcome(job.kickoff) || reportsOutcome(job, new RegExp(`${target.bulk?.foreignPatient}|patient|member`, 'i'))) return pass;
          return unread ? notTestable(`The error file ${unread.url ?? ''} could not be downloaded (see bulk.file.accessible).`, 'payer') : silent();
        });
      })(evidence);
    },
    mustSee: (row, { variant, target }) => variant === 'stranger' && patientOf(row) === `Patient/${target.bulk?.foreignPatient}`,
    faults: [{ name: 'exports a patient outside the list', at: 'bulk.status', behaviour: 'roster-exports-strangers' }],
  },
  {
    id: 'atr.export.requires-token',
    level: 'SHALL',
    lines: ['L3'],
    text: 'The manifest has requiresAccessToken=true and files are refused without a token.',
    source: atr('spec.html#requirements-for-implementation-of-the-davinci-data-export-operation'),
    judge: onRoster((job, evidence) => {
      if (job.manifest['requiresAccessToken'] !== true)
        return fail(job.final, 'requiresAccessToken: true', `requiresAccessToken: ${JSON.stringify(job.manifest['requiresAccessToken'] ?? null)}`);
      return worst(['roster.file.no-token', 'roster.file.broken-token'].map((probe) => onEach({ step: 'bulk.file', probe }, refusedFile)(evidence)));
    }),
    faults: [{ name: 'serves roster files to everybody', at: 'bulk.file', behaviour: 'opens-roster-files' }],
  },
  {
    id: 'atr.export.linked',
    level: 'SHALL',
    lines: ['L2'],
    text: 'The export holds the Group, each member Patient, its Coverage, and the attributed provider resources when those types were asked for.',
    source: atr('spec.html#requirements-for-implementation-of-the-davinci-data-export-operation'),
    judge: onRoster((job, evidence) => {
      const group = groupBefore(evidence, 'before-roster');
      if (!isGroup(group)) return group;
      const expected = 'the Group, and the Coverage of each active member';
      const rowByRow = () => {
        const keys = new Set(rowsOf(job).map(keyOf));
        // Missing Patients are reported by atr.export.all-members.
        const missing = [keyOf(group), ...coverageRefs(group)].filter((each) => !keys.has(each));
        if (missing.length > 0) return fail(job.final, expected, `missing: ${some(missing)}`);
        const strange = strangeCoverages(group, rowsOf(job, 'Coverage'));
        return check(strange.length === 0, job.final, 'the Coverage of each member their own', some(strange));
      };
      return all(
        () => whenWhole(job, rowByRow, coverageRefs(group).length === 0 ? [] : [{ question: 'roster.covered', expected }]),
        () => check(countOf(job, 'Group') > 0, job.final, expected, 'no Group in the files'),
      );
    }),
    faults: [
      { name: 'leaves the Coverage of a member out of the roster export', at: 'bulk.status', behaviour: 'roster-loses-a-coverage' },
      {
        name: 'leaves the Coverage of a member out of an export too large to store',
        at: 'bulk.status',
        behaviour: 'roster-loses-a-coverage',
        target: fewBytesKept,
      },
    ],
  },
  {
    id: 'atr.export.unauthorized-outcome',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    text: 'Export, status and file requests without fitting authorization are answered with an OperationOutcome.',
    source: atr('spec.html#requirements-for-implementation-of-the-davinci-data-export-operation'),
    probes: [
      refused('no-token', atrExport, 'none', {
        status: [401],
        codes: ['login', 'security', 'unknown', 'forbidden'],
        names: ['token', 'Authorization'],
        action: 'reauthenticate',
      }),
      refused('short-scope', atrExport, 'patient-only', {
        status: [403, 401],
        codes: ['forbidden', 'security'],
        names: ['scope', 'Group'],
        action: 'reauthenticate',
      }),
    ],
    judge: (evidence) =>
      worst(
        // A token for Patient alone that opens a Group was granted more, and is not too small.
        ['no-token', ...(grantedNo('patient-only', 'Group')(evidence) === true ? ['short-scope'] : [])].map((name) =>
          onEach({ step: 'bulk.kickoff', probe: `atr.kickoff.${name}` }, refusedWithOutcome(`an export with ${name}`))(evidence),
        ),
      ),
    faults: [
      {
        name: 'refuses an export without a token without an OperationOutcome',
        drives: ['roster.export'],
        at: 'bulk.kickoff',
        alter: (response, request) =>
          request.headers['authorization'] === undefined && request.url.includes('davinci-atr')
            ? { ...bareError(401)(response, request), headers: { ...response.headers, 'content-type': 'application/json' } }
            : response,
        alsoFails: { 'err.oo.on-failure': 'the same row for all of FHIR' },
      },
    ],
  },
  {
    id: 'atr.export.types-should',
    level: 'SHOULD',
    lines: ['L2'],
    text: '_type also takes RelatedPerson, Practitioner, PractitionerRole, Organization and Location.',
    source: atr('spec.html#requirements-for-implementation-of-the-davinci-data-export-operation'),
    judge: (evidence) => {
      const tried = ['RelatedPerson', 'Practitioner', 'PractitionerRole', 'Organization', 'Location'].flatMap((type) =>
        select(evidence, { step: 'bulk.kickoff', variant: `roster-type/${type}` }).map((exchange) => ({ type, exchange })),
      );
      if (tried.length === 0) return notReached(evidence, { step: 'bulk.kickoff', variant: 'roster-type/Practitioner' });
      return worst(
        tried.map(
          ({ type, exchange }) =>
            unanswered(exchange) ??
            beside(honestTwin(evidence, exchange), 'An export of the minimum types', () =>
              check(statusOf(exchange) === 202, exchange, `_type with ${type} accepted`, describeBody(exchange)),
            ),
        ),
      );
    },
    faults: [
      {
        name: 'does not export Practitioners',
        at: 'bulk.kickoff',
        alter: where(
          /Coverage%2CPractitioner$/,
          refuse(400, 'not-supported', 'Practitioner in _type is not supported. Leave it out and send the request again.'),
        ),
      },
    ],
  },
]);
