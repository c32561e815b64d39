import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';
import { type PlanOptions, planOf } from './plan.ts';
import { type Difference, reconcile } from './reconcile.ts';
import { countOf, type FilesResult, filesFormat, mergeResults } from './result.ts';
import { indexRoster } from './roster.ts';
import { validateFiles } from './validate.ts';

/** What is stored: the result, and, once all shards are in, what the reconciliation says. */
export interface FilesReport extends FilesResult {
  readonly reconciliation?: readonly Difference[];
}

export interface ReportOptions extends PlanOptions {
  readonly shard?: number;
  readonly threads?: number;
  readonly packages?: readonly string[];
  readonly cache?: string;
  /** A file with the Group, when it is not among the files. */
  readonly roster?: string;
  /** Where the result and its index are kept. Absent: nothing is kept. */
  readonly out?: string;
  readonly signal?: AbortSignal;
  /** Says what stands in the lines, people included. */
  readonly open?: boolean;
}

const resultFile = 'validation.json';
const indexFolder = 'index';

/** Validates FILE, DIR or MANIFEST, or one shard of it, and reconciles when nothing is missing. What is temporary is removed whatever happens. */
export async function reportFiles(path: string, options: ReportOptions): Promise<FilesReport> {
  const { plan, inputs } = planOf(path, options);
  const temp = mkdtempSync(join(tmpdir(), 'payer-assay-files-'));
  try {
    const folder = options.out === undefined ? temp : join(options.out, indexFolder);
    rmSync(folder, { recursive: true, force: true });
    if (options.roster !== undefined) indexRoster(options.roster, folder);
    const result = await validateFiles({ ...options, plan, inputs, index: folder });
    return keep(await complete(result, [folder], temp), options.out);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/** Joins the results of shards, given as the folders that `--out` named, or the files in them. Once all are in, reconciles. */
export async function mergeReports(paths: readonly string[], out?: string): Promise<FilesReport> {
  const stored = paths.map((path) => readReport(path));
  const folders = paths.map((path) => join(folderOf(path), indexFolder));
  const [first, ...others] = stored;
  if (!first) throw new Error('Name at least one result.');
  const joined = others.reduce<FilesResult>(mergeResults, bare(first));
  const temp = mkdtempSync(join(tmpdir(), 'payer-assay-files-'));
  try {
    const lost = folders.find((folder) => !existsSync(folder));
    const result = lost === undefined ? joined : { ...joined, noIndex: `${lost} is not there; keep it next to ${resultFile}` };
    return keep(await complete(result, folders, temp), out);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

async function complete(result: FilesResult, index: readonly string[], temp: string): Promise<FilesReport> {
  if (result.shards.length < result.plan.shards) return result;
  return { ...result, reconciliation: await reconcile({ result, index, temp }) };
}

function keep(report: FilesReport, out: string | undefined): FilesReport {
  if (out === undefined) return report;
  makeFolder(out);
  writeFileSync(join(out, resultFile), `${JSON.stringify(report, null, 1)}\n`);
  return report;
}

const bare = ({ reconciliation: _later, ...result }: FilesReport): FilesResult => result;
const folderOf = (path: string): string => (statSync(path).isDirectory() ? path : join(path, '..'));

/** Is this the result of validating files (and not a run)? */
export function holdsFilesReport(path: string): boolean {
  if (!existsSync(path)) return false;
  if (statSync(path).isDirectory()) return existsSync(join(path, resultFile));
  return isReport(parsed(path));
}

function readReport(path: string): FilesReport {
  const file = statSync(path).isDirectory() ? join(path, resultFile) : path;
  const value = parsed(file);
  if (!isReport(value)) throw new Error(`${file} is no result of payer-assay validate (its format should be ${filesFormat}, version 1).`);
  return value as unknown as FilesReport;
}

const isReport = (value: Json | undefined): boolean => isObject(value) && value['format'] === filesFormat && value['version'] === 1;

function parsed(file: string): Json | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Json;
  } catch {
    return undefined;
  }
}

/** `errors`, `warnings` and what could not be told, of the lines and of the reconciliation together. */
export function totals(report: FilesReport): { readonly errors: number; readonly warnings: number; readonly unknown: number } {
  // Impure types and missing counts are also failures of lines; they count once.
  const beyondLines = (report.reconciliation ?? []).filter((each) => each.id !== 'types.pure');
  const sum = (level: Difference['level']): number => beyondLines.reduce((total, each) => total + (each.level === level ? each.count : 0), 0);
  return {
    errors: countOf(report, 'error') + sum('error'),
    warnings: countOf(report, 'warning') + sum('warning'),
    unknown: countOf(report, 'not-verifiable'),
  };
}
