import {
  asArray,
  asObject,
  asString,
  at,
  isObject,
  isResource,
  type JsonObject,
  jsonOf,
  literalReference,
  parseJson,
  type Resource,
  rowsIn,
} from '../../src/core/fhir.ts';
import { all, describeBody, fail, notReached, notTestable, pass, select, statusOf, unanswered, warn, worst } from '../../src/core/findings.ts';
import type { Because, Evidence, Exchange, ExportName, Finding, Json } from '../../src/core/model.ts';
import { cutShort } from '../../src/core/sample.ts';
import { isHttpUrl, queryOf } from '../../src/core/url.ts';
import { noteRead } from './sample.ts';

/** Stored exports, put together again from their exchanges. Every exchange of one export carries its name as `variant`. */
export interface Export {
  readonly variant: ExportName;
  readonly kickoff: Exchange;
  readonly polls: readonly Exchange[];
  /** The poll that ended the job, and its manifest. */
  readonly final: Exchange;
  readonly manifest: JsonObject;
  readonly files: readonly Exchange[];
  /** With the refusals of files that came when they were asked for with a token. */
  readonly tried: readonly Exchange[];
}

/** The export of this name, or the finding that says how far it came. Of several tries, the accepted one counts. */
export function exportOf(evidence: Evidence, variant: ExportName): Export | Finding {
  const kickoffs = select(evidence, { step: 'bulk.kickoff', variant });
  const kickoff = kickoffs.findLast((each) => statusOf(each) === 202) ?? kickoffs[0];
  if (!kickoff) return notReached(evidence, { step: 'bulk.kickoff', variant });
  if (statusOf(kickoff) !== 202)
    return unanswered(kickoff) ?? notTestable(`The export "${variant}" was not accepted: ${describeBody(kickoff)}.`, 'payer');
  const polls = select(evidence, { step: 'bulk.status', variant });
  const final = polls.at(-1);
  if (!final) return unfollowed(evidence, kickoff);
  const manifest = statusOf(final) === 200 ? jsonOf(final.response) : undefined;
  // What a manifest must carry besides is judged by bulk.manifest.fields alone.
  if (!isObject(manifest) || !Array.isArray(manifest['output'])) return unended(variant, final);
  const tried = select(evidence, { step: 'bulk.file', variant });
  return { variant, kickoff, polls, final, manifest, tried, files: tried.filter((each) => !wasServedLater(each, tried)) };
}

/** Refused without a token, and served with it: bulk.file.accessible alone looks at the refusal. */
const wasServedLater = (file: Exchange, all: readonly Exchange[]): boolean =>
  [401, 403].includes(statusOf(file)) &&
  all.some((each) => each.index > file.index && each.request.url === file.request.url && statusOf(each) === 200);

function unfollowed(evidence: Evidence, kickoff: Exchange): Finding {
  const told = kickoff.response?.headers['content-location'];
  return isHttpUrl(told)
    ? notReached(evidence, { step: 'bulk.status' })
    : notTestable(`The accepted export cannot be followed: Content-Location ${told ?? 'absent'} (see bulk.kickoff.content-location).`, 'payer');
}

function unended(variant: ExportName, final: Exchange): Finding {
  const seen = statusOf(final);
  if (seen === 202) return notTestable(`The export "${variant}" was still running when we stopped watching (--max-wait).`, 'ours');
  if (seen === 200) return notTestable(`The export "${variant}" ended without a manifest that lists files (see bulk.manifest.fields).`, 'payer');
  return unanswered(final) ?? notTestable(`The export "${variant}" ended without a manifest: ${describeBody(final)}.`, 'payer');
}

export const isExport = (value: Export | Finding): value is Export => 'manifest' in value;

/** Judges one export by name. */
export const onExport =
  (variant: ExportName, judge: (job: Export, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const job = exportOf(evidence, variant);
    return isExport(job) ? judge(job, evidence) : job;
  };

/** Names of the exports that this run started, in order. */
const startedIn = (evidence: Evidence): readonly ExportName[] => [
  ...new Set(select(evidence, { step: 'bulk.status' }).flatMap(({ variant }) => (isName(variant) ? [variant] : []))),
];
const isName = (variant: string | undefined): variant is ExportName => variant !== undefined && !/\/(again|deleted)$/.test(variant);

/** Every export of the run that came to a manifest: what is said of manifests and files is said of each. */
export const endedExports = (evidence: Evidence): readonly Export[] =>
  startedIn(evidence)
    .map((name) => exportOf(evidence, name))
    .filter(isExport);

/** Judges each of them; the worst finding speaks. */
export const onEveryExport = (judge: (job: Export, evidence: Evidence) => Finding) => judgeEach(() => true, judge);

/** As `onEveryExport`, for what is said of files: exports of which we wanted the manifest only are left out. */
export const onEveryDownload = (judge: (job: Export, evidence: Evidence) => Finding) =>
  judgeEach(({ manifest, files }) => files.length > 0 || itemsOf(manifest).length === 0, judge);

const judgeEach =
  (wanted: (job: Export) => boolean, judge: (job: Export, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = endedExports(evidence)
      .filter(wanted)
      .map((job) => judge(job, evidence));
    // An export without rows or files says nothing of them, where others do.
    const telling = found.filter((each) => each.outcome !== 'not-testable' || each.because !== 'test-data');
    if (found.length > 0) return worst(telling.length > 0 ? telling : found);
    const first = exportOf(evidence, startedIn(evidence)[0] ?? 'group');
    return isExport(first) ? judge(first, evidence) : first;
  };

/** Types that the kick-off named in `_type`, by GET or POST; undefined: it named none. */
export function askedTypes({ kickoff }: Pick<Export, 'kickoff'>): readonly string[] | undefined {
  const { url, body } = kickoff.request;
  const named = asArray(at(parseJson(body), 'parameter')).filter((each) => at(each, 'name') === '_type');
  const told = [
    ...queryOf(url).flatMap(([name, value]) => (name === '_type' ? [value] : [])),
    ...named.flatMap((each) => asString(at(each, 'valueString')) ?? []),
  ];
  return told.length === 0 ? undefined : told.flatMap((each) => each.split(','));
}

/** FHIR base of the payer as the kick-off used it: what absolute references may begin with. */
export const baseOf = ({ kickoff }: { readonly kickoff: { readonly request: { readonly url: string } } }): string =>
  kickoff.request.url.replace(/\/(Group\/[^/?]+\/|Patient\/)?\$[a-z-]*export(\?.*)?$/, '');

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

/** Resources of one file, line by line; undefined where a line is none. Only what is stored: see `partial`, and `withPartialFiles` for what that makes of a pass. */
export function linesOf(file: Exchange): readonly (Resource | undefined)[] {
  noteRead(file);
  return parse(file);
}

const parse = (file: Exchange): readonly (Resource | undefined)[] => (file.response?.status === 200 ? rowsIn(file.response) : []);

/** Is there an OperationOutcome about this in the error files? One found in a sample is found. */
export const reportsOutcome = (job: Export, about: RegExp): boolean =>
  filesOfKind(job, 'error').some((file) => parse(file).some((row) => row?.resourceType === 'OperationOutcome' && about.test(JSON.stringify(row))));

/** Rows of the output files, of one type or of all. */
export const rowsOf = (job: Export, type?: string): readonly Resource[] =>
  filesOfKind(job, 'output')
    .flatMap(linesOf)
    .filter((row): row is Resource => row !== undefined && (type === undefined || row.resourceType === type));

/** Rows of one type in the output files, as they were counted on the way. */
export const countOf = (job: Export, type: string): number =>
  filesOfKind(job, 'output').reduce((sum, file) => sum + (Number(asObject(file.facts?.['file.types'])[type]) || 0), 0);

/** Why the rows at hand are not the whole export, in words; undefined when they are. A judge of completeness must not take a sample for the set. */
export const partial = (job: Export): string | undefined => lacking(job) ?? cutFile(job);

/** A file of the export that could not be downloaded, or cannot be read, in words. */
export const lacking = (job: Export): string | undefined => {
  const found = lost(job);
  return found && 'reason' in found ? found.reason : undefined;
};

function lost(job: Export): Finding | undefined {
  for (const item of itemsOf(job.manifest, 'output')) {
    const file = fileOf(job, item);
    const which = `the file ${item.type ?? ''} (${item.url ?? 'without url'})`;
    if (!file) return notTestable(`${which} was not asked for`, isHttpUrl(item.url) ? 'ours' : 'payer');
    const none = unanswered(file);
    if (none && 'because' in none) return notTestable(`${which} could not be downloaded: ${none.reason}`, none.because);
    if (statusOf(file) !== 200) return notTestable(`${which} could not be downloaded: ${describeBody(file)} (see bulk.file.accessible)`, 'payer');
    if (unreadable(file)) return notTestable(`the file ${item.url} cannot be read (see bulk.file.encoding and bulk.file.ndjson)`, 'payer');
  }
  return undefined;
}

const cutFile = (job: Export): string | undefined =>
  filesOfKind(job, 'output')
    .map(cutShort)
    .find((each) => each !== undefined);

/** Bytes that are not text: judged by bulk.file.encoding alone. */
export const unreadable = (file: Exchange): boolean =>
  file.facts?.['file.gzipBytes'] === true || typeof file.facts?.['file.decodeError'] === 'string';

const notAtHand = (job: Export, why: string, because: Because = 'ours'): Finding =>
  notTestable(`The export "${job.variant}" is not at hand in full: ${why}.`, because);

const notHad = (job: Export): Finding | undefined => {
  const found = lost(job);
  return found && 'because' in found ? notAtHand(job, found.reason, found.because) : undefined;
};

/** Judges row by row once every file was fetched; what is not stored of them, the row question of the check has asked. */
export const whenHad = (job: Export, judge: () => Finding): Finding => notHad(job) ?? judge();

/** A rule about rows: none of `of` may be `wrong`. */
export interface RowRule {
  /** The rows that could break it, and what they are in words ("claims"). */
  readonly of: readonly Resource[];
  readonly what: string;
  readonly wrong: (row: Resource) => boolean;
  readonly expected: string;
  /** What it means that one breaks it, before its name. */
  readonly seen?: string;
}

/** None may be wrong, every file was fetched, and there was at least one that could have been: nothing passes because there are no rows. */
export function noRow(job: Export, { of, what, wrong, expected, seen = '' }: RowRule): Finding {
  const found = of.filter(wrong);
  if (found.length > 0) return fail(job.final, expected, `${seen}${seen === '' ? '' : ' '}${some(found.map(keyOf))}`);
  return hadAny(job, of, what);
}

/** Every file was had, and there was at least one row of the kind that could have been wrong. */
export const hadAny = (job: Export, of: readonly Resource[], what: string): Finding =>
  whenHad(job, () => (of.length > 0 ? pass : notTestable(`The export "${job.variant}" holds no ${what}, so none could be wrong.`, 'test-data')));

/**
 * Judges all rows together: from the rows when they are stored whole, else from what the comparison of all files found (`answers`, one for each question
 * of `src/bulk-files/reconcile.ts`; the first difference speaks).
 */
export function whenWhole(job: Export, judge: () => Finding, answers?: readonly Answer[]): Finding {
  const lacks = notHad(job);
  if (lacks !== undefined) return lacks;
  const cut = cutFile(job);
  if (cut === undefined) return judge();
  if (answers === undefined) return notAtHand(job, cut);
  const unanswered = answers.map(({ question }) => notCompared(job, question)).find((each) => each !== undefined);
  if (unanswered === undefined) return all(...answers.map((answer) => () => compared(job, answer)));
  const sample = answers.some((answer) => answer.sample) ? judge() : undefined;
  return sample?.outcome === 'fail' ? sample : notAtHand(job, `${unanswered}; ${cut}`);
}

/** A question to the comparison of all files, and the words for a failure. */
export interface Answer {
  readonly question: string;
  readonly expected: string;
  /** A warning only. */
  readonly softly?: true;
  /** A failure among some of the rows is one among all: it counts even where nothing was compared. */
  readonly sample?: true;
}

/** Why the comparison has no answer, in words; undefined when it has one. */
function notCompared(job: Export, question: string): string | undefined {
  const together = job.final.facts?.['export.together'];
  const answer = at(together, question);
  return asString(at(answer, 'notAsked')) ?? asString(together) ?? (answer === undefined ? 'its files were not compared with each other' : undefined);
}

function compared(job: Export, { question, expected, softly }: Answer): Finding {
  const answer = at(job.final.facts?.['export.together'], question);
  const count = at(answer, 'count');
  if (count === 0) return pass;
  const first = asArray(at(answer, 'first')).map((each) => `${asString(at(each, 'reference'))} ${asString(at(each, 'text'))}`);
  const actual = `${String(count)}: ${first.slice(0, 3).join('; ')}${first.length > 3 ? '; ...' : ''}`;
  return softly ? warn(job.final, expected, actual) : fail(job.final, expected, actual);
}

/** Number of a line of a stored body in the file itself: the last ones may come from far behind the beginning. */
export function lineOf(file: Exchange, index: number): number {
  const beyond = asArray(file.facts?.['file.beyond']);
  const numbers = (file.response?.body ?? '').split('\n').flatMap((text, place) => (text.trim() === '' ? [] : [place + 1]));
  const line = beyond[index - (numbers.length - beyond.length)];
  return typeof line === 'number' ? line : (numbers[index] ?? index + 1);
}

export const keyOf = (row: Resource): string => `${row.resourceType}/${asString(row['id']) ?? ''}`;
export const lastUpdatedOf = (row: Resource): string | undefined => asString(at(row, 'meta', 'lastUpdated'));

/** `Patient/x` that a row is about: itself, its patient, subject or beneficiary. A Patient of another server stays a full URL. */
export function patientOf(row: Resource, base?: string): string | undefined {
  if (row.resourceType === 'Patient') return keyOf(row);
  for (const name of ['patient', 'subject', 'beneficiary', 'individual']) {
    const told = asString(at(row, name, 'reference'));
    const found = literalReference(told);
    if (found?.startsWith('Patient/')) return base === undefined || isOurs(told, base) ? found : told;
  }
  return undefined;
}

/** Relative, or below the base: what names a resource of this payer. Source: http://hl7.org/fhir/R4/references.html#literal */
export const isOurs = (reference: string | undefined, base: string): boolean =>
  reference !== undefined && (!/^[a-z][a-z0-9+.-]*:/i.test(reference) || reference.startsWith(`${base}/`));

/** Is this row that Patient, or does it refer to them anywhere? */
export const concerns = (row: Resource, text: string, id: string): boolean =>
  text.includes(`Patient/${id}"`) || (row.resourceType === 'Patient' && row['id'] === id);

/** Every literal reference in a resource, at any depth, as it stands. */
export function referencesIn(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each: Json) => referencesIn(each));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => (name === 'reference' && typeof each === 'string' ? [each] : referencesIn(each)));
}

/**
 * Which of these rows no other row of the export refers to: those that others refer to are context, which limits do not bind. Undefined where that cannot be
 * told, because only the beginning of a file is stored and the comparison of all files does not know these rows.
 */
export function unreferred(job: Export, rows: readonly Resource[], among: readonly Resource[]): readonly Resource[] | undefined {
  const context = new Set(among.flatMap((row) => referencesIn(row).flatMap((each) => literalReference(each) ?? [])));
  const left = rows.filter((row) => !context.has(keyOf(row)));
  if (left.length === 0 || cutFile(job) === undefined) return left;
  const alone = asArray(job.final.facts?.['export.picked']).flatMap((each) =>
    at(each, 'referred') === false ? (asString(at(each, 'reference')) ?? []) : [],
  );
  const known = left.filter((row) => alone.includes(keyOf(row)));
  return known.length === 0 ? undefined : known;
}

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
