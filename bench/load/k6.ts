import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findK6 } from '../../src/load/find-k6.ts';
import { runGroup } from '../../src/load/process.ts';

/** What one plain k6 script came to. Times in ms, CPU in seconds. */
export interface K6Figures {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly dropped: number;
  readonly cpu: number;
}

/** Runs a few lines of k6 against loopback: `options` and the body of the default function. */
export async function plainK6(folder: string, options: string, body: string): Promise<K6Figures> {
  const k6 = findK6();
  if ('notRun' in k6) throw new Error(`${k6.notRun.why}. Fix: ${k6.notRun.fix}`);
  const [script, summary] = [join(folder, 'plain.js'), join(folder, 'plain.json')];
  await writeFile(
    script,
    `import http from 'k6/http';
export const options = { ...${options}, summaryTrendStats: ['p(50)', 'p(99)'] };
export default function () { ${body} }
export const handleSummary = (data) => ({ [${JSON.stringify(summary)}]: JSON.stringify(data.metrics) });`,
  );
  const began = performance.now();
  const finished = await runGroup(k6.path, ['run', '--quiet', '--no-usage-report', '--address', 'localhost:0', script], {
    env: { ...process.env, K6_AUTO_EXTENSION_RESOLUTION: 'false' },
    limit: 90_000,
  });
  const metrics = JSON.parse(await readFile(summary, 'utf8')) as Record<string, { values: Record<string, number> }>;
  const value = (metric: string, name: string) => metrics[metric]?.values[name] ?? 0;
  return {
    requests: value('http_reqs', 'count'),
    p50: value('http_req_duration', 'p(50)'),
    p99: value('http_req_duration', 'p(99)'),
    perSecond: value('http_reqs', 'rate'),
    dropped: value('dropped_iterations', 'count'),
    cpu: ((finished.cpu ?? 0) * (performance.now() - began) * availableParallelism()) / 1000,
  };
}
