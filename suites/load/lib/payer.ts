import http from 'k6/http';
import { Counter, Rate } from 'k6/metrics';
import { jsonOf } from '../../../src/core/fhir.ts';
import type { Exchange, RequestSpec, Step, TargetMember, WireRequest } from '../../../src/core/model.ts';
import { strangersIn } from '../../../src/load/about.ts';
import type { LoadPlan, SampleLine } from '../../../src/load/plan.ts';
import { form, hostOf } from './encode.ts';
import { exchangeOf } from './exchange.ts';
import type { Labels, LoadedPayer } from './journey.ts';
import { idsOf, judgeAll } from './judging.ts';

/** One sample an answer: did every requirement judged on it hold? By step, for k6's own outputs. */
const conformant = new Rate('conformant');
/** One count for each requirement that an answer broke. */
const broken = new Counter('broken_requirements');
/** Answers about another member. */
const mixedUp = new Counter('mixed_up_members');

export interface PayerSetup {
  readonly plan: LoadPlan;
  readonly token: string | undefined;
  /** What is judged at each step; absent in the rehearsal, which only collects. */
  readonly judged?: Readonly<Record<string, readonly string[]>>;
  /** Told of every exchange. */
  readonly onExchange?: (exchange: Exchange) => void;
}

const ids = new Map<TargetMember, string>();

export function loadedPayer(setup: PayerSetup): LoadedPayer {
  return {
    base: setup.plan.base,
    patientIdOf: (member) => ids.get(member),
    remember: (member, id) => void ids.set(member, id),
    ask: (step, spec, labels = {}) => ask(setup, step, spec, labels),
  };
}

function ask(setup: PayerSetup, step: Step, spec: RequestSpec, labels: Labels): Exchange {
  const { plan, judged } = setup;
  const request = wire(spec, setup.token);
  if (!plan.hosts.includes(hostOf(request.url)))
    throw new Error(`${hostOf(request.url)} is not among the hosts this load may be sent to: ${plan.hosts.join(', ')}.`);
  const at = Date.now();
  const response = http.request(request.method, request.url, request.body ?? null, {
    headers: request.headers,
    redirects: 0,
    timeout: plan.timeout,
    responseType: 'text',
    tags: { name: step },
  });
  const exchange = exchangeOf(step, request, response, at, labels);
  setup.onExchange?.(exchange);
  if (!judged) return exchange;
  const { letters, failed, why } = judgeAll(idsOf(judged, step), exchange, plan.target);
  const strangers = labels.about === undefined ? [] : strangersIn(jsonOf(exchange.response), labels.about);
  if (letters !== '') conformant.add(failed.length === 0, { step });
  for (const requirement of failed) broken.add(1, { requirement });
  if (strangers.length > 0) mixedUp.add(1, { step });
  const { timings } = response;
  const line: SampleLine = {
    k: 'sample',
    step,
    at,
    total: micro(exchange.timing.total),
    ph: [0, micro(timings.connecting), micro(timings.tls_handshaking), micro(timings.sending + timings.waiting), micro(timings.receiving)],
    status: response.status,
    ok: response.status >= 200 && response.status < 400 ? 1 : 0,
    ...(strangers.length > 0 ? { mixed: 1 } : {}),
    ...(letters === '' ? {} : { j: letters }),
    ...(why === undefined ? {} : { why: why.slice(0, 300) }),
  };
  console.log(JSON.stringify(line));
  return exchange;
}

const micro = (ms: number): number => Math.round(ms * 1000) / 1000;

function wire(spec: RequestSpec, token: string | undefined): WireRequest {
  const headers: Record<string, string> = { accept: 'application/fhir+json' };
  for (const [name, value] of Object.entries(spec.headers ?? {})) headers[name.toLowerCase()] = value;
  if (spec.form) headers['content-type'] = 'application/x-www-form-urlencoded';
  if (spec.token !== undefined && spec.token !== 'none' && token !== undefined) headers['authorization'] = `Bearer ${token}`;
  const body = spec.form ? form(spec.form) : spec.body;
  return { method: spec.method, url: spec.url, headers, ...(body === undefined ? {} : { body }) };
}
