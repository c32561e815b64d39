import { exportByPost } from '../../src/client/requests/bulk.ts';
import { asArray, asString, at, jsonOf, literalReference, type Resource } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notApplicable, notTestable, onEach, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Finding, Probe } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { queryOf } from '../../src/core/url.ts';
import { when } from '../alter.ts';
import { type Applies, allOf, follows } from '../applies.ts';
import { group } from '../group.ts';
import { bulkData, bulkData3 } from '../sources.ts';
import { accept } from './alter.ts';
import { declaresExport, named } from './applies.ts';
import { acceptedExport, refusedWithOutcome, whereTaken } from './controls.ts';
import {
  askedTypes,
  baseOf,
  type Export,
  endedExports,
  exportOf,
  filesOfKind,
  hadAny,
  isExport,
  itemsOf,
  keyOf,
  lastUpdatedOf,
  lineOf,
  linesOf,
  membersOf,
  onExport,
  partial,
  patientOf,
  reportsOutcome,
  rowsOf,
  some,
  typesOf,
  unreferred,
  whenHad,
} from './exports.ts';
import { fitsFilters, isLate, isOutside, untilOf } from './filters.ts';

/** Support the operator vouches for: the wire can show only that a parameter was accepted. */
const vouched = ({ target }: Evidence, name: '_until' | '_typeFilter'): boolean => target.statements?.[`bulk.${name}`] === true;

/** Rows beyond the limit that no other row refers to: a failure where support is declared, else a silence that deserves a warning. */
function beyond(job: Export, evidence: Evidence, name: '_until' | '_typeFilter', expected: string, rows: readonly Resource[] | undefined): Finding {
  if (rows === undefined) return notTestable(`Rows beyond ${name} were seen, but not what may refer to them: ${partial(job)}.`, 'ours');
  if (rows.length === 0) return pass;
  const said = reportsOutcome(job, new RegExp(name));
  if (said) return { outcome: 'pass', note: `${name} is not applied, and the error files say so` };
  const actual = `${rows.length} rows beyond it: ${some(rows.map(keyOf))}`;
  return vouched(evidence, name) ? fail(job.final, expected, actual) : warn(job.final, expected, actual);
}

/** Elements that stay whatever `_elements` says; only types that we ask for. */
const mandatory: Readonly<Record<string, readonly string[]>> = { Patient: [], Coverage: ['status', 'beneficiary', 'payor'] };
const always = ['resourceType', 'id', 'meta', 'identifier', 'implicitRules', 'language', 'text'];

/** The one patient that a kick-off by POST names. */
const patientIn = (body: string | undefined): string | undefined => /"reference":"([^"]+)"/.exec(body ?? '')?.[1];
const isOfOther = (row: Resource, patient: string | undefined, base?: string): boolean =>
  patientOf(row, base) !== undefined && patientOf(row, base) !== patient;
const limitsToPatient = ['patient', 'patient-level'] as const;

/** Nothing is left of a row but what `_elements` must leave. */
const isReduced = (row: Resource): boolean =>
  Object.keys(row).every((name) => always.includes(name) || mandatory[row.resourceType]?.includes(name) === true);
const isTagged = (row: Resource): boolean => asArray(at(row, 'meta', 'tag')).some((tag) => at(tag, 'code') === 'SUBSETTED');
/** Without its id, which is among what was asked for, or without what is mandatory. */
const isBare = (row: Resource): boolean => ['id', ...(mandatory[row.resourceType] ?? [])].some((name) => row[name] === undefined);

/** Whom an export held: by its rows when all are stored, else by the Group as it was last read before. */
function patientsBefore(job: Export, evidence: Evidence): ReadonlySet<string> | undefined {
  if (partial(job) === undefined) return new Set(rowsOf(job).flatMap((row) => patientOf(row) ?? []));
  const [group = ''] = /^[^?#]*\/Group\/[^/?#]+/.exec(job.kickoff.request.url) ?? [];
  const read = select(evidence, { step: 'group.read', where: (each) => each.index < job.kickoff.index && each.request.url === group }).at(-1);
  return read && statusOf(read) === 200 ? membersOf(jsonOf(read.response)) : undefined;
}

/** What the same export holds without the limit: rows that the limit must remove show that it is applied. */
const againstAll = (evidence: Evidence, removed: (row: Resource) => boolean, what: string, judge: (all: readonly Resource[]) => Finding): Finding =>
  onExport('group', (whole) =>
    whenHad(whole, () =>
      rowsOf(whole).some(removed)
        ? judge(rowsOf(whole))
        : notTestable(`The export without the limit holds no ${what}, so the limit could not show.`, 'test-data'),
    ),
  )(evidence);

/** A patient by POST is asked for twice; a payer that takes no kick-off by POST offers no patient parameter. */
const postTaken: Applies = allOf(declaresExport('Group'), (evidence) => {
  const posted = select(evidence, { step: 'bulk.kickoff', where: ({ request }) => request.method === 'POST' && request.url.endsWith('/$export') });
  const refused = posted.find((each) => [400, 404, 405, 501].includes(statusOf(each)));
  return posted.some((each) => statusOf(each) === 202) || refused === undefined || `The payer takes no kick-off by POST: ${describeBody(refused)}.`;
});

export const parameterChecks: readonly Check[] = group({ scenarios: asynchronous, lines: ['L2'], holds: [{ ig: guides.bulk, from: '2.0.0' }] }, [
  {
    id: 'bulk.param.since',
    level: 'SHALL',
    text: '_since limits the export to resources changed after the instant.',
    source: bulkData('export.html#query-parameters'),
    judge: (evidence) => {
      const second = select(evidence, { step: 'bulk.kickoff', variant: 'since/second' })[0];
      if (second && statusOf(second) >= 400 && statusOf(second) < 500 && statusOf(second) !== 429)
        return acceptedExport(evidence, 'since/first') ?? fail(second, '_since accepted', describeBody(second));
      const first = exportOf(evidence, 'since/first');
      return onExport('since/second', (job) => {
        if (!isExport(first)) return first;
        const none = whenHad(job, () => pass);
        if (none.outcome !== 'pass') return none;
        if (rowsOf(first).length === 0 && partial(first) === undefined)
          return notTestable('The export before held no row, so none could be left out.', 'test-data');
        const since = asString(first.manifest['transactionTime']) ?? '';
        const before = patientsBefore(first, evidence);
        if (before === undefined) return notTestable(`It is not known whom the first export held: ${partial(first)}.`, 'ours');
        const rows = rowsOf(job);
        const older = rows.filter((row) => {
          const at = lastUpdatedOf(row);
          const patient = patientOf(row);
          return at !== undefined && Date.parse(at) <= Date.parse(since) && (patient === undefined || before.has(patient));
        });
        const old = unreferred(job, older, rows);
        if (old === undefined) return notTestable(`${older.length} older rows were seen, but not what may refer to them: ${partial(job)}.`, 'ours');
        return check(old.length === 0, job.final, `only resources changed after ${since}`, `${old.length} older rows: ${some(old.map(keyOf))}`);
      })(evidence);
    },
    mustSee: (row, { variant, request }) => {
      const since = queryOf(request.url).find(([name]) => name === '_since')?.[1];
      return variant === 'since/second' && since !== undefined && Date.parse(lastUpdatedOf(row) ?? '') <= Date.parse(since);
    },
    faults: [{ name: 'ignores _since', at: 'bulk.status', behaviour: 'ignores-since' }],
  },
  {
    id: 'bulk.param.since-future',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'A _since that lies in the future brings no resource, or is refused with a 4xx status: "resources will be included in the response if their state has changed after the supplied time".',
    source: bulkData('export.html#query-parameters'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    about: { 'empty-manifest': 'nothing is what was asked for' },
    judge: (evidence) => {
      const [asked] = select(evidence, { step: 'bulk.kickoff', variant: 'future' });
      if (asked && statusOf(asked) >= 400 && statusOf(asked) < 500 && statusOf(asked) !== 429)
        return acceptedExport(evidence, 'until') ?? { outcome: 'pass', note: `refused: ${describeBody(asked)}` };
      return onExport('future', (job) => {
        const rows = rowsOf(job);
        const seen = unreferred(job, rows, rows);
        if (seen === undefined) return notTestable(`${rows.length} rows were seen, but not what may refer to them: ${partial(job)}.`, 'ours');
        return check(seen.length === 0, job.final, 'no resource changed after the year 2999', `${seen.length} rows: ${some(seen.map(keyOf))}`);
      })(evidence);
    },
    mustSee: (_row, { variant }) => variant === 'future',
    faults: [{ name: 'overlooks a _since that lies in the future', at: 'bulk.status', behaviour: 'ignores-future-since' }],
  },
  {
    id: 'bulk.param.type',
    level: 'SHALL',
    text: 'When _type is supported the output has only these types.',
    source: bulkData('export.html#query-parameters'),
    holds: [{ ig: guides.bulk }],
    judge: (evidence) => {
      const limited = endedExports(evidence).filter((job) => askedTypes(job) !== undefined);
      const listing = limited.filter((job) => typesOf(job).length > 0);
      if (listing.length === 0)
        return limited[0] ? notTestable('No export that named types listed a file.', 'test-data') : onExport('group', () => pass)(evidence);
      return worst(
        listing.map((job) => {
          const extra = typesOf(job).filter((type) => !askedTypes(job)?.includes(type));
          return check(extra.length === 0, job.final, `only ${askedTypes(job)?.join(', ')}`, `also ${extra.join(', ')}`);
        }),
      );
    },
    faults: [{ name: 'exports a type that was not asked for', at: 'bulk.status', behaviour: 'adds-a-type' }],
  },
  {
    id: 'bulk.param.type-filter',
    level: 'SHALL',
    text: 'A server that supports _typeFilter and the search parameter restricts that resource type; repeated filters for one type are combined with or. A server without support SHOULD refuse.',
    source: bulkData('export.html#query-parameters'),
    judge: whereTaken(['type-filter'], '_typeFilter', (job, evidence) => {
      const { url } = job.kickoff.request;
      const rows = rowsOf(job, 'ExplanationOfBenefit');
      const filters = queryOf(url).flatMap(([name, value]) => (name === '_typeFilter' ? [value] : []));
      const expected = `claims that fit at least one of ${filters.join(' and ')}`;
      const found = beyond(
        job,
        evidence,
        '_typeFilter',
        expected,
        unreferred(
          job,
          rows.filter((row) => isOutside(row, url)),
          rows,
        ),
      );
      if (found.outcome !== 'pass' || found.note !== undefined) return found;
      return whenHad(job, () =>
        againstAll(
          evidence,
          (row) => isOutside(row, url),
          'claim that lies outside the filter',
          (all) => {
            const there = new Set(rows.map(keyOf));
            const lost =
              partial(job) === undefined
                ? all.filter((row) => fitsFilters(row, url) === true && row.resourceType === 'ExplanationOfBenefit' && !there.has(keyOf(row)))
                : [];
            const actual = `${lost.length} claims that fit, and that the export without the filter holds, are missing: ${some(lost.map(keyOf))}`;
            return lost.length === 0 ? pass : (vouched(evidence, '_typeFilter') ? fail : warn)(job.final, `all ${expected}`, actual);
          },
        ),
      );
    }),
    mustSee: (row, { variant, request }) => variant === 'type-filter' && isOutside(row, request.url),
    faults: [{ name: 'ignores _typeFilter', at: 'bulk.status', behaviour: 'ignores-type-filter' }],
  },
  {
    id: 'bulk.param.patient',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: 'A supported patient parameter limits the export to those compartments.',
    source: bulkData('export.html#query-parameters'),
    judge: whereTaken(limitsToPatient, 'patient', (job) => {
      const asked = patientIn(job.kickoff.request.body);
      const others = rowsOf(job).filter((row) => isOfOther(row, asked, baseOf(job)));
      if (others.length > 0)
        return fail(job.final, `only data of ${asked}`, `disclosed: ${others.length} rows of others: ${some(others.map(keyOf))}`);
      return hadAny(
        job,
        rowsOf(job).filter((row) => patientOf(row) !== undefined),
        'row about a patient',
      );
    }),
    mustSee: (row, { variant, request }) => (variant === 'patient' || variant === 'patient-level') && isOfOther(row, patientIn(request.body)),
    faults: [{ name: 'ignores the patient parameter', at: 'bulk.status', behaviour: 'ignores-patient' }],
  },
  {
    id: 'bulk.param.elements',
    level: 'SHOULD',
    text: '_elements drops unlisted optional elements and tags resources SUBSETTED.',
    source: bulkData('export.html#query-parameters'),
    judge: whereTaken(['elements'], '_elements', (job) => {
      const reduced = rowsOf(job).filter(isReduced);
      const [whole] = rowsOf(job);
      if (reduced.length === 0)
        return whenHad(job, () => {
          if (whole === undefined) return notTestable('The export holds no row, so none could be reduced.', 'test-data');
          if (reportsOutcome(job, /_elements/)) return { outcome: 'pass', note: '_elements is not applied, and the error files say so' };
          return fail(job.final, 'rows reduced to id, identifier and what is mandatory', `${keyOf(whole)} has ${Object.keys(whole).join(', ')}`);
        });
      const untagged = reduced.filter((row) => !isTagged(row));
      const bare = reduced.filter(isBare);
      return untagged.length > 0
        ? fail(job.final, 'the tag SUBSETTED on every reduced row', `none on ${some(untagged.map(keyOf))}`)
        : check(bare.length === 0, job.final, 'id and mandatory elements kept', `missing from ${some(bare.map(keyOf))}`);
    }),
    mustSee: (row, { variant }) => variant === 'elements' && isReduced(row) && (!isTagged(row) || isBare(row)),
    faults: [
      {
        name: 'does not tag reduced resources',
        at: 'bulk.file',
        alter: (response) => ({ ...response, body: response.body.replaceAll('"code":"SUBSETTED"', '"code":"NONE"') }),
        alsoFails: { 'payload.claims': 'untagged, a reduced resource claims to be whole' },
      },
      {
        name: 'leaves the id out of reduced resources',
        at: 'bulk.file',
        alter: (response) =>
          response.body.includes('"SUBSETTED"')
            ? { ...response, body: response.body.replace(/^(\{"resourceType":"Coverage"),"id":"[^"]*"/gm, '$1') }
            : response,
      },
    ],
  },
  {
    id: 'bulk.param.until',
    level: 'MAY',
    text: '_until limits the export to resources changed before the instant.',
    source: bulkData3('export.html#query-parameters'),
    holds: [{ ig: guides.bulk, from: '3.0.0' }, { ig: guides.atr }],
    judge: whereTaken(['until'], '_until', (job, evidence) =>
      whenHad(job, () => {
        const { url } = job.kickoff.request;
        const rows = rowsOf(job);
        const late = unreferred(
          job,
          rows.filter((row) => isLate(row, url)),
          rows,
        );
        const found = beyond(job, evidence, '_until', `only resources changed before ${untilOf(url)}`, late);
        if (found.outcome !== 'pass' || found.note !== undefined) return found;
        return againstAll(
          evidence,
          (row) => isLate(row, url),
          `resource changed since ${untilOf(url)}`,
          () => pass,
        );
      }),
    ),
    mustSee: (row, { variant, request }) => variant === 'until' && isLate(row, request.url),
    faults: [{ name: 'ignores _until', at: 'bulk.status', behaviour: 'ignores-until' }],
  },
  {
    id: 'bulk.param.organize',
    level: 'SHALL',
    text: 'With organizeOutputBy=Patient (when supported) rows come in blocks that start with a Parameters header and output items have no type.',
    source: bulkData3('export.html#bulk-data-output-file-organization'),
    holds: [{ ig: guides.bulk, from: '3.0.0' }],
    judge: whereTaken(['organized'], 'organizeOutputBy', (job, evidence) => {
      if (job.manifest['outputOrganizedBy'] !== 'Patient') {
        // A parameter of Bulk Data 3.0: who does not say to follow it owes no answer to it.
        const owes = follows(guides.bulk, '3.0.0')(evidence) === true;
        return owes && filesOfKind(job, 'error').length === 0
          ? warn(
              job.final,
              'outputOrganizedBy: Patient, or an error that says why not',
              `outputOrganizedBy ${JSON.stringify(job.manifest['outputOrganizedBy'] ?? null)}, and no error file`,
            )
          : notApplicable('The payer does not organize output by Patient, and does not have to.');
      }
      const typed = itemsOf(job.manifest, 'output').filter((item) => item.type !== undefined);
      if (typed.length > 0) return fail(job.final, 'output items without a type', `type ${typed[0]?.type}`);
      for (const file of filesOfKind(job, 'output')) {
        let block: string | undefined;
        for (const [index, row] of linesOf(file).entries()) {
          if (row?.resourceType === 'Parameters') block = literalReference(at(asArray(row['parameter'])[0], 'valueReference', 'reference'));
          else if (block === undefined)
            return fail(
              file,
              'each block begins with a Parameters header row',
              `line ${lineOf(file, index)} is ${row?.resourceType ?? 'no resource'} and no header came before it`,
            );
          else if (row && patientOf(row) !== undefined && patientOf(row) !== block)
            return fail(file, `rows of ${block} in its block`, `line ${lineOf(file, index)} is about ${patientOf(row)}`);
        }
      }
      return hadAny(job, rowsOf(job), 'row');
    }),
    faults: [
      {
        name: 'leaves the header rows out of organized output',
        at: 'bulk.file',
        alter: (response) => {
          const rows = response.body.split('\n').filter((line) => !line.startsWith('{"resourceType":"Parameters"'));
          // A file of nothing but Parameters is the result of a match.
          return rows.every((line) => line === '') ? response : { ...response, body: rows.join('\n') };
        },
      },
    ],
  },
  {
    id: 'bulk.param.patient-unknown',
    level: 'SHOULD',
    lines: ['L4', 'L7'],
    scenarios: ['S3', 'S6'],
    text: 'patient references that are unknown or not in the group are refused with an OperationOutcome.',
    source: bulkData('export.html#query-parameters'),
    applies: allOf(
      postTaken,
      named('bulk.foreignPatient', 'a patient outside the Group', ({ target }) => target.bulk?.foreignPatient),
    ),
    probes: [foreignPatient()],
    judge: onEach(
      { step: 'bulk.kickoff', probe: 'bulk.kickoff.foreign-patient' },
      refusedWithOutcome('a patient outside the Group', { softly: true }),
    ),
    faults: [
      {
        name: 'takes a patient outside the Group without a word',
        at: 'bulk.kickoff',
        alter: when((request, { status }) => request.method === 'POST' && status === 400 && /Group\/[^/]+\/\$export$/.test(request.url), accept),
      },
    ],
  },
]);

function foreignPatient(): Probe {
  return {
    id: 'bulk.kickoff.foreign-patient',
    step: 'bulk.kickoff',
    suite: 'bulk.refusals',
    expected: {
      status: [400, 404, 422, 403],
      codes: ['not-found', 'invalid', 'value', 'forbidden'],
      names: ['patient', 'Patient'],
      action: 'correct',
    },
    request: ({ base, notes, target }) => {
      const patient = target.bulk?.foreignPatient;
      const group = notes['bulk.group'];
      if (base === undefined || typeof group !== 'string' || patient === undefined)
        return 'the target file names no patient outside the Group (bulk.foreignPatient)';
      return exportByPost({ base, at: `Group/${group}` }, { _type: 'Patient', patient: `Patient/${patient}` });
    },
  };
}
