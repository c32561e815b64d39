import type { Embedded } from '../../mocks/embedded.ts';
import { signAssertion } from '../../src/client/assertion.ts';
import { signersOf } from '../../src/client/identity.ts';
import { jwtBearer } from '../../src/client/requests/token.ts';
import type { BenchRow } from '../row.ts';
import { plainK6 } from './k6.ts';

/** As many authorised reads as both sides together can do; the CPU of each says who is the limit. */
export async function limitRows(embedded: Embedded, folder: string): Promise<readonly BenchRow[]> {
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
