import { check, describeBody, fail, notApplicable, notReached, onFirst, pass, select, statusOf, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { always, follows } from '../applies.ts';
import { group } from '../group.ts';
import { bulkData } from '../sources.ts';
import { hasOutcome } from './exports.ts';
import { onStatus } from './plant.ts';

const deletion = (evidence: Evidence) => select(evidence, { step: 'bulk.delete', variant: 'group' })[0];

/** Binds once the payer has taken a DELETE. */
export const deletes = (evidence: Evidence): true | string => {
  const exchange = deletion(evidence);
  return !exchange || statusOf(exchange) === 202 || `The payer answered DELETE with ${statusOf(exchange)}, so it does not offer it.`;
};

export const deleteChecks: readonly Check[] = group({ scenarios: asynchronous, holds: [{ ig: guides.bulk, from: '2.0.0' }], applies: deletes }, [
  {
    id: 'bulk.delete.accepted',
    level: 'SHALL',
    lines: ['L5'],
    text: 'A server that accepts DELETE on the polling URL answers 202; otherwise it answers 4XX/5XX with an OperationOutcome.',
    source: bulkData('export.html#bulk-data-delete-request'),
    holds: [{ ig: guides.bulk }],
    applies: always,
    judge: (evidence) => {
      const exchange = deletion(evidence);
      if (!exchange) return notReached(evidence, { step: 'bulk.delete', variant: 'group' });
      const seen = statusOf(exchange);
      if (seen === 202) return pass;
      if (seen >= 400 && hasOutcome(exchange)) {
        if (follows(guides.atr)(evidence) === true) return notApplicable('The payer does not offer DELETE, which ATR allows.');
        return warn(exchange, '202: an export can be cancelled', `status ${seen}`);
      }
      return fail(exchange, '202, or an error with an OperationOutcome', describeBody(exchange));
    },
    faults: [{ name: 'answers DELETE with 200', at: 'bulk.delete', alter: onStatus(202, (response) => ({ ...response, status: 200 })) }],
  },
  {
    id: 'bulk.delete.then-404',
    level: 'SHALL',
    lines: ['L5', 'L7'],
    text: 'After DELETE the polling URL answers 404 with an OperationOutcome.',
    source: bulkData('export.html#bulk-data-delete-request'),
    judge: onFirst({ step: 'bulk.status', variant: 'group/deleted' }, (exchange) =>
      check(statusOf(exchange) === 404 && hasOutcome(exchange), exchange, '404 with an OperationOutcome after DELETE', describeBody(exchange)),
    ),
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
    judge: (evidence) => {
      const second = select(evidence, { step: 'bulk.delete', variant: 'group/deleted' })[0];
      const mangled = select(evidence, { step: 'bulk.delete', variant: 'group/mangled' })[0];
      if (!second) return notReached(evidence, { step: 'bulk.delete', variant: 'group/deleted' });
      if (statusOf(second) !== 404 || !hasOutcome(second))
        return fail(second, '404 with an OperationOutcome for a second DELETE', describeBody(second));
      if (!mangled) return pass;
      if (statusOf(mangled) >= 400) return check(hasOutcome(mangled), mangled, 'an OperationOutcome with the error', describeBody(mangled));
      return warn(mangled, 'an error for a job that never was', `status ${statusOf(mangled)}`);
    },
    faults: [{ name: 'answers every DELETE with 202', at: 'bulk.delete', alter: onStatus(404, () => ({ status: 202, headers: {}, body: '' })) }],
  },
]);
