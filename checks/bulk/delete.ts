import { beside, decided } from '../../src/core/controls.ts';
import {
  all,
  check,
  describeBody,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onFirst,
  pass,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { always } from '../applies.ts';
import { group } from '../group.ts';
import { bulkData } from '../sources.ts';
import { onStatus } from './alter.ts';
import { hasOutcome } from './exports.ts';

const isTaken = (exchange: Exchange): boolean => statusOf(exchange) >= 200 && statusOf(exchange) < 300;

/** The first DELETE of each job, running or finished: the second of one has rows of its own. */
const deletions = (evidence: Evidence): readonly Exchange[] =>
  select(evidence, { step: 'bulk.delete', where: ({ variant }) => variant !== 'group/deleted' && variant !== 'group/mangled' });

/** Binds unless every DELETE of the run was refused. */
export const deletes = (evidence: Evidence): true | string => {
  const said = deletions(evidence).filter((each) => unanswered(each) === undefined);
  const [first] = said;
  return (
    !first ||
    said.some(isTaken) ||
    `The payer refuses each of ${said.length} DELETEs, so it does not offer to cancel exports: ${describeBody(first)}.`
  );
};

/** The DELETE of the job at this URL that was taken before: what a later 404 is due to. */
export const deletionOf = (evidence: Evidence, later: Exchange): Exchange | undefined =>
  deletions(evidence).find((each) => each.request.url === later.request.url && each.index < later.index);

/** Judges what a cancelled job answers; a job whose DELETE was refused is not cancelled. */
const whenCancelled = (exchange: Exchange, evidence: Evidence, judge: () => Finding): Finding =>
  beside(deletionOf(evidence, exchange), 'The DELETE of this job', judge);

function eachDeletion(evidence: Evidence): Finding {
  const found = deletions(evidence);
  if (found.length === 0) return notReached(evidence, { step: 'bulk.delete', variant: 'group' });
  const verdicts = found.map((exchange): Finding => {
    const seen = statusOf(exchange);
    if (seen === 202) return pass;
    const refused =
      unanswered(exchange) ?? (seen >= 400 && hasOutcome(exchange) ? notApplicable(`DELETE is refused: ${describeBody(exchange)}.`) : undefined);
    return refused ?? fail(exchange, '202, or an error with an OperationOutcome', describeBody(exchange));
  });
  return worst(verdicts);
}

export const deleteChecks: readonly Check[] = group({ scenarios: asynchronous, holds: [{ ig: guides.bulk, from: '2.0.0' }], applies: deletes }, [
  {
    id: 'bulk.delete.accepted',
    level: 'SHALL',
    lines: ['L5'],
    text: 'A server that accepts DELETE on the polling URL answers 202; otherwise it answers 4XX/5XX with an OperationOutcome.',
    source: bulkData('export.html#bulk-data-delete-request'),
    holds: [{ ig: guides.bulk }],
    applies: always,
    judge: eachDeletion,
    faults: [{ name: 'answers DELETE with 200', at: 'bulk.delete', alter: onStatus(202, (response) => ({ ...response, status: 200 })) }],
  },
  {
    id: 'bulk.delete.then-404',
    level: 'SHALL',
    lines: ['L5', 'L7'],
    text: 'After DELETE the polling URL answers 404 with an OperationOutcome.',
    source: bulkData('export.html#bulk-data-delete-request'),
    judge: (evidence) => {
      const polls = select(evidence, { step: 'bulk.status', where: ({ variant }) => variant === 'group/deleted' || variant === 'running/deleted' });
      if (polls.length === 0) return notReached(evidence, { step: 'bulk.status', variant: 'group/deleted' });
      const judged = polls.map((exchange) =>
        whenCancelled(exchange, evidence, () =>
          all(
            () => decided(exchange) ?? pass,
            () =>
              check(
                statusOf(exchange) === 404 && hasOutcome(exchange),
                exchange,
                '404 with an OperationOutcome after DELETE',
                describeBody(exchange),
              ),
          ),
        ),
      );
      // A finished job may be beyond cancelling, a running one may have ended: one that was cancelled is enough.
      return judged.find((each) => each.outcome === 'fail') ?? judged.find((each) => each.outcome === 'pass') ?? worst(judged);
    },
    faults: [
      {
        name: 'answers polls of a cancelled job as before',
        at: 'bulk.status',
        alter: onStatus(404, () => ({ status: 202, headers: { 'retry-after': '0' }, body: '' })),
        alsoFails: { 'bulk.isolation.status': 'the 404 for a stranger is turned around with the others' },
      },
    ],
  },
  {
    id: 'bulk.delete.unknown',
    level: 'SHALL',
    lines: ['L7'],
    text: 'A second DELETE on a cancelled job gives 404 with an OperationOutcome; any DELETE error carries an OperationOutcome.',
    source: bulkData('export.html#bulk-data-delete-request'),
    judge: (evidence) =>
      worst([
        onFirst({ step: 'bulk.delete', variant: 'group/deleted' }, (second) =>
          whenCancelled(second, evidence, () =>
            statusOf(second) >= 500
              ? notTestable(`The second DELETE broke down: ${describeBody(second)}.`, 'payer')
              : check(
                  statusOf(second) === 404 && hasOutcome(second),
                  second,
                  '404 with an OperationOutcome for a second DELETE',
                  describeBody(second),
                ),
          ),
        )(evidence),
        ...select(evidence, { step: 'bulk.delete', variant: 'group/mangled' }).map((mangled): Finding => {
          const none = decided(mangled);
          if (none) return none;
          if (statusOf(mangled) >= 400) return check(hasOutcome(mangled), mangled, 'an OperationOutcome with the error', describeBody(mangled));
          return warn(mangled, 'an error for a job that never was', `status ${statusOf(mangled)}`);
        }),
      ]),
    faults: [{ name: 'answers every DELETE with 202', at: 'bulk.delete', alter: onStatus(404, () => ({ status: 202, headers: {}, body: '' })) }],
  },
]);
