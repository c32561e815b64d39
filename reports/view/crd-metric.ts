import { asString, at, requestJsonOf } from '../../src/core/fhir.ts';
import type { Exchange, Run } from '../../src/core/model.ts';
import { summaryOf } from '../../src/core/stats/histogram.ts';
import { judgeShare } from '../../src/core/stats/wilson.ts';
import { count, duration, percent } from './text.ts';
import { marks } from './words.ts';

/** Share of calls that CRD wants within the limit. Source: http://hl7.org/fhir/us/davinci-crd/foundation.html (found-2) */
const wanted = 0.9;

/**
 * CRD's own metric, hook by hook: of the calls answered with HTTP 200, the share whose answer came within 5 s (10 s for appointment-book),
 * with the error rate beside it. First calls of a hook stand apart: a service may still have been cold.
 * Source: http://hl7.org/fhir/us/davinci-crd/metrics.html
 */
export function crdMetric({ exchanges }: Pick<Run, 'exchanges'>) {
  const calls = exchanges.filter((each) => each.step === 'cds.hook' && each.probe === undefined);
  const hooks = [...new Set(calls.map(hookOf))].filter((hook) => hook !== '');
  return hooks.flatMap((hook) => {
    const [first, ...warm] = calls.filter((each) => hookOf(each) === hook);
    return [...(first ? [rowOf(hook, 'first call', [first])] : []), ...(warm.length > 0 ? [rowOf(hook, 'warm', warm)] : [])];
  });
}

const hookOf = ({ request }: Exchange): string => asString(at(requestJsonOf(request), 'hook')) ?? '';

function rowOf(hook: string, kind: string, calls: readonly Exchange[]) {
  // Cold order-sign and order-dispatch calls have ten seconds too.
  const limit = hook === 'appointment-book' || (kind === 'first call' && ['order-sign', 'order-dispatch'].includes(hook)) ? 10_000 : 5_000;
  const ok = calls.filter((each) => each.response?.status === 200);
  const within = ok.filter((each) => each.timing.total <= limit).length;
  const { verdict, lower, needed } = judgeShare(within, ok.length, wanted);
  const figures = summaryOf(ok.map((each) => each.timing.total));
  return {
    hook,
    kind,
    calls: count(calls.length),
    errors: percent(calls.length === 0 ? 0 : (calls.length - ok.length) / calls.length),
    limit: duration(limit),
    share: percent(ok.length === 0 ? 0 : within / ok.length),
    lower: percent(lower),
    p50: duration(figures?.p50 ?? 0),
    p90: duration(figures?.p90 ?? 0),
    verdict: {
      ...marks[verdict === 'inconclusive' ? 'not-testable' : verdict],
      word:
        verdict === 'inconclusive'
          ? `inconclusive, ${Number.isFinite(needed) ? `${count(needed)} more` : 'too slow to tell'}`
          : verdict === 'pass'
            ? 'met'
            : 'not met',
    },
  };
}
