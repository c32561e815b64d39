import { existsSync, readFileSync } from 'node:fs';
import { sources } from './sources.ts';

/** The size report: prints median, p90 and max, lists files over 250 lines, and fails over 400. Part of `npm run check`. */
const sizes = sources()
  .filter((path) => existsSync(path))
  .map((path) => {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const blank = lines.filter((line) => line.trim() === '').length;
    const comment = lines.filter((line) => /^\s*(\/\/|\/?\*)/.test(line)).length;
    return { path, lines: lines.length, filled: lines.length - blank, comment };
  })
  .sort((a, b) => a.lines - b.lines);
const at = (share: number): number => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))]?.lines ?? 0;
const sum = (pick: (each: (typeof sizes)[number]) => number): number => sizes.reduce((total, each) => total + pick(each), 0);

for (const { path, lines } of sizes.filter((each) => each.lines > 250).reverse())
  console.log(`  ${String(lines).padStart(4)} ${path}${lines > 400 ? '   OVER 400: split it by topic' : ''}`);
console.log(
  `sizes: ${sizes.length} files, median ${at(0.5)}, p90 ${at(0.9)}, max ${at(1)} lines; ${Math.round(
    (100 * sum((each) => each.comment)) /
      Math.max(
        1,
        sum((each) => each.filled),
      ),
  )} % comments`,
);
process.exitCode = sizes.some((each) => each.lines > 400) ? 1 : 0;
