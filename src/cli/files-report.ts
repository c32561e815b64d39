import { line as visible } from '../../reports/view/text.ts';
import { type FilesReport, totals } from '../bulk-files/report.ts';
import { exit } from './failure.ts';

/** Prints what validating files found, and answers with the exit code. The verdict on shards is that of their merge. */
export function printFiles(report: FilesReport, json: boolean): number {
  if (json) console.log(JSON.stringify(report, null, 1));
  else for (const each of linesOf(report)) console.log(`${/^ */.exec(each)?.[0] ?? ''}${visible(each, 4000)}`);
  if (report.shards.length < report.plan.shards) return exit.conformant;
  const { errors, unknown } = totals(report);
  const nothing = report.files.every(({ resources }) => resources === 0);
  return errors > 0 ? exit.nonConformant : unknown > 0 || nothing ? exit.incomplete : exit.conformant;
}

function* linesOf(report: FilesReport): Generator<string> {
  const { plan, rules, files, types, shards } = report;
  const nameOf = (file: number): string => plan.files[file]?.name ?? '';
  for (const [rule, { severity, count, first }] of Object.entries(rules)) {
    yield `${severity} ${rule}: ${count}`;
    for (const { file, line, offset, text, expression } of first)
      yield `  ${nameOf(file)}${line === 0 ? '' : `:${line} (byte ${offset})`}: ${expression ? `${expression}: ` : ''}${text}`;
    if (count > first.length) yield `  and ${count - first.length} more`;
  }
  for (const { id, level, expected, count, first, notAsked } of report.reconciliation ?? []) {
    if (notAsked !== undefined) yield `not asked ${id}: ${notAsked}`;
    else if (count === 0) yield `agrees ${id}: ${expected}`;
    else {
      yield `${level} ${id}: ${count} differ; expected ${expected}`;
      for (const text of first) yield `  ${text}`;
      if (count > first.length) yield `  and ${count - first.length} more`;
    }
  }
  const sum = (pick: (each: (typeof files)[number]) => number): number => files.reduce((total, each) => total + pick(each), 0);
  const { errors, warnings, unknown } = totals(report);
  const kinds = Object.entries(types).map(([type, count]) => `${type} ${count.toLocaleString('en')}`);
  if (kinds.length > 0) yield kinds.join(', ');
  const [lines, bytes] = [sum((each) => each.lines), sum((each) => each.bytes)];
  yield `${counted(files.length, 'file')}, ${counted(lines, 'line')}, ${counted(bytes, 'byte')}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}, ${unknown} not verifiable.${
    plan.profiles ? '' : ' Judged by the R4 schema; --profiles also judges by the profiles that resources claim.'
  }`;
  if (files.length === 0) yield 'The manifest lists no file, so nothing was judged.';
  else if (files.every(({ resources }) => resources === 0))
    yield 'Not one resource was read, so nothing was judged. Is this the right file, and was the export complete?';
  if (shards.length < plan.shards) yield `Shards ${shards.join(', ')} of ${plan.shards}. payer-assay merge joins them and reconciles.`;
}

const counted = (count: number, what: string): string => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
