import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { Exchange, Run } from '../core/model.ts';
import { unquoted } from '../core/sample.ts';
import { root, tool } from '../package/tool.ts';
import { journalFile, journalStart, recover } from './journal.ts';
import { linesOf } from './lines.ts';
import { withNewRunNames } from './renamed.ts';
import { createShare } from './share.ts';

export const runFile = 'run.json';
/** A run.json that was not laid out by us is read in one piece, and so only up to this size, bytes. */
const longestPiece = 256 * 2 ** 20;

/**
 * A run by its file or folder. In a folder the newest evidence counts: where a later run died and left its journal, the journal is the run, and
 * `partial` says so; so it does for a run that a newer version wrote. Throws with what is there instead when it is no whole run.json.
 */
export function readRun(path: string): Run {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const file = isFolder ? join(path, runFile) : path;
  const journal = isFolder ? join(path, journalFile) : undefined;
  const died = journal === undefined ? undefined : journalStart(journal);
  if (!existsSync(file)) {
    if (journal !== undefined && existsSync(journal)) return checked(recover(journal), journal);
    throw new Error(`There is no run at ${file}. Expected a run.json, or the folder that "payer-assay run" printed.`);
  }
  const run = checked(parse(file), file);
  if (journal === undefined || died === undefined || died <= run.startedAt) return run;
  return checked(recover(journal, `; ${file} is of an older run, which began at ${run.startedAt}`), journal);
}

/** Below 0: the run was made by an older version than this one; above: by a newer one. */
export const versionOrder = ({ tool: { version } }: Pick<Run, 'tool'>): number => {
  const numbers = (text: string) => text.split(/[.+-]/, 3).map(Number);
  const [theirs, ours] = [numbers(version), numbers(tool.version)];
  const differs = [0, 1, 2].find((nth) => (theirs[nth] || 0) !== (ours[nth] || 0));
  return differs === undefined ? 0 : (theirs[differs] || 0) - (ours[differs] || 0);
};

let valid: ReturnType<Ajv['compile']> | undefined;

/** What a newer version adds to a run is no defect of it. */
function schema(): ReturnType<Ajv['compile']> {
  const text = readFileSync(join(root, 'schemas', 'run.schema.json'), 'utf8');
  const open = JSON.parse(text, (key, value: unknown) => (key === 'additionalProperties' && value === false ? undefined : value)) as object;
  valid ??= new Ajv({ strict: false, formats: { 'date-time': (value: string) => !Number.isNaN(Date.parse(value)) } }).compile(open);
  return valid;
}

/** A run that is not in a file of its own; `file` names the place. Throws as `readRun` does. */
export const runOf = (value: unknown, file: string): Run => checked(value, file);

function checked(value: unknown, file: string): Run {
  const format = typeof value === 'object' && value !== null ? (value as Partial<Run>).format : undefined;
  if (format !== 1) {
    const why = typeof format === 'number' ? `it says format ${format}; this version (${tool.version}) reads format 1` : 'it names no format';
    throw new Error(`${file} is not a run.json of format 1: ${why}. Was it written by payer-assay run, and by this version?`);
  }
  const matches = schema();
  if (!matches(value)) {
    const [first] = matches.errors ?? [];
    throw new Error(
      `${file} is damaged, or was written by something else: ${first?.instancePath || 'the whole'} ${first?.message ?? 'is wrong'}. Expected a file that payer-assay run wrote.`,
    );
  }
  const run = withNewRunNames(value as Run);
  if (run.partial !== undefined || versionOrder(run) <= 0) return run;
  return { ...run, partial: `it was written by version ${run.tool.version}, and this is ${tool.version}: grade it with that version or a later one` };
}

function parse(file: string): unknown {
  const ours = byLines(file);
  if (ours !== undefined) return ours;
  if (statSync(file).size > longestPiece) throw new Error(`${file} is larger than any run.json (${longestPiece} bytes), and not laid out like one.`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} is not JSON (${printable(unquoted((cause as Error).message))}). Expected a file that payer-assay run wrote.`, { cause });
  }
}

/** A file laid out as `writeRun` does, line by line, so that its text is never held as a whole; undefined for another layout or a torn file. */
function byLines(file: string): unknown {
  const run = new Map<string, unknown>();
  let list: unknown[] | undefined;
  let first = true;
  const share = createShare();
  try {
    for (const line of linesOf(file)) {
      if (first) {
        if (line !== '{') return undefined;
        first = false;
      } else if (list !== undefined) {
        if (line.startsWith(']')) list = undefined;
        else {
          const value = JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line) as unknown;
          list.push(list === run.get('exchanges') && mayShare(value) ? share(value) : value);
        }
      } else if (line === '}') return Object.fromEntries(run);
      else {
        const [, key = '', value = ''] = /^"(\w+)": (.*?),?$/s.exec(line) ?? [];
        if (key === '') return undefined;
        if (value === '[') list = [];
        run.set(key, list ?? JSON.parse(value));
      }
    }
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
  return undefined;
}

/** It has a body as exchanges do; whether it is one is looked at when all is read. */
const mayShare = (value: unknown): value is Exchange => {
  const { response } = (value ?? {}) as { readonly response?: { readonly body?: unknown } | null };
  return typeof response?.body === 'string';
};

/** A parser's complaint may quote control characters of the file. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
