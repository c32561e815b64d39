import { gzipSync } from 'fflate';
import type { Requirement, Run } from '../core/model.ts';
import type { PlanGrade } from '../plan/grade.ts';
import type { Resolved, Retraction } from '../plan/types.ts';
import { inputsOf } from './inputs.ts';
import { type Said, statementOf } from './statement.ts';
import { runDigest, type Tries } from './tries.ts';
import { type Member, pack } from './zip.ts';

/** Members of a package besides signatures, in this order. */
export const memberNames = [
  'format',
  'statement.json',
  'plan.json',
  'run.json.gz',
  'inputs.json',
  'grade.json',
  'pages/grade.html',
  'pages/badge.svg',
  'pages/conformance.html.gz',
] as const;
export type MemberName = (typeof memberNames)[number];

/** First member: which kind of package this is. A higher number is of a newer payer-assay. */
export const format = 1;
export const formatText = `payer-assay package ${format}\n`;

export interface Ingredients {
  readonly run: Run;
  /** run.json as it is written. */
  readonly runText: string;
  readonly resolved: Resolved;
  readonly grade: PlanGrade;
  readonly rows: readonly Requirement[];
  readonly retracted: readonly Retraction[];
  readonly tries: Tries;
  readonly said: Said;
  readonly pages: { readonly grade: string; readonly badge: string; readonly conformance: string };
  readonly packageFolder: (id: string) => string | undefined;
}

const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
const gz = (text: string): Uint8Array => gzipSync(Buffer.from(text), { level: 9, mtime: 0 });

/** One run under one plan as a package, unsigned: the same run gives the same bytes. */
export function build({ run, runText, resolved, grade, rows, retracted, tries, said, pages, packageFolder }: Ingredients): Uint8Array {
  const contents: Readonly<Record<Exclude<MemberName, 'format' | 'statement.json'>, Uint8Array>> = {
    'plan.json': json(resolved),
    'run.json.gz': gz(runText),
    'inputs.json': json(inputsOf(run, rows, retracted, packageFolder)),
    'grade.json': json(grade),
    'pages/grade.html': Buffer.from(pages.grade),
    'pages/badge.svg': Buffer.from(pages.badge),
    'pages/conformance.html.gz': gz(pages.conformance),
  };
  const members: readonly Member[] = Object.entries(contents).map(([name, bytes]) => ({ name, bytes }));
  const statement = statementOf(run, grade, members, said, tries, runDigest(run));
  return pack([{ name: 'format', bytes: Buffer.from(formatText) }, { name: 'statement.json', bytes: json(statement) }, ...members]);
}
