import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Embedded } from '../../mocks/embedded.ts';
import { quantile } from '../../src/core/stats/quantile.ts';
import type { BenchRow } from '../row.ts';
import { plainK6 } from './k6.ts';

const execute = promisify(execFile);
const rounds = 7;
const module = 'github.com/tsenart/vegeta/v12@v12.13.0';
const bin = fileURLToPath(new URL('../../.cache/bin', import.meta.url));

/** k6 beside vegeta at 100 a second, in alternating rounds; left out with the reason where vegeta neither is nor can be built. */
export async function observerRows(embedded: Embedded, folder: string): Promise<readonly BenchRow[]> {
  const path = vegeta();
  if (path === undefined) return [];
  const url = `${embedded.target.fhir?.base}/metadata`;
  // Not in this thread: the payer lives here, and would stand still meanwhile.
  const other = async (): Promise<number> => {
    const pipe = 'printf "GET %s\\n" "$URL" | "$VEGETA" attack -rate=100 -duration=4s | "$VEGETA" report -type=json';
    const { stdout } = await execute('sh', ['-c', pipe], { env: { ...process.env, URL: url, VEGETA: path }, timeout: 30_000 });
    return (JSON.parse(stdout) as { latencies: { '50th': number } }).latencies['50th'] / 1e6;
  };
  const options = `{ scenarios: { a: { executor: 'constant-arrival-rate', rate: 100, timeUnit: '1s', duration: '4s', preAllocatedVUs: 50 } } }`;
  const own = async (): Promise<number> => (await plainK6(folder, options, `http.get('${url}');`)).p50;
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who goes first takes turns: the second finds the payer warm.
    const theirs = round % 2 === 0 ? await other() : undefined;
    const ours = await own();
    const beside = theirs ?? (await other());
    console.error(`round ${round + 1}: p50 of k6 ${ours.toFixed(3)} ms, of vegeta ${beside.toFixed(3)} ms`);
    ratios.push(ours / beside);
  }
  const ratio = (share: number) => quantile(ratios, share);
  return [
    { name: `p50 of k6 / p50 of vegeta, median of ${rounds} rounds`, value: ratio(0.5), unit: 'ratio', atMost: 1.15 },
    { name: 'the same, smallest round', value: Math.min(...ratios), unit: 'ratio' },
    { name: 'the same, largest round', value: Math.max(...ratios), unit: 'ratio' },
  ];
}

/** On the PATH, in .cache/bin, or built there now. */
function vegeta(): string | undefined {
  const built = join(bin, 'vegeta');
  const answers = (path: string) => spawnSync(path, ['--version'], { timeout: 10_000 }).status === 0;
  const found = ['vegeta', built].find(answers);
  if (found !== undefined) return found;
  console.error(`building ${module} into .cache/bin`);
  const made = spawnSync('go', ['install', module], { env: { ...process.env, GOBIN: bin }, encoding: 'utf8', timeout: 180_000 });
  if (answers(built)) return built;
  console.error(`vegeta could not be built, so the observer is not compared: ${made.error?.message ?? made.stderr.slice(-300)}`);
  return undefined;
}
