import { setImmediate as turn } from 'node:timers/promises';
import type { Redactor } from '../client/redact.ts';
import { clip } from '../core/findings.ts';
import type { Exchange, Known, RawExchange } from '../core/model.ts';
import type { Enricher } from '../enrich/enricher.ts';
import { endOf } from './end.ts';

/**
 * Exchanges as they are stored: enriched, then redacted. Other work goes on between two of them, so that a signal is heard. Never throws: what our own
 * code fails on is stored as an answer that we lost (`ours`), since a missing fact could be read as a good one, and an unredacted word is never kept.
 */
export async function settle(
  raw: readonly RawExchange[],
  enrichers: readonly Enricher[],
  known: Known,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<readonly Exchange[]> {
  const out: Exchange[] = [];
  const lost = new Map<number, string>();
  const guard = (exchange: RawExchange, act: () => void): void => {
    try {
      act();
    } catch (cause) {
      lost.set(exchange.index, words(cause));
    }
  };
  for (const exchange of raw) {
    guard(exchange, () => redactor.learn(exchange));
    await turn();
  }
  for (const exchange of raw) {
    let { facts, issues } = exchange;
    for (const enrich of signal.aborted || lost.has(exchange.index) ? [] : enrichers) {
      try {
        const more = await endOf(Promise.resolve(enrich(exchange, known)), signal);
        if (more.facts) facts = { ...facts, ...more.facts };
        if (more.issues) issues = [...(issues ?? []), ...more.issues];
      } catch (cause) {
        lost.set(exchange.index, words(cause));
      }
      await turn();
    }
    const whole = { ...exchange, ...(facts === undefined ? {} : { facts }), ...(issues === undefined ? {} : { issues }) };
    guard(exchange, () => {
      if (!lost.has(exchange.index)) out.push(redacted(whole, redactor));
    });
    const why = lost.get(exchange.index);
    if (why !== undefined) out.push(bare(exchange, why));
    await turn();
  }
  return out;
}

function redacted(exchange: RawExchange, redactor: Redactor): Exchange {
  const { request, response, facts, issues, error } = exchange;
  return {
    ...exchange,
    request: redactor.request(request),
    response: response && redactor.response(response),
    ...(facts === undefined ? {} : { facts: redactor.json(facts) as NonNullable<Exchange['facts']> }),
    ...(issues === undefined ? {} : { issues: issues.map((issue) => ({ ...issue, text: redactor.text(issue.text) })) }),
    ...(error === undefined ? {} : { error: { ...error, message: redactor.text(error.message) } }),
  };
}

/** What is left of an exchange that our own code failed on: that it happened, and nothing that was said in it. */
function bare({ index, suite, step, probe, variant, member, follows, request, startedAt, timing, size }: RawExchange, why: string): Exchange {
  return {
    ...{ index, suite, step, startedAt, timing, size },
    ...(probe === undefined ? {} : { probe }),
    ...(variant === undefined ? {} : { variant }),
    ...(member === undefined ? {} : { member }),
    ...(follows === undefined ? {} : { follows }),
    request: { method: request.method, url: 'https://not-kept.invalid/', headers: {} },
    response: null,
    error: {
      code: 'ours',
      message: `a bug of payer-assay: it came, but could not be read and redacted (${why}), so it is not kept. Please report it`,
    },
  };
}

/** The name of the error only: its message may quote what was being redacted. */
const words = (cause: unknown): string =>
  clip(cause instanceof Error ? `${cause.name}${cause instanceof RangeError ? ': too deep' : ''}` : typeof cause, 80);
