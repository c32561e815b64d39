import { entriesOf, isResource, jsonOf } from '../../../src/core/fhir.ts';
import type { Exchange } from '../../../src/core/model.ts';
import { strangersIn } from '../../../src/load/about.ts';
import type { LoadPlan, SampleLine } from '../../../src/load/plan.ts';
import { timedOf, type Where } from '../../../src/load/timed.ts';
import type { Ask } from './journey.ts';
import type { Judges } from './judges.ts';
import { type Judged, judgeAll, judgeable, type Verdicts } from './judging.ts';

/** From one answer to one sample line; the same in k6 and in Node. */

/** What an idle rehearsal has shown, just before the load. */
export interface Rehearsed {
  /** Requirements that held, by step. */
  readonly judged: Judged;
  /** Entries of each searchset, by URL. */
  readonly entries: Readonly<Record<string, number>>;
}

export function rehearsedOf(exchanges: readonly Exchange[], plan: LoadPlan, judges: Judges): Rehearsed {
  const entries: Record<string, number> = {};
  for (const exchange of exchanges) {
    const count = entriesIn(exchange);
    // A payer whose answer differs from one time to the next without load cannot be held to it.
    if (count !== undefined) entries[exchange.request.url] = Math.min(count, entries[exchange.request.url] ?? count);
  }
  return { judged: judgeable(exchanges, plan.target, judges), entries };
}

function entriesIn({ request, response }: Exchange): number | undefined {
  const body = jsonOf(response);
  return request.method === 'GET' && response?.status === 200 && isResource(body, 'Bundle') ? entriesOf(body).length : undefined;
}

/** What an answer came to. */
export interface Opinion {
  readonly verdicts: Verdicts;
  /** It is about another member. */
  readonly mixed: boolean;
  /** Entries of a searchset; how many there should be depends on the very URL. */
  readonly entries: number | undefined;
}

/** Opinions on answers without a fault, by what was asked and answered. */
export type Recall = (ask: Ask, exchange: Exchange, form: (known?: Opinion) => Opinion) => Opinion;

/** Errors are counted, not judged: a 503 would break every requirement of a search and say nothing about any. */
export function sampleOf(
  plan: LoadPlan,
  { judged, entries }: Rehearsed,
  judges: Judges,
  ask: Ask,
  exchange: Exchange,
  where: Where,
  recall: Recall = (_ask, _exchange, form) => form(),
): SampleLine {
  const { step, about } = ask;
  const line = timedOf(ask, exchange, where);
  if (line.ok === 0) return line;
  const {
    verdicts: { letters, why },
    mixed,
    entries: found,
  } = recall(ask, exchange, (known) => ({
    verdicts: judgeAll(judged[step] ?? [], exchange, plan.target, judges, known?.verdicts),
    mixed: known?.mixed ?? (about !== undefined && strangersIn(jsonOf(exchange.response), about).length > 0),
    entries: known ? known.entries : entriesIn(exchange),
  }));
  const missing = found === undefined ? 0 : (entries[exchange.request.url] ?? 0) - found;
  return {
    ...line,
    ...(mixed ? { mixed: 1 } : {}),
    ...(missing > 0 ? { short: missing } : {}),
    ...(letters === '' ? {} : { j: letters }),
    ...(why === undefined ? {} : { why: why.slice(0, 300) }),
  };
}
