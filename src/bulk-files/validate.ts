import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { longestLine } from '../core/lines.ts';
import { makeFolder } from '../disk/folder.ts';
import { prepareSoundReader } from '../validation/sound.ts';
import { type Cut, cutIntoBlocks, stripe } from './cut.ts';
import { type Answer, type Pool, startPool } from './pool.ts';
import { addCounts, addTypes, emptyResult, type FileCounts, type FilesResult, mergeRules, type Plan, type RuleCount } from './result.ts';
import { type FileRule, fileRules } from './rules.ts';
import { isGzip, openFile, type Source } from './source.ts';

/** Where the bytes of a planned file come from: a path, a stream (e.g. a download), or nowhere. */
export type Input = { readonly path: string } | { readonly source: Source } | { readonly missing: string };

export interface ValidateOptions {
  readonly plan: Plan;
  /** As many as `plan.files`, in their order. */
  readonly inputs: readonly Input[];
  /** Which shard to do, from 0. Default 0 of 1. */
  readonly shard?: number;
  /** Threads. Default: as many as there are processors. */
  readonly threads?: number;
  /** Packages with profiles, used when `plan.profiles`. */
  readonly packages?: readonly string[];
  readonly cache?: string;
  /** Says of lines what stands in them, people included. Default: people are replaced. */
  readonly open?: boolean;
  /** Folder for ids and references, which the reconciliation needs. Absent: none are kept. */
  readonly index?: string;
  /** Bytes that the index may take. Default 20 GB. */
  readonly indexLimit?: number;
  readonly signal?: AbortSignal;
}

const defaultIndexLimit = 20e9;

/**
 * Validates every line of the files, or of this shard's part of them. Memory is bounded whatever their size. Findings about the data are in the result;
 * throws when a file cannot be read, a thread dies, or the signal aborts.
 */
export async function validateFiles(options: ValidateOptions): Promise<FilesResult> {
  const { plan, inputs, shard = 0, threads = availableParallelism(), packages = [], cache, index, indexLimit = defaultIndexLimit, signal } = options;
  if (index !== undefined) makeFolder(index);
  const empty = emptyResult(plan, [shard]);
  const files: FileCounts[] = [...empty.files];
  let types = empty.types;
  let rules = empty.rules;
  let written = 0;
  if (!plan.profiles) prepareSoundReader(plan.files.flatMap(({ type }) => type ?? []));
  const pool = startPool(
    threads,
    (thread) => ({
      keep: plan.keep,
      profiles: plan.profiles,
      hides: options.open !== true,
      packages,
      ...(cache === undefined ? {} : { cache }),
      ...(index === undefined ? {} : { index: { folder: index, name: `${shard}-${thread}` } }),
    }),
    add,
  );
  try {
    for (const [file, input] of inputs.entries()) await one(file, input);
    await pool.finish();
  } catch (cause) {
    await pool.stop();
    throw cause;
  }
  const full = written > indexLimit ? `the ids took more than ${indexLimit} bytes on disk, our limit` : undefined;
  const noIndex = index === undefined ? 'no ids were kept' : full;
  return { ...empty, files, types, rules, ...(noIndex === undefined ? {} : { noIndex }) };

  function add(file: number, { result, written: more }: Answer): void {
    written += more;
    if (written > 2 * indexLimit) throw new Error(`The ids took more than ${2 * indexLimit} bytes on disk. Give more room, or use more shards.`);
    files[file] = addCounts(result, files[file]);
    types = addTypes(types, result.types);
    rules = mergeRules(rules, result.rules, plan.keep);
  }

  function tell(file: number, rule: FileRule, text: string, line = 0, offset = 0): void {
    const { severity } = fileRules[rule];
    const found: Readonly<Record<string, RuleCount>> = { [rule]: { severity, count: 1, first: [{ file, line, offset, text }] } };
    rules = mergeRules(rules, found, plan.keep);
  }

  async function one(file: number, input: Input): Promise<void> {
    const mine = (number: number): boolean => (file + number) % plan.shards === shard;
    // What concerns the file as a whole is reported by the shard that has its first stripe.
    if ('missing' in input) {
      if (mine(0)) tell(file, 'file.missing', input.missing);
      return;
    }
    if ('path' in input && !isGzip(input.path) && !hasOwnStripe(statSync(input.path).size, mine)) return;
    const source = 'path' in input ? openFile(input.path) : input.source;
    await readSource(source, file, mine, pool);
    const problem = source.problem();
    if (problem !== undefined && mine(0)) tell(file, 'file.gzip', `${problem}; the lines before it were validated`);
  }

  async function readSource(source: Source, file: number, mine: (stripe: number) => boolean, to: Pool): Promise<void> {
    const type = plan.files[file]?.type;
    await cutIntoBlocks(source.chunks, {
      mine,
      take: to.take,
      give({ buffer, bytes, line, offset, unended }: Cut) {
        signal?.throwIfAborted();
        const task = { buffer, from: bytes.byteOffset, length: bytes.byteLength, file, line, offset, unended };
        return to.send({ ...task, ...(type === undefined ? {} : { type }) });
      },
      tooLong(line, offset, bytes) {
        files[file] = addCounts({ bytes, lines: 1, resources: 0 }, files[file]);
        tell(file, 'line.too-long', `${bytes} bytes in one line; we hold ${longestLine}`, line, offset);
      },
    });
  }
}

function hasOwnStripe(size: number, mine: (stripe: number) => boolean): boolean {
  for (let at = 0; at * stripe < size; at++) if (mine(at)) return true;
  return false;
}
