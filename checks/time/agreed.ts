import { notAsked, notTestable, worst } from '../../src/core/findings.ts';
import type { Check, Fault, Limit, Operation, Step } from '../../src/core/model.ts';
import { allScenarios, oneMember } from '../../src/core/steps.ts';
import { type Applies, notAgreed } from '../applies.ts';
import { group } from '../group.ts';
import { useCase } from '../sources.ts';
import { withinAgreement, withinLimits } from './limits.ts';

const agreed =
  (...operations: readonly Operation[]): Applies =>
  ({ target }) =>
    operations.some((each) => target.agreement?.limits?.[each]?.p95 !== undefined) || notAgreed(target, `p95 of ${operations.join(' or ')}`);

const discoverySteps: readonly Step[] = [
  ...(['metadata', 'smart.configuration', 'versions', 'wellknown.davinci', 'udap.metadata', 'cds.discovery'] as const),
  ...(['directory.metadata', 'directory.organization', 'directory.endpoint'] as const),
];

/** Holds an answer back beyond a limit that the overlay of the target file agrees. */
const slow = (name: string, at: Step | readonly Step[], limits: Partial<Record<Operation, Limit>>, own = true): Fault => ({
  name,
  at,
  delayMs: 20,
  target: { agreement: { limits } },
  ...(own ? { alsoFails: { 'time.agreed.declared': 'each time limit is part of the agreed profile' } } : {}),
});

/** Times of a single caller against what the payer has agreed to. Without an agreement no row here can fail anybody. */
const whatever = 'an answer takes its time whatever it says';
const timeOnly = {
  lost: 'no answer at all is later than any limit',
  'empty-bundle': whatever,
  'empty-list': whatever,
  'empty-manifest': whatever,
} as const;

export const timeChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L6'], about: timeOnly }, [
  {
    id: 'time.agreed.declared',
    level: 'FAST',
    measures: 'answer time',
    text: 'The time frame agreed with the payer is given to the harness as a profile (per operation p50, p95, p99, timeout) and each run is graded against it; defaults apply when none is given.',
    source: useCase('Scenario 1 line 6'),
    applies: ({ target }) =>
      Object.keys(target.agreement?.limits ?? {}).length > 0 ||
      notAsked('agreement.limits', 'the limits agreed with the payer; defaults inform and never fail'),
    judge: (evidence) => {
      const findings = withinAgreement(evidence);
      return findings.length === 0
        ? notTestable('No operation with an agreed limit was answered in this run.', 'payer')
        : worst(findings.filter((each) => each.outcome !== 'not-applicable'));
    },
    faults: [
      slow('passes the agreed timeout at discovery', 'smart.configuration', { discovery: { timeout: 15 } }, false),
      slow('passes the agreed timeout', 'member-match', { match: { timeout: 15 } }, false),
    ],
  },
  {
    id: 'time.discovery',
    level: 'FAST',
    measures: 'answer time',
    text: 'Discovery and metadata requests answer within 1 s at p95 and 3 s at p99.',
    source: useCase('Scenario 1 line 6'),
    applies: agreed('discovery'),
    judge: (evidence) => withinLimits(evidence, 'discovery', ['p95']),
    faults: [slow('is slow at discovery', discoverySteps, { discovery: { p95: 10 } })],
  },
  {
    id: 'time.token',
    level: 'FAST',
    measures: 'answer time',
    lines: ['L3', 'L6'],
    text: 'Token requests answer within 1 s at p95 and 3 s at p99.',
    source: useCase('Scenario 1 line 6'),
    applies: agreed('token'),
    judge: (evidence) => withinLimits(evidence, 'token', ['p95']),
    faults: [slow('is slow at giving tokens', 'token', { token: { p95: 10 } })],
  },
  {
    id: 'time.match',
    level: 'FAST',
    measures: 'answer time',
    lines: ['L4', 'L6'],
    text: '$member-match and Patient $match answer within 3 s at p95 and 8 s at p99.',
    source: useCase('Scenario 1 line 6'),
    applies: agreed('match'),
    judge: (evidence) => withinLimits(evidence, 'match', ['p95']),
    faults: [slow('is slow at matching', 'member-match', { match: { p95: 10 } })],
  },
  {
    id: 'time.read-search',
    level: 'FAST',
    measures: 'answer time',
    scenarios: oneMember,
    text: 'Single reads answer within 1 s and section searches within 2 s at p95.',
    source: useCase('Scenario 1 line 6'),
    applies: agreed('read', 'search'),
    judge: (evidence) =>
      worst(
        ([withinLimits(evidence, 'read', ['p95']), withinLimits(evidence, 'search', ['p95'])] as const).filter(
          (each) => each.outcome !== 'not-applicable',
        ),
      ),
    faults: [slow('is slow at reading', 'read', { read: { p95: 10 } }), slow('is slow at searching', 'search', { search: { p95: 10 } })],
  },
  {
    id: 'time.everything',
    level: 'FAST',
    measures: 'answer time',
    scenarios: ['S1', 'S3'],
    text: '$everything and document retrieval answer first byte within 5 s and end within 15 s at p95, or switch to async.',
    source: useCase('Scenario 1 line 6'),
    applies: agreed('everything'),
    judge: (evidence) => withinLimits(evidence, 'everything', ['p95']),
    faults: [slow('is slow at whole records', 'everything', { everything: { p95: 10 } })],
  },
]);
