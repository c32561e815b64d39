import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { cutIntoBlocks } from '../../bulk-files/cut.ts';
import { isId } from '../../bulk-files/inspect.ts';
import type { Pool } from '../../bulk-files/pool.ts';
import { addCounts, addTypes, type FileCounts, mergeRules, type RuleCount } from '../../bulk-files/result.ts';
import { fileRules } from '../../bulk-files/rules.ts';
import type { FileFindings, FileWatch } from '../../client/bulk/whole.ts';
import { at, isResource } from '../../core/fhir.ts';
import { type LinePlace, longestLine } from '../../core/lines.ts';
import type { Facts, Json } from '../../core/model.ts';
import { unquoted } from '../../core/sample.ts';
import { asking, isQuestion, ruleOf } from './questions.ts';
import type { RunAnswer, RunTask } from './worker.ts';

export interface WatchOptions {
  /** Number of this reading of the file, its own within the run. */
  readonly file: number;
  readonly place: LinePlace;
  /** Folder for ids and references. */
  readonly index: string;
  readonly pool: Pool;
  /** Failures kept for each rule. */
  readonly keep: number;
  readonly by: 'schema' | 'profiles';
}

export interface Watch extends FileWatch {
  readonly file: number;
  add(answer: RunAnswer): void;
  /** Resources on the lines that row questions picked, the first few of each, `Type/id`. */
  picked(): readonly string[];
  /** Everything so far, for the reconciliation. */
  seen(): { readonly counts: FileCounts; readonly rules: Readonly<Record<string, RuleCount>>; readonly failure: string | undefined };
}

/** Bytes of lines stored beyond the beginning of a file. */
const mostText = 2 ** 20;
/** Rules of which the facts tell; profiles may bring thousands. */
const mostRules = 100;

/** Reads one file in the threads of the pool as its bytes come. */
export function watchFile({ file, place, index, pool, keep, by }: WatchOptions): Watch {
  const pipe = new PassThrough({ highWaterMark: 2 ** 20 });
  let counts: FileCounts = { bytes: 0, lines: 0, resources: 0 };
  let types: Readonly<Record<string, number>> = {};
  let rules: Readonly<Record<string, RuleCount>> = {};
  let failure: string | undefined;
  const texts = new Map<number, string>();
  const type = place.kind === 'output' && place.type !== '' ? { type: place.type } : {};
  const reading = cutIntoBlocks(pipe, {
    mine: () => true,
    take: pool.take,
    give({ buffer, bytes, line, offset, unended }) {
      const task: RunTask = { buffer, from: bytes.byteOffset, length: bytes.byteLength, file, line, offset, unended, place, index, ...type };
      return pool.send(task);
    },
    tooLong(line, offset, bytes) {
      const { severity } = fileRules['line.too-long'];
      const text = `${bytes} bytes in one line; we hold ${longestLine}`;
      counts = addCounts({ bytes, lines: 1, resources: 0 }, counts);
      rules = mergeRules(rules, { 'line.too-long': { severity, count: 1, first: [{ file, line, offset, text }] } }, keep);
    },
  }).catch((cause: Error) => {
    failure = cause.message;
    pipe.destroy();
  });

  return {
    file,
    add({ result, texts: more }) {
      counts = addCounts(result, counts);
      types = addTypes(types, result.types);
      rules = mergeRules(rules, result.rules, keep);
      for (const [line, text] of more) texts.set(line, text);
      // What newer blocks have pushed out of the first few is not needed any more.
      const wanted = new Set(Object.values(rules).flatMap(({ first }) => first.map(({ line }) => line)));
      for (const line of texts.keys()) if (!wanted.has(line)) texts.delete(line);
    },
    async write(chunk) {
      if (failure === undefined && !pipe.destroyed && !pipe.write(chunk)) await Promise.race([once(pipe, 'drain').catch(() => undefined), reading]);
    },
    async end(from): Promise<FileFindings> {
      pipe.end();
      await reading;
      await pool.settled(file).catch((cause: Error) => {
        failure ??= cause.message;
      });
      if (failure !== undefined) return { facts: { 'file.unjudged': failure, ...scanOf() }, lines: [] };
      const asked = Object.fromEntries(asking.map((id) => [id, rules[ruleOf(id)]?.count ?? 0]));
      return { facts: { 'file.judged': by, ...scanOf(), 'file.rules': told(rules), 'file.asked': asked }, lines: beyond(from) };
    },
    abandon: () => void pipe.destroy(),
    picked() {
      const asked = Object.entries(rules).filter(([rule]) => isQuestion(rule));
      const lines = new Set(asked.flatMap(([, { first }]) => first.map(({ line }) => line)));
      return [...texts].flatMap(([line, text]) => (lines.has(line) ? keyIn(text) : []));
    },
    seen: () => ({ counts, rules, failure }),
  };

  /** The same facts as of a file that is small enough to be scanned by the downloader itself. */
  function scanOf(): Facts {
    const count = (rule: string): number => rules[rule]?.count ?? 0;
    const broken = ['line.json', 'line.split', 'file.cut', 'resource.none'].flatMap((rule) => rules[rule]?.first[0] ?? []);
    const [bad] = broken.sort((a, b) => a.line - b.line);
    return {
      'file.lines': counts.lines - count('line.blank'),
      'file.blank': count('line.blank'),
      'file.crlf': count('line.crlf'),
      'file.bom': count('line.bom') > 0,
      'file.unread': count('line.too-long'),
      'file.types': types,
      'file.bad': bad === undefined ? null : { line: bad.line, why: unquoted(bad.text) },
    };
  }

  function beyond(from: number): FileFindings['lines'] {
    const places = new Map(Object.values(rules).flatMap(({ first }) => first.map(({ line, offset }) => [line, offset] as const)));
    let room = mostText;
    return [...texts]
      .filter(([line]) => (places.get(line) ?? 0) >= from)
      .sort(([a], [b]) => a - b)
      .filter(([, text]) => {
        room -= text.length;
        return room >= 0;
      })
      .map(([line, text]) => ({ line, text: text.replace(/\r$/, '') }));
  }
}

function keyIn(text: string): readonly string[] {
  try {
    const row = JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
    const id = at(row, 'id');
    return isResource(row) && isId(id) ? [`${row.resourceType}/${id}`] : [];
  } catch {
    return [];
  }
}

/** What is wrong, by rule, for the exchange. */
function told(rules: Readonly<Record<string, RuleCount>>): Json {
  const wrong = Object.entries(rules).filter(([rule]) => !isQuestion(rule));
  return Object.fromEntries(
    wrong.slice(0, mostRules).map(([rule, { severity, count, first }]) => [
      rule,
      {
        severity,
        count,
        first: first.map(({ line, offset, text, expression }) => ({ line, offset, text: unquoted(text), ...(expression ? { expression } : {}) })),
      },
    ]),
  );
}
