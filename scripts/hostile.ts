import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cases, tenth } from './hostile/all.ts';
import { pageOf } from './hostile/page.ts';
import { type Case, isGood, type Played } from './hostile/played.ts';
import { hurried, openStage, type Stage } from './hostile/stage.ts';

/**
 * Plays what a payer and a machine may do to us, and says what came of each: `npm run hostile -- [--tenth] [--docs] [--built] [--at-once N] [PART-OF-ID ...]`.
 * All cases on two cores in the shortest time: `npm run build && npm run hostile -- --docs --built --at-once 4` (most of a case is waiting).
 * `--docs` enters the results into docs/reliability.md; what was not played this time keeps its row. The last line is `N passed, N failed`.
 */
const args = process.argv.slice(2);
const atOnce = Number(/^\d$/.exec(args[args.indexOf('--at-once') + 1] ?? '')?.[0] ?? 3);
const parts = args.filter((each) => !each.startsWith('--') && !/^\d$/.test(each));
const chosen = (args.includes('--tenth') ? tenth : cases).filter(({ id }) => parts.length === 0 || parts.some((part) => id.includes(part)));
const results = 'docs/reliability.json';
/** Read anew before each write, so that several may play parts of it side by side. */
const kept = (): Map<string, Played> =>
  new Map(existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as readonly Played[]).map((each) => [each.id, each]) : []);

const write = (played: Played): void => {
  if (!args.includes('--docs')) return;
  const all = kept().set(played.id, played);
  const rows = cases.flatMap(({ id }) => all.get(id) ?? []);
  writeFileSync(results, `[\n${rows.map((each) => ` ${JSON.stringify(each)}`).join(',\n')}\n]\n`);
  writeFileSync('docs/reliability.md', pageOf(rows, cases.length));
};

let [passed, failed] = [0, 0];
/** Most of them wait most of their time; what took longest comes first, so that nobody waits for it alone at the end. */
const took = new Map([...kept().values()].map(({ id, seconds }) => [id, seconds]));
const waiting = chosen.toSorted((a, b) => (took.get(b.id) ?? 0) - (took.get(a.id) ?? 0));
/** Kinds that are not about the memory of a run; all others have no more than a user's. */
const light: readonly string[] = ['wire at', 'status at', 'later at', 'in TLS', 'certificate', 'handshake', 'canaries', 'mild chaos', 'clean-up at'];
const weighs = ({ kind }: Case): boolean => !light.some((each) => kind.startsWith(each));
/** Takes one case after another; each player has stages of its own. */
async function player(): Promise<void> {
  const stages = new Map<boolean, Stage>();
  try {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { id, kind, title, within, tls = false } = next;
      const why = next.missing?.();
      if (why !== undefined) {
        console.log(`skip ${id}: ${why}`);
        continue;
      }
      const stage = stages.get(tls) ?? (await openStage({ tls }));
      stages.set(tls, stage);
      const play = () => next.play(stage, within);
      tell({ ...{ id, kind, title }, ...(await (args.includes('--tenth') && !weighs(next) ? hurried.run(true, play) : play())) });
    }
  } finally {
    for (const each of stages.values()) await each.close();
  }
}

function tell(each: Played): void {
  write(each);
  if (isGood(each)) passed++;
  else failed++;
  const told = [
    ...(each.ended ? [] : ['did not end']),
    ...each.dishonest.slice(0, 8),
    ...(each.left > 0 ? [`${each.left} left`] : []),
    ...(each.leaked > 0 ? [`${each.leaked} leaked`] : []),
  ];
  console.log(
    `${isGood(each) ? 'ok  ' : 'FAIL'} ${each.id} (exit ${each.exit}, ${each.seconds} s, ${each.peakMB} MB)${told.length === 0 ? '' : `: ${told.join('; ')}`}`,
  );
}

await Promise.all(Array.from({ length: Math.max(1, atOnce) }, player));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
