import { onEach } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Probe } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { when } from '../alter.ts';
import { group } from '../group.ts';
import { bulkData, useCase } from '../sources.ts';
import { accept, where } from './alter.ts';
import { needsToken } from './applies.ts';
import { onRefusal, refusedAccess, refusedWithOutcome } from './controls.ts';
import { wrongKickoff } from './kickoff.ts';

const withoutToken = (probe: Probe): Probe => ({
  ...probe,
  request(known) {
    const spec = probe.request(known);
    return typeof spec === 'string' ? spec : { ...spec, token: 'none' };
  },
});

/** Kick-offs of a plain export that a payer turns down: the suites of others ask these, and no row of ours did. */
export const kickoffRefusalChecks: readonly Check[] = group({ scenarios: asynchronous, lines: ['L7'], holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.kickoff.token',
    level: 'FAST',
    lines: ['L3', 'L7'],
    text: 'An export cannot be started without a token.',
    source: useCase('Scenario 6'),
    applies: needsToken,
    probes: [
      withoutToken(
        wrongKickoff(
          'no-token',
          { _type: 'Patient' },
          {
            expected: {
              status: [401],
              codes: ['login', 'security', 'unknown', 'forbidden'],
              names: ['token', 'Authorization'],
              action: 'reauthenticate',
            },
          },
        ),
      ),
    ],
    judge: onEach(
      { step: 'bulk.kickoff', probe: 'bulk.kickoff.no-token' },
      onRefusal((exchange) => refusedAccess(exchange, 'a kick-off without a token')),
    ),
    faults: [
      {
        name: 'starts an export for everybody',
        at: 'bulk.kickoff',
        alter: when((request) => request.headers['authorization'] === undefined && /\/\$export\?_type=Patient$/.test(request.url), accept),
      },
    ],
  },
  {
    id: 'bulk.kickoff.bad-since',
    level: 'FAST',
    text: 'A kick-off with a _since that is no instant is refused with an OperationOutcome.',
    source: useCase('Scenario 1 line 7'),
    probes: [
      wrongKickoff(
        'bad-since',
        { _type: 'Patient', _since: 'yesterday' },
        { expected: { status: [400, 422], codes: ['invalid', 'value', 'structure'], names: ['_since', 'yesterday'], action: 'correct' } },
      ),
    ],
    judge: onEach({ step: 'bulk.kickoff', probe: 'bulk.kickoff.bad-since' }, refusedWithOutcome('_since=yesterday')),
    faults: [{ name: 'takes any word for an instant', at: 'bulk.kickoff', alter: where(/_since=yesterday/, accept) }],
  },
  {
    id: 'bulk.kickoff.associated-data',
    level: 'SHOULD',
    text: 'A server that cannot support the includeAssociatedData asked for refuses with an OperationOutcome unless handling=lenient was sent.',
    source: bulkData('export.html#query-parameters'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    probes: [
      wrongKickoff(
        'associated-data',
        { _type: 'Patient', includeAssociatedData: 'NoSuchResources' },
        {
          expected: {
            status: [400, 422],
            codes: ['not-supported', 'invalid', 'value'],
            names: ['includeAssociatedData', 'NoSuchResources'],
            action: 'correct',
          },
        },
      ),
    ],
    judge: onEach(
      { step: 'bulk.kickoff', probe: 'bulk.kickoff.associated-data' },
      refusedWithOutcome('includeAssociatedData=NoSuchResources', { softly: true }),
    ),
    faults: [{ name: 'accepts associated data that do not exist', at: 'bulk.kickoff', alter: where(/NoSuchResources/, accept) }],
  },
]);
