import { fail, notReached, notTestable, pass, select, statusOf, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, HookName } from '../../src/core/model.ts';
import { judgeShare } from '../../src/core/stats/wilson.ts';
import { ordering } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { crd20 } from '../sources.ts';
import { answeredCalls, followsCrd, services } from './lib.ts';

/** What the few honest calls of this run took: no verdict, but not nothing. */
function measured(evidence: Evidence, hooks: readonly HookName[], limit: number): string {
  const calls = answeredCalls(evidence).filter(({ variant }) => hooks.some((hook) => variant === hook || variant?.startsWith(`${hook}:`)));
  const times = calls.map(({ timing }) => timing.total);
  return times.length === 0
    ? 'No call of these hooks was answered in this run.'
    : `In this run ${times.filter((ms) => ms <= limit).length} of ${times.length} calls were answered within ${limit / 1000} s; the slowest took ${Math.round(Math.max(...times))} ms.`;
}

const timed =
  (hooks: readonly HookName[], limit: number) =>
  (evidence: Evidence): Finding => {
    const samples = evidence.target.crd?.samples ?? 0;
    if (samples <= 0)
      return notTestable(
        `No number of calls is agreed: set crd.samples in the target file (at least 40; 100 or more for a firm verdict). ${measured(evidence, hooks, limit)}`,
        'target-file',
      );
    const calls = select(evidence, { step: 'cds.hook', where: (each) => hooks.some((hook) => each.variant === `${hook}:timing`) });
    if (calls.length === 0) return notReached(evidence, { step: 'cds.hook', variant: `${hooks[0] ?? 'order-sign'}:timing` });
    return worst(
      hooks.flatMap((hook) => {
        const own = calls.filter((each) => each.variant === `${hook}:timing`);
        const slowest = own.reduce((a, b) => (b.timing.total > a.timing.total ? b : a), own[0] as Exchange);
        if (own.length === 0) return [];
        // A refused or failed call is not an answer in time; the guide counts answers, so errors count against the share.
        const within = own.filter((each) => statusOf(each) === 200 && each.timing.total <= limit).length;
        const { verdict, share, lower, needed } = judgeShare(within, own.length, 0.9);
        const words = `${hook}: ${within} of ${own.length} within ${limit / 1000} s (${(share * 100).toFixed(1)} %, lower 95 % bound ${(lower * 100).toFixed(1)} %)`;
        if (verdict === 'fail') return [fail(slowest, `90 % of ${hook} calls answered within ${limit / 1000} s`, words)];
        return [
          verdict === 'pass'
            ? { ...pass, note: words }
            : notTestable(
                `Inconclusive. ${words}; ${Number.isFinite(needed) ? `${needed} more calls at this share would decide it` : 'no number of calls at this share would decide it'}.`,
                'set-up',
              ),
        ];
      }),
    );
  };

/** The percentile rule: 90 % of calls within five or ten seconds, with what chance allows. */
export const timingChecks: readonly Check[] = group({ scenarios: ordering, lines: ['L6'] }, [
  {
    id: 'crd.timing.five-seconds',
    level: 'SHALL',
    measures: 'answer time',
    text: 'At least 90% of hook calls are answered within 5 seconds (order-select, encounter-start, encounter-discharge, and order-sign and order-dispatch when the context is warm).',
    source: crd20('foundation.html', 'foundation.html found-2'),
    holds: [{ ig: guides.crd }],
    judge: (evidence) =>
      timed(
        (['order-sign', 'order-dispatch', 'order-select', 'encounter-start', 'encounter-discharge'] as const).filter((hook) =>
          services(evidence).some((service) => service['hook'] === hook),
        ),
        5000,
      )(evidence),
    faults: [
      {
        name: 'takes six seconds when busy',
        at: 'cds.hook',
        drives: ['crd.timing'],
        behaviour: 'crd-six-seconds-when-busy',
        target: { crd: { samples: 20 } },
      },
    ],
  },
  {
    id: 'crd.timing.ten-seconds',
    level: 'SHALL',
    measures: 'answer time',
    text: 'At least 90% of appointment-book calls, and of cold order-sign and order-dispatch calls, are answered within 10 seconds. Cold: at least 24 h after the last hook for the same order (2.0.1, 2.1) or for the same patient and ordering organization (2.2.1).',
    source: crd20('foundation.html', 'foundation.html found-2'),
    applies: (evidence) =>
      services(evidence).some((service) => service['hook'] === 'appointment-book')
        ? followsCrd(evidence)
        : 'appointment-book is not offered; cold order-sign and order-dispatch calls look the same from outside within one run',
    judge: timed(['appointment-book'], 10_000),
    faults: [
      {
        name: 'takes eleven seconds for appointments when busy',
        at: 'cds.hook',
        drives: ['crd.timing'],
        behaviour: 'crd-eleven-seconds-when-busy',
        target: { crd: { samples: 20 } },
      },
    ],
  },
]);
