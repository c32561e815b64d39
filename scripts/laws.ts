import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { checks } from '../checks/index.ts';
import type { LawResult } from './laws/blanking.ts';

/**
 * The laws of witness and of lost answers, over the whole catalogue, on the honest run (docs/architecture.md). Usage: `npm run laws -- [part of an id ...]
 * [--all]`. `--all` loses every single answer; without it a tenth, chosen by position. Writes out/laws.json; the last line counts.
 */
const parts = process.argv.slice(2).filter((each) => !each.startsWith('-'));
const share = process.argv.includes('--all') ? 1 : 0.1;
const wanted = checks.filter(({ id }) => parts.length === 0 || parts.some((part) => id.startsWith(part)));

const threads = Math.max(1, Math.min(2, availableParallelism(), wanted.length));
const tryShare = (rows: typeof wanted) =>
  new Promise<LawResult>((resolve, reject) => {
    const worker = new Worker(new URL('./laws/worker.ts', import.meta.url), { workerData: { ids: rows.map(({ id }) => id), share } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a thread of the laws ended with ${code} before it had a result`)));
  });
const shares = await Promise.all(Array.from({ length: threads }, (_, thread) => tryShare(wanted.filter((_row, nth) => nth % threads === thread))));
const tried = shares.reduce((sum, each) => sum + each.tried, 0);
const breaches = shares.flatMap((each) => each.breaches);
const exceptions = shares.flatMap((each) => each.exceptions);
mkdirSync('out', { recursive: true });
writeFileSync('out/laws.json', `${JSON.stringify({ tried, breaches, exceptions }, null, 1)}\n`);
const rows = new Map<string, string[]>();
for (const { law, requirement, loss, finding, exchange } of breaches) {
  const said = finding.outcome === 'fail' ? `fails: ${finding.expected} / ${finding.actual}` : 'stays a pass';
  const told = rows.get(requirement) ?? [];
  rows.set(requirement, [...told, `${law}, ${loss}${exchange === undefined ? '' : ` of ${exchange}`}: ${said}`]);
}
for (const [requirement, told] of rows)
  console.error(
    `FAIL ${requirement}: ${told
      .slice(0, 12)
      .map((each) => each.slice(0, 220))
      .join('\n  ')}`,
  );
const excepted = new Set(exceptions.map((each) => each.requirement)).size;
const tooMany = parts.length === 0 && excepted > checks.length * 0.02;
console.log(
  `laws: ${wanted.length} rows, ${tried} losses tried, ${breaches.filter((each) => each.law.endsWith('witness') || each.law === 'asked').length} passes without a witness or failures from silence, ` +
    `${breaches.filter((each) => each.law === 'step').length} failures from one lost step, ` +
    `${breaches.filter((each) => each.law === 'single loss').length} failures from one lost answer, ${excepted} rows with exceptions (at most 2 %)`,
);
console.log(`${tried - breaches.length} passed, ${breaches.length + (tooMany ? 1 : 0)} failed`);
process.exitCode = breaches.length > 0 || tooMany ? 1 : 0;
