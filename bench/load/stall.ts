import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { quantile } from '../../src/core/stats/quantile.ts';
import type { BenchRow } from '../row.ts';
import { plainK6 } from './k6.ts';

const rate = 200;
const seconds = 10;

/** A server that stands still for 2 s, 4 s after its first request, and knows how long each caller waited. */
async function stalling() {
  const waits: number[] = [];
  let first = 0;
  const server = createServer((_request, response) => {
    const came = performance.now();
    first ||= came;
    const [from, to] = [first + 4000, first + 6000];
    const hold = came >= from && came < to ? to - came : 0;
    setTimeout(() => {
      response.end('{}');
      waits.push(performance.now() - came);
    }, hold);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    waits,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Open model against the truth in the server's own log; and the closed model, which does not see the stall at all, as the warning. */
export async function stallRows(folder: string): Promise<readonly BenchRow[]> {
  const open = await stalling();
  const users = rate * 3;
  const seen = await plainK6(
    folder,
    `{ scenarios: { a: { executor: 'constant-arrival-rate', rate: ${rate}, timeUnit: '1s', duration: '${seconds}s', preAllocatedVUs: ${users}, maxVUs: ${users} } } }`,
    `http.get('${open.url}');`,
  );
  open.close();
  const truth = quantile(open.waits, 0.99);
  const closed = await stalling();
  const blind = await plainK6(folder, `{ vus: 4, duration: '${seconds}s' }`, `http.get('${closed.url}');`);
  closed.close();
  return [
    { name: 'stall of 2 s: true p99, from the server', value: truth, unit: 'ms' },
    { name: 'stall of 2 s: p99 by open arrivals', value: seen.p99, unit: 'ms' },
    { name: 'stall of 2 s: distance from the truth', value: Math.abs(seen.p99 - truth) / truth, unit: 'ratio', atMost: 0.02 },
    { name: 'stall of 2 s: p99 by a closed model (the warning)', value: blind.p99, unit: 'ms' },
  ];
}
