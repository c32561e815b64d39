import { clientRows } from '../checks/client/index.ts';
import { casesFor, conductOwn } from '../src/client-side/own/embedded.ts';
import type { ClientFault, ClientRow } from '../src/core/client-row.ts';

/**
 * Puts each defect of a client into our own, lets it meet the scripted payers, and looks which rows fail: exactly the one that the defect belongs to, and
 * those that it names. Usage: node scripts/client-faults.ts [PART-OF-ID ...]; `--whole` plays every case for every defect.
 */
const wanted = process.argv.slice(2).filter((each) => !each.startsWith('--'));
const whole = process.argv.includes('--whole');
const all = clientRows.flatMap((row) => row.faults.map((fault) => ({ row, fault })));
const chosen = all.filter(({ row }) => wanted.length === 0 || wanted.some((part) => row.id.includes(part)));
/** Defects at a time: most of it is waiting. */
const atOnce = 10;

interface Outcome {
  readonly text: string;
  readonly good: boolean;
}

interface Defect {
  readonly row: ClientRow;
  readonly fault: ClientFault;
}

async function tried({ row, fault }: Defect): Promise<Outcome> {
  const { run } = await conductOwn({ signal: new AbortController().signal, fault, ...(whole ? {} : { cases: fault.in ?? casesFor(row) }) });
  const failed = run.verdicts.filter(({ finding }) => finding.outcome === 'fail').map(({ requirement }) => requirement);
  const also = Object.keys(fault.alsoFails ?? {});
  const collateral = failed.filter((id) => id !== row.id && !also.includes(id));
  const own = run.verdicts.find(({ requirement }) => requirement === row.id)?.finding;
  const seen = own?.outcome === 'fail' ? '' : ` was ${own?.outcome}${own && 'reason' in own ? `: ${own.reason}` : ''}`;
  return {
    good: seen === '' && collateral.length === 0,
    text: `${row.id}: ${fault.name}${seen}${collateral.length > 0 ? `; undeclared: ${collateral.join(', ')}` : ''}`,
  };
}

const began = performance.now();
const outcomes: Outcome[] = [];
/** A hasty client among ten on a busy machine may be slow enough to be right: what was not noticed is tried once more by itself. More than a few are no accident. */
const doubtful: { readonly defect: Defect; readonly first: Outcome }[] = [];
const mostAgain = 10;
const waiting = [...chosen];
const work = async (): Promise<void> => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const first = await tried(next);
    if (first.good) outcomes.push(first);
    else doubtful.push({ defect: next, first });
  }
};
await Promise.all(Array.from({ length: atOnce }, work));
for (const [nth, { defect, first }] of doubtful.entries()) {
  const outcome = nth < mostAgain ? await tried(defect) : first;
  console.log(outcome.good ? `at the second try, alone: ${outcome.text} (the first: ${first.text})` : `FAIL ${outcome.text}`);
  outcomes.push(outcome);
}
const bad = outcomes.filter(({ good }) => !good).length;
console.log(
  `${outcomes.length} defects of a client against ${clientRows.length} rows in ${Math.round((performance.now() - began) / 1000)} s: ${outcomes.length - bad} passed, ${bad} failed`,
);
process.exitCode = bad === 0 && outcomes.length > 0 ? 0 : 1;
