import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadChecks } from '../checks/time/load.ts';
import { type Embedded, startEmbedded } from '../mocks/embedded.ts';
import { loadInProcess } from '../scripts/faults/load.ts';
import { signAssertion } from '../src/client/assertion.ts';
import { signersOf } from '../src/client/identity.ts';
import { jwtBearer } from '../src/client/requests/token.ts';
import { findingOf } from '../src/core/judge.ts';
import type { BenchRow } from './index.ts';
import { judgingRows } from './load/judging.ts';
import { plainK6 } from './load/k6.ts';
import { stallRows } from './load/stall.ts';

/** What judging costs inside k6, whether a stall is seen, what the embedded payer can take, and whether an honest payer raises an alarm. */
export async function bench(): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const embedded = await startEmbedded();
  try {
    return [
      ...(await stallRows(folder)),
      ...(await judgingRows(embedded)),
      ...(await limitRows(embedded, folder)),
      ...(await observerRows(embedded, folder)),
      ...(await alarmRows(embedded)),
    ];
  } finally {
    await embedded.close();
    await rm(folder, { recursive: true });
  }
}

/** As many authorised reads as both sides together can do; the CPU of each says who is the limit. */
async function limitRows(embedded: Embedded, folder: string): Promise<readonly BenchRow[]> {
  const token = await tokenOf(embedded);
  const before = process.cpuUsage();
  const url = `${embedded.target.fhir?.base}/Patient/${embedded.target.members.known?.patientId}`;
  const seen = await plainK6(
    folder,
    `{ vus: 16, duration: '6s' }`,
    `if (http.get('${url}', { headers: { authorization: 'Bearer ${token}' } }).status !== 200) throw new Error('no 200');`,
  );
  const { user, system } = process.cpuUsage(before);
  const own = (user + system) / 1e6;
  console.error(
    `the limit of this machine is ${own > seen.cpu ? 'the embedded payer' : 'k6'}: ${own.toFixed(1)} s against ${seen.cpu.toFixed(1)} s of CPU`,
  );
  return [
    { name: 'authorised Patient reads a second, k6 on the same machine', value: seen.perSecond, unit: '/s' },
    { name: 'CPU seconds of the embedded payer meanwhile', value: own, unit: 's' },
    { name: 'CPU seconds of k6 meanwhile', value: seen.cpu, unit: 's' },
  ];
}

async function tokenOf({ target, secrets }: Embedded): Promise<string> {
  const signer = signersOf(target, secrets)['default'];
  const smart = (await (await fetch(`${target.fhir?.base}/.well-known/smart-configuration`)).json()) as { token_endpoint: string };
  if (!signer || target.auth.kind !== 'smart-backend') throw new Error('The embedded target names no client.');
  const body = new URLSearchParams({
    ...{ grant_type: 'client_credentials', client_assertion_type: jwtBearer, scope: target.auth.scope ?? 'system/*.rs' },
    client_assertion: await signAssertion(signer, smart.token_endpoint),
  });
  return ((await (await fetch(smart.token_endpoint, { method: 'POST', body })).json()) as { access_token: string }).access_token;
}

/** k6 beside vegeta at 100 a second, in alternating rounds; skipped with the reason where vegeta is not installed. */
async function observerRows(embedded: Embedded, folder: string): Promise<readonly BenchRow[]> {
  const url = `${embedded.target.fhir?.base}/metadata`;
  const vegeta = (): number =>
    JSON.parse(
      execFileSync('sh', ['-c', 'vegeta attack -rate=100 -duration=4s | vegeta report -type=json'], {
        input: `GET ${url}\n`,
        encoding: 'utf8',
        timeout: 30_000,
      }),
    ).latencies['50th'] / 1e6;
  try {
    execFileSync('vegeta', ['--version'], { stdio: 'ignore' });
  } catch {
    console.error('vegeta is not installed, so the observer is not compared: go install github.com/tsenart/vegeta/v12@v12.13.0');
    return [];
  }
  const rounds: number[] = [];
  const options = `{ scenarios: { a: { executor: 'constant-arrival-rate', rate: 100, timeUnit: '1s', duration: '4s', preAllocatedVUs: 50 } } }`;
  for (let round = 0; round < 3; round++) {
    const other = vegeta();
    const own = await plainK6(folder, options, `http.get('${url}');`);
    rounds.push(own.p50 / other);
  }
  return [
    { name: 'p50 of k6 / p50 of vegeta, median of 3 rounds', value: rounds.sort((a, b) => a - b)[1] ?? Number.NaN, unit: 'ratio', atMost: 1.15 },
  ];
}

/** Twenty honest loads, journeys in another order each time; limits are agreed, so that an alarm could be raised. */
async function alarmRows(embedded: Embedded): Promise<readonly BenchRow[]> {
  const agreement = { errorRate: 0.001, limits: { read: { p90: 2000, p95: 2000 }, search: { p95: 4000 } } };
  let alarms = 0;
  for (let repeat = 0; repeat < 20; repeat++) {
    const profile = ['agreed', 'overload', 'isolation'][repeat % 3] ?? 'agreed';
    const target = { ...embedded.target, agreement: { ...agreement, rate: 15 + repeat } };
    const latency = await loadInProcess(embedded, target, profile);
    const found = loadChecks.map((check) => findingOf(check, { exchanges: [], blocked: [], target, latency }));
    alarms += found.filter(({ outcome }) => outcome === 'fail').length;
  }
  return [{ name: 'alarms at the honest payer in 20 loads', value: alarms, unit: '', atMost: 0 }];
}
