import { asArray, asString, at, isObject, isResource, type JsonObject, jsonOf, literalReference, type Resource } from '../../src/core/fhir.ts';
import { answered, notReached, notTestable, select, statusOf, worst } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { lookedAt } from './sample.ts';

/** Stored exports, put together again from their exchanges. Every exchange of one export carries its name as `variant`. */
export interface Export {
  readonly variant: string;
  readonly kickoff: Exchange;
  readonly polls: readonly Exchange[];
  /** The poll that ended the job, and its manifest. */
  readonly final: Exchange;
  readonly manifest: JsonObject;
  readonly files: readonly Exchange[];
}

/** Exports whose manifest and files are judged in full; the others vary one thing each. */
export const mainExports = ['group', 'roster', 'roster/post', 'claims'] as const;

/** The export of this name, or the finding that says how far it came. */
export function exportOf(evidence: Evidence, variant: string): Export | Finding {
  const kickoff = select(evidence, { step: 'bulk.kickoff', variant })[0];
  if (!kickoff) return notReached(evidence, { step: 'bulk.kickoff', variant });
  if (statusOf(kickoff) !== 202) return answered(kickoff) ?? notTestable(`The export "${variant}" was not accepted (status ${statusOf(kickoff)}).`);
  const polls = select(evidence, { step: 'bulk.status', variant });
  const final = polls.at(-1);
  const manifest = final && statusOf(final) === 200 ? jsonOf(final.response) : undefined;
  if (!final || !isObject(manifest)) {
    const why = evidence.blocked.map((each) => `${each.suite}: ${each.reason}`).join('; ');
    return notTestable(`The export "${variant}" did not end with a manifest${why === '' ? '' : ` (${why})`}.`);
  }
  return { variant, kickoff, polls, final, manifest, files: select(evidence, { step: 'bulk.file', variant }) };
}

export const isExport = (value: Export | Finding): value is Export => 'manifest' in value;

/** Judges one export by name. */
export const onExport =
  (variant: string, judge: (job: Export, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const job = exportOf(evidence, variant);
    return isExport(job) ? judge(job, evidence) : job;
  };

/** Judges every one of these exports that came to a manifest; the first failure speaks. */
export const onExports =
  (variants: readonly string[], judge: (job: Export, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = variants.map((variant) => exportOf(evidence, variant));
    const jobs = found.filter(isExport);
    return jobs.length === 0 ? (found[0] as Finding) : worst(jobs.map((job) => judge(job, evidence)));
  };

export interface Item {
  readonly kind: 'output' | 'deleted' | 'error';
  readonly type: string | undefined;
  readonly url: string | undefined;
  readonly raw: Json;
}

/** What a manifest lists. */
export const itemsOf = (manifest: Json, ...kinds: readonly Item['kind'][]): readonly Item[] =>
  (kinds.length === 0 ? (['output', 'deleted', 'error'] as const) : kinds).flatMap((kind) =>
    asArray(at(manifest, kind)).map((raw) => ({ kind, type: asString(at(raw, 'type')), url: asString(at(raw, 'url')), raw })),
  );

export const typesOf = (job: Export): readonly string[] => itemsOf(job.manifest, 'output').flatMap((item) => item.type ?? []);

export const fileOf = (job: Export, item: Item): Exchange | undefined => job.files.find((file) => file.request.url === item.url);
export const filesOfKind = (job: Export, kind: Item['kind']): readonly Exchange[] => job.files.filter((file) => file.facts?.['file.kind'] === kind);

const parsed = new WeakMap<Exchange, readonly (Resource | undefined)[]>();

/** Resources of one file, line by line; undefined where a line is none. Only what was kept: see `partial`, and `heedingCuts` for what that makes of a pass. */
export function linesOf(file: Exchange): readonly (Resource | undefined)[] {
  lookedAt(file);
  return parse(file);
}

function parse(file: Exchange): readonly (Resource | undefined)[] {
  let known = parsed.get(file);
  if (!known) {
    known = (statusOf(file) === 200 ? (file.response?.body ?? '') : '')
      .replace(/^\uFEFF/, '')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        try {
          const value = JSON.parse(line) as Json;
          return isResource(value) ? value : undefined;
        } catch {
          return undefined;
        }
      });
    parsed.set(file, known);
  }
  return known;
}

/** Is there an OperationOutcome in the error files? One found in a sample is found. */
export const reportsOutcome = (job: Export): boolean =>
  filesOfKind(job, 'error').some((file) => parse(file).some((row) => row?.resourceType === 'OperationOutcome'));

/** Rows of the output files, of one type or of all. */
export const rowsOf = (job: Export, type?: string): readonly Resource[] =>
  filesOfKind(job, 'output')
    .flatMap(linesOf)
    .filter((row): row is Resource => row !== undefined && (type === undefined || row.resourceType === type));

/** Why the rows at hand are not the whole export, in words; undefined when they are. A judge of completeness must not take a sample for the set. */
export function partial(job: Export): string | undefined {
  for (const item of itemsOf(job.manifest, 'output')) {
    const file = fileOf(job, item);
    if (!file || statusOf(file) !== 200) return `the file ${item.type ?? ''} (${item.url ?? 'without url'}) was not had`;
    if (file.facts?.['file.whole'] !== true)
      return `only the beginning of ${item.url} is kept as evidence; the reconciliation of whole files decides`;
    if (unreadable(file)) return `the file ${item.url} cannot be read (see bulk.file.encoding and bulk.file.ndjson)`;
  }
  return undefined;
}

/** Bytes that are not text: judged by bulk.file.encoding alone. */
export const unreadable = (file: Exchange): boolean =>
  file.facts?.['file.gzipBytes'] === true || typeof file.facts?.['file.decodeError'] === 'string';

/** Judges the rows only when all of them are at hand. */
export const whenWhole = (job: Export, judge: () => Finding): Finding => {
  const why = partial(job);
  return why === undefined ? judge() : notTestable(`The export "${job.variant}" is not at hand in full: ${why}.`);
};

export const keyOf = (row: Resource): string => `${row.resourceType}/${asString(row['id']) ?? ''}`;
export const lastUpdatedOf = (row: Resource): string | undefined => asString(at(row, 'meta', 'lastUpdated'));

/** `Patient/x` that a row is about: itself, its patient, subject or beneficiary. */
export function patientOf(row: Resource): string | undefined {
  if (row.resourceType === 'Patient') return keyOf(row);
  for (const name of ['patient', 'subject', 'beneficiary', 'individual'])
    if (literalReference(at(row, name, 'reference'))?.startsWith('Patient/')) return literalReference(at(row, name, 'reference'));
  return undefined;
}

/** Every literal reference in a resource, at any depth, as it stands. */
export function referencesIn(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each: Json) => referencesIn(each));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => (name === 'reference' && typeof each === 'string' ? [each] : referencesIn(each)));
}

/** Rows that other rows refer to: context, which limits do not bind. */
export const referredTo = (rows: readonly Resource[]): ReadonlySet<string> =>
  new Set(rows.flatMap((row) => referencesIn(row).flatMap((each) => literalReference(each) ?? [])));

/** An OperationOutcome in the answer, as JSON. */
export const hasOutcome = (exchange: Exchange): boolean => isResource(jsonOf(exchange.response), 'OperationOutcome');

/** Members of a Group as `Patient/x`; inactive ones only when asked for. */
export const membersOf = (group: Json | undefined, { inactive = false } = {}): ReadonlySet<string> =>
  new Set(
    asArray(at(group, 'member'))
      .filter((entry) => inactive || at(entry, 'inactive') !== true)
      .flatMap((entry) => literalReference(at(entry, 'entity', 'reference')) ?? []),
  );

/** A few of many, for a message. */
export const some = (values: readonly string[]): string =>
  `${values.slice(0, 3).join(', ')}${values.length > 3 ? ` and ${values.length - 3} more` : ''}`;
