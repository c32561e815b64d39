import { at, isObject, jsonOf } from '../../src/core/fhir.ts';
import { check, clip, fail, headerOf, notReached, notTestable, onFirst, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Bound, Check, Evidence, Exchange, Variant } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { cdsHooks, crd, useCase } from '../sources.ts';
import { cardsOf, doesFollow, followsCrd, informationOf, onVariant, opinionOf, services } from './lib.ts';

const lists =
  (option: string) =>
  (evidence: Evidence): Bound =>
    services(evidence).some((service) => JSON.stringify(service).includes(`"code":"${option}"`))
      ? followsCrd(evidence)
      : `no service lists the option ${option}`;
const errorBody = { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' };
const is =
  (variantText: string) =>
  (body: string | undefined): boolean =>
    body?.includes(variantText) === true;

/** The variant got the same opinion as the plain call, with status 200. */
const sameAsPlain = (variant: Variant<'cds.hook'>) =>
  onVariant(variant, (exchange, evidence) => {
    const plain = select(evidence, { step: 'cds.hook', variant: 'order-sign:plain' })[0];
    if (!plain?.response || statusOf(plain) !== 200)
      return notTestable('the plain order-sign call was not answered with 200, so there is nothing to compare with', 'payer');
    if (statusOf(exchange) !== 200)
      return fail(
        exchange,
        '200 with the same answer as the plain call',
        `status ${statusOf(exchange)}: ${clip(exchange.response?.body ?? '', 120)}`,
      );
    return check(
      opinionOf(exchange) === opinionOf(plain),
      exchange,
      `the same answer as the plain call: ${clip(opinionOf(plain), 140)}`,
      clip(opinionOf(exchange), 140),
    );
  });

/** What the cards say, without ids that are new in each answer. */
const says = (exchange: Exchange): string => JSON.stringify(cardsOf(exchange).map(({ summary, detail, indicator }) => [summary, detail, indicator]));

/** Configuration, data access, trust, errors and time. */
export const serviceChecks: readonly Check[] = group({ scenarios: ordering }, [
  {
    id: 'cc3.crd.uscore-versions',
    level: 'SHALL',
    lines: ['L1', 'L2'],
    text: 'A CRD server handles prefetch and context from clients on US Core 3.1.1, 6.1.0 and 7.0.0.',
    source: crd('conformance.html', 'conformance.html conf-2'),
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    judge(evidence) {
      const calls = ['3.1.1', '6.1.0', '7.0.0'].map((release) => select(evidence, { step: 'cds.hook', variant: `order-sign:us-core-${release}` })[0]);
      const [first] = calls;
      if (!first?.response) return notReached(evidence, { step: 'cds.hook', variant: 'order-sign:us-core-3.1.1' });
      const informed = calls.some((each) => each !== undefined && informationOf(each).length > 0);
      return worst(
        calls.flatMap((each) =>
          each === undefined
            ? []
            : [
                check(
                  statusOf(each) === 200 && (!informed || informationOf(each).length > 0),
                  each,
                  '200 with coverage information whatever US Core release the resources follow',
                  `${each.variant}: status ${statusOf(each)}, ${informationOf(each).length} pieces of coverage information`,
                ),
              ],
        ),
      );
    },
    faults: [{ name: 'refuses US Core 3.1.1 resources', at: 'cds.hook', behaviour: 'crd-refuses-us-core-3' }],
  },
  {
    id: 'crd.config.honoured',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Supported configuration sent by the client is followed.',
    source: crd('deviations.html', 'deviations.html dev-14'),
    applies: lists('coverage-info'),
    judge: onVariant('order-sign:coverage-off', (exchange) =>
      check(
        statusOf(exchange) === 200 && informationOf(exchange).length === 0,
        exchange,
        '200 without coverage information when coverage-info is false',
        `status ${statusOf(exchange)} with ${informationOf(exchange).length} pieces of it`,
      ),
    ),
    faults: [{ name: 'ignores the configuration', at: 'cds.hook', behaviour: 'crd-ignores-configuration' }],
  },
  {
    id: 'crd.config.unknown-ignored',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Unknown configuration codes, unknown context elements and unexpected elements are ignored.',
    source: crd('deviations.html', 'deviations.html dev-17; hooks.html hook-23; foundation.html found-33'),
    holds: [{ ig: guides.crd }],
    judge(evidence) {
      const variants: readonly Variant<'cds.hook'>[] = [
        'order-sign:unknown-option',
        'order-sign:unknown-context',
        ...(doesFollow(evidence, '2.2.1') ? (['order-sign:unknown-root'] as const) : []),
      ];
      return worst(variants.map((variant) => sameAsPlain(variant)(evidence)));
    },
    faults: [{ name: 'refuses unknown elements', at: 'cds.hook', behaviour: 'crd-refuses-unknown-elements' }],
  },
  {
    id: 'crd.config.not-required',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'A hook call without configuration is never refused for that reason.',
    source: crd('deviations.html', 'deviations.html dev-15'),
    holds: [{ ig: guides.crd }],
    judge: onVariant('order-sign:plain', (exchange) => {
      const named = /configuration/i.test(exchange.response?.body ?? '');
      return check(
        statusOf(exchange) < 400 || !named,
        exchange,
        'no refusal of a call without davinci-crd.configuration',
        `status ${statusOf(exchange)}: ${clip(exchange.response?.body ?? '', 140)}`,
      );
    }),
    faults: [
      {
        name: 'insists on a configuration',
        at: 'cds.hook',
        behaviour: 'crd-needs-configuration',
        alsoFails: Object.fromEntries(
          [
            'crd.invoke.success',
            'crd.coverage.primary-hooks',
            'cc3.crd.uscore-versions',
            'crd.sync-only',
            'crd.prefetch.412',
            'crd.error.wrong-payer',
            'crd.optional-omitted',
            'crd.coverage.member-not-found',
            'crd.coverage.no-active',
            'crd.coverage.technical',
            'crd.coverage.distinct-ids',
            'crd.fetch.uses-token',
            'crd.error.outcome',
            'crd.error.distinguishable',
          ].map((id) => [id, 'no call without configuration gets through']),
        ),
      },
    ],
  },
  {
    id: 'crd.config.bad-combination',
    level: 'SHALL',
    lines: ['L7'],
    text: 'Disallowed or nonsensical configuration combinations are handled gracefully.',
    source: crd('deviations.html', 'deviations.html dev-6'),
    applies: (evidence) =>
      services(evidence).some(
        (service) => isObject(at(service, 'extension')) && at(service, 'extension', 'davinci-crd.configuration-options') !== undefined,
      )
        ? followsCrd(evidence)
        : 'no service lists configuration options',
    judge: onVariant('order-sign:odd-configuration', (exchange) =>
      check(statusOf(exchange) < 500, exchange, '200 or a 4xx refusal', `status ${statusOf(exchange)}`),
    ),
    faults: [
      {
        name: 'breaks when everything is switched off',
        at: 'cds.hook',
        alter: (response, request) => (is('"coverage-info":false,')(request.body) ? { ...response, ...errorBody } : response),
      },
    ],
  },
  {
    id: 'crd.prefetch.no-412-on-gaps',
    level: 'SHALL',
    lines: ['L7'],
    text: '412 is not used when prefetch was given but the data lacks details.',
    source: crd('foundation.html', 'foundation.html found-32'),
    holds: [{ ig: guides.crd, from: '2.1.0' }],
    judge: onVariant('order-sign:gap', (exchange) =>
      check(statusOf(exchange) !== 412, exchange, 'an answer in spite of a Patient without address', 'status 412'),
    ),
    faults: [
      {
        name: 'answers 412 when the address is missing',
        at: 'cds.hook',
        alter: (response, request) => (isGap(request.body) ? { ...response, status: 412, body: '{}' } : response),
      },
    ],
  },
  {
    id: 'crd.fetch.uses-token',
    level: 'SHOULD',
    lines: ['L2', 'L3'],
    text: 'Missing data is queried from the client FHIR server with the supplied token.',
    source: crd('foundation.html', 'foundation.html found-5'),
    holds: [{ ig: guides.crd, from: '2.1.0' }],
    judge: onVariant('order-sign:fetch', (exchange, evidence) => {
      const calls = select(evidence, { step: 'ehr.callback', where: (each) => each.follows === exchange.index });
      const wrong = calls.find((each) => each.facts?.['ehr.authorised'] !== true);
      if (wrong)
        return fail(
          wrong,
          'queries that carry the access token of the hook call',
          `${wrong.request.method} ${wrong.request.url} with Authorization ${wrong.request.headers['authorization'] ?? 'absent'}`,
        );
      if (calls.length > 0) return { ...pass, note: `asked for ${calls.map((each) => each.request.url.split('/ehr/')[1]).join(', ')}` };
      const expected = 'a query to our FHIR server for the missing Coverage';
      if ([400, 412].includes(statusOf(exchange))) return warn(exchange, expected, `status ${statusOf(exchange)} without any query`);
      // Who knows the member from records of its own need not ask us.
      if (informationOf(exchange).length > 0) return pass;
      const [whole] = select(evidence, { step: 'cds.hook', variant: 'order-sign' });
      return whole && says(whole) !== says(exchange)
        ? warn(exchange, expected, `without any query an answer other than with the Coverage: ${clip(exchange.response?.body ?? '', 120)}`)
        : notTestable('The answer is the same with the Coverage and without, so whether the service needs it is not known.', 'payer');
    }),
    faults: [{ name: 'queries with another token', at: 'cds.hook', behaviour: 'crd-queries-with-another-token' }],
  },
  {
    id: 'crd.optional-omitted',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'Omission of optional elements is not treated as an error.',
    source: crd('conformance.html', 'conformance.html conf-12, conf-8'),
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    judge: onVariant('order-sign:minimal', (exchange) =>
      check(
        statusOf(exchange) === 200 && informationOf(exchange).length > 0,
        exchange,
        '200 with coverage information for a minimal request',
        `status ${statusOf(exchange)}: ${clip(exchange.response?.body ?? '', 120)}`,
      ),
    ),
    faults: [{ name: 'insists on an optional element', at: 'cds.hook', behaviour: 'crd-needs-optional-elements' }],
  },
  {
    id: 'crd.sync-only',
    level: 'FAST',
    lines: ['L5'],
    text: 'CRD answers in the same HTTP exchange even when the client asks for async.',
    source: useCase('Scenario 2 (synchronous only)'),
    holds: [{ ig: guides.crd }],
    judge: onVariant('order-sign:prefer-async', (exchange) =>
      check(
        statusOf(exchange) === 200 && Array.isArray(at(jsonOf(exchange.response), 'cards')),
        exchange,
        '200 with cards in the same exchange',
        `status ${statusOf(exchange)}${headerOf(exchange, 'content-location') ? ' with Content-Location' : ''}`,
      ),
    ),
    faults: [
      {
        name: 'goes async when asked to',
        at: 'cds.hook',
        alter: (response, request) =>
          request.headers['prefer']?.includes('respond-async')
            ? { ...response, status: 202, headers: { 'content-location': 'https://payer.example/job/1' }, body: '' }
            : response,
      },
    ],
  },
  {
    id: 'crd.feedback.accepted',
    level: 'MAY',
    lines: ['L2'],
    text: 'A service may offer {base}/cds-services/{id}/feedback and then accepts a feedback array.',
    source: cdsHooks('#feedback'),
    applies: (evidence) => {
      const sent = select(evidence, { step: 'cds.feedback' })[0];
      return sent && [404, 405, 501].includes(statusOf(sent)) ? 'no feedback endpoint is offered' : followsCrd(evidence);
    },
    judge: onFirst({ step: 'cds.feedback' }, (exchange) =>
      check(statusOf(exchange) >= 200 && statusOf(exchange) < 300, exchange, 'a 2xx status', `status ${statusOf(exchange)}`),
    ),
    faults: [{ name: 'falls over feedback', at: 'cds.feedback', alter: (response) => ({ ...response, ...errorBody }) }],
  },
]);

/** The Patient lost its address, and nothing else is missing. */
const isGap = (body: string | undefined): boolean =>
  body?.includes('"resourceType":"Patient"') === true && !body.includes('"address"') && body.includes('occurrenceDateTime');
