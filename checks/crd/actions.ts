import { asArray, asString, at, isObject, type JsonObject, literalReference } from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notReached, pass, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { useCase } from '../sources.ts';
import { eachAction, eachCard, json } from './alter.ts';
import { actionsOf, answeredCalls, bodyOf, cardsIn, cardsOf, listIn, ourResources, readUnkept } from './lib.ts';

/** Whom and what an action touches: it is carried out in the chart that is open, so nothing in it may belong to anybody or anything else. */

/** Every action of an answer, of the system or suggested. */
const allActions = (exchange: Exchange): readonly JsonObject[] => [
  ...actionsOf(exchange),
  ...cardsOf(exchange)
    .flatMap((card) => listIn(card, 'suggestions'))
    .flatMap((each) => listIn(each, 'actions')),
];

/** Judges every action that the rule is about; of others `judge` says nothing. */
const onActions =
  (which: string, judge: (action: JsonObject, exchange: Exchange, evidence: Evidence) => Finding | undefined) =>
  (evidence: Evidence): Finding => {
    const calls = answeredCalls(evidence);
    if (calls.length === 0) return notReached(evidence, { step: 'cds.hook' });
    const found = calls.flatMap((exchange) => allActions(exchange).flatMap((action) => judge(action, exchange, evidence) ?? []));
    return found.length === 0 ? notApplicable(`no action ${which} was returned`) : worst(found);
  };

const subjects = ['subject', 'patient', 'beneficiary', 'for'] as const;

/** `Type/id` that an action is about: what it updates, or what it takes away. */
function touched(action: JsonObject): string | undefined {
  if (action['type'] === 'update') {
    const [type, id] = [at(action, 'resource', 'resourceType'), at(action, 'resource', 'id')].map(asString);
    return type === undefined || id === undefined ? undefined : `${type}/${id}`;
  }
  return action['type'] === 'delete' ? literalReference(action['resourceId'] ?? action['resource']) : undefined;
}

const associated = 'davinci-crd.associated-resource';

/** The client has it: it was in a call, or read. The context of the call may name it by its id alone. */
const isKnown = (key: string, { request }: Exchange, evidence: Evidence): boolean =>
  ourResources(evidence).has(key) || (request.body ?? '').includes(`"${key}"`);

const ofActions = onActions('that updates or deletes', (action, exchange, evidence) => {
  if (action['type'] !== 'update' && action['type'] !== 'delete') return undefined;
  const key = touched(action);
  if (key === undefined) return fail(exchange, `a ${action['type']} that says which resource it is of`, 'no type and id of a resource');
  if (isKnown(key, exchange, evidence)) return pass;
  return readUnkept(evidence) ?? fail(exchange, 'a resource that the client has', `${action['type']} of ${key}`);
});

const ofCards = (evidence: Evidence): readonly Finding[] =>
  cardsIn(evidence).flatMap(({ card, exchange }) =>
    asArray(at(card, 'extension', associated)).flatMap((each) => {
      const key = literalReference(each);
      if (key === undefined || isKnown(key, exchange, evidence)) return [];
      return [readUnkept(evidence) ?? fail(exchange, 'cards about resources that the client has', `"${card['summary']}" is about ${key}`)];
    }),
  );

export const actionChecks: readonly Check[] = group({ scenarios: ordering, lines: ['L2', 'L4'], holds: [{ ig: guides.crd }] }, [
  {
    id: 'crd.action.right-patient',
    level: 'FAST',
    text: 'What an action creates or updates is about the patient of the call, and nobody else.',
    source: useCase('Scenario 2 line 4'),
    judge: onActions('about a patient', (action, exchange) => {
      const own = `Patient/${asString(at(bodyOf(exchange), 'context', 'patientId'))}`;
      const about = subjects
        .flatMap((name) => literalReference(at(action, 'resource', name, 'reference')) ?? [])
        .filter((each) => each.startsWith('Patient/'));
      if (about.length === 0) return undefined;
      const other = about.find((each) => each !== own);
      const what = `${String(action['type'])} of a ${String(at(action, 'resource', 'resourceType'))}`;
      return check(other === undefined, exchange, `actions about ${own}`, `${what} for ${other}`);
    }),
    faults: [
      {
        name: 'suggests an order for somebody else',
        at: 'cds.hook',
        alter: eachCard((card) => ({
          ...card,
          ...(card['suggestions'] === undefined ? {} : { suggestions: listIn(card, 'suggestions').map(forSomebodyElse) }),
        })),
      },
    ],
  },
  {
    id: 'crd.action.one-update',
    level: 'FAST',
    text: 'One answer updates a resource once: of two updates, each of which "holds the updated resource in its entirety", the later undoes the earlier.',
    source: useCase('Scenario 2 line 2; CDS Hooks 2.0 #action'),
    judge(evidence) {
      const calls = answeredCalls(evidence).filter((exchange) => actionsOf(exchange).some((each) => each['type'] === 'update'));
      if (answeredCalls(evidence).length === 0) return notReached(evidence, { step: 'cds.hook' });
      if (calls.length === 0) return notApplicable('no system action that updates was returned');
      return worst(
        calls.map((exchange) => {
          const keys = actionsOf(exchange).flatMap((each) => (each['type'] === 'update' ? (touched(each) ?? []) : []));
          const twice = keys.find((key, nth) => keys.indexOf(key) < nth);
          return twice === undefined ? pass : fail(exchange, 'one update for each resource', `${twice} is updated twice`);
        }),
      );
    },
    faults: [
      {
        name: 'updates every order twice',
        at: 'cds.hook',
        alter: json((body) =>
          Array.isArray(body['systemActions']) ? { ...body, systemActions: [...body['systemActions'], ...body['systemActions']] } : body,
        ),
      },
    ],
  },
  {
    id: 'crd.action.known-resource',
    level: 'FAST',
    text: 'An update or a delete is of a resource that the client sent or let the service read, and a card is said to be about none but such.',
    source: useCase('Scenario 2 line 2'),
    judge: (evidence) => worst([ofActions(evidence), ...ofCards(evidence)]),
    faults: [
      {
        name: 'has a card about an order that nobody sent (F3.8)',
        at: 'cds.hook',
        alter: eachCard((card) =>
          isObject(card['extension']) ? { ...card, extension: { ...card['extension'], [associated]: ['ServiceRequest/order-99'] } } : card,
        ),
      },
      {
        name: 'updates an order that nobody sent',
        at: 'cds.hook',
        alter: eachAction((action) => ({
          ...action,
          resource: { ...(action['resource'] as JsonObject), id: `${String(at(action, 'resource', 'id'))}-of-yesterday` },
        })),
        alsoFails: { 'crd.coverage.primary-hooks': 'the orders that were sent stay without an answer' },
      },
    ],
  },
]);

function forSomebodyElse(suggestion: JsonObject): Json {
  const actions = listIn(suggestion, 'actions').map((action) => ({
    ...action,
    resource: { ...(action['resource'] as JsonObject), subject: { reference: 'Patient/somebody-else' } },
  }));
  return { ...suggestion, actions };
}
