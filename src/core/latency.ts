import { at, requestJsonOf } from './fhir.ts';
import type { Exchange, LatencyData, LatencySeries, Operation, Phase, Step, Timing } from './model.ts';

/** From exchanges to raw latency samples: the single-caller half of latency.html. */

const operations: Readonly<Partial<Record<Step, Operation>>> = {
  'directory.metadata': 'discovery',
  'directory.organization': 'discovery',
  'directory.endpoint': 'discovery',
  'wellknown.davinci': 'discovery',
  metadata: 'discovery',
  versions: 'discovery',
  'smart.configuration': 'discovery',
  'udap.metadata': 'discovery',
  'cds.discovery': 'discovery',
  token: 'token',
  register: 'token',
  'udap.token': 'token',
  'member-match': 'match',
  match: 'match',
  'idi-match': 'match',
  read: 'read',
  vread: 'read',
  binary: 'read',
  'group.read': 'read',
  search: 'search',
  page: 'search',
  'group.search': 'search',
  everything: 'everything',
  docref: 'everything',
  document: 'everything',
  'care-gaps': 'everything',
  'cds.hook': 'crd.other',
  'bulk.kickoff': 'bulk.kickoff',
  'bulk.status': 'bulk.status',
  'bulk.manifest': 'bulk.status',
  'bulk.file': 'bulk.file',
  'bulk.delete': 'bulk.delete',
};

/** The operation whose limits bind this exchange; undefined where no service level is defined. */
export function operationOf(exchange: Pick<Exchange, 'step' | 'variant' | 'request'>): Operation | undefined {
  if (exchange.step !== 'cds.hook') return operations[exchange.step];
  // CRD allows 10 s for appointment-book at all times, and for the first order-sign or order-dispatch of an order.
  return at(requestJsonOf(exchange.request), 'hook') === 'appointment-book' ? 'crd.appointment-book' : 'crd.other';
}

/** Phases of one exchange, ms. Absent when the transport did not measure them. */
export function phasesOf(timing: Timing): Partial<Record<Phase, number>> {
  const { dns, connect, tls, firstByte, total } = timing;
  if (firstByte === undefined) return {};
  const before = (dns ?? 0) + (connect ?? 0) + (tls ?? 0) + firstByte;
  return { dns: dns ?? 0, connect: connect ?? 0, tls: tls ?? 0, firstByte, body: Math.max(0, total - before) };
}

/** Samples of the honest requests, one series an operation. Probes are left out: a refusal is fast for the wrong reason. */
export function latencyOf(exchanges: readonly Exchange[], startedAt: string): LatencyData {
  const origin = Date.parse(startedAt);
  const groups = new Map<Operation, Exchange[]>();
  for (const exchange of exchanges) {
    const operation = exchange.probe === undefined ? operationOf(exchange) : undefined;
    if (operation === undefined || isOurs(exchange) || isRefusal(exchange)) continue;
    const group = groups.get(operation);
    if (group) group.push(exchange);
    else groups.set(operation, [exchange]);
  }
  return { startedAt, series: [...groups].map(([operation, group]) => seriesOf(operation, group, origin)) };
}

/** Our limit says nothing about the payer's speed. */
const isOurs = ({ error }: Exchange): boolean =>
  error !== undefined && (error.code.startsWith('limit.') || error.code === 'aborted' || error.code === 'origin.blocked' || error.code === 'ours');

/** A refusal may be the right answer to an honest question (an unknown member): the checks judge it, and as a sample it would be fast for the wrong reason. */
const isRefusal = ({ response }: Exchange): boolean =>
  response !== null && response.status >= 400 && response.status < 500 && ![408, 425, 429].includes(response.status);

function seriesOf(operation: Operation, group: readonly Exchange[], origin: number): LatencySeries {
  const phases = group.map((exchange) => phasesOf(exchange.timing));
  const names: readonly Phase[] = ['dns', 'connect', 'tls', 'firstByte', 'body'];
  const measured = phases.every((each) => each.firstByte !== undefined);
  return {
    operation,
    source: 'run',
    at: group.map((exchange) => tidy(Date.parse(exchange.startedAt) - origin)),
    total: group.map((exchange) => tidy(exchange.timing.total)),
    ok: group.map((exchange) => (exchange.response && exchange.response.status < 400 ? 1 : 0)),
    ...(measured ? { phases: Object.fromEntries(names.map((name) => [name, phases.map((each) => tidy(each[name] ?? 0))])) } : {}),
  };
}

/** Microseconds are as fine as the clock is worth, and keep run.json small. */
export const tidy = (ms: number): number => Math.round(ms * 1000) / 1000;
