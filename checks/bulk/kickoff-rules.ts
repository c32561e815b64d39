import { at, jsonOf } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notReached, notTestable, pass, select, statusOf, unanswered } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import { parseRetryAfter } from '../../src/core/http-date.ts';
import type { Check, Evidence, Variant } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { bulkData, bulkData3 } from '../sources.ts';
import { refuse, where } from './alter.ts';
import { beforeBulk4, named } from './applies.ts';
import { acceptedExport, onRefusal, whereTaken } from './controls.ts';
import { askedTypes, exportOf, fileOf, isExport, itemsOf, noRow, onExport, reportsOutcome, rowsOf, typesOf, whenHad } from './exports.ts';

/** Types that a token response of this name grants; undefined = all, or not known. */
function grantedTypes(evidence: Evidence, variant: Variant<'token'>): readonly string[] | undefined {
  const reply = jsonOf(select(evidence, { step: 'token', variant })[0]?.response);
  const scope = at(reply, 'scope');
  if (typeof scope !== 'string') return undefined;
  const types = scope.split(' ').flatMap((each) => /^(?:system|user|patient)\/(\*|[A-Za-z]+)\./.exec(each)?.[1] ?? []);
  return types.includes('*') ? undefined : types;
}

export const kickoffRuleChecks: readonly Check[] = group({ scenarios: asynchronous, holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.kickoff.lenient',
    level: 'SHOULD',
    lines: ['L7'],
    text: 'With Prefer: handling=lenient a processed request reports each unsupported parameter as an OperationOutcome in the error files.',
    source: bulkData('export.html#response---complete-status'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: whereTaken(['lenient'], 'noSuchParameter, even with handling=lenient', (job) => {
      if (reportsOutcome(job, /noSuchParameter/)) return pass;
      const unread = itemsOf(job.manifest, 'error').find((item) => statusOf(fileOf(job, item) ?? job.kickoff) !== 200);
      if (unread) return notTestable(`The error file ${unread.url ?? ''} could not be downloaded (see bulk.file.accessible).`, 'payer');
      return fail(
        job.final,
        'an OperationOutcome about the parameter noSuchParameter in the error files',
        job.manifest['error'] === undefined ? 'no error member in the manifest' : `error: ${JSON.stringify(job.manifest['error'])}`,
      );
    }),
    faults: [{ name: 'drops an unknown parameter without a word', at: 'bulk.status', behaviour: 'drops-remarks' }],
  },
  {
    id: 'bulk.kickoff.concurrent',
    level: 'SHOULD',
    lines: ['L6', 'L7'],
    text: 'A server that does not allow parallel exports answers 429 with Retry-After.',
    source: bulkData('export.html#response---error-eg-unsupported-search-parameter'),
    judge: (evidence) => {
      const second = select(evidence, { step: 'bulk.kickoff', variant: 'parallel/second' })[0];
      const first = exportOf(evidence, 'parallel/first');
      if (!second) return notReached(evidence, { step: 'bulk.kickoff', variant: 'parallel/second' });
      if (!isExport(first)) return first;
      if (!second.response) return unanswered(second) ?? pass;
      if (statusOf(second) === 429) {
        const told = parseRetryAfter(second.response?.headers['retry-after'], Date.parse(second.startedAt));
        if (told.kind !== 'wait')
          return fail(second, '429 with a Retry-After that makes sense', `Retry-After: ${second.response?.headers['retry-after'] ?? 'absent'}`);
        return pass;
      }
      return unanswered(second) ?? check(statusOf(second) === 202, second, '202, or 429 with Retry-After', describeBody(second));
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
    judge: (evidence) => {
      const none = acceptedExport(evidence, 'group');
      if (none) return none;
      const started = select(evidence, { step: 'bulk.kickoff', variant: 'narrow' })[0];
      if (started && statusOf(started) >= 400)
        return onRefusal(() => ({ outcome: 'pass', note: `the kick-off is refused with the narrow token: ${describeBody(started)}` }))(
          started,
          evidence,
        );
      const types = grantedTypes(evidence, 'narrow');
      if (started && types === undefined)
        return notTestable('The authorization server did not grant the narrow scope that was asked for, so more may be exported.', 'payer');
      return onExport('narrow', (job) => {
        const extra = typesOf(job).filter((type) => types?.includes(type) !== true);
        if (extra.length > 0) return fail(job.final, `only ${types?.join(', ')}`, `disclosed: files of ${extra.join(', ')}`);
        return noRow(job, {
          of: rowsOf(job),
          what: 'rows',
          wrong: (row) => types?.includes(row.resourceType) !== true,
          expected: `only ${types?.join(', ')}`,
          seen: 'disclosed:',
        });
      })(evidence);
    },
    mustSee: (row, { variant, type }) => variant === 'narrow' && row.resourceType !== type,
    faults: [{ name: 'exports types beyond the scope of the token', at: 'bulk.status', behaviour: 'exports-beyond-scope' }],
  },
  {
    id: 'bulk.kickoff.group-rules',
    level: 'SHALL',
    lines: ['L3', 'L4'],
    text: 'Access to a Group is restricted by business rules.',
    source: bulkData3('export.html#privacy-and-security-considerations'),
    applies: named('bulk.foreignGroup', 'a Group of another client', ({ target }) => target.bulk?.foreignGroup),
    judge: (evidence) => {
      const started = select(evidence, { step: 'bulk.kickoff', variant: 'foreign-group' })[0];
      if (started && statusOf(started) >= 400) return onRefusal(() => pass)(started, evidence);
      const last = select(evidence, { step: 'bulk.status', variant: 'foreign-group' }).at(-1);
      if (last && statusOf(last) >= 400 && statusOf(last) < 500) return unanswered(last) ?? pass;
      return onExport('foreign-group', (job) => {
        const [row] = rowsOf(job);
        if (row)
          return fail(
            job.final,
            'no data of a Group that belongs to another client',
            `disclosed: ${rowsOf(job).length} rows, among them ${row.resourceType}`,
          );
        // Nothing came of the foreign Group; that means something where our own brought rows.
        return onExport('group', (own) =>
          whenHad(job, () => (rowsOf(own).length > 0 ? pass : notTestable('Our own Group brought no row either.', 'test-data'))),
        )(evidence);
      })(evidence);
    },
    mustSee: (_row, { variant }) => variant === 'foreign-group',
    faults: [{ name: 'exports the Group of another client', at: 'bulk.kickoff', behaviour: 'exports-foreign-groups' }],
  },
  {
    id: 'bulk.kickoff.repeat-params',
    level: 'SHALL',
    lines: ['L5'],
    text: 'Repeated comma-list parameters are treated like one comma list.',
    source: bulkData('export.html#bulk-data-kick-off-request'),
    holds: [{ ...beforeBulk4, from: '2.0.0' }],
    judge: onExport('repeated-type', (job, evidence) => {
      const asked = askedTypes(job) ?? [];
      // What one comma list brought, two parameters must bring as well.
      return onExport('group', (comma) => {
        const there = typesOf(comma).filter((type) => asked.includes(type));
        if (there.length < 2)
          return notTestable(`Fewer than two of ${asked.join(', ')} were exported by the comma list, so the forms look the same.`, 'test-data');
        const missing = there.filter((type) => !typesOf(job).includes(type));
        return check(
          missing.length === 0,
          job.final,
          `files for ${there.join(' and ')}, as with one comma list`,
          `no ${missing.join(' and no ')}; types: ${typesOf(job).join(', ')}`,
        );
      })(evidence);
    }),
    faults: [{ name: 'reads the first of repeated parameters only', at: 'bulk.status', behaviour: 'reads-first-type-only' }],
  },
]);
