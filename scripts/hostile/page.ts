import { globSync, readFileSync } from 'node:fs';
import { boundsInWords } from '../../src/core/bounds.ts';
import { encodings } from './canaries.ts';
import { isGood, type Played } from './played.ts';

/** docs/reliability.md: what was played, what holds whatever a payer does, and which test shows it. */
export function pageOf(rows: readonly Played[], all: number): string {
  const bad = rows.filter((each) => each.dishonest.length > 0).length;
  const sum = (of: (each: Played) => number) => rows.reduce((total, each) => total + of(each), 0);
  const seeds = rows.filter(({ kind }) => kind === 'mild chaos');
  const peak = rows.find(({ id }) => id === 'honest')?.peakMB;
  return [
    '<!-- Written by npm run hostile -- --docs. -->',
    '# Reliability',
    '',
    'What a payer sends and where a run ends must not matter: an honest verdict, bounded cost, nothing leaked, nothing left behind. `npm run hostile` plays',
    'misbehaviours in front of the embedded payer, each against a run of the command line in a process of its own with 900 MB of heap; a tenth of them, of each',
    'kind at least one, in every `npm test`. The others are one by name: `npm run hostile -- wire.token`.',
    '',
    '## Played',
    `${rows.length} of ${all} cases stand here with their last result. Did not end by themselves: ${rows.filter((each) => !each.ended).length}. Dishonest: ${bad}. ` +
      `Left at the payer: ${sum((each) => each.left)}. Leaked: ${sum((each) => each.leaked)}. Peak memory: ${Math.max(0, ...rows.map((each) => each.peakMB))} MB.`,
    'A failure is honest when it points at an answer that was spoilt; where the answer was lost or said "later", no failure is. Seconds are those of a busy machine',
    'of two cores; what would take a job back is let through, but where the clean-up is what is played. Left: neither taken back nor told in the report as what a',
    'person must end, as where a payer hides the address of a job that it took.',
    '',
    `Memory of the whole honest run, the payer in another process: 569 MB before, ${peak ?? 'not measured'} MB now.`,
    `Ten seeds of mild chaos (resets, 429, 503 and delays that reach nobody twice in a row): ${seeds.filter(isGood).length} of ${seeds.length} played have the verdicts of a calm day, all of them.`,
    '',
    '| at | a payer (or a machine) that | ended | s | peak MB | exit | dishonest | left | leaked |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map(
      (each) =>
        `| ${each.kind} | ${each.title} | ${each.ended ? 'yes' : '**no**'} | ${each.seconds} | ${each.peakMB} | ${each.exit} | ${each.dishonest.length === 0 ? '' : `**${each.dishonest.length}**: ${each.dishonest[0]?.replaceAll('|', '/').slice(0, 80)}`} | ${each.left || ''} | ${each.leaked || ''} |`,
    ),
    '',
    ...canaryTable(rows),
    '## Bounds',
    'Set in the target file (`limits`) or by `--limit NAME=VALUE`; `run --dry-run` prints them.',
    '',
    ...boundsInWords({}).map((each) => `- ${each}`),
    '- the clean-up: five rounds over what is pending, 45 s together, ten for one request; it does not listen to the circuit breaker',
    '',
    '## The end of a run',
    'SIGTERM, SIGHUP and Ctrl-C are answered at once (1 to 60 ms; up to 0.75 s on a machine with load 20): from then on nothing is asked of the payer but to take back what the run changed. What was learned is',
    'judged, stored and reported in 0.7 to 1.5 s of processor time (1.4 to 2.5 s on a quiet machine before: more than half of it was collecting memory). After SIGTERM',
    'and SIGHUP no report is begun later than 0.8 s after the signal: run.json is there, and what was left out is named with the command that makes it.',
    '',
    '## Exit codes',
    '0, 1 and 2 come from a grade only. 2: a run that was interrupted or killed, in which nothing was met, whose verdicts follow an older version (`report`), or that a newer one wrote. 3: no run can be read, or our own bug ended it; what was learned is kept.',
    '',
    '## What is masked',
    `Secrets by name of header and field, and wherever they are said again: ${Object.keys(encodings).join(', ')}. Member data at \`pseudonymised\` and \`hashes\` likewise; the first 2,000 values of a run in encodings.`,
    'Limits: a value split over two fields, shortened or encrypted; people never named before, in free text; names of fewer than six signs in an encoding or glued to letters.',
    'Not in the count of commands: `ig`, `mock` and `client`, which hear no payer (what a client says is redacted by the same code, test/client-side), and `serve` and `merge`, which show what the others stored.',
    '',
    '## Tests',
    ...globSync('test/hostile/*.test.ts')
      .sort()
      .flatMap((file) => [`- ${file}`, ...[...readFileSync(file, 'utf8').matchAll(/^ *test\(\s*['`](.*?)['`],/gm)].map(([, name]) => `  - ${name}`)]),
    '',
  ].join('\n');
}

/** What was said again to us in each encoding, and how much of it stands in any output of any command. */
function canaryTable(rows: readonly Played[]): readonly string[] {
  const counts = rows.flatMap(({ canaries }) => canaries ?? []);
  if (counts.length === 0) return [];
  return [
    '## Canaries',
    `Secrets and what the target file says of its people (${counts.map(({ values, level }) => `${values} values at \`${level}\``).join(', ')}), said again by the payer in headers, texts and HTML; sought`,
    'in all that `run`, `doctor`, `regrade`, `report`, `diff`, `history`, `matrix`, `package`, `verify`, `explain`, `plan`, `list` and `validate` print or write (the last',
    'of files in which the same people stand where they are wrong; not counted: ids of resources, by which `validate` names rows, and `--evidence full`). Each cell: said, found.',
    '',
    `| encoding | ${counts.map(({ level }) => level).join(' | ')} |`,
    `|---|${counts.map(() => '---|').join('')}`,
    ...Object.keys(encodings).map((how) => `| ${how} | ${counts.map(({ said, found }) => `${said[how] ?? 0}, ${found[how] ?? 0}`).join(' | ')} |`),
    '',
  ];
}
