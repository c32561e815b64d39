import { capabilityOf, resourcesOf } from '../../src/core/capability.ts';
import { asArray, asString, at, isObject, jsonOf, type Resource } from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notTestable, onEach, pass, statusOf } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Json } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { when, whenAsked } from '../alter.ts';
import { group } from '../group.ts';
import { ndh as ndhGuide, useCase } from '../sources.ts';
import {
  codingsOf,
  endpointsOf,
  extensionsOf,
  filtered,
  idOf,
  isFhirRest,
  knownEndpoint,
  nothingToFind,
  onEndpoints,
  onSearch,
  ownerOf,
  payerOf,
} from './directory.ts';
import { adding, onResource, refused, strayEndpoint } from './edits.ts';

/** The payer's Endpoints in a national directory (NDH). */

const ndh = 'http://hl7.org/fhir/us/ndh/StructureDefinition';
const first = 'sunrise-provider-access';
const second = 'sunrise-crd';

const useCases = (endpoint: Resource): readonly string[] =>
  extensionsOf(endpoint, `${ndh}/base-ext-endpoint-usecase`)
    .flatMap((each) => extensionsOf(each, 'endpointUsecasetype'))
    .flatMap((each) => codingsOf(each['valueCodeableConcept']).flatMap((coding) => asString(coding['code']) ?? []));
const carries =
  (name: string) =>
  (evidence: Evidence): true | string =>
    endpointsOf(evidence).some((each) => extensionsOf(each, `${ndh}/${name}`).length > 0) || `No Endpoint carries ${name}.`;
const majorMinor = (version: string): string => version.split('.').slice(0, 2).join('.');
const valuesIn = (value: Json | undefined): readonly string[] =>
  codingsOf(at(value, 'valueCodeableConcept')).flatMap((coding) => asString(coding['code']) ?? []);

/** Versions of a guide that the live statement names; `id` is the end of its canonical. */
function liveVersions(evidence: Evidence, publication: string): readonly string[] {
  const capability = capabilityOf(evidence);
  const canonicals = [
    ...asArray(at(capability, 'implementationGuide')),
    ...asArray(at(capability, 'instantiates')),
    ...resourcesOf(capability).flatMap((each) => asArray(each['supportedProfile'])),
  ].flatMap((each) => asString(each) ?? []);
  return canonicals.filter((each) => each.startsWith(`${publication}/`)).flatMap((each) => each.split('|')[1] ?? []);
}
const alterExtension = (name: string, alter: (extension: { readonly [key: string]: Json }) => Json) =>
  onResource(first, (each) => ({
    ...each,
    extension: asArray(each['extension']).map((one) => (isObject(one) && one['url'] === `${ndh}/${name}` ? alter(one) : one)),
  }));

export const ndhChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'], holds: [{ ig: guides.ndh }] }, [
  {
    id: 'cc1.ndh.endpoint.search-usecase',
    level: 'SHALL',
    text: 'A national directory server can filter endpoints by use case with usecase-type.',
    source: ndhGuide('SearchParameter-endpoint-usecase-type.html'),
    applies: carries('base-ext-endpoint-usecase'),
    judge: onSearch('directory.endpoint', 'by-usecase', (matches, exchange, evidence) => {
      const [code = ''] = useCases(knownEndpoint(evidence) ?? { resourceType: 'Endpoint' });
      return filtered(matches, exchange, evidence, `of use case ${code}`, (each) => useCases(each).includes(code));
    }),
    faults: [{ name: 'ignores usecase-type', at: 'directory.endpoint', alter: whenAsked(/usecase-type=/, adding(strayEndpoint)) }],
  },
  {
    id: 'cc1.ndh.endpoint.usecase-shape',
    level: 'SHALL',
    text: 'The NDH use-case extension holds one endpointUsecasetype (codes such as providerApi, payerToPayer, patientAccess) and optionally a standard uri.',
    source: ndhGuide('StructureDefinition-base-ext-endpoint-usecase.html'),
    applies: carries('base-ext-endpoint-usecase'),
    judge: onEndpoints('one endpointUsecasetype CodeableConcept in base-ext-endpoint-usecase', (endpoint) => {
      const wrong = extensionsOf(endpoint, `${ndh}/base-ext-endpoint-usecase`).find((each) => {
        const types = extensionsOf(each, 'endpointUsecasetype');
        return types.length !== 1 || !isObject(types[0]?.['valueCodeableConcept']);
      });
      return wrong ? `${extensionsOf(wrong, 'endpointUsecasetype').length} endpointUsecasetype` : undefined;
    }),
    faults: [
      {
        name: 'gives a use case without type',
        at: 'directory.endpoint',
        alter: onResource(second, (each) => ({
          ...each,
          extension: asArray(each['extension']).map((one) =>
            isObject(one) && one['url'] === `${ndh}/base-ext-endpoint-usecase`
              ? { ...one, extension: [{ url: 'standard', valueUri: 'http://hl7.org/fhir' }] }
              : one,
          ),
        })),
      },
    ],
  },
  {
    id: 'cc1.ndh.endpoint.fhir-ig',
    level: 'FAST',
    text: 'IG versions published in base-ext-fhir-ig do not contradict the live CapabilityStatement.',
    source: useCase('Scenario 1 line 1; shape from hl7.fhir.us.ndh 1.0.0 StructureDefinition-base-ext-fhir-ig'),
    applies: carries('base-ext-fhir-ig'),
    judge: onEndpoints('guide versions that the live CapabilityStatement confirms', (endpoint, evidence) => {
      for (const extension of extensionsOf(endpoint, `${ndh}/base-ext-fhir-ig`)) {
        const part = (url: string) => extensionsOf(extension, url)[0];
        const version = asString(part('ig-version')?.['valueString']) ?? asString(part('ig-version')?.['valueCode']);
        const publication = asString(part('ig-publication')?.['valueUri']);
        if (version === undefined || publication === undefined) continue;
        const live = liveVersions(evidence, publication);
        if (live.length > 0 && !live.some((each) => majorMinor(each) === majorMinor(version))) return `${publication} ${version}, live ${live[0]}`;
      }
      return undefined;
    }),
    faults: [
      {
        name: 'states another guide version than the live server',
        at: 'directory.endpoint',
        drives: ['discover'],
        alter: when(
          ({ url }) => url.includes('/directory/'),
          alterExtension('base-ext-fhir-ig', (one) => ({
            ...one,
            extension: asArray(one['extension']).map((each) =>
              at(each, 'url') === 'ig-version' ? { url: 'ig-version', valueString: '3.1.1' } : each,
            ),
          })),
        ),
      },
    ],
  },
  {
    id: 'cc1.ndh.endpoint.lastupdated',
    level: 'SHALL',
    text: 'Each NDH Endpoint has meta.lastUpdated.',
    source: ndhGuide('StructureDefinition-ndh-Endpoint.html'),
    judge: onEndpoints('meta.lastUpdated', (endpoint) =>
      asString(at(endpoint, 'meta', 'lastUpdated')) === undefined ? 'no meta.lastUpdated' : undefined,
    ),
    faults: [
      {
        name: 'leaves meta.lastUpdated out',
        at: 'directory.endpoint',
        alter: whenAsked(
          /\?organization=[^&]+$/,
          onResource(second, (each) => ({ ...each, meta: { profile: at(each, 'meta', 'profile') ?? [] } })),
        ),
        alsoFails: { 'cc1.plannet.last-updated': 'one directory that claims both guides: the same element' },
      },
    ],
  },
  {
    id: 'cc1.ndh.endpoint.status-active',
    level: 'SHALL',
    text: 'Each NDH Endpoint has status fixed to active.',
    source: ndhGuide('StructureDefinition-ndh-Endpoint.html'),
    judge: onEndpoints('status active', (endpoint) =>
      endpoint['status'] === 'active' ? undefined : `status ${asString(endpoint['status']) ?? 'absent'}`,
    ),
    faults: [
      {
        name: 'publishes an Endpoint under test',
        at: 'directory.endpoint',
        alter: onResource(second, (each) => ({ ...each, status: 'test' })),
        alsoFails: { 'cc1.plannet.endpoint.status-active': 'one directory that claims both guides: the same element' },
      },
    ],
  },
  {
    id: 'cc1.ndh.endpoint.connection-type-version',
    level: 'FAST',
    text: 'A FHIR version published with the directory Endpoint does not contradict the live server.',
    source: useCase('Scenario 1 line 1; shape from hl7.fhir.us.ndh 1.0.0 base-ext-endpoint-connection-type-version'),
    applies: carries('base-ext-endpoint-connection-type-version'),
    judge: onEndpoints('a FHIR version that the live CapabilityStatement confirms', (endpoint, evidence) => {
      const stated = extensionsOf(endpoint, `${ndh}/base-ext-endpoint-connection-type-version`).flatMap(valuesIn);
      const live = asString(capabilityOf(evidence)?.['fhirVersion']);
      if (!isFhirRest(endpoint) || stated.length === 0 || live === undefined) return undefined;
      return stated.some((each) => majorMinor(each) === majorMinor(live)) ? undefined : `FHIR ${stated.join(', ')}, live ${live}`;
    }),
    faults: [
      {
        name: 'states another FHIR version than the live server',
        at: 'directory.endpoint',
        drives: ['discover'],
        alter: when(
          ({ url }) => url.includes('/directory/'),
          alterExtension('base-ext-endpoint-connection-type-version', (one) => ({ ...one, valueCodeableConcept: { coding: [{ code: '3.0.2' }] } })),
        ),
      },
    ],
  },
  {
    id: 'cc1.ndh.endpoint.trust',
    level: 'FAST',
    lines: ['L1', 'L3'],
    text: 'A directory claim of UDAP dynamic registration holds on the live endpoint.',
    source: useCase('Scenario 1 line 1; shape from hl7.fhir.us.ndh 1.0.0 base-ext-dynamicRegistration'),
    applies: (evidence) =>
      endpointsOf(evidence).some((each) =>
        extensionsOf(each, `${ndh}/base-ext-dynamicRegistration`)
          .flatMap((one) => extensionsOf(one, 'trustProfile'))
          .some((one) => valuesIn(one).includes('udap')),
      ) || 'No Endpoint names udap as its trust profile.',
    judge: onEach({ step: 'udap.metadata', probe: 'directory.trust' }, (exchange) =>
      check(
        statusOf(exchange) === 200 && isObject(jsonOf(exchange.response)),
        exchange,
        'UDAP metadata at the address, because the directory says so',
        `status ${statusOf(exchange)}`,
      ),
    ),
    faults: [
      {
        name: 'is said to speak UDAP where it does not',
        at: 'udap.metadata',
        alter: refused(404, 'not-found'),
        alsoFails: { 'cc2.udap.metadata.available': 'the address in the directory is the base: the same document' },
      },
    ],
  },
  {
    id: 'cc1.ndh.endpoint.payload-type',
    level: 'SHALL',
    text: 'Each NDH Endpoint has exactly one payloadType.',
    source: ndhGuide('StructureDefinition-ndh-Endpoint.html', 'StructureDefinition-ndh-Endpoint.html payloadType'),
    judge: onEndpoints('exactly one payloadType', (endpoint) =>
      asArray(endpoint['payloadType']).length === 1 ? undefined : `${asArray(endpoint['payloadType']).length} payloadType`,
    ),
    faults: [
      {
        name: 'leaves payloadType out',
        at: 'directory.endpoint',
        alter: onResource(second, ({ payloadType: _gone, ...rest }) => rest),
        alsoFails: {
          'cc1.plannet.endpoint.payload-type': 'one directory that claims both guides: the same element',
          'payload.r4': 'R4 itself demands Endpoint.payloadType',
        },
      },
    ],
  },
  {
    id: 'cc1.ndh.endpoint.search-organization',
    level: 'SHALL',
    text: 'NDH endpoints can be filtered by managing organization and by connection type.',
    source: ndhGuide('CapabilityStatement-wds-endpoint-expanded-query-server.html', 'Endpoint search parameters organization, connection-type'),
    judge: onSearch('directory.endpoint', 'by-connection', (matches, exchange, evidence) => {
      const missing = nothingToFind(evidence);
      if (missing) return missing;
      const payer = `Organization/${idOf(payerOf(evidence))}`;
      const own = endpointsOf(evidence);
      const stray = own.find((each) => ownerOf(each) !== payer);
      if (stray) return notTestable('The search by organization brought others: see cc1.plannet.endpoint.search-organization.', 'payer');
      if (own.some(isFhirRest)) return filtered(matches, exchange, evidence, 'of connection type hl7-fhir-rest', isFhirRest);
      const odd = matches.find((each) => !isFhirRest(each));
      if (odd) return fail(exchange, 'only Endpoints of connection type hl7-fhir-rest', `Endpoint/${idOf(odd)}, which does not fit`);
      return matches.length > 0 ? pass : notApplicable('The payer lists no Endpoint of connection type hl7-fhir-rest.');
    }),
    faults: [{ name: 'ignores connection-type', at: 'directory.endpoint', alter: whenAsked(/connection-type=/, adding(strayEndpoint)) }],
  },
]);
