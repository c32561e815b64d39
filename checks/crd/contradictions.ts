import { asString, at, isObject } from '../../src/core/fhir.ts';
import { all, check, fail, notApplicable, notReached, pass, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Json } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { group } from '../group.ts';
import { cdsHooks, useCase } from '../sources.ts';
import { eachCard, eachInformation } from './alter.ts';
import { answeredCalls, cardsIn, informationOf, listIn, onInformation, partOf, rule, shown } from './lib.ts';

/** What a reader of cards and coverage information stumbles over, though each part of it is well made. */

const allowance = 600_000;

export const contradictionChecks: readonly Check[] = group({ scenarios: ordering, lines: ['L2'], holds: [{ ig: guides.crd }] }, [
  {
    id: 'crd.card.override-reasons',
    level: 'SHALL',
    text: 'Each override reason has code and system, and a display: "REQUIRED for Override Reasons provided by the CDS Service".',
    source: cdsHooks('#coding'),
    judge(evidence) {
      if (answeredCalls(evidence).length === 0) return notReached(evidence, { step: 'cds.hook' });
      const found = cardsIn(evidence).flatMap(({ card, exchange }) => listIn(card, 'overrideReasons').map((reason) => ({ reason, exchange })));
      if (found.length === 0) return notApplicable('no card offers reasons to override it');
      return worst(
        found.map(({ reason, exchange }) => {
          const missing = ['code', 'system', 'display'].filter((name) => !asString(reason[name]));
          return check(
            missing.length === 0,
            exchange,
            'code, system and display on every override reason',
            () => `no ${missing.join(', no ')} on ${shown(reason)}`,
          );
        }),
      );
    },
    faults: [
      {
        name: 'offers an override reason that nobody can read',
        at: 'cds.hook',
        alter: eachCard((card) => ({ ...card, overrideReasons: [{ code: 'patient-declined', system: 'https://payer.example/reasons' }] })),
      },
    ],
  },
  {
    id: 'crd.card.one-recommended',
    level: 'SHALL',
    text: 'At most one suggestion is recommended where only one may be chosen: "Multiple suggestions MAY be recommended, if card.selectionBehavior is any".',
    source: cdsHooks('#suggestion'),
    judge(evidence) {
      if (answeredCalls(evidence).length === 0) return notReached(evidence, { step: 'cds.hook' });
      const found = cardsIn(evidence).filter(({ card }) => listIn(card, 'suggestions').length > 0);
      if (found.length === 0) return notApplicable('no card with suggestions was returned');
      return worst(
        found.map(({ card, exchange }) => {
          const recommended = listIn(card, 'suggestions').filter((each) => each['isRecommended'] === true).length;
          return check(
            recommended <= 1 || card['selectionBehavior'] === 'any',
            exchange,
            'one recommended suggestion, or selectionBehavior any',
            () => `${recommended} recommended with ${shown(card['selectionBehavior'])}`,
          );
        }),
      );
    },
    faults: [
      {
        name: 'recommends two suggestions of which one may be chosen',
        at: 'cds.hook',
        alter: eachCard((card) => {
          const [one] = listIn(card, 'suggestions');
          if (one === undefined) return card;
          const suggestion = { ...one, isRecommended: true };
          return {
            ...card,
            selectionBehavior: 'at-most-one',
            suggestions: [suggestion, { ...suggestion, uuid: '1b4a2c36-6a4e-4c1b-9a55-0f7d3b2f9e01' }],
          };
        }),
      },
    ],
  },
  {
    id: 'crd.card.source-url',
    level: 'SHALL',
    text: 'source.url and source.icon, where given, are absolute URLs: an "absolute URL to load (via GET, in a browser context)".',
    source: cdsHooks('#source'),
    judge(evidence) {
      if (answeredCalls(evidence).length === 0) return notReached(evidence, { step: 'cds.hook' });
      const found = cardsIn(evidence).flatMap(({ card, exchange }) =>
        ['url', 'icon'].flatMap((name) => {
          const value: Json | undefined = at(card, 'source', name);
          // null is the business of crd.json.no-null-empty.
          return value === undefined || value === null ? [] : [{ name, value, exchange }];
        }),
      );
      if (found.length === 0) return notApplicable('no card gives source.url or source.icon');
      return all(
        ...found.map(
          ({ name, value, exchange }) =>
            () =>
              check(isHttpUrl(value), exchange, `an absolute URL in source.${name}`, () => shown(value)),
        ),
      );
    },
    faults: [
      {
        name: 'points to its guidelines by a path alone',
        at: 'cds.hook',
        alter: eachCard((card) => ({ ...card, source: { ...(isObject(card['source']) ? card['source'] : {}), url: '/guidelines' } })),
      },
    ],
  },
  {
    id: 'crd.coverage.date-past',
    level: 'FAST',
    text: 'Coverage information is not dated into the future: its date says when the payer came to this opinion.',
    source: useCase('Scenario 2'),
    judge: onInformation((information) => {
      const told = asString(partOf(information, 'date')) ?? '';
      const { startedAt, timing } = information.exchange;
      // A day alone may have begun elsewhere on earth; clocks differ by minutes.
      const latest = Date.parse(startedAt) + timing.total + (told.length > 10 ? allowance : 86_400_000);
      return rule(!(Date.parse(told) > latest), information, 'a date that is not in the future', told);
    }),
    faults: [
      {
        name: 'dates its opinion into next year',
        at: 'cds.hook',
        alter: eachInformation((parts) => parts.map((part) => (part['url'] === 'date' ? { url: 'date', valueDate: '2999-01-01' } : part))),
      },
    ],
  },
  {
    id: 'crd.coverage.agree',
    level: 'FAST',
    text: 'Two statements of one answer about one order, one coverage and one code do not contradict each other.',
    source: useCase('Scenario 2'),
    judge(evidence) {
      const calls = answeredCalls(evidence);
      if (calls.length === 0) return notReached(evidence, { step: 'cds.hook' });
      const found = calls.flatMap((exchange) => {
        const said = new Map<string, string>();
        return informationOf(exchange).map((each) => {
          const about = JSON.stringify([
            each.resource['resourceType'] ?? null,
            each.resource['id'] ?? null,
            at(partOf(each, 'coverage'), 'reference') ?? null,
            // What is said of one billing code or one detail need not hold for another.
            ...['billingCode', 'detail', 'info-needed'].map((part) => [...(each.parts.get(part) ?? [])]),
          ]);
          const opinion = ['covered', 'pa-needed'].map((part) => asString(partOf(each, part)) ?? 'not said').join(', ');
          const before = said.get(about);
          said.set(about, before ?? opinion);
          return before === undefined || before === opinion
            ? pass
            : fail(exchange, 'one opinion on one order and coverage', `${before}; and then ${opinion}`);
        });
      });
      return found.length === 0 ? notApplicable('no coverage information was returned (graded by crd.coverage.primary-hooks)') : worst(found);
    },
    faults: [
      {
        name: 'says of one order that it is covered and that it is not',
        at: 'cds.hook',
        behaviour: 'crd-says-two-things',
        alsoFails: { 'crd.coverage.distinct-ids': 'the second statement comes under an id of its own' },
      },
    ],
  },
]);
