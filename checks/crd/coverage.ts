import { primaryHooks } from '../../src/client/requests/crd/hooks.ts';
import { asArray, asString, at, codesOf, entriesOf, isObject, type JsonObject } from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notAsked, notReached, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Json } from '../../src/core/model.ts';
import { sameJson } from '../../src/core/same.ts';
import { ordering } from '../../src/core/steps.ts';
import { follows } from '../applies.ts';
import { group } from '../group.ts';
import { crd } from '../sources.ts';
import { eachAction, eachCard, json } from './alter.ts';
import {
  actionsOf,
  answeredCalls,
  bodyOf,
  cardsOf,
  doesFollow,
  extensionUrl,
  type Information,
  informationIn,
  informationOf,
  informationOn,
  isFirstCrd2,
  onVariant,
  partOf,
  partsOf,
  rule,
  saying,
  services,
  shown,
} from './lib.ts';

const code = (information: Information, part: string): string | undefined => asString(partOf(information, part));
/** The payer may have a code of its own beside that of the guide. */
const isBecause = (information: Information, ...codes: readonly string[]): boolean =>
  codesOf(partOf(information, 'reason')).some((each) => codes.includes(each));
const isFor =
  (hook: string) =>
  (evidence: Evidence): boolean =>
    services(evidence).some((service) => service['hook'] === hook);

/** A resource without coverage information. */
function bare(resource: JsonObject): JsonObject {
  const { extension, ...rest } = resource;
  const others = asArray(extension).filter((each) => at(each, 'url') !== extensionUrl);
  return others.length === 0 ? rest : { ...rest, extension: others };
}

/** Where two values differ, whatever the order of their keys; undefined when nowhere. */
function differenceAt(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
): { path: string; before: Json | undefined; after: Json | undefined } | undefined {
  // Most orders come back letter for letter, and text is compared fastest.
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  const lists = Array.isArray(before) && Array.isArray(after);
  if (!lists && !(isObject(before) && isObject(after))) return { path, before, after };
  const [was, is] = [before as JsonObject, after as JsonObject];
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const found = differenceAt(was[name], is[name], lists ? `${path}[${name}]` : `${path}.${name}`);
    if (found) return found;
  }
  return undefined;
}

/** The order with this id as the call sent it. */
const sent = ({ exchange, resource }: Information): JsonObject | undefined => sentOrders(exchange).find((each) => each['id'] === resource['id']);
const sentOrders = (exchange: Exchange): readonly JsonObject[] =>
  entriesOf(at(bodyOf(exchange), 'context', 'draftOrders')).flatMap(({ resource }) => resource ?? []);

/** The orders that a call is about, by id: drafts, or what is dispatched. */
const ordersOf = (exchange: Exchange): readonly string[] => [
  ...sentOrders(exchange).flatMap((each) => asString(each['id']) ?? []),
  ...asArray(at(bodyOf(exchange), 'context', 'dispatchedOrders')).flatMap((each) => asString(each)?.split('/').pop() ?? []),
];

/** What gets coverage information by an update: "to automatically update the order". One that is created is another order. */
const updatedBy = (exchange: Exchange): ReadonlySet<string> =>
  new Set(
    actionsOf(exchange).flatMap(({ type, resource }) =>
      type === 'update' && informationOn(resource).length > 0 ? (asString(at(resource, 'id')) ?? []) : [],
    ),
  );

/** What the payer says of coverage: the answer to "is prior authorisation needed?". */
export const coverageChecks: readonly Check[] = group({ scenarios: ordering, lines: ['L2'] }, [
  {
    id: 'crd.coverage.primary-hooks',
    level: 'SHALL',
    text: 'Calls of primary hooks are answered with a coverage-information system action, even when more information is needed; from CRD 2.1 with one for each in-scope request resource.',
    source: crd('hooks.html', 'hooks.html hook-16; cards.html resp-26, resp-29'),
    holds: [{ ig: guides.crd }],
    judge(evidence) {
      const calls = primaryHooks
        .filter((hook) => isFor(hook)(evidence))
        .map((hook) => ({ hook, exchange: select(evidence, { step: 'cds.hook', variant: hook })[0] }));
      if (calls.length === 0) return notApplicable('no primary hook is offered (graded by crd.discovery.hooks)');
      return worst(
        calls.map(({ hook, exchange }) => {
          if (!exchange?.response || statusOf(exchange) !== 200) return notReached(evidence, { step: 'cds.hook', variant: hook });
          const informed = updatedBy(exchange);
          if (hook === 'appointment-book') return check(informed.size > 0, exchange, `an update with coverage information for ${hook}`, 'none');
          const ids = ordersOf(exchange);
          const missing = ids.filter((id) => !informed.has(id));
          const enough = isFirstCrd2(evidence) ? informed.size > 0 : missing.length === 0;
          return check(enough, exchange, 'an update with coverage information for every order', `none for ${missing.join(', ')}`);
        }),
      );
    },
    faults: [
      {
        name: 'forgets the second order',
        at: 'cds.hook',
        alter: json((body) =>
          Array.isArray(body['systemActions']) && body['systemActions'].length > 1
            ? { ...body, systemActions: body['systemActions'].slice(0, 1) }
            : body,
        ),
      },
      {
        name: 'forgets the second order when it is dispatched (F3.1)',
        at: 'cds.hook',
        alter: json((body, request) =>
          request.body?.includes('"dispatchedOrders"') && Array.isArray(body['systemActions'])
            ? { ...body, systemActions: body['systemActions'].slice(0, 1) }
            : body,
        ),
      },
      {
        name: 'creates a second order with the coverage information (F3.2)',
        at: 'cds.hook',
        alter: eachAction((action) => ({ ...action, type: 'create' })),
      },
    ],
  },
  {
    id: 'crd.coverage.not-a-card',
    level: 'SHALL',
    text: 'Coverage information is never delivered as a card.',
    source: crd('cards.html', 'cards.html resp-25'),
    holds: [{ ig: guides.crd, from: '2.1.0' }],
    judge(evidence) {
      const calls = answeredCalls(evidence);
      if (calls.length === 0) return notReached(evidence, { step: 'cds.hook' });
      return worst(
        calls.flatMap((exchange) =>
          cardsOf(exchange)
            .map((card) => {
              if (JSON.stringify(card['suggestions'] ?? null).includes(extensionUrl))
                return fail(exchange, 'coverage information in systemActions only', `inside a suggestion of the card "${card['summary']}"`);
              if (JSON.stringify(card['extension'] ?? null).includes(extensionUrl))
                return fail(exchange, 'coverage information in systemActions only', `in an extension of the card "${card['summary']}"`);
              return at(card, 'source', 'topic', 'code') === 'coverage-info'
                ? warn(exchange, 'no card with the topic coverage-info (a person must look at this one)', String(card['summary']))
                : pass;
            })
            .concat(pass),
        ),
      );
    },
    faults: [
      {
        name: 'puts coverage information into an extension of a card (F5.6)',
        at: 'cds.hook',
        alter: eachCard((card) => ({ ...card, extension: { [extensionUrl]: { covered: 'covered' } } })),
      },
      {
        name: 'repeats coverage information in a suggestion',
        at: 'cds.hook',
        alter: eachCard((card) =>
          Array.isArray(card['suggestions'])
            ? {
                ...card,
                suggestions: card['suggestions'].map((each: Json) => ({
                  ...(isObject(each) ? each : {}),
                  actions: [
                    {
                      type: 'update',
                      description: 'Add coverage information',
                      resource: {
                        resourceType: 'ServiceRequest',
                        id: 'order-1',
                        status: 'draft',
                        intent: 'order',
                        subject: { reference: 'Patient/ehr-patient' },
                        authoredOn: '2026-01-05',
                        requester: { reference: 'Practitioner/x' },
                        code: { text: 'x' },
                        insurance: [],
                        occurrenceDateTime: '2026-01-05',
                        extension: [{ url: extensionUrl, extension: [] }],
                      },
                    },
                  ],
                })),
              }
            : card,
        ),
      },
    ],
  },
  {
    id: 'crd.coverage.no-other-change',
    level: 'SHALL',
    text: 'The update action changes nothing but coverage-information extensions.',
    source: crd('cards.html', 'cards.html resp-37'),
    // Older editions do not say it; an order that comes back as another one helps nobody.
    holds: [
      { ig: guides.crd, from: '2.2.1' },
      { ig: guides.crd, to: '2.1.0', level: 'FAST' },
    ],
    judge(evidence) {
      const all = informationIn(evidence).flatMap((information) => {
        const before = sent(information);
        return before === undefined ? [] : [{ information, before }];
      });
      if (all.length === 0) return notApplicable('no update of a sent order was returned');
      return worst(
        all.map(({ information, before }) => {
          const { resource } = information;
          const changed = differenceAt(bare(before), bare(resource), String(resource['resourceType']));
          return rule(
            changed === undefined,
            information,
            'the order as it was sent, with coverage information added',
            () => `${changed?.path}: sent ${shown(changed?.before)}, came back ${shown(changed?.after)}`,
          );
        }),
      );
    },
    faults: [{ name: 'raises the priority of every order', at: 'cds.hook', behaviour: 'crd-rewrites-the-order' }],
  },
  {
    id: 'crd.coverage.no-repeat',
    level: 'SHALL',
    text: 'No system action is sent when nothing is new.',
    source: crd('cards.html', 'cards.html resp-35'),
    holds: [{ ig: guides.crd }],
    judge: onVariant('order-sign:repeat', (exchange, evidence) => {
      // New ids and dates do not make an old opinion new.
      const again = informationOf(exchange).filter((each) =>
        informationOn(sent(each)).some((before) => sameJson(saying(before), saying(each.parts))),
      );
      if (again.length === 0) return pass;
      return (doesFollow(evidence, '2.2.1') ? fail : warn)(
        exchange,
        'no system action where nothing is new',
        `the same opinion again: ${again.map((each) => `${each.resource['resourceType']}/${each.resource['id']} ${code(each, 'covered')}`).join('; ')}`,
      );
    }),
    faults: [
      { name: 'repeats what the order already says', at: 'cds.hook', behaviour: 'crd-repeats-assertions' },
      {
        name: 'repeats what the order already says under a new id (K1.9)',
        at: 'cds.hook',
        behaviour: 'crd-repeats-assertions',
        alter: (response, request) =>
          request.body?.includes('"coverage-assertion-id"')
            ? { ...response, body: response.body.replaceAll('"valueString":"A-', '"valueString":"B-') }
            : response,
      },
    ],
  },
  {
    id: 'crd.coverage.member-not-found',
    level: 'SHALL',
    lines: ['L4', 'L7'],
    text: 'An unresolvable patient is reported as not-covered with reason no-member-found, with HTTP 200.',
    source: crd('cards.html', 'cards.html resp-44'),
    applies: (evidence) =>
      evidence.target.members.unknown
        ? follows(guides.crd, '2.1.0')(evidence)
        : notAsked('members.unknown', 'a person whom this payer does not know'),
    judge: onVariant('order-sign:unknown-member', (exchange, evidence) => {
      const [information] = informationOf(exchange);
      if (statusOf(exchange) !== 200 || !information)
        return fail(exchange, '200 with covered not-covered', `status ${statusOf(exchange)}${information ? '' : ' without coverage information'}`);
      const said = code(information, 'covered');
      const why = doesFollow(evidence, '2.2.1') ? isBecause(information, 'no-member-found') : partsOf(information, 'reason').length > 0;
      return rule(
        said === 'not-covered' && why,
        information,
        `not-covered with reason${doesFollow(evidence, '2.2.1') ? ' no-member-found' : ''}`,
        `${said} with reason ${shown(partOf(information, 'reason'))}`,
      );
    }),
    faults: [{ name: 'answers 404 for an unknown member', at: 'cds.hook', behaviour: 'crd-404-for-unknown-members' }],
  },
  {
    id: 'crd.coverage.no-active',
    level: 'SHALL',
    lines: ['L4', 'L7'],
    text: 'A member without active coverage is reported as not-covered with reason no-active-coverage or coverage-not-found.',
    source: crd('cards.html', 'cards.html resp-45'),
    applies: (evidence) =>
      evidence.target.crd?.terminated ? follows(guides.crd, '2.1.0')(evidence) : notAsked('crd.terminated', 'a member whose coverage has ended'),
    judge: onVariant('order-sign:ended', (exchange, evidence) => {
      const [information] = informationOf(exchange);
      if (!information)
        return fail(exchange, 'coverage information that says not-covered', `status ${statusOf(exchange)} without coverage information`);
      const why = doesFollow(evidence, '2.2.1')
        ? isBecause(information, 'no-active-coverage', 'coverage-not-found')
        : partsOf(information, 'reason').length > 0;
      return rule(
        code(information, 'covered') === 'not-covered' && why,
        information,
        'not-covered with reason no-active-coverage or coverage-not-found',
        `${code(information, 'covered')} with reason ${shown(partOf(information, 'reason'))}`,
      );
    }),
    faults: [{ name: 'covers a member whose coverage has ended', at: 'cds.hook', behaviour: 'crd-covers-ended-coverage' }],
  },
  {
    id: 'crd.coverage.technical',
    level: 'SHALL',
    lines: ['L7'],
    text: 'A technical problem is reported as indeterminate with reason technical and a text.',
    source: crd('cards.html', 'cards.html resp-43'),
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    judge: onVariant('order-sign:refused', (exchange, evidence) => {
      const refused = select(evidence, { step: 'ehr.callback', where: (each) => each.follows === exchange.index && statusOf(each) >= 400 });
      if (refused.length === 0) return notApplicable('the service did not query our FHIR server for what was left out');
      if (statusOf(exchange) === 412) return pass;
      const all = informationOf(exchange);
      const good =
        all.length > 0 &&
        all.every(
          (each) => code(each, 'covered') === 'indeterminate' && isBecause(each, 'technical') && !!asString(at(partOf(each, 'reason'), 'text')),
        );
      return check(
        good,
        exchange,
        '412, or indeterminate with reason technical and a text',
        all.map((each) => `${code(each, 'covered')} with reason ${shown(partOf(each, 'reason'))}`).join('; ') ||
          `status ${statusOf(exchange)} without coverage information`,
      );
    }),
    faults: [
      {
        name: 'guesses after its query was refused',
        at: 'cds.hook',
        behaviour: 'crd-guesses-after-a-refused-query',
        alsoFails: { 'crd.coverage.right-coverage': 'a guess cannot name a Coverage that was never read' },
      },
    ],
  },
  {
    id: 'crd.coverage.appointment-with-order',
    level: 'SHALL',
    text: 'For an Appointment based on a ServiceRequest the coverage-information goes on the ServiceRequest.',
    source: crd('cards.html', 'cards.html (FHIR-50318)'),
    applies: (evidence) => (isFor('appointment-book')(evidence) ? follows(guides.crd, '2.2.1')(evidence) : 'appointment-book is not offered'),
    judge: onVariant('appointment-book', (exchange) => {
      const all = informationOf(exchange);
      if (all.length === 0) return notApplicable('no coverage information came for the appointment (graded by crd.coverage.primary-hooks)');
      const odd = all.find((each) => each.resource['resourceType'] !== 'ServiceRequest');
      // The text has no keyword ("will be against the ServiceRequest"), so a miss is a warning.
      return odd === undefined
        ? pass
        : warn(exchange, 'coverage information on the ServiceRequest behind the appointment', `on ${odd.resource['resourceType']}`);
    }),
    faults: [{ name: 'writes on the appointment', at: 'cds.hook', behaviour: 'crd-writes-on-the-appointment' }],
  },
]);
