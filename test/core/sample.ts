import type { Check, Evidence, Exchange, Finding, Json, Level, Probe, Step, Target, Variant, Verdict } from '../../src/core/model.ts';

/** Small histories made by hand. */

export const target: Target = { name: 'sample', auth: { kind: 'none' }, members: {} };

export interface Told {
  readonly step?: Step;
  readonly status?: number;
  readonly body?: Json | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly probe?: string;
  readonly variant?: Variant;
  readonly method?: string;
  readonly url?: string;
  readonly asked?: Json | string;
  /** Request headers. */
  readonly sent?: Readonly<Record<string, string>>;
  readonly facts?: Readonly<Record<string, Json>>;
  readonly issues?: Exchange['issues'];
  readonly ms?: number;
  readonly error?: Exchange['error'];
  readonly member?: Exchange['member'];
}

const text = (value: Json | string | undefined): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value));

export function exchange(told: Told, index = 0): Exchange {
  const {
    step = 'read',
    status = 200,
    body,
    headers,
    probe,
    variant,
    method = 'GET',
    url = 'https://payer.example/fhir/Patient/p-1',
    asked,
    error,
    member,
  } = told;
  return {
    index,
    suite: 'sample',
    step,
    ...(probe === undefined ? {} : { probe }),
    ...(variant === undefined ? {} : { variant }),
    ...(member === undefined ? {} : { member }),
    request: { method, url, headers: told.sent ?? {}, ...(asked === undefined ? {} : { body: text(asked) }) },
    response: error ? null : { status, headers: { 'content-type': 'application/fhir+json', ...headers }, body: text(body) },
    ...(error === undefined ? {} : { error }),
    startedAt: '2026-01-05T08:00:00.000Z',
    timing: { total: told.ms ?? 5 },
    ...(told.facts === undefined ? {} : { facts: told.facts as NonNullable<Exchange['facts']> }),
    ...(told.issues === undefined ? {} : { issues: told.issues }),
    size: { sent: 0, received: 0, decoded: 0 },
  };
}

export const evidence = (exchanges: readonly Told[], more: Partial<Target> = {}): Evidence => ({
  exchanges: exchanges.map(exchange),
  target: { ...target, ...more },
  blocked: [],
});

export const checkOf = (id: string, judge: Check['judge'], more: Partial<Check> = {}): Check => ({
  id,
  level: 'SHALL',
  lines: ['L4'],
  scenarios: ['S1'],
  text: id,
  source: { ig: 'x', version: '1', url: 'https://x.example', section: '1' },
  judge,
  faults: [{ name: 'none', at: 'read' }],
  ...more,
});

export const verdict = (requirement: string, finding: Finding, more: Partial<Verdict> = {}): Verdict => ({
  requirement,
  level: 'SHALL' as Level,
  lines: ['L4'],
  scenarios: ['S1'],
  finding,
  ...more,
});

export const failed: Finding = { outcome: 'fail', expected: 'this', actual: 'that', exchange: 0 };

export const probe = (id: string, step: Step, expected: Probe['expected']): Probe => ({
  id,
  step,
  suite: 'sample',
  request: () => 'never sent',
  ...(expected === undefined ? {} : { expected }),
});

export const outcome = (code: string, words: string, more: { readonly [key: string]: Json } = {}): Json => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, details: { text: words }, ...more }],
});
