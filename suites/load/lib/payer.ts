import http from 'k6/http';
import { Counter, Rate } from 'k6/metrics';
import type { Exchange, RequestSpec, WireRequest } from '../../../src/core/model.ts';
import type { Lent, LoadPlan, SampleLine } from '../../../src/load/plan.ts';
import { form, hostOf } from './encode.ts';
import { exchangeOf } from './exchange.ts';
import type { Ask } from './journey.ts';
import { clientJwt } from './token.ts';

/** One sample an answer: did every requirement judged on it hold? By step, for k6's own outputs. */
const conformant = new Rate('conformant');
/** Answers that are not the payer's best: 5xx, 429 and none at all. */
const errors = new Rate('server_errors');
/** Answers about another member. */
const mixedUp = new Counter('mixed_up_members');

/** So that "none" is a zero elsewhere too, and not a metric that nobody has heard of. */
export const announce = (): void => mixedUp.add(0);

/** Sends one question from inside k6. Hosts that the plan does not name are refused here too. */
export async function send(plan: LoadPlan, ask: Ask, token: string | undefined, at = Date.now()): Promise<Exchange> {
  const request = await wire(plan, ask.spec, token);
  if (!plan.hosts.includes(hostOf(request.url)))
    throw new Error(`${hostOf(request.url)} is not among the hosts this load may be sent to: ${plan.hosts.join(', ')}.`);
  const response = http.request(request.method, request.url, request.body ?? null, {
    headers: request.headers,
    redirects: 0,
    timeout: plan.timeout,
    responseType: 'text',
    tags: { name: ask.step },
  });
  return exchangeOf(ask.step, request, response, at, ask);
}

/** The token that all virtual users share, from the broker on this machine. */
export function borrowed(broker: string, stage: number | undefined): Lent {
  const { status, body } = http.get(`${broker}${stage === undefined ? '' : `?stage=${stage}`}`, { tags: { name: 'broker' }, responseType: 'text' });
  if (status !== 200) throw new Error(`No token: ${String(body ?? 'the broker is gone')}`);
  return JSON.parse(String(body)) as Lent;
}

/** One line on the console, which goes to the sample file, and the same for k6's own outputs. */
export function record(line: SampleLine): void {
  const { step } = line;
  if (line.j !== undefined) conformant.add(!line.j.includes('f'), { step });
  if (line.mixed) mixedUp.add(1, { step });
  errors.add(line.status === 0 || line.status >= 500 || line.status === 429, { step });
  console.log(JSON.stringify(line));
}

async function wire(plan: LoadPlan, spec: RequestSpec, token: string | undefined): Promise<WireRequest> {
  const headers: Record<string, string> = { accept: 'application/fhir+json' };
  for (const [name, value] of Object.entries(spec.headers ?? {})) headers[name.toLowerCase()] = value;
  if (spec.form) headers['content-type'] = 'application/x-www-form-urlencoded';
  if (spec.token !== undefined && spec.token !== 'none' && token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (spec.clientJwt) {
    const { auth, cdsClient = auth.kind === 'smart-backend' ? auth : undefined } = plan;
    const key = __ENV[cdsClient === auth ? 'ASSAY_LOAD_KEY' : 'ASSAY_LOAD_CDS_KEY'] ?? '';
    if (cdsClient !== undefined) headers['authorization'] = `Bearer ${await clientJwt(cdsClient, spec.url, key)}`;
  }
  const body = spec.form ? form(spec.form) : spec.body;
  return { method: spec.method, url: spec.url, headers, ...(body === undefined ? {} : { body }) };
}
