import { spawn } from 'node:child_process';
import { glob, readFile } from 'node:fs/promises';
import { availableParallelism, constants, setPriority } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { type Count, isLow, voice } from './lanes.ts';

/** One command is one test; with `counted`, its last line says `N passed, N failed` for itself. */
export async function command(name: string, args: readonly string[], counted?: 'counted'): Promise<Count> {
  const { code, output } = await spawned(name, args);
  const said = counted === undefined ? null : /(\d+) passed, (\d+) failed\s*$/.exec(output);
  const passed = said === null ? (code === 0 ? 1 : 0) : Number(said[1]);
  // A counting command that dies before its last line has failed once, and so has one that ends badly whatever it counted.
  const failed = Math.max(said === null ? 0 : Number(said[2]), code === 0 ? 0 : 1);
  const told = counted === undefined ? [] : failuresIn(output);
  const last = `${[name, ...args].join(' ')} ended with ${code}: ${output.trimEnd().split('\n').at(-1) ?? ''}`;
  return { passed, failed, skipped: [], failures: failed > 0 && told.length === 0 ? [last] : told };
}

/** Whatever counts for itself begins the line of a failure with this word. */
const failuresIn = (output: string): readonly string[] => [...output.matchAll(/^FAIL +(.+)$/gm)].map(([, told = '']) => told);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
/** No stage takes longer, ms: CI has 90 minutes for all of them. */
const longest = 1_800_000;

/** Runs a command in a group of its own, shows its output and answers with it. What it started ends with it, with us, and at the latest after half an hour. */
export function spawned(name: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(name, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
    if (isLow() && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group has already gone.
      }
    };
    const late = setTimeout(end, longest);
    process.once('exit', end);
    const done = (result: { code: number; output: string }): void => {
      clearTimeout(late);
      process.off('exit', end);
      end();
      resolve(result);
    };
    const say = voice();
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk;
      say(chunk);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    // What it left running would keep its output open.
    child.once('exit', end);
    child.once('error', (cause) => done({ code: 127, output: `${output}${cause.message}` }));
    child.once('close', (code) => done({ code: code ?? 1, output }));
  });
}

/** Runs test files in processes of their own, `atOnce` of them at a time, in the order of the patterns. A suite counts by its tests, not by itself. */
export async function testFiles(
  patterns: readonly string[],
  without: readonly string[] = [],
  atOnce = Math.min(2, availableParallelism()),
): Promise<Count> {
  const files: string[] = [];
  for (const pattern of patterns) {
    const found: string[] = [];
    for await (const file of glob(pattern)) if (!files.includes(file) && !without.some((folder) => file.startsWith(folder))) found.push(file);
    files.push(...found.sort());
  }
  if (files.length === 0) return { passed: 0, failed: 0, skipped: [`no file fits ${patterns.join(', ')} yet`] };
  let [passed, failed] = [0, 0];
  const skipped: string[] = [];
  const failures: string[] = [];
  // A test that fails may leave a server open: its file ends all the same, once the last test is over.
  const stream = run({ files, concurrency: atOnce, timeout: 600_000, forceExit: true });
  stream.on('test:pass', ({ name, skip, details }) => {
    if (details.type === 'suite') return;
    if (skip === undefined) passed++;
    else skipped.push(`${name}: ${skip === true ? 'no reason given' : skip}`);
  });
  stream.on('test:fail', ({ name, file, details }) => {
    if (details.type === 'suite') return;
    failed++;
    const { message } = details.error.cause instanceof Error ? details.error.cause : details.error;
    failures.push(`${relative('.', file ?? '')}: ${name}: ${message.split('\n', 1)[0]}`);
  });
  const say = voice();
  for await (const line of stream.compose(new spec())) say(line as string);
  return { passed, failed, skipped, failures };
}

/** Failures of a stage that the summary names. */
const mostTold = 20;

/** Sums up; the last line is for machines. Answers with the number of failures. */
export function report(counts: readonly (Count & { readonly name: string })[]): number {
  console.log('');
  for (const { name, skipped } of counts) for (const why of skipped) console.log(`skipped (${name}) ${why}`);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  // Said again at the end: of a long log, often only the end is kept.
  for (const { name, failures = [] } of counts.filter((count) => count.failed > 0)) {
    for (const what of failures.slice(0, mostTold)) console.log(`failed (${name}) ${what.slice(0, 500)}`);
    if (failures.length > mostTold) console.log(`failed (${name}) and ${failures.length - mostTold} more, told above`);
    console.log(`failed: ${name}`);
  }
  console.log(`${counts.reduce((sum, count) => sum + count.passed, 0)} passed, ${failed} failed`);
  return failed;
}

/** What set-up found on this machine. */
export async function setUp(): Promise<{
  readonly node: string;
  readonly missing: readonly { readonly what: string; readonly why: string; readonly fix: string }[];
}> {
  return JSON.parse(await readFile('.cache/setup.json', 'utf8'));
}
