import { asArray, asString, at, isObject, jsonOf } from '../../src/core/fhir.ts';
import { all, andMore, check, fail, notApplicable, notTestable, onFirst, pass, select, status, statusOf, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import { isHttpUrl, sameBase } from '../../src/core/url.ts';
import { type ConfiguredEndpoint, endpointsNamed } from '../../src/core/wellknown.ts';
import { headers, replaceText } from '../alter.ts';
import { follows } from '../applies.ts';
import { emptyInHooks } from '../emptiness.ts';
import { group } from '../group.ts';
import { cdsHooks, crd, rfc } from '../sources.ts';
import { eachService, json } from './alter.ts';
import { answeredCalls, doesFollow, followsCrd, inCdsJson, isFirstCrd2, onServices, services, shown } from './lib.ts';

/** A hook that must be offered, unless the operator recorded the payer's exception for it. */
const requiredHooks = (evidence: Evidence): readonly string[] =>
  isFirstCrd2(evidence) ? ['order-sign', 'appointment-book'] : ['order-sign', 'appointment-book', 'order-dispatch'];

const alsoFails = { 'cc1.fast.crd-address-live': 'the address in the endpoint record leads to the same document' };

const crdUrls = ({ exchanges }: Evidence): readonly (ConfiguredEndpoint & { readonly exchange: Exchange })[] =>
  exchanges.flatMap((exchange) => {
    if (exchange.step !== 'wellknown.davinci' || exchange.probe !== undefined) return [];
    return endpointsNamed(jsonOf(exchange.response), 'davinci_crd_hook_endpoint').map((each) => ({ ...each, exchange }));
  });

/** What the service said in JSON. */
const inJson = (evidence: Evidence): readonly Exchange[] =>
  [...select(evidence, { step: 'cds.discovery' }), ...answeredCalls(evidence)].filter(({ response }) => jsonOf(response) !== undefined);

/** Coverage of the CRD service's front door: discovery, its declarations, and transport. */
export const discoveryChecks: readonly Check[] = group({ scenarios: ordering, holds: [{ ig: guides.crd }] }, [
  {
    id: 'cc1.crd.single-endpoint',
    level: 'SHALL',
    lines: ['L1'],
    text: 'A CRD server that supports HRex endpoint discovery has at most one CRD endpoint per coverage.',
    source: crd('foundation.html', 'foundation.html found-14, found-15'),
    applies: (evidence) =>
      crdUrls(evidence).length > 0 ? follows(guides.crd, '2.1.0')(evidence) : 'the payer publishes no CRD endpoint in a davinci-configuration file',
    judge(evidence) {
      const urls = crdUrls(evidence);
      const own = evidence.target.cds?.base;
      // Each edition of CRD may have an endpoint of its own (HRex 1.2); one of them is the service that was asked.
      const astray = own !== undefined && !urls.some(({ url }) => sameBase(url, own)) ? urls[0] : undefined;
      const odd = astray ?? urls.find(({ url, version }) => !sameBase(url, urls.find((each) => each.version === version)?.url ?? url));
      return odd
        ? fail(odd.exchange, 'one CRD endpoint for the coverage, the same from every source', `${odd.url} and ${own ?? urls[0]?.url}`)
        : pass;
    },
    faults: [
      {
        name: 'publishes another CRD endpoint in davinci-configuration',
        at: 'wellknown.davinci',
        alter: json((body) => ({
          ...body,
          endpoints: { ...(isObject(body['endpoints']) ? body['endpoints'] : {}), davinci_crd_hook_endpoint: 'https://crd-two.payer.example/cds' },
        })),
        alsoFails: { 'cc1.fast.crd-address-live': 'the second endpoint answers nobody' },
      },
    ],
  },
  {
    id: 'crd.discovery.url',
    level: 'SHALL',
    lines: ['L1', 'L2'],
    text: 'CDS Hooks discovery is at {base}/cds-services and returns an object with a services array.',
    source: cdsHooks('#discovery'),
    judge: onFirst({ step: 'cds.discovery' }, (exchange) => {
      if ([401, 403].includes(statusOf(exchange))) return fail(exchange, '200 to a call that carries our client JWT', `status ${statusOf(exchange)}`);
      const body = jsonOf(exchange.response);
      return all(
        () => status(exchange, 200),
        () => inCdsJson(exchange),
        () => check(isObject(body) && Array.isArray(body['services']), exchange, 'an object with a services array', () => shown(body)),
      );
    }),
    faults: [
      { name: 'answers with a bare array of services', at: 'cds.discovery', alsoFails, alter: json((body) => body['services'] ?? []) },
      { name: 'labels discovery as HTML (K11.5)', at: 'cds.discovery', alter: headers({ 'content-type': 'text/html' }) },
      { name: 'hides discovery', at: 'cds.discovery', alsoFails, alter: (response) => ({ ...response, status: 404, body: 'no' }) },
    ],
  },
  {
    id: 'crd.discovery.attributes',
    level: 'SHALL',
    lines: ['L1', 'L2'],
    text: 'Each service has hook, id and description.',
    source: cdsHooks('#discovery'),
    judge: onServices((service, exchange, evidence) => {
      const lacks = ['hook', 'id', 'description'].find((part) => !asString(service[part]));
      // One id may stand for several hooks, but only once for each of them.
      const twins = services(evidence).filter((each) => each['id'] === service['id'] && each['hook'] === service['hook']);
      if (twins.length > 1) return fail(exchange, 'each id once for a hook', `${service['id']} for ${service['hook']} ${twins.length} times`);
      return check(lacks === undefined, exchange, 'hook, id and description on every service', `service ${service['id']} without ${lacks}`);
    }),
    faults: [
      { name: 'leaves descriptions out', at: 'cds.discovery', alter: eachService(({ description: _, ...service }) => service) },
      {
        name: 'lists one service twice',
        at: 'cds.discovery',
        alter: json((body) => ({ ...body, services: [...asArray(body['services']), ...asArray(body['services']).slice(0, 1)] })),
      },
    ],
  },
  {
    id: 'crd.discovery.hooks',
    level: 'SHALL',
    lines: ['L1', 'L2'],
    text: 'The server offers a service for order-sign and appointment-book, and from CRD 2.1 also order-dispatch, unless it has decided that the hook is not useful for the coverage types it handles.',
    source: crd('hooks.html', 'hooks.html hook-4; cards.html resp-26 (2.1+)'),
    judge: onFirst({ step: 'cds.discovery' }, (exchange, evidence) => {
      if (!Array.isArray(at(jsonOf(exchange.response), 'services')))
        return notTestable('discovery gave no services array (graded by crd.discovery.url)', 'payer');
      const offered = services(evidence).map((service) => service['hook']);
      const missing = requiredHooks(evidence).filter((hook) => !offered.includes(hook) && evidence.target.crd?.exceptions?.[hook] === undefined);
      if (missing.length === 0) return pass;
      // CRD 2.0.1 leaves order-dispatch to the payer.
      const onlyLate = missing.every((hook) => hook === 'order-dispatch') && !doesFollow(evidence, '2.1.0');
      return (onlyLate ? warn : fail)(
        exchange,
        'order-sign, appointment-book and (from CRD 2.1) order-dispatch, or a recorded exception in crd.exceptions',
        `no ${missing.join(', ')}; offered: ${offered.join(', ') || 'none'}`,
      );
    }),
    faults: [
      {
        name: 'does not offer appointment-book',
        at: 'cds.discovery',
        alter: json((body) => ({ ...body, services: asArray(body['services']).filter((each) => at(each, 'hook') !== 'appointment-book') })),
      },
    ],
  },
  {
    id: 'crd.json.no-null-empty',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Discovery and response JSON has no null or empty values, except cards: [] and services: [].',
    source: cdsHooks('#use-of-json'),
    judge(evidence) {
      const seen = inJson(evidence);
      if (seen.length === 0) return notApplicable('no CDS JSON was returned');
      const found = seen.flatMap((exchange) => emptyInHooks(exchange).map((empty) => ({ exchange, ...empty })));
      const [first] = found;
      return first
        ? fail(
            first.exchange,
            'no null or empty values in CDS JSON (cards and services may be empty arrays)',
            `${first.path} is ${JSON.stringify(first.value)}${andMore(found.length - 1)}`,
          )
        : pass;
    },
    faults: [
      { name: 'sends an empty usageRequirements', at: 'cds.discovery', alter: eachService((service) => ({ ...service, usageRequirements: '' })) },
    ],
  },
  {
    id: 'crd.tls',
    level: 'SHALL',
    lines: ['L3'],
    text: 'CDS calls use TLS.',
    source: cdsHooks('#security-and-safety'),
    applies: (evidence) => {
      const base = evidence.target.cds?.base ?? '';
      if (/^https?:\/\/(127\.|localhost|\[::1\])/.test(base))
        return base.startsWith('https') ? followsCrd(evidence) : 'the service is a local test server on plain http';
      return followsCrd(evidence);
    },
    about: { lost: 'the address itself is what is judged' },
    judge(evidence): Finding {
      const [discovery] = select(evidence, { step: 'cds.discovery' });
      if (discovery && !discovery.request.url.startsWith('https:') && isHttpUrl(discovery.request.url))
        return fail(discovery, 'a CRD endpoint on https', discovery.request.url);
      const plain = select(evidence, { step: 'plain-http', variant: 'cds' })[0];
      if (!plain?.response) return pass;
      const open = statusOf(plain) === 200 && Array.isArray(at(jsonOf(plain.response), 'services'));
      return check(!open, plain, 'plain http refused, or redirected to https', 'services listed over plain http');
    },
    faults: [
      {
        name: 'names a CRD endpoint on http',
        at: 'cds.discovery',
        target: { cds: { base: 'http://payer.invalid/cds' } },
        alsoFails: { 'cc1.crd.single-endpoint': 'the well-known file names the other base' },
      },
    ],
  },
  {
    id: 'crd.json.unique-names',
    level: 'SHOULD',
    lines: ['L2'],
    text: 'No object in a CDS answer has the same name twice: readers would not agree on which value counts.',
    source: rfc(8259, '2017', '4'),
    judge(evidence) {
      const seen = inJson(evidence);
      if (seen.length === 0) return notApplicable('no CDS JSON was returned');
      const odd = seen.find((exchange) => exchange.facts?.['json.duplicateNames'] !== undefined);
      return odd ? fail(odd, 'every name once in an object', shown(odd.facts?.['json.duplicateNames'])) : pass;
    },
    faults: [{ name: 'says cards twice', at: 'cds.hook', alter: replaceText(/^\{"cards":/, '{"cards":[],"cards":') }],
  },
]);
