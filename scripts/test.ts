import { play, type Stage } from './test/lanes.ts';
import { command, report, testFiles } from './test/stages.ts';

/**
 * Everything that must hold, stage by stage, summed up in the last line: `N passed, N failed`.
 * Usage: npm test -- [stage ...]; stages: check, laws, conformance, faults, shapes, examples, unit, node22, client-faults, hostile, peers, browser, load, apps.
 */
const node = process.execPath;
const stages: readonly Stage[] = [
  { name: 'check: lint', run: () => command('biome', ['check', '.']) },
  { name: 'check: types', run: () => command('tsc', ['-p', 'tsconfig.json']) },
  { name: 'check: types of the pure part', run: () => command('tsc', ['-p', 'tsconfig.pure.json']) },
  { name: 'check: types of what runs in k6', run: () => command('tsc', ['-p', 'tsconfig.load.json']) },
  { name: 'check: import law', run: () => command(node, ['scripts/check-imports.ts']) },
  { name: 'check: sizes', run: () => command(node, ['scripts/check-sizes.ts']) },
  { name: 'laws', run: () => command(node, ['scripts/laws.ts'], 'counted') },
  { name: 'conformance', run: () => import('./test/conformance.ts').then(({ honestRun }) => honestRun()) },
  // A third of these is waiting, for apps and slow payers: the lane beside has the processor meanwhile.
  { name: 'faults', run: () => command(node, ['scripts/faults.ts'], 'counted') },
  // A quarter of the shapes: the honest payer in each, and its share of all faults; the others by `--which`, all by `npm run shapes -- --all`.
  { name: 'shapes', run: () => command(node, ['scripts/shapes.ts', '--each', '1', '--part', '4'], 'counted') },
  { name: 'examples', run: () => command(node, ['scripts/examples.ts'], 'counted') },
  // A fifth of it is waiting.
  { name: 'unit', run: () => testFiles(['test/**/*.test.ts'], ['test/peers', 'test/load'], 3) },
  { name: 'client-faults', beside: true, run: () => command(node, ['scripts/client-faults.ts'], 'counted') },
  { name: 'hostile', beside: true, run: () => command(node, ['scripts/hostile.ts', '--tenth'], 'counted') },
  { name: 'peers', beside: true, run: () => testFiles(['test/peers/**/*.test.ts']) },
  { name: 'browser', beside: true, run: () => import('./test/playwright.ts').then(({ playwrightProject }) => playwrightProject('reports')) },
  { name: 'load: what is sent, told and kept', beside: true, run: () => testFiles(['test/load/*.test.ts'], [], 1) },
  // The embedded payer's own app, launched once: each requirement about it is a test.
  { name: 'apps', beside: true, run: () => import('./test/playwright.ts').then(({ appsProject }) => appsProject()) },
];

/** They begin first, so that none goes on alone at the end. */
const longest = ['errors', 'rate', 'limits'].map((name) => `test/load/alone/${name}.test.ts`);
/** Nothing beside but what gives way at once: what is measured would be this machine. A load takes a third of a core, so two go together. */
const quiet: readonly Stage[] = [
  { name: 'load: what is counted', run: () => testFiles([...longest, 'test/load/alone/*.test.ts']) },
  { name: 'node22', beside: true, low: true, run: () => import('./test/node22.ts').then(({ onNode22 }) => onNode22()) },
];
/** Not even that: times are compared. */
const quietest: readonly Stage[] = [{ name: 'load: what is timed', run: () => testFiles(['test/load/quiet/*.test.ts'], [], 1) }];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => ![...stages, ...quiet, ...quietest].some((stage) => stage.name.startsWith(name)));
if (unknown.length > 0) {
  console.error(`No stage is called ${unknown.join(', ')}. Known: ${[...stages, ...quiet, ...quietest].map((stage) => stage.name).join(', ')}.`);
  process.exit(3);
}

const isWanted = ({ name }: Stage): boolean => wanted.length === 0 || wanted.some((each) => name.startsWith(each));
const counts = [...(await play(stages.filter(isWanted)))];
for (const each of [quiet, quietest]) counts.push(...(await play(each.filter(isWanted))));
process.exitCode = report(counts) === 0 ? 0 : 1;
