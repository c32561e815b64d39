import { capabilityOf, resourceEntry } from '../../src/core/capability.ts';
import { asArray, asString, at, entriesOf, isObject, linkOf, literalReference, resourceOf } from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notReached, notTestable, pass, select, worst } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { oneMember } from '../../src/core/steps.ts';
import { queryOf } from '../../src/core/url.ts';
import { alterBody, alterType, mapEntries, when, whenAsked, without } from '../alter.ts';
import { adding, strayEndpoint } from '../cc1/edits.ts';
import { group } from '../group.ts';
import { r4 } from '../sources.ts';
import { bundleIn, filtersOf, isOutcome, keyOf, searchedType, searchsets } from './bundles.ts';
import { plainCondition } from './searching.ts';

function selfLink(evidence: Evidence): Finding {
  const found = searchsets(evidence).filter(([exchange]) => exchange.follows === undefined);
  if (found.length === 0) return notTestable('No search brought a searchset.', 'payer');
  const directory = select(evidence, { step: 'directory.metadata' }).map((each) => resourceOf(each, 'CapabilityStatement'))[0];
  const statementOf = ({ step }: Exchange) => (step === 'search' ? capabilityOf(evidence) : directory);
  return worst(
    found.map(([exchange, bundle]) => {
      const self = linkOf(bundle, 'self');
      if (self === undefined) return fail(exchange, 'a link with relation self', 'no self link');
      const listed = asArray(resourceEntry(statementOf(exchange), searchedType(exchange) ?? '')?.['searchParam']).map((each) => at(each, 'name'));
      const used = queryOf(self).map(([name]) => name.split(':')[0]);
      const missing = filtersOf(exchange).filter((name) => listed.includes(name.split(':')[0] ?? '') && !used.includes(name.split(':')[0]));
      return check(
        missing.length === 0,
        exchange,
        `the filters that were used (${filtersOf(exchange).join(', ')}) in the self link`,
        // A POST to _search has its parameters in the body: without its name a reader looks for the wrong request.
        `the self link of ${exchange.request.method} ${exchange.request.url} is ${self}: ${missing.join(', ')} missing`,
      );
    }),
  );
}

function ignoredInSelf(evidence: Evidence): Finding {
  const [exchange] = select(evidence, { step: 'search', probe: 'search.lenient' });
  const self = exchange && linkOf(bundleIn(exchange), 'self');
  if (!exchange || self === undefined) return pass;
  return check(
    !queryOf(self).some(([name]) => name === 'foo'),
    exchange,
    'the ignored parameter foo left out of the self link',
    `foo in the self link of ${exchange.request.method} ${exchange.request.url}: ${self}`,
  );
}

const absolute = /^(https?:\/\/|urn:uuid:|urn:oid:)/;

function fullUrls(evidence: Evidence): Finding {
  const found = searchsets(evidence);
  if (found.length === 0) return notTestable('No search brought a searchset.', 'payer');
  for (const [exchange, bundle] of found) {
    for (const entry of entriesOf(bundle)) {
      if (isOutcome(entry)) continue;
      const { fullUrl } = entry;
      if (fullUrl === undefined) return fail(exchange, `a fullUrl for ${keyOf(entry)}`, 'an entry without fullUrl');
      if (!absolute.test(fullUrl)) return fail(exchange, `an absolute fullUrl for ${keyOf(entry)}`, fullUrl);
      if (fullUrl.startsWith('urn:')) continue;
      if (fullUrl.includes('/_history/')) return fail(exchange, 'a fullUrl without a version (bdl-8)', fullUrl);
      if (!fullUrl.endsWith(`/${keyOf(entry)}`)) return fail(exchange, `a fullUrl that ends in ${keyOf(entry)}`, fullUrl);
    }
  }
  return pass;
}

function entryModes(evidence: Evidence): Finding {
  // The address of a further page is the payer's own, and may end in anything.
  const typed = searchsets(evidence).filter(
    ([exchange, bundle]) => exchange.follows === undefined && searchedType(exchange) !== undefined && entriesOf(bundle).length > 0,
  );
  const outcomes = searchsets(evidence).filter(([, bundle]) =>
    entriesOf(bundle).some((entry) => entry.resource?.resourceType === 'OperationOutcome'),
  );
  if (typed.length + outcomes.length === 0) return notReached(evidence, { step: 'search' });
  for (const [exchange, bundle] of typed) {
    const type = searchedType(exchange);
    const wrong = entriesOf(bundle).find((entry) => entry.resource?.resourceType !== type && !isOutcome(entry) && entry.mode !== 'include');
    if (wrong) return fail(exchange, `search.mode include on ${keyOf(wrong)}`, wrong.mode ?? 'no mode');
  }
  for (const [exchange, bundle] of outcomes) {
    const wrong = entriesOf(bundle).find((entry) => entry.resource?.resourceType === 'OperationOutcome' && entry.mode !== 'outcome');
    if (wrong) return fail(exchange, 'search.mode outcome on the OperationOutcome', wrong.mode ?? 'no mode');
  }
  return pass;
}

/** `Type/id` of everything that a resource refers to. */
function referencesIn(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each: Json) => referencesIn(each));
  if (!isObject(value)) return [];
  const own = literalReference(value['reference']);
  return [...(own === undefined ? [] : [own]), ...Object.values(value).flatMap(referencesIn)];
}

function strayIncludes(evidence: Evidence): Finding {
  // What stands on a further page may belong to an earlier one.
  const joined = searchsets(evidence).filter(
    ([{ follows }, bundle]) => follows === undefined && entriesOf(bundle).some(({ mode }) => mode === 'include'),
  );
  if (joined.length === 0) return notApplicable('No searchset held an included resource.');
  for (const [exchange, bundle] of joined) {
    const entries = entriesOf(bundle).filter((each) => !isOutcome(each));
    const here = new Set(entries.map(keyOf));
    const named = new Set(entries.flatMap(({ resource }) => referencesIn(resource)));
    const stray = entries.find(
      (each) => each.mode === 'include' && !named.has(keyOf(each)) && !referencesIn(each.resource).some((reference) => here.has(reference)),
    );
    if (stray) return fail(exchange, 'included resources that another entry refers to, or that refer to one', keyOf(stray));
  }
  return pass;
}

function mildOutcomes(evidence: Evidence): Finding {
  const found = searchsets(evidence).flatMap(([exchange, bundle]) =>
    entriesOf(bundle)
      .filter((entry) => entry.resource?.resourceType === 'OperationOutcome')
      .map((entry) => [exchange, entry] as const),
  );
  if (found.length === 0) return notApplicable('No searchset of this run holds an OperationOutcome.');
  return worst(
    found.map(([exchange, { mode, resource }]) => {
      const severe = asArray(resource?.['issue'])
        .flatMap((issue) => asString(at(issue, 'severity')) ?? [])
        .find((each) => each === 'error' || each === 'fatal');
      if (mode !== 'outcome') return fail(exchange, 'search.mode outcome on the OperationOutcome', mode ?? 'no mode');
      return check(severe === undefined, exchange, 'hints and warnings only in a successful searchset', `an issue of severity ${severe}`);
    }),
  );
}

/** What a searchset and its entries must carry, judged on every search of the run. */
export const entryChecks: readonly Check[] = group({ scenarios: oneMember }, [
  {
    id: 'rest.search.self-link',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    text: 'The Bundle has a self link with the parameters that were really used.',
    source: r4('search.html#conformance', 'search.html#conformance (3.1.1.6)'),
    judge: (evidence) => worst([selfLink(evidence), ignoredInSelf(evidence)]),
    faults: [
      {
        name: 'sends no self link',
        at: 'search',
        alter: when(
          plainCondition,
          alterType('Bundle', (body) => without(body, 'link')),
        ),
      },
      {
        name: 'keeps an ignored parameter in the self link',
        at: 'search',
        alter: when(
          ({ headers }) => headers['prefer'] === 'handling=lenient',
          alterType('Bundle', (body, { url }) => ({ ...body, link: [{ relation: 'self', url }] })),
        ),
      },
    ],
  },
  {
    id: 'rest.search.fullurl',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Each searchset entry has a fullUrl that agrees with the resource id and is not version specific (bdl-8).',
    source: r4('bundle-definitions.html#Bundle.entry.fullUrl', 'Bundle.entry.fullUrl'),
    judge: fullUrls,
    faults: [
      {
        name: 'leaves out fullUrl',
        at: 'search',
        alter: when(
          plainCondition,
          alterType('Bundle', (body) => mapEntries(body, (entry) => without(entry, 'fullUrl'))),
        ),
      },
      {
        name: 'sends a fullUrl that ends in another id',
        at: 'search',
        alter: when(
          plainCondition,
          alterType('Bundle', (body) => mapEntries(body, (entry) => ({ ...entry, fullUrl: `${asString(entry['fullUrl'])}9` }))),
        ),
      },
      {
        name: 'sends a fullUrl with a version',
        at: 'search',
        alter: when(
          plainCondition,
          alterType('Bundle', (body) => mapEntries(body, (entry) => ({ ...entry, fullUrl: `${asString(entry['fullUrl'])}/_history/1` }))),
        ),
      },
    ],
  },
  {
    id: 'rest.search.entry-mode',
    level: 'SHOULD',
    lines: ['L2', 'L5'],
    text: 'Included resources are marked include, outcomes outcome.',
    source: r4('search.html#include', 'search.html#include (3.1.1.5.4)'),
    judge: entryModes,
    faults: [
      {
        name: 'marks included resources as matches',
        at: 'search',
        alsoFails: { 'payload.r4': 'a match of another type than was searched for is no valid searchset' },
        alter: when(
          ({ url }) => /\/Condition\?.*_revinclude/.test(url),
          alterType('Bundle', (body) => mapEntries(body, (entry) => ({ ...entry, search: { mode: 'match' } }))),
        ),
      },
    ],
  },
  {
    id: 'rest.search.include-related',
    level: 'SHOULD',
    lines: ['L2', 'L5'],
    text: 'An included resource "is referred to from another resource in the search set", or refers to one.',
    source: r4('codesystem-search-entry-mode.html'),
    judge: strayIncludes,
    faults: [
      {
        name: 'includes an Endpoint that nobody of the answer has to do with',
        at: 'directory.endpoint',
        alter: whenAsked(/_include=Endpoint/, adding(strayEndpoint, 'include')),
      },
    ],
  },
  {
    id: 'rest.search.outcome-no-error',
    level: 'SHALL',
    lines: ['L7'],
    text: 'An OperationOutcome inside a successful searchset has mode=outcome and no error or fatal issue.',
    source: r4('http.html#search'),
    judge: mildOutcomes,
    faults: [
      {
        name: 'reports an error inside a successful searchset',
        at: 'search',
        alter: when(
          plainCondition,
          alterBody((body) => ({
            ...body,
            entry: [
              ...asArray(body['entry']),
              {
                resource: {
                  resourceType: 'OperationOutcome',
                  issue: [{ severity: 'error', code: 'incomplete', details: { text: 'Part of the record could not be read.' } }],
                },
                search: { mode: 'outcome' },
              },
            ],
          })),
        ),
      },
    ],
  },
]);
