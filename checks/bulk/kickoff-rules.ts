import { at, jsonOf } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notApplicable, notTestable, pass, select, statusOf } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import { parseRetryAfter } from '../../src/core/http-date.ts';
import type { Check, Evidence, Variant } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { bulkData, bulkData3 } from '../sources.ts';
import { named } from './applies.ts';
import { exportOf, isExport, onExport, reportsOutcome, rowsOf, typesOf } from './exports.ts';
import { refuse, where } from './plant.ts';

/** Types that a token response of this name grants; undefined = all, or not known. */
function grantedTypes(evidence: Evidence, variant: Variant<'token'>): readonly string[] | undefined {
  const reply = jsonOf(select(evidence, { step: 'token', variant })[0]?.response);
  const scope = at(reply, 'scope');
  if (typeof scope !== 'string') return undefined;
  const types = scope.split(' ').flatMap((each) => /^(?:system|user|patient)\/(\*|[A-Za-z]+)\./.exec(each)?.[1] ?? []);
  return types.includes('*') ? undefined : types;
}

const refusedLenient = (evidence: Evidence): boolean => {
  const started = select(evidence, { step: 'bulk.kickoff', variant: 'lenient' })[0];
  return started !== undefined && statusOf(started) >= 400;
};

export const kickoffRuleChecks: readonly Check[] = group({ scenarios: asynchronous }, [
  {
    id: 'bulk.kickoff.lenient',
    level: 'SHOULD',
    lines: ['L7'],
    text: 'With Prefer: handling=lenient a processed request reports each unsupported parameter as an OperationOutcome in the error files.',
    source: bulkData('export.html#response---complete-status'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: (evidence) => {
      const job = exportOf(evidence, 'lenient');
      if (!isExport(job))
        return job.outcome === 'not-testable' && refusedLenient(evidence)
          ? notApplicable('The payer refuses an unknown parameter even with handling=lenient.')
          : job;
      const said = reportsOutcome(job);
      return check(
        said,
        job.final,
        'an OperationOutcome about the parameter noSuchParameter in the error files',
        `error: ${JSON.stringify(job.manifest['error'] ?? null)}`,
      );
    },
    faults: [{ name: 'drops an unknown parameter without a word', at: 'bulk.status', behaviour: 'drops-remarks' }],
  },
  {
    id: 'bulk.kickoff.concurrent',
    level: 'SHOULD',
    lines: ['L6', 'L7'],
    text: 'A server that does not allow parallel exports answers 429 with Retry-After.',
    source: bulkData('export.html#response---error-eg-unsupported-search-parameter'),
    holds: [{ ig: guides.bulk }],
    judge: (evidence) => {
      const second = select(evidence, { step: 'bulk.kickoff', variant: 'parallel/second' })[0];
      const first = exportOf(evidence, 'parallel/first');
      if (!second) return notTestable('Two exports were not started at once.', 'ours');
      if (statusOf(second) === 429) {
        const told = parseRetryAfter(second.response?.headers['retry-after'], Date.parse(second.startedAt));
        if (told.kind !== 'wait')
          return fail(second, '429 with a Retry-After that makes sense', `Retry-After: ${second.response?.headers['retry-after'] ?? 'absent'}`);
      } else if (statusOf(second) !== 202) return fail(second, '202, or 429 with Retry-After', describeBody(second));
      return isExport(first) ? pass : first;
    },
    faults: [
      {
        name: 'refuses a second export for good',
        at: 'bulk.kickoff',
        alter: where(/\$export\?_type=Coverage%2CPatient$/, refuse(409, 'conflict', 'Another export is running. Try again later.')),
      },
    ],
  },
  {
    id: 'bulk.kickoff.scope',
    level: 'SHALL',
    lines: ['L3'],
    text: 'Only resources the client is authorized for are exported.',
    source: bulkData('export.html#bulk-data-kick-off-request'),
    holds: [{ ig: guides.bulk }],
    judge: (evidence) => {
      const started = select(evidence, { step: 'bulk.kickoff', variant: 'narrow' })[0];
      if (started && statusOf(started) >= 400) return { outcome: 'pass', note: 'the kick-off is refused with the narrow token' };
      const types = grantedTypes(evidence, 'narrow');
      if (started && types === undefined)
        return notTestable('The authorization server did not grant the narrow scope that was asked for, so more may be exported.', 'payer');
      return onExport('narrow', (job) => {
        const extra = new Set([...typesOf(job), ...rowsOf(job).map((row) => row.resourceType)].filter((type) => types?.includes(type) !== true));
        return check(extra.size === 0, job.final, `only ${types?.join(', ')}`, `also ${[...extra].join(', ')}`);
      })(evidence);
    },
    rows: (row, { variant, type }) => variant === 'narrow' && row.resourceType !== type,
    faults: [{ name: 'exports types beyond the scope of the token', at: 'bulk.status', behaviour: 'exports-beyond-scope' }],
  },
  {
    id: 'bulk.kickoff.group-rules',
    level: 'SHALL',
    lines: ['L3', 'L4'],
    text: 'Access to a Group is restricted by business rules.',
    source: bulkData3('export.html#privacy-and-security-considerations'),
    holds: [{ ig: guides.bulk }],
    applies: named('Group of another client (bulk.foreignGroup)', ({ target }) => target.bulk?.foreignGroup),
    judge: (evidence) => {
      const started = select(evidence, { step: 'bulk.kickoff', variant: 'foreign-group' })[0];
      if (started && statusOf(started) >= 400) return pass;
      const last = select(evidence, { step: 'bulk.status', variant: 'foreign-group' }).at(-1);
      if (last && statusOf(last) >= 400) return pass;
      return onExport('foreign-group', (job) => {
        const rows = rowsOf(job);
        return check(
          rows.length === 0,
          job.final,
          'no data of a Group that belongs to another client',
          `${rows.length} rows, among them ${rows[0]?.resourceType ?? ''}`,
        );
      })(evidence);
    },
    rows: (_row, { variant }) => variant === 'foreign-group',
    faults: [{ name: 'exports the Group of another client', at: 'bulk.kickoff', behaviour: 'exports-foreign-groups' }],
  },
  {
    id: 'bulk.kickoff.repeat-params',
    level: 'SHALL',
    lines: ['L5'],
    text: 'Repeated comma-list parameters are treated like one comma list.',
    source: bulkData('export.html#bulk-data-kick-off-request'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: onExport('repeated-type', (job) => {
      const types = typesOf(job);
      const missing = ['Patient', 'Coverage'].filter((type) => !types.includes(type));
      return check(
        missing.length === 0,
        job.final,
        'files for Patient and for Coverage, as with _type=Patient,Coverage',
        `no ${missing.join(' and no ')}; types: ${types.join(', ')}`,
      );
    }),
    faults: [{ name: 'reads the first of repeated parameters only', at: 'bulk.status', behaviour: 'reads-first-type-only' }],
  },
]);
