import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { misbehaviours, tenth } from './hostile/all.ts';
import { pageOf } from './hostile/page.ts';
import { type Played, play } from './hostile/play.ts';

/**
 * Plays misbehaviours of a payer against whole runs and says what came of each: `npm run hostile -- [--tenth] [--docs] [PART-OF-ID ...]`.
 * `--docs` enters the results into docs/reliability.md; what was not played this time keeps its row. The last line is `N passed, N failed`.
 */
const args = process.argv.slice(2);
const parts = args.filter((each) => !each.startsWith('--'));
const chosen = (args.includes('--tenth') ? tenth : misbehaviours).filter(({ id }) => parts.length === 0 || parts.some((part) => id.includes(part)));
const results = 'docs/reliability.json';
/** Read anew before each write, so that several may play parts of it side by side. */
const kept = (): Map<string, Played> =>
  new Map(existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as readonly Played[]).map((each) => [each.id, each]) : []);

const good = ({ ended, exit, dishonest, left, leaked }: Played): boolean =>
  ended && (exit === 0 || exit === 1 || exit === 2) && dishonest.length === 0 && left === 0 && leaked === 0;
const write = (played: Played): void => {
  if (!args.includes('--docs')) return;
  const all = kept().set(played.id, played);
  const rows = misbehaviours.flatMap(({ id }) => all.get(id) ?? []);
  writeFileSync(results, `[\n${rows.map((each) => ` ${JSON.stringify(each)}`).join(',\n')}\n]\n`);
  writeFileSync('docs/reliability.md', pageOf(rows, misbehaviours.length));
};

const played = await play(chosen, (each) => {
  write(each);
  const told = [
    ...(each.ended ? [] : ['did not end']),
    ...each.dishonest.slice(0, 5),
    ...(each.left > 0 ? [`${each.left} left`] : []),
    ...(each.leaked > 0 ? [`${each.leaked} leaked`] : []),
  ];
  console.log(
    `${good(each) ? 'ok  ' : 'FAIL'} ${each.id} (exit ${each.exit}, ${each.seconds} s, ${each.peakMB} MB)${told.length === 0 ? '' : `: ${told.join('; ')}`}`,
  );
});
const failed = played.filter((each) => !good(each)).length;
console.log(`${played.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
