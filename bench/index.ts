import type { Bench, BenchRow } from './row.ts';

/** Heavy measurements, kept out of CI: `npm run bench -- [--json] NAME [PART...]`, e.g. `npm run bench -- load alarms`. */
const benches: Readonly<Record<string, () => Promise<{ bench: Bench }>>> = {
  load: () => import('./load.ts'),
  run: () => import('./run.ts'),
  bulk: () => import('./bulk.ts'),
  validation: () => import('./validation.ts'),
};

const json = process.argv.includes('--json');
const [name = 'run', ...parts] = process.argv.slice(2).filter((each) => !each.startsWith('-'));
const load = benches[name];
if (!load) {
  console.error(`There is no bench called ${name}. Known: ${Object.keys(benches).join(', ')}. Example: npm run bench -- --json run`);
  process.exit(3);
}
const rows = await (await load()).bench(parts);
if (json) console.log(JSON.stringify(rows, null, 1));
else for (const row of rows) console.log(`${row.name.padEnd(66)} ${format(row.value)} ${row.unit}${bound(row)}`);
process.exitCode = rows.every(holds) ? 0 : 1;

function holds({ value, atLeast, atMost }: BenchRow): boolean {
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
}

function bound(row: BenchRow): string {
  const wanted = row.atLeast !== undefined ? `at least ${row.atLeast}` : row.atMost !== undefined ? `at most ${row.atMost}` : undefined;
  return wanted === undefined ? '' : `   (${wanted}: ${holds(row) ? 'holds' : 'MISSED'})`;
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
