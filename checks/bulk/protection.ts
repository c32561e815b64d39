import { read } from '../../src/client/requests/fhir.ts';
import { decided, refusedBeside, sameRequest } from '../../src/core/controls.ts';
import { clientError, describeBody, fail, onEach, pass, statusOf, unanswered } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Probe } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { refuse } from '../alter.ts';
import { allOf } from '../applies.ts';
import { backendServices, grantedNo } from '../cc2/applies.ts';
import { group } from '../group.ts';
import { bulkData, smart, useCase } from '../sources.ts';
import { where } from './alter.ts';
import { needsToken } from './applies.ts';
import { refusedAccess } from './controls.ts';
import { deletes } from './delete.ts';
import { linesOf } from './exports.ts';

/** What protects an export besides its kick-off: its DELETE, its files compared with the scope, and Groups that are not there. */

const noSuchGroup = 'payer-assay-no-such-group';

const unknownGroup: Probe = {
  id: 'group.unknown',
  step: 'group.read',
  suite: 'bulk.refusals',
  expected: { status: [404, 403], codes: ['not-found', 'forbidden'], names: ['Group', 'id'], action: 'correct' },
  request: ({ base }) => (base === undefined ? 'no FHIR base URL is known' : read(base, 'Group', noSuchGroup)),
};

export const protectionChecks: readonly Check[] = group({ scenarios: asynchronous, holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.delete.token',
    level: 'SHALL',
    lines: ['L3', 'L5'],
    text: 'An export cannot be cancelled without a token: the DELETE needs the same protection as the kick-off.',
    source: bulkData('export.html#privacy-and-security-considerations'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    applies: allOf(needsToken, deletes),
    judge: refusedBeside([{ step: 'bulk.delete', probe: 'bulk.delete.no-token' }], sameRequest, (exchange) =>
      statusOf(exchange) >= 200 && statusOf(exchange) < 300
        ? fail(exchange, '401 or 403 for a DELETE without a token', `status ${statusOf(exchange)}: anybody who knows the address ends the export`)
        : (decided(exchange) ?? refusedAccess(exchange, 'a DELETE without a token')),
    ),
    faults: [{ name: 'lets anybody cancel an export', at: 'bulk.delete', behaviour: 'cancels-for-everybody' }],
  },
  {
    id: 'bulk.file.scope',
    level: 'SHALL',
    lines: ['L3'],
    text: 'A file is not served to a token whose scope does not cover its type: the server ensures "that its scope covers the requested resource".',
    source: smart('backend-services.html#step-4-fhir-api'),
    applies: allOf(needsToken, backendServices, grantedNo('panel', 'Coverage', 'ExplanationOfBenefit', 'Condition', 'Observation')),
    judge: refusedBeside(
      [{ step: 'bulk.file', probe: 'bulk.file.narrow-scope' }],
      sameRequest,
      (exchange) => {
        const rows = linesOf(exchange).filter(
          (row) => row !== undefined && !['Patient', 'Group', 'OperationOutcome'].includes(row.resourceType),
        ).length;
        return rows > 0
          ? fail(exchange, 'a refusal of a token for Patient and Group', `disclosed: ${rows} rows of another type`)
          : (decided(exchange) ?? pass);
      },
      (exchange) => linesOf(exchange).length > 0,
    ),
    faults: [{ name: 'does not hold files against the scope', at: 'bulk.file', behaviour: 'gives-files-to-any-scope' }],
  },
  {
    id: 'bulk.group.unknown',
    level: 'FAST',
    lines: ['L7'],
    text: 'A read of a Group that does not exist is refused with a 4xx status, and the server goes on.',
    source: useCase('Scenario 1 line 7'),
    probes: [unknownGroup],
    judge: onEach({ step: 'group.read', probe: unknownGroup.id }, (exchange) => {
      const none = unanswered(exchange);
      if (none) return none;
      return statusOf(exchange) >= 500
        ? fail(exchange, 'status 404 for a Group that does not exist', describeBody(exchange))
        : clientError(exchange, 'a Group that does not exist');
    }),
    faults: [
      {
        name: 'breaks down over a Group that it does not have',
        at: 'group.read',
        alter: where(new RegExp(noSuchGroup), refuse(500, 'exception', 'Something went wrong here. Try again, or contact support.')),
      },
    ],
  },
]);
