import { capabilityOf } from '../../src/core/capability.ts';
import { asArray, asString, at, isJsonMedia, isObject, isResource, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import { check, fail, notAsked, notReached, onEach, pass, select, statusOf, warn } from '../../src/core/findings.ts';
import type { Check, Evidence } from '../../src/core/model.ts';
import { allScenarios, ordering } from '../../src/core/steps.ts';
import { isHttpUrl, sameBase } from '../../src/core/url.ts';
import { endpointNamed } from '../../src/core/wellknown.ts';
import { set, when } from '../alter.ts';
import { group } from '../group.ts';
import { useCase } from '../sources.ts';
import { addressAnswer, answers, endpointsOf, hasDirectory, isFhirRest, payerMissing, payerOf } from './directory.ts';
import { onResource } from './edits.ts';

/** What the use case itself asks of discovery: the payer is recognised, its addresses are alive, its sources agree. */

const configured = (evidence: Evidence) =>
  select(evidence, { step: 'wellknown.davinci', where: (each) => statusOf(each) === 200 && isObject(jsonOf(each.response)) })[0];
const identified = (identifier: unknown): boolean =>
  isObject(identifier as never) && typeof at(identifier as never, 'system') === 'string' && typeof at(identifier as never, 'value') === 'string';

/** Luhn's check over 80840 and the ten digits. Source: 45 CFR 162.406; CMS, NPI check digit. */
function isNpi(text: string): boolean {
  if (!/^\d{10}$/.test(text)) return false;
  const sum = [...`80840${text}`].reverse().reduce((all, digit, nth) => {
    const value = Number(digit) * (nth % 2 === 0 ? 1 : 2);
    return all + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

export const fastChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'] }, [
  {
    id: 'cc1.fast.org.identifier',
    level: 'FAST',
    lines: ['L1', 'L4'],
    text: 'The payer can be recognised by an identifier with system and value, from the directory Organization or from the HRex well-known file.',
    source: useCase('Scenario 1 line 1'),
    applies: ({ target }) =>
      target.directory !== undefined ||
      target.wellKnown !== undefined ||
      notAsked('directory or wellKnown', 'the directory or the davinci-configuration file that lists the payer'),
    judge: (evidence) => {
      const file = jsonOf(configured(evidence)?.response);
      const organization = payerOf(evidence);
      const missing = configured(evidence) ? undefined : payerMissing(evidence);
      if (missing) return missing;
      const seen = answers(evidence, 'directory.organization', 'payer')[0] ?? configured(evidence);
      if (!seen || (evidence.target.directory && answers(evidence, 'directory.organization', 'payer').length === 0))
        return notReached(evidence, { step: 'directory.organization', variant: 'payer' });
      const found = [...asArray(organization?.['identifier']), at(file, 'identifier')].filter(identified);
      if (found.length === 0) return fail(seen, 'an identifier with system and value, in the directory or the well-known file', 'neither has one');
      const wanted = evidence.target.directory?.identifier;
      const wrong = found.find((each) => at(each, 'system') === 'http://hl7.org/fhir/sid/us-npi' && !isNpi(String(at(each, 'value'))));
      if (wrong) return fail(seen, 'an NPI of ten digits whose last one checks the others', String(at(wrong, 'value')));
      const known = wanted === undefined || found.some((each) => at(each, 'system') === wanted.system && at(each, 'value') === wanted.value);
      return check(
        known,
        seen,
        `the identifier ${wanted?.system}|${wanted?.value}`,
        found.map((each) => `${String(at(each, 'system'))}|${String(at(each, 'value'))}`).join(', '),
      );
    },
    faults: [
      {
        name: 'is known by another identifier',
        at: ['directory.organization', 'wellknown.davinci'],
        alter: (response, request) =>
          request.url.includes('davinci-configuration')
            ? set({ identifier: { system: 'urn:oid:1.2.3', value: 'other' } })(response)
            : onResource('sunrise-health-plan', (each) => ({ ...each, identifier: [{ system: 'urn:oid:1.2.3', value: 'other' }] }))(response),
      },
      {
        name: 'has an NPI with a slip in it',
        at: 'directory.organization',
        alter: onResource('sunrise-health-plan', (each) => ({
          ...each,
          identifier: [...asArray(each['identifier']), { system: 'http://hl7.org/fhir/sid/us-npi', value: '1457320955' }],
        })),
      },
    ],
  },
  {
    id: 'cc1.fast.address-live',
    about: { lost: 'the payer published this address' },
    level: 'FAST',
    text: 'Each FHIR endpoint address found in the directory answers the capabilities interaction.',
    source: useCase('Scenario 1 line 1 (A:B:C:D)'),
    applies: hasDirectory,
    judge: (evidence) => {
      const missing = payerMissing(evidence);
      if (missing) return missing;
      const [listed] = answers(evidence, 'directory.endpoint', 'by-organization');
      if (listed && statusOf(listed) === 200 && !endpointsOf(evidence).some(isFhirRest))
        return fail(listed, 'a FHIR Endpoint of the payer in the directory', 'none is listed for it');
      const addresses = endpointsOf(evidence)
        .filter(isFhirRest)
        .flatMap((each) => asString(each['address']) ?? [])
        .filter(isHttpUrl);
      const tried = addresses.flatMap((address) => addressAnswer(evidence, address) ?? []);
      const [seen] = tried;
      if (!seen) return notReached(evidence, { step: 'metadata', probe: 'directory.address' });
      const dead = tried.find((each) => {
        if (statusOf(each) === 200 && isJsonMedia(mediaTypeOf(each.response)) && isResource(jsonOf(each.response), 'CapabilityStatement'))
          return false;
        // Metadata behind a login is alive when the same call with a token succeeded.
        return !([401, 403].includes(statusOf(each)) && capabilityOf(evidence) !== undefined);
      });
      return dead
        ? fail(
            dead,
            'a CapabilityStatement at the published address',
            dead.response ? `status ${statusOf(dead)}` : (dead.error?.message ?? 'no answer'),
          )
        : pass;
    },
    faults: [
      {
        name: 'publishes a stale address',
        at: 'directory.endpoint',
        alter: onResource('sunrise-crd', (each) => ({ ...each, address: `${asString(each['address']) ?? ''}/of-last-year` })),
      },
    ],
  },
  {
    id: 'cc1.fast.discovery-consistent',
    level: 'FAST',
    text: 'Directory Endpoint.address and the HRex well-known file agree on the provider API base.',
    source: useCase('Scenario 1 line 1'),
    applies: (evidence) =>
      (endpointsOf(evidence).length > 0 && isHttpUrl(endpointNamed(jsonOf(configured(evidence)?.response), 'davinci_pdex_provider_endpoint'))) ||
      'The payer does not publish both a directory endpoint and davinci_pdex_provider_endpoint.',
    judge: (evidence) => {
      const exchange = configured(evidence);
      const told = endpointNamed(jsonOf(exchange?.response), 'davinci_pdex_provider_endpoint') ?? '';
      const listed = endpointsOf(evidence)
        .filter((each) => each['status'] === 'active')
        .flatMap((each) => asString(each['address']) ?? []);
      if (!exchange) return notReached(evidence, { step: 'wellknown.davinci' });
      return listed.some((address) => sameBase(address, told))
        ? pass
        : warn(exchange, `one of the directory's addresses: ${listed.join(', ')}`, told);
    },
    faults: [
      {
        name: 'names another base in its own file than in the directory',
        at: 'wellknown.davinci',
        drives: ['directory'],
        alter: when(
          ({ url }) => url.includes('davinci-configuration'),
          set((file) => ({
            endpoints: {
              ...(isObject(file['endpoints']) ? file['endpoints'] : {}),
              davinci_pdex_provider_endpoint: 'https://elsewhere.example.org/fhir',
            },
          })),
        ),
      },
    ],
  },
  {
    id: 'cc1.fast.crd-address-live',
    level: 'FAST',
    scenarios: ordering,
    text: 'The CRD endpoint found in discovery answers the CDS Hooks discovery request.',
    source: useCase('Scenario 2 line 1'),
    applies: (evidence) =>
      isHttpUrl(endpointNamed(jsonOf(configured(evidence)?.response), 'davinci_crd_hook_endpoint')) || 'davinci_crd_hook_endpoint is not published.',
    judge: onEach({ step: 'cds.discovery', probe: 'directory.crd-address' }, (exchange) => {
      if (statusOf(exchange) === 401) return warn(exchange, 'the list of services', 'status 401 without a client JWT');
      const services = at(jsonOf(exchange.response), 'services');
      return check(
        statusOf(exchange) === 200 && Array.isArray(services),
        exchange,
        'status 200 with a services array',
        `status ${statusOf(exchange)}`,
      );
    }),
    faults: [
      {
        name: 'publishes a CRD address where nobody lives',
        at: 'wellknown.davinci',
        alter: set((file) => ({
          endpoints: {
            ...(isObject(file['endpoints']) ? file['endpoints'] : {}),
            davinci_crd_hook_endpoint: `${String(at(file['endpoints'], 'davinci_crd_hook_endpoint'))}-of-last-year`,
          },
        })),
        alsoFails: { 'cc1.crd.single-endpoint': 'the address in the file is no longer the one in the target file' },
      },
    ],
  },
]);
