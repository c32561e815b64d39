import { asArray, asString, at, isObject, type JsonObject } from '../../src/core/fhir.ts';
import { all, check, fail, notApplicable, notReached, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange, Finding, Json } from '../../src/core/model.ts';
import { hasValue } from '../../src/core/same.ts';
import { ordering } from '../../src/core/steps.ts';
import { isHttpUrl, parseUrl } from '../../src/core/url.ts';
import { group } from '../group.ts';
import { cdsHooks, crd, useCase } from '../sources.ts';
import { eachAction, eachCard } from './alter.ts';
import { actionsOf, answeredCalls, cardsIn, cardsOf, sentResources, shown } from './lib.ts';

const links = (card: JsonObject): readonly JsonObject[] => asArray(card['links']).filter(isObject);
const suggestions = (card: JsonObject): readonly JsonObject[] => asArray(card['suggestions']).filter(isObject);
const isReference = (card: JsonObject): boolean =>
  links(card).length > 0 && suggestions(card).length === 0 && !links(card).some((link) => link['type'] === 'smart');
const referenceTopic = (card: JsonObject): boolean => ['guideline', 'external-ref'].includes(asString(at(card, 'source', 'topic', 'code')) ?? '');
const fewerLinks = (card: JsonObject): Json =>
  referenceTopic(card) ? Object.fromEntries(Object.entries(card).filter(([key]) => key !== 'links')) : card;
const drop = (value: JsonObject, key: string): JsonObject => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

function actionProblem(action: JsonObject, exchange: Exchange, fromSuggestion: boolean): Finding {
  const type = asString(action['type']) ?? 'absent';
  if (!['create', 'update', 'delete'].includes(type)) return fail(exchange, 'action type create, update or delete', type);
  if (type !== 'delete' && asString(at(action['resource'], 'resourceType')) === undefined)
    return fail(exchange, `a resource in a ${type} action`, shown(action['resource']));
  if (asString(action['description']) === undefined) return (fromSuggestion ? fail : warn)(exchange, 'a description on the action', 'absent');
  if (type === 'delete') return !hasValue(action['resourceId']) ? warn(exchange, 'resourceId on a delete action', 'absent') : pass;
  const resource = action['resource'];
  const before = isObject(resource) ? sentResources(exchange).get(`${resource['resourceType']}/${resource['id']}`) : undefined;
  const lost = type === 'update' && before && isObject(resource) ? Object.keys(before).find((key) => !(key in resource)) : undefined;
  return check(lost === undefined, exchange, 'an update that carries the whole resource', `element ${lost} is gone`);
}

/** What a card offers to do: links, apps, suggestions, actions. */
export const linkChecks: readonly Check[] = group({ scenarios: ordering, lines: ['L2'], holds: [{ ig: guides.crd }] }, [
  {
    id: 'crd.card.suggestions',
    level: 'SHALL',
    text: 'A card with suggestions has selectionBehavior at-most-one or any, and each suggestion has label and uuid.',
    source: cdsHooks('#card-attributes', '#card-attributes; CRD 2.0.1 foundation.html, 2.1+ cards.html (resp-3)'),
    judge(evidence) {
      const found = cardsIn(evidence).filter(({ card }) => suggestions(card).length > 0);
      if (found.length === 0) return notApplicable('no card with suggestions was returned');
      return worst(
        found.map(({ card, exchange }) =>
          all(
            () =>
              check(
                ['at-most-one', 'any'].includes(asString(card['selectionBehavior']) ?? ''),
                exchange,
                'selectionBehavior at-most-one or any',
                () => shown(card['selectionBehavior']),
              ),
            () =>
              worst(
                suggestions(card).map((each, nth) =>
                  asString(each['uuid']) !== undefined && suggestions(card).findIndex((one) => one['uuid'] === each['uuid']) < nth
                    ? fail(exchange, 'another uuid on every suggestion: feedback goes by it', `${shown(each['uuid'])} twice`)
                    : check(!!asString(each['label']) && !!asString(each['uuid']), exchange, 'label and uuid on every suggestion', () =>
                        shown({ label: each['label'] ?? null, uuid: each['uuid'] ?? null }),
                      ),
                ),
              ),
          ),
        ),
      );
    },
    faults: [{ name: 'omits selectionBehavior', at: 'cds.hook', alter: eachCard((card) => drop(card, 'selectionBehavior')) }],
  },
  {
    id: 'crd.card.links',
    level: 'SHALL',
    text: 'Each link has label, url and type absolute or smart; appContext appears only on smart links.',
    source: cdsHooks('#link'),
    judge(evidence) {
      const found = cardsIn(evidence).flatMap(({ card, exchange }) => links(card).map((link) => ({ link, exchange })));
      if (found.length === 0) return notApplicable('no card with links was returned');
      return worst(
        found.map(({ link, exchange }) => {
          const { type, url } = link;
          return all(
            () => check(!!asString(link['label']), exchange, 'a label on every link', () => shown(link)),
            () => check(type === 'absolute' || type === 'smart', exchange, 'link type absolute or smart', () => shown(type)),
            () => check(isHttpUrl(url), exchange, 'an absolute http(s) URL', () => shown(url)),
            () =>
              check(
                // null is the business of crd.json.no-null-empty.
                type === 'smart' || !hasValue(link['appContext']),
                exchange,
                'appContext on smart links only',
                'appContext on an absolute link',
              ),
            () => (isSafe(asString(url) ?? '') ? pass : warn(exchange, 'an https URL', shown(url))),
          );
        }),
      );
    },
    faults: [
      {
        name: 'links with type web',
        at: 'cds.hook',
        alter: eachLink((link) => (link['type'] === 'absolute' ? { ...link, type: 'web' } : link)),
        alsoFails: { 'crd.card.external-reference': 'a guideline link is then not absolute' },
      },
      {
        name: 'puts appContext on absolute links',
        at: 'cds.hook',
        alter: eachLink((link) => (link['type'] === 'absolute' ? { ...link, appContext: 'a=1' } : link)),
      },
      {
        name: 'links to a script',
        at: 'cds.hook',
        alter: eachLink((link) => (link['type'] === 'absolute' ? { ...link, url: 'javascript:alert(1)' } : link)),
      },
    ],
  },
  {
    id: 'crd.card.external-reference',
    level: 'SHALL',
    text: 'An external reference card (links, no suggestions, no smart link) has at least one link and all links are absolute.',
    source: crd('cards.html', 'cards.html resp-18, resp-19'),
    judge(evidence) {
      const found = cardsIn(evidence).filter(({ card }) => referenceTopic(card) || isReference(card));
      if (found.length === 0) return notApplicable('no external reference card was returned');
      return worst(
        found.map(({ card, exchange }) =>
          check(
            links(card).length > 0 && links(card).every((link) => link['type'] === 'absolute'),
            exchange,
            'at least one link, all of them absolute',
            () =>
              `${links(card).length} links of type ${
                links(card)
                  .map((link) => link['type'])
                  .join(', ') || 'none'
              } on "${card['summary']}"`,
          ),
        ),
      );
    },
    faults: [{ name: 'sends a guideline card without its link', at: 'cds.hook', alter: eachCard(fewerLinks) }],
  },
  {
    id: 'crd.card.smart-app-link',
    about: { lost: 'the payer published this address' },
    level: 'FAST',
    text: 'A SMART launch link in a card leads to a live launch URL.',
    source: useCase('Scenario 2 (record locations, plugins)'),
    judge(evidence) {
      const launch = select(evidence, { step: 'app-link', variant: 'crd' })[0];
      if (!launch)
        return answeredCalls(evidence).length === 0 ? notReached(evidence, { step: 'cds.hook' }) : notApplicable('no card carried a SMART link');
      const seen = statusOf(launch);
      return check(
        launch.response !== null && seen !== 404 && seen !== 410 && seen < 500,
        launch,
        'a launch URL that answers',
        launch.response ? `status ${seen}` : (launch.error?.message ?? 'no answer'),
      );
    },
    faults: [
      {
        name: 'links to an app that is gone',
        at: 'app-link',
        alsoFails: { 'doc.smart-app-link': 'the same requirement is in two families' },
        alter: (response, request) => (request.url.endsWith('/cds/launch') ? { ...response, status: 410, body: '' } : response),
      },
    ],
  },
  {
    id: 'crd.action.shape',
    level: 'SHALL',
    text: 'Each action has type create, update or delete; suggestion actions have a description; update carries the whole resource.',
    source: cdsHooks('#action'),
    judge(evidence) {
      const calls = answeredCalls(evidence);
      if (calls.length === 0) return notReached(evidence, { step: 'cds.hook' });
      const suggested = (exchange: Exchange) =>
        cardsOf(exchange)
          .flatMap(suggestions)
          .flatMap((each) => asArray(each['actions']).filter(isObject));
      const findings = calls.flatMap((exchange) =>
        actionsOf(exchange)
          .map((action) => actionProblem(action, exchange, false))
          .concat(suggested(exchange).map((action) => actionProblem(action, exchange, true))),
      );
      return findings.length === 0 ? notApplicable('no action was returned') : worst(findings);
    },
    faults: [
      {
        name: 'uses the action type upsert in suggestions',
        at: 'cds.hook',
        alter: eachCard((card) => ({
          ...card,
          ...(card['suggestions']
            ? {
                suggestions: suggestions(card).map((each) => ({
                  ...each,
                  actions: asArray(each['actions'])
                    .filter(isObject)
                    .map((action) => ({ ...action, type: 'upsert' })),
                })),
              }
            : {}),
        })),
      },
      {
        name: 'leaves the requester out of updates',
        at: 'cds.hook',
        alter: eachAction((action) => ({ ...action, resource: drop(isObject(action['resource']) ? action['resource'] : {}, 'requester') })),
        alsoFails: { 'crd.coverage.no-other-change': 'an update with less is a change too' },
      },
    ],
  },
]);

function eachLink(change: (link: JsonObject) => Json) {
  return eachCard((card) => (card['links'] === undefined ? card : { ...card, links: links(card).map(change) }));
}

/** https, or a test server on this machine. */
const isSafe = (url: string): boolean =>
  url.startsWith('https://') || /^(127\.|localhost$|\[::1\])/.test(parseUrl(url)?.host ?? '') || parseUrl(url)?.scheme === 'https';
