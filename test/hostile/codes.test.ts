import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { grade } from '../../src/core/grade.ts';
import type { Run } from '../../src/core/model.ts';
import { readRun } from '../../src/run/stored.ts';
import { payerAssay, runIn, startNode, temporary } from '../cli/payer-assay.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let whole: string;
before(async () => {
  world = await openWorld();
  const done = await world.run({ args: ['--only', 'cc3.metadata.available'] });
  assert.equal(done.code, 0, done.stdout + done.stderr);
  whole = done.out;
});
after(() => world.close());

const stored = (): Run => runIn(whole);
function folderOf(run: unknown, journal?: { readonly head: object; readonly lines: number }): string {
  const folder = temporary();
  const text = typeof run === 'string' ? run : JSON.stringify(run);
  if (run !== undefined) writeFileSync(join(folder, 'run.json'), text);
  if (journal) {
    const lines = [journal.head, ...stored().exchanges.slice(0, journal.lines)].map((each) => JSON.stringify(each));
    writeFileSync(join(folder, 'exchanges.ndjson'), `${lines.join('\n')}\n{"torn":`);
  }
  return folder;
}
const headAt = (startedAt: string) => {
  const { format, tool, target, notRun } = stored();
  return { format, tool, target, startedAt, notRun };
};
const commands = (folder: string): readonly (readonly string[])[] => [
  ['report', folder],
  ['regrade', folder, '--all'],
  ['diff', whole, folder],
];

async function neverConformant(folder: string, words: RegExp, code: number): Promise<void> {
  for (const [args, seen] of await Promise.all(commands(folder).map(async (each) => [each, await payerAssay(...each)] as const))) {
    const said = seen.stdout + seen.stderr;
    assert.equal(seen.code, code, `${args.join(' ')}: ${said}`);
    assert.doesNotMatch(said, /(?<!non-)conformant ·|"result": "conformant"|: conformant|at .*\.ts:\d+/, args.join(' '));
    assert.match(said, words, args.join(' '));
  }
}

test('H4: the folder of a killed run is incomplete to every command, and they say that it died', async () => {
  const folder = folderOf(undefined, { head: headAt(stored().startedAt), lines: 5 });
  await neverConformant(folder, /died before its end/, 2);
  // A merge wants a load: without one it cannot even begin.
  assert.equal((await payerAssay('merge', folder, '--out', temporary())).code, 3);
});

test('H4: a killed run that had asked nothing yet is incomplete, not conformant', () =>
  neverConformant(folderOf(undefined, { head: headAt(stored().startedAt), lines: 0 }), /died before its end/, 2));

test('H4: the newest evidence counts: the journal of a later run that died, not the older run.json beside it', () =>
  neverConformant(folderOf(stored(), { head: headAt('2999-01-01T00:00:00.000Z'), lines: 3 }), /of an older run/, 2));

test('H4: a journal that is older than run.json changes nothing', async () => {
  const folder = folderOf(stored(), { head: headAt('2001-01-01T00:00:00.000Z'), lines: 3 });
  assert.equal((await payerAssay('report', folder)).code, 0);
});

test('H4: a run of a newer version makes no statement here', () =>
  neverConformant(folderOf({ ...stored(), tool: { ...stored().tool, version: '99.0.0' } }), /written by version 99\.0\.0/, 2));

test('H4: report of an older version’s verdicts makes no statement; regrade judges it by the rules of today', async () => {
  const folder = folderOf({ ...stored(), tool: { ...stored().tool, version: '0.0.1' } });
  const told = await payerAssay('report', folder);
  assert.equal(told.code, 2);
  assert.match(told.stdout, /rules of version 0\.0\.1.*regrade/s);
  assert.equal((await payerAssay('regrade', folder)).code, 0);
});

test('H4: a run that was interrupted says so to the end of its days', () =>
  neverConformant(folderOf({ ...stored(), partial: 'the run was interrupted (SIGTERM)' }), /interrupted \(SIGTERM\)/, 2));

test('H17: a damaged or foreign run.json is distinguished from a run in one sentence, without a stack and without its control characters', async () => {
  const whole = readFileSync(join(folderOf(stored()), 'run.json'), 'utf8');
  const cases: readonly unknown[] = [
    'null',
    '[]',
    '7',
    '""',
    '{}',
    '',
    whole.slice(0, whole.length / 2),
    '\u0000\u001b]0;owned\u0007\u202e',
    { format: 1 },
    { format: '1' },
    { format: 2 },
    { ...stored(), verdicts: {} },
    { ...stored(), verdicts: [null] },
    { ...stored(), exchanges: [{}] },
    { ...stored(), exchanges: 'none' },
    { ...stored(), target: null },
    { ...stored(), tool: 'x' },
    { ...stored(), blocked: [1] },
    { name: 'a-package', version: '1.0.0' },
  ];
  for (const each of cases) {
    const folder = folderOf(each);
    assert.throws(
      () => readRun(folder),
      (cause: Error) => cause.constructor === Error && !/[^\x20-\x7e]/.test(cause.message),
      JSON.stringify(each).slice(0, 60),
    );
  }
  const folder = folderOf('null');
  for (const args of [['report'], ['regrade'], ['diff', folder], ['merge', '--out', temporary()]]) {
    const { code, stderr, stdout } = await payerAssay(...args, folder);
    assert.equal(code, 3, `${args[0]}: ${stdout}${stderr}`);
    assert.doesNotMatch(stderr, /defect of its own|TypeError|at .*\.ts:\d+/);
  }
});

test('K1.13: nothing met is not conformant, and no verdict is no grade', () => {
  const target = { minVerified: 0 };
  assert.deepEqual(pick(grade({ verdicts: [], target }, '2026-01-01')), ['incomplete', 2]);
  const verdicts = stored().verdicts.map((each) => ({ ...each, finding: { outcome: 'not-applicable', reason: 'x' } as const }));
  assert.deepEqual(pick(grade({ verdicts, target }, '2026-01-01')), ['incomplete', 2]);
  assert.deepEqual(pick(grade({ ...stored(), target }, '2026-01-01')), ['conformant', 0]);
  assert.deepEqual(pick(grade({ ...stored(), partial: 'killed', target }, '2026-01-01')), ['incomplete', 2]);
});
const pick = ({ result, exitCode }: ReturnType<typeof grade>) => [result, exitCode];

test('H2: an error that nobody catches ends a run with 3, never with the code of a verdict, and its evidence is kept', async () => {
  const file = join(temporary(), 'defects.mjs');
  for (const [defect, words] of [
    ['setTimeout(() => { throw new Error("nobody catches this"); }, 50)', /nobody catches this/],
    ['setTimeout(() => void Promise.reject(new TypeError("nor this")), 50)', /nor this/],
  ] as const) {
    writeFileSync(file, `${defect};`);
    const { file: target, out } = world.place();
    const { code, stderr } = await startNode(['--import', file, 'bin/payer-assay.js', 'run', '--target', target, '--out', out]).done;
    assert.equal(code, 3, stderr);
    assert.match(stderr, words);
    mkdirSync(out, { recursive: true });
  }
});

test('H4: a run.json in another layout, and one with its lines as we write them, read the same', async () => {
  const pretty = temporary();
  writeFileSync(join(pretty, 'run.json'), JSON.stringify(stored(), null, 2));
  assert.deepEqual(readRun(pretty), readRun(whole));
  const copy = temporary();
  copyFileSync(join(whole, 'run.json'), join(copy, 'run.json'));
  assert.deepEqual(readRun(copy), stored());
});
