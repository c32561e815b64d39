import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { faults } from '../checks/injections.ts';
import { shapes } from '../mocks/shapes/index.ts';
import type { Tried } from './shapes/bench.ts';
import { choose, fits } from './shapes/choose.ts';
import { alarmsOf, compare, type Known, knownFrom } from './shapes/known.ts';
import { inThreads } from './shapes/threads.ts';
import { report } from './shapes/words.ts';

/**
 * The shapes project: verdicts at legal payers other than the full one. The honest payer in each shape fails nothing and warns of nothing that it has not
 * earned; every fault in some shapes, chosen pairwise from a seed, fails or stays open with a reason, and never passes.
 * Usage: npm run shapes -- [part of a shape's id ...] [--each n] [--part n] [--which k] [--all] [--minutes n] [--seed text] [--report file.md] [--update]
 * `--each`: shapes for each fault (default 4); `--part n`: an n-th of the shapes, the same one always (`--which` chooses it, from 0); `--all`: every pair that fits; `--update`: write today's alarms into the list of known ones.
 */
// One process for a thousand runs has the memory of a thousand: its threads stay.
process.env['PAYER_ASSAY_MEMORY'] ??= 'ample';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    each: { type: 'string', default: '4' },
    all: { type: 'boolean', default: false },
    part: { type: 'string', default: '1' },
    which: { type: 'string', default: '0' },
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: 'payer-assay' },
    report: { type: 'string' },
    update: { type: 'boolean', default: false },
  },
});
const listed = new URL('./shapes/known.json', import.meta.url);
const [parts, which] = [Number(values.part), Number(values.which)];
const wanted = shapes
  .filter((_shape, nth) => nth % parts === which % parts)
  .filter(({ id }) => positionals.length === 0 || positionals.some((part) => id.includes(part)));
const chosen = values.all
  ? new Map(wanted.map((shape) => [shape.id, faults.filter((fault) => fits(fault, shape))]))
  : choose(faults, shapes, Number(values.each), values.seed);
const jobs = wanted.map((shape) => ({ shape: shape.id, injections: (chosen.get(shape.id) ?? []).map(({ id }) => id) }));
const until = Date.now() + Number(values.minutes) * 60_000;

const tried: readonly Tried[] = await inThreads(jobs, until);
const alarms = alarmsOf(tried, shapes);
const known = JSON.parse(readFileSync(listed, 'utf8')) as Known;
if (values.update) writeFileSync(listed, `${JSON.stringify(knownFrom(alarms, known, tried), null, 1)}\n`);
const { fresh, gone } = compare(alarms, values.update ? knownFrom(alarms, known, tried) : known, tried);

mkdirSync('out', { recursive: true });
writeFileSync(
  'out/shapes.json',
  `${JSON.stringify(
    tried.map(({ found: _found, ...rest }) => rest),
    null,
    1,
  )}\n`,
);
if (values.report !== undefined) writeFileSync(values.report, report(alarms, tried, shapes));

for (const each of fresh)
  console.error(`FAIL new alarm in ${each.shape}: ${each.requirement} ${each.fault === undefined ? '' : `under ${each.fault} `}${each.words}`);
for (const each of gone)
  console.error(`FAIL no longer an alarm: ${each}. Take it out of scripts/shapes/known.json, or run npm run shapes -- --update.`);
const all = tried.flatMap((each) => each.faults);
const count = (fate: string): number => all.filter((each) => each.fate === fate).length;
const left = tried.reduce((sum, each) => sum + each.left, 0);
console.log(
  `shapes: ${tried.length}, of which ${new Set(alarms.filter((each) => each.fault === undefined).map((each) => each.shape)).size} raise an alarm when honest; ` +
    `faults x shapes: ${all.length} injected, ${count('failed')} failed, ${count('open')} open, ${count('silent')} changed nothing there, ` +
    `${count('passed')} passed, ${count('broken')} broken${left > 0 ? `, ${left} left out (time)` : ''}; known alarms: ${alarms.length - fresh.length}`,
);
// A shape may raise several alarms, and is one that did not pass.
const heard = new Set(fresh.map(({ shape, fault }) => `${shape} ${fault ?? ''}`)).size;
console.log(`${tried.length + all.length - heard} passed, ${fresh.length + gone.length} failed`);
process.exitCode = fresh.length + gone.length > 0 ? 1 : 0;
