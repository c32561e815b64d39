import { asArray, asString, at, isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import {
  all,
  check,
  clip,
  fail,
  notApplicable,
  notAsked,
  notReached,
  notTestable,
  onEach,
  pass,
  status,
  statusOf,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Json } from '../../src/core/model.ts';
import { hasValue } from '../../src/core/same.ts';
import { ordering } from '../../src/core/steps.ts';
import { follows } from '../applies.ts';
import { group } from '../group.ts';
import { cdsHooks, crd } from '../sources.ts';
import { eachCard, json } from './alter.ts';
import { answeredCalls, bodyOf, cardsIn, cardsOf, followsCrd, inCdsJson, mayFollow, onCards, onVariant, shown } from './lib.ts';

const links = (card: JsonObject): readonly JsonObject[] => asArray(card['links']).filter(isObject);
const drop = (value: JsonObject, key: string): JsonObject => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
/** Code points, as a reader would count. */
/** In characters as people count them; code units can only be more. */
const lengthOf = (text: string): number => (text.length < 140 ? text.length : [...text].length);

/** By what a detail may name an order: its id, a code, its text, or a word of a display. */
const namesOf = (order: Json | undefined): readonly string[] => {
  const codings = asArray(at(order, 'code', 'coding'));
  const texts = [at(order, 'code', 'text'), ...codings.map((each) => at(each, 'display'))].flatMap((each) => asString(each) ?? []);
  const words = texts.flatMap((text) => text.split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length > 3);
  return [at(order, 'id'), ...codings.map((each) => at(each, 'code'))].flatMap((each) => asString(each) ?? []).concat(words);
};

/** What a clinician would see: cards, their links and suggestions, and actions. */
export const cardChecks: readonly Check[] = group({ scenarios: ordering, lines: ['L2'], holds: [{ ig: guides.crd }] }, [
  {
    id: 'crd.invoke.success',
    level: 'SHALL',
    text: 'A successful call answers 200 with a JSON object that has a cards array and optionally systemActions.',
    source: cdsHooks('#cds-service-response'),
    judge: onEach(
      {
        step: 'cds.hook',
        where: (each) => {
          const [hook = '', form] = (each.variant ?? '').split(':');
          const isHook = ['order-sign', 'order-select', 'order-dispatch', 'appointment-book', 'encounter-start', 'encounter-discharge'].includes(
            hook,
          );
          // A further service of a hook may want what the first does not, and say so; it may not break down.
          return isHook && (form === undefined || (form === 'beside' && (statusOf(each) < 400 || statusOf(each) >= 500)));
        },
      },
      (exchange) => {
        const body = jsonOf(exchange.response);
        const actions = at(body, 'systemActions');
        return all(
          () => status(exchange, 200),
          () => inCdsJson(exchange),
          () => check(isObject(body) && Array.isArray(body['cards']), exchange, 'an object with a cards array', () => shown(body)),
          // An empty array, and null, are the business of crd.json.no-null-empty.
          () => check(!hasValue(actions) || Array.isArray(actions), exchange, 'systemActions absent or an array', () => shown(actions)),
        );
      },
    ),
    faults: [
      {
        name: 'answers 200 without cards to encounter-discharge',
        at: 'cds.hook',
        alter: json((body, request) => (request.url.endsWith('crd-encounter-discharge') ? drop(body, 'cards') : body)),
      },
      {
        name: 'answers 204 to encounter-discharge',
        at: 'cds.hook',
        alter: (response, request) => (request.url.endsWith('crd-encounter-discharge') ? { ...response, status: 204, body: '' } : response),
      },
    ],
  },
  {
    id: 'crd.card.required',
    level: 'SHALL',
    text: 'Each card has summary below 140 characters, indicator and source.label.',
    source: cdsHooks('#card-attributes'),
    judge: onCards((card, exchange) => {
      const summary = asString(card['summary']) ?? '';
      return all(
        () => check(summary !== '', exchange, 'a summary on every card', 'absent'),
        () => check(lengthOf(summary) <= 140, exchange, 'a summary below 140 characters', `${lengthOf(summary)} characters: ${summary}`),
        () => check(asString(card['indicator']) !== undefined, exchange, 'an indicator on every card', 'absent'),
        () => check(asString(at(card, 'source', 'label')) !== undefined, exchange, 'source.label on every card', 'absent'),
        () =>
          check(!hasValue(card['extension']) || isObject(card['extension']), exchange, 'extension as a JSON object', () => shown(card['extension'])),
        () => (lengthOf(summary) === 140 ? warn(exchange, 'a summary below 140 characters', 'exactly 140') : pass),
      );
    }),
    faults: [
      { name: 'writes summaries of 200 characters', at: 'cds.hook', alter: eachCard((card) => ({ ...card, summary: 'x'.repeat(200) })) },
      { name: 'writes a text for the extension of a card (K9.3)', at: 'cds.hook', alter: eachCard((card) => ({ ...card, extension: 'davinci' })) },
    ],
  },
  {
    id: 'crd.card.indicator',
    level: 'SHALL',
    text: 'indicator is info, warning or critical; what is critical is said of few ("Most Coverage Requirements SHOULD be marked as info").',
    source: cdsHooks('#card-attributes'),
    judge: (evidence) =>
      all(
        () =>
          onCards((card, exchange) =>
            check(
              ['info', 'warning', 'critical'].includes(asString(card['indicator']) ?? 'info'),
              exchange,
              'indicator info, warning or critical',
              () => shown(card['indicator']),
            ),
          )(evidence),
        () => {
          const cards = cardsIn(evidence);
          const loud = cards.filter(({ card }) => card['indicator'] === 'critical');
          const [first] = loud;
          // Of one or two cards, "most" says nothing.
          return first === undefined || cards.length < 3 || loud.length * 2 <= cards.length
            ? pass
            : warn(first.exchange, 'few cards that are critical: of life and death, not of payment', `${loud.length} of ${cards.length} cards`);
        },
      ),
    faults: [
      { name: 'uses the indicator success', at: 'cds.hook', alter: eachCard((card) => ({ ...card, indicator: 'success' })) },
      { name: 'calls every card critical (F3.7)', at: 'cds.hook', alter: eachCard((card) => ({ ...card, indicator: 'critical' })) },
    ],
  },
  {
    id: 'crd.card.source-topic',
    level: 'SHALL',
    text: 'source.topic is present and coded (extensible) from the CRD response types.',
    source: crd('cards.html', 'cards.html resp-5'),
    judge: onCards((card, exchange) => {
      const topic = at(card, 'source', 'topic');
      return check(!!asString(at(topic, 'system')) && !!asString(at(topic, 'code')), exchange, 'source.topic as a Coding with system and code', () =>
        shown(topic),
      );
    }),
    faults: [
      {
        name: 'sends reminder cards without a topic',
        at: 'cds.hook',
        alter: eachCard((card) =>
          at(card, 'source', 'topic', 'code') === 'clinical-reminder'
            ? { ...card, source: drop(isObject(card['source']) ? card['source'] : {}, 'topic') }
            : card,
        ),
      },
    ],
  },
  {
    id: 'crd.card.source-label',
    level: 'SHALL',
    text: 'source.label names the insurer the member knows.',
    source: crd('cards.html', 'cards.html resp-4'),
    applies: (evidence) =>
      (evidence.target.crd?.insurerNames ?? []).length > 0
        ? followsCrd(evidence)
        : notAsked('crd.insurerNames', 'names of the insurer that members know'),
    judge: onCards((card, exchange, { target }) => {
      const label = asString(at(card, 'source', 'label')) ?? '';
      if ((target.crd?.vendorNames ?? []).includes(label))
        return fail(exchange, 'the insurer that the member knows as source.label', `${label}, which is on the deny list`);
      return (target.crd?.insurerNames ?? []).includes(label)
        ? pass
        : warn(exchange, `one of ${(target.crd?.insurerNames ?? []).join(', ')}, or an authority that a person accepts`, label);
    }),
    faults: [
      {
        name: 'signs cards as the benefits manager',
        at: 'cds.hook',
        alter: eachCard((card) => ({ ...card, source: { ...(isObject(card['source']) ? card['source'] : {}), label: 'Benefits Manager Inc.' } })),
      },
    ],
  },
  {
    id: 'crd.card.uuid',
    level: 'SHALL',
    text: 'Each card has a uuid.',
    source: crd('StructureDefinition-CRDHooksResponseBase.html', 'CRDHooksResponseBase cards.uuid 1..1; cards.html resp-13'),
    holds: [
      { ig: guides.crd, from: '2.2.1' },
      { ig: guides.crd, to: '2.1.0', level: 'FAST' },
    ],
    judge(evidence) {
      const calls = answeredCalls(evidence);
      const all = calls.flatMap((exchange) => cardsOf(exchange).map((card) => ({ exchange, uuid: asString(card['uuid']) ?? '' })));
      if (calls.length === 0) return notReached(evidence, { step: 'cds.hook' });
      if (all.length === 0) return notApplicable('no card was returned');
      // Before 2.2.1 a card may do without one; one that is given is "Unique identifier of the card" in every edition of CDS Hooks.
      const owed = mayFollow(evidence, '2.2.1');
      const bare = all.find(({ uuid }) => uuid === '');
      if (bare && owed) return fail(bare.exchange, 'a uuid on every card', 'absent');
      if (all.every(({ uuid }) => uuid === '')) return notApplicable('Before CRD 2.2.1 a card may do without a uuid, and none here has one.');
      const reused = all.find(({ exchange, uuid }, index) =>
        all.some((other, at) => uuid !== '' && at < index && other.exchange === exchange && other.uuid === uuid),
      );
      return reused ? warn(reused.exchange, 'another uuid on every card of one answer: feedback goes by it', `${reused.uuid} twice`) : pass;
    },
    faults: [
      { name: 'sends cards without uuid', at: 'cds.hook', alter: eachCard((card) => drop(card, 'uuid')) },
      {
        name: 'gives every card the same uuid',
        at: 'cds.hook',
        alter: eachCard((card) => ({ ...card, uuid: '5f0c7f1e-4a7c-4b9b-9b6e-3f1f5e0a1c11' })),
      },
    ],
  },
  {
    id: 'crd.card.no-portal',
    level: 'SHALL',
    text: 'External reference and instruction cards do not send users to a portal for prior authorization or coverage determination.',
    source: crd('cards.html', 'cards.html resp-17, resp-23'),
    applies: (evidence) =>
      (evidence.target.crd?.portalHosts ?? []).length > 0
        ? follows(guides.crd, '2.1.0')(evidence)
        : notAsked('crd.portalHosts', 'hosts of portals that cards must not lead to'),
    judge: onCards((card, exchange, { target }) => {
      const text = `${asString(card['detail']) ?? ''} ${links(card)
        .map((link) => link['url'])
        .join(' ')}`.toLowerCase();
      const hit = (target.crd?.portalHosts ?? []).find((host) => text.includes(host.toLowerCase()));
      return hit === undefined
        ? pass
        : warn(
            exchange,
            'no card that sends users to a portal for authorisation (a person must look at this one)',
            `"${card['summary']}" points to ${hit}`,
          );
    }),
    faults: [
      {
        name: 'sends users to the portal',
        at: 'cds.hook',
        alter: eachCard((card) => ({ ...card, detail: 'Log in to portal.assay.example to request authorization.' })),
      },
    ],
  },
  {
    id: 'crd.multi-resource-detail',
    level: 'SHALL',
    text: 'A card about only some of the resources says which ones in detail.',
    source: crd('deviations.html', 'deviations.html dev-24'),
    judge: onVariant('order-sign', (exchange) => {
      const orders = asArray(at(bodyOf(exchange), 'context', 'draftOrders', 'entry')).map((entry) => at(entry, 'resource'));
      const partial = cardsOf(exchange).filter((card) => {
        const about = asArray(at(card, 'extension', 'davinci-crd.associated-resource'));
        return about.length > 0 && about.length < orders.length;
      });
      if (orders.length < 2) return notApplicable('the request carried one order only');
      if (cardsOf(exchange).some((card) => hasValue(card['extension']) && !isObject(card['extension'])))
        return notTestable(
          'A card has an extension that is no object (graded by crd.card.required), so which orders it is about is not known.',
          'payer',
        );
      if (partial.length === 0) return notApplicable('no card says that it is about some of the orders only');
      return worst(
        partial.map((card) => {
          const about = asArray(at(card, 'extension', 'davinci-crd.associated-resource')).map(String);
          const detail = (asString(card['detail']) ?? '').toLowerCase();
          if (detail.trim() === '') return fail(exchange, `a detail that says which orders "${card['summary']}" is about`, 'no detail');
          const unnamed = orders.find(
            (order) =>
              about.includes(`${at(order, 'resourceType')}/${at(order, 'id')}`) &&
              !namesOf(order).some((name) => detail.includes(name.toLowerCase())),
          );
          return unnamed === undefined
            ? pass
            : notTestable(
                `The detail "${clip(detail, 120)}" holds no id, code or word of ${at(unnamed, 'resourceType')}/${at(unnamed, 'id')} that we know: a person must look.`,
                'ours',
              );
        }),
      );
    }),
    faults: [{ name: 'leaves the detail out', at: 'cds.hook', alter: eachCard((card) => drop(card, 'detail')) }],
  },
]);
