import { asArray, asObject, asString, at, isObject, isResource, jsonOf, resourceOf } from '../../src/core/fhir.ts';
import { all, check, isOfType, notReached, notTestable, onFirst, pass, select, status, statusOf, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { isHttpUrl, parseUrl } from '../../src/core/url.ts';
import { whenAsked } from '../alter.ts';
import { group } from '../group.ts';
import { planNet as planNetGuide, r4 } from '../sources.ts';
import {
  addressAnswer,
  answers,
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
  payerMissing,
  payerOf,
} from './directory.ts';
import { adding, emptied, onResource, refused, strayEndpoint, without, withoutIncluded } from './edits.ts';

/** The payer's Endpoints in a Plan-Net directory. */

const planNet = 'http://hl7.org/fhir/us/davinci-pdex-plan-net';
const connections = 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type';
/** What its codes begin with, those of later editions too. */
const ofConnections = /^(ihe-|dicom-|hl7|direct-|email|secure-email|cds-hooks|rest-non-fhir|tcp|http|graphql|ncpdp|x12)/;
const first = 'sunrise-provider-access';
const second = 'sunrise-crd';

export const endpointChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'], holds: [{ ig: guides.planNet }] }, [
  {
    id: 'cc1.plannet.endpoint.search',
    level: 'SHALL',
    text: 'The payer directory supports searching Endpoint resources.',
    source: planNetGuide('CapabilityStatement-plan-net.html', 'CapabilityStatement-plan-net.html rest.resource(Endpoint)'),
    judge: onSearch('directory.endpoint', 'by-id', (matches, exchange, evidence) =>
      filtered(matches, exchange, evidence, 'with that id', (each) => each['id'] === idOf(knownEndpoint(evidence))),
    ),
    faults: [
      {
        name: 'finds no Endpoint by _id',
        at: 'directory.endpoint',
        alter: (response, request) => (/\?_id=[^&]+$/.test(request.url) ? emptied(response) : response),
      },
    ],
  },
  {
    id: 'cc1.plannet.endpoint.read',
    level: 'SHALL',
    text: 'The payer directory supports reading a single Endpoint by id.',
    source: planNetGuide('CapabilityStatement-plan-net.html', 'CapabilityStatement-plan-net.html rest.resource(Endpoint)'),
    judge: onFirst({ step: 'directory.endpoint', variant: 'read' }, (exchange, evidence) =>
      all(
        () => status(exchange, 200),
        () => isOfType(exchange, 'Endpoint'),
        () => {
          const [seen, known] = [resourceOf(exchange), knownEndpoint(evidence)];
          return check(
            seen?.['id'] === known?.['id'] && seen?.['address'] === known?.['address'],
            exchange,
            'the id and address that the search showed',
            `${idOf(seen)} at ${asString(seen?.['address']) ?? 'no address'}`,
          );
        },
      ),
    ),
    faults: [
      {
        name: 'does not serve an Endpoint that its search lists',
        at: 'directory.endpoint',
        alter: whenAsked(/\/Endpoint\/sunrise/, refused(404, 'not-found')),
      },
    ],
  },
  {
    id: 'cc1.plannet.endpoint.search-organization',
    level: 'SHALL',
    text: 'Endpoints can be filtered by the organization search parameter.',
    source: planNetGuide('CapabilityStatement-plan-net.html', 'CapabilityStatement-plan-net.html Endpoint search parameters'),
    judge: onSearch('directory.endpoint', 'by-organization', (matches, exchange, evidence) => {
      const missing = payerMissing(evidence);
      if (missing) return missing;
      const payer = `Organization/${idOf(payerOf(evidence))}`;
      return filtered(matches, exchange, evidence, `of ${payer}`, (each) => ownerOf(each) === payer);
    }),
    faults: [
      {
        name: 'shows endpoints of other payers too',
        at: 'directory.endpoint',
        alter: whenAsked(/\?organization=[^&]+$/, adding(without('extension')(strayEndpoint))),
      },
    ],
  },
  {
    id: 'cc1.plannet.endpoint.status-active',
    level: 'SHALL',
    text: 'Each published Plan-Net Endpoint has status fixed to active.',
    source: planNetGuide('StructureDefinition-plannet-Endpoint.html'),
    judge: onEndpoints('status active', (endpoint) =>
      endpoint['status'] === 'active' ? undefined : `status ${asString(endpoint['status']) ?? 'absent'}`,
    ),
    faults: [
      {
        name: 'publishes an Endpoint that is off',
        at: 'directory.endpoint',
        alter: onResource(second, (each) => ({ ...each, status: 'off' })),
        alsoFails: { 'cc1.ndh.endpoint.status-active': 'one directory that claims both guides: the same element' },
      },
    ],
  },
  {
    id: 'cc1.plannet.endpoint.connection-type',
    level: 'SHALL',
    text: 'connectionType carries a code from the endpoint connection type value set; a FHIR API is coded hl7-fhir-rest (operations may use the Plan-Net code hl7-fhir-opn).',
    source: planNetGuide('StructureDefinition-plannet-Endpoint.html', 'StructureDefinition-plannet-Endpoint.html connectionType'),
    judge: onEndpoints(
      'connectionType hl7-fhir-rest, hl7-fhir-msg or hl7-fhir-opn for an address that serves a CapabilityStatement',
      (endpoint, evidence) => {
        const { system, code: told } = asObject(endpoint['connectionType']);
        if (system === undefined && told !== undefined) return `connectionType ${String(told)} of no system`;
        if (system === connections && !ofConnections.test(asString(told) ?? ''))
          return `connectionType ${String(told)}, which its code system does not have`;
        const answer = addressAnswer(evidence, asString(endpoint['address']) ?? '');
        if (!answer || statusOf(answer) !== 200 || !isResource(jsonOf(answer.response), 'CapabilityStatement')) return undefined;
        const code = asString(at(endpoint, 'connectionType', 'code'));
        return ['hl7-fhir-rest', 'hl7-fhir-msg', 'hl7-fhir-opn'].includes(code ?? '') ? undefined : `connectionType ${code ?? 'absent'}`;
      },
    ),
    faults: [
      {
        name: 'gives the kind of connection without its system (F3.9)',
        at: 'directory.endpoint',
        alter: onResource(second, (each) => ({ ...each, connectionType: { code: at(each, 'connectionType', 'code') ?? '' } })),
      },
      {
        name: 'codes a FHIR API as something else',
        at: 'directory.endpoint',
        alter: (response, request) =>
          request.url.includes('connection-type=')
            ? response
            : onResource(second, (each) => ({
                ...each,
                connectionType: { system: connections, code: 'rest-non-fhir' },
              }))(response),
      },
      {
        name: 'makes up a code for the kind of connection',
        at: 'directory.endpoint',
        alter: (response, request) =>
          request.url.includes('connection-type=')
            ? response
            : onResource(second, (each) => ({ ...each, connectionType: { system: connections, code: 'fhir' } }))(response),
      },
    ],
  },
  {
    id: 'cc1.plannet.endpoint.payload-type',
    level: 'SHALL',
    text: 'Each Endpoint has exactly one payloadType, bound (extensibly) to the Plan-Net value set whose only code is NA.',
    source: planNetGuide('StructureDefinition-plannet-Endpoint.html', 'StructureDefinition-plannet-Endpoint.html payloadType'),
    judge: onEndpoints('exactly one payloadType; NA when it is coded from Plan-Net', (endpoint) => {
      const types = asArray(endpoint['payloadType']);
      if (types.length !== 1) return `${types.length} payloadType`;
      const odd = codingsOf(types[0]).find((each) => each['system'] === `${planNet}/CodeSystem/EndpointPayloadTypeCS` && each['code'] !== 'NA');
      return odd ? `payloadType ${String(odd['code'])}` : undefined;
    }),
    faults: [
      {
        name: 'repeats payloadType',
        at: 'directory.endpoint',
        alter: onResource(second, (each) => ({ ...each, payloadType: [...asArray(each['payloadType']), { text: 'any' }] })),
        alsoFails: { 'cc1.ndh.endpoint.payload-type': 'one directory that claims both guides: the same element' },
      },
    ],
  },
  {
    id: 'cc1.plannet.endpoint.address',
    level: 'SHALL',
    text: 'Endpoint.address is present and, for a FHIR endpoint, is the service base without resources or parameters tacked on.',
    source: r4('endpoint.html', 'endpoint.html Endpoint.address'),
    holds: [{ ig: guides.planNet }, { ig: guides.ndh }],
    judge: (evidence) => {
      const [exchange] = answers(evidence, 'directory.endpoint', 'by-organization');
      const finding = onEndpoints('address, the service base without resource or parameters', (endpoint) => {
        const address = asString(endpoint['address']);
        const excused = extensionsOf(endpoint['_address'], 'http://hl7.org/fhir/StructureDefinition/data-absent-reason').length > 0;
        if (address === undefined || address === '') return excused ? undefined : 'no address';
        const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1];
        if (isFhirRest(endpoint) && scheme !== undefined && !isHttpUrl(address)) return `no http(s) address: ${address}`;
        if (!isFhirRest(endpoint) || !isHttpUrl(address)) return undefined;
        if (parseUrl(address)?.query !== '') return `an address with parameters: ${address}`;
        return /\/(metadata|Patient|Coverage|Practitioner|Organization|Endpoint|Claim|ExplanationOfBenefit)\/?$/.test(address)
          ? `not the base: ${address}`
          : undefined;
      })(evidence);
      if (finding.outcome !== 'pass' || !exchange) return finding;
      const relative = endpointsOf(evidence).find(
        (each) => isFhirRest(each) && asString(each['address']) !== undefined && !isHttpUrl(each['address']),
      );
      return relative ? warn(exchange, 'an absolute http(s) address', `Endpoint/${idOf(relative)}: ${String(relative['address'])}`) : pass;
    },
    faults: [
      {
        name: 'gives the URL of metadata for an address',
        at: 'directory.endpoint',
        alter: onResource(second, (each) => ({ ...each, address: `${asString(each['address']) ?? ''}/metadata` })),
        alsoFails: { 'cc1.fast.address-live': 'nobody answers below an address that is not a base' },
      },
      {
        name: 'gives a FHIR API an address that no FHIR client can open',
        at: 'directory.endpoint',
        alter: onResource(second, (each) => ({ ...each, address: 'ftp://nowhere.example.org/fhir' })),
      },
      {
        name: 'leaves the address out',
        at: 'directory.endpoint',
        alter: onResource('sunrise-direct', without('address')),
        alsoFails: { 'payload.r4': 'R4 itself demands Endpoint.address' },
      },
    ],
  },
  {
    id: 'cc1.plannet.endpoint.usecase-extension',
    level: 'SHALL',
    text: 'When present, the endpoint-usecase extension holds exactly one nested type CodeableConcept and at most one nested standard uri.',
    source: planNetGuide('StructureDefinition-endpoint-usecase.html'),
    judge: onEndpoints('one nested type and at most one nested standard in endpoint-usecase', (endpoint) => {
      for (const extension of extensionsOf(endpoint, `${planNet}/StructureDefinition/endpoint-usecase`)) {
        const [types, standards] = [extensionsOf(extension, 'type'), extensionsOf(extension, 'standard')];
        if (Object.keys(extension).some((name) => name.startsWith('value'))) return 'endpoint-usecase carries a value of its own';
        if (types.length !== 1 || !isObject(types[0]?.['valueCodeableConcept'])) return `${types.length} nested type with a CodeableConcept`;
        if (standards.length > 1 || standards.some((each) => typeof each['valueUri'] !== 'string')) return 'standard is no single uri';
      }
      return undefined;
    }),
    faults: [
      {
        name: 'puts a code where the nested type belongs',
        at: 'directory.endpoint',
        alter: onResource(second, (each) => ({
          ...each,
          extension: asArray(each['extension']).map((one) =>
            at(one, 'url') === `${planNet}/StructureDefinition/endpoint-usecase`
              ? { url: `${planNet}/StructureDefinition/endpoint-usecase`, valueCode: 'treatment' }
              : one,
          ),
        })),
      },
    ],
  },
  {
    id: 'cc1.plannet.endpoint.managing-organization',
    level: 'SHOULD',
    text: 'managingOrganization (must support) refers to a Plan-Net Organization that can be resolved.',
    source: planNetGuide('StructureDefinition-plannet-Endpoint.html', 'StructureDefinition-plannet-Endpoint.html managingOrganization'),
    applies: (evidence) =>
      endpointsOf(evidence).some((each) => each['managingOrganization'] !== undefined) || 'No Endpoint names a managingOrganization.',
    judge: (evidence) => {
      // The payer was read by its id, or else the reference was followed.
      const followed = [
        ...select(evidence, { step: 'directory.organization', variant: 'payer' }),
        ...answers(evidence, 'directory.organization', 'managing'),
      ];
      const reference = asString(at(knownEndpoint(evidence), 'managingOrganization', 'reference')) ?? '';
      const read = followed.find((each) => each.request.url.endsWith(`/${reference}`));
      if (isHttpUrl(reference)) return notTestable('managingOrganization lies on another server.', 'payer');
      if (!read) return notReached(evidence, { step: 'directory.organization', variant: 'managing' });
      return all(
        () => status(read, 200),
        () => isOfType(read, 'Organization'),
      );
    },
    faults: [
      {
        name: 'names a managing organization that it does not serve',
        at: ['directory.endpoint', 'directory.organization'],
        alter: (response, request) =>
          request.url.endsWith('/Organization/nobody-at-home')
            ? { ...response, status: 404 }
            : request.url.includes('/Endpoint?organization=') || request.url.endsWith(`/Endpoint/${first}`)
              ? onResource(first, (each) => ({ ...each, managingOrganization: { reference: 'Organization/nobody-at-home' } }))(response)
              : response,
        alsoFails: {
          'cc1.plannet.endpoint.search-organization': 'the match no longer belongs to the organization asked for',
          'cc1.plannet.endpoint.include-organization': 'the organization named is not the one that is included',
        },
      },
    ],
  },
  {
    id: 'cc1.plannet.endpoint.lastupdated',
    level: 'SHALL',
    text: 'Endpoints can be filtered by _lastUpdated so that clients can refresh a cached directory.',
    source: planNetGuide('CapabilityStatement-plan-net.html', 'CapabilityStatement-plan-net.html Endpoint search parameters'),
    judge: (evidence) =>
      all(
        () =>
          onSearch('directory.endpoint', 'future', (matches, exchange) =>
            check(matches.length === 0, exchange, 'no match for a future _lastUpdated', `${matches.length} matches`),
          )(evidence),
        () => onSearch('directory.endpoint', 'past', (matches, exchange) => filtered(matches, exchange, evidence, 'asked for', () => true))(evidence),
      ),
    faults: [{ name: 'ignores _lastUpdated', at: 'directory.endpoint', alter: whenAsked(/\?_lastUpdated=gt/, adding(strayEndpoint)) }],
  },
  {
    id: 'cc1.plannet.endpoint.include-organization',
    level: 'SHALL',
    text: 'A search for endpoints can include the managing organization in the same Bundle.',
    source: planNetGuide('CapabilityStatement-plan-net.html', 'CapabilityStatement-plan-net.html Endpoint searchInclude'),
    judge: onSearch('directory.endpoint', 'include-organization', (_matches, exchange, evidence) => {
      const missing = nothingToFind(evidence);
      if (missing) return missing;
      const owner = ownerOf(knownEndpoint(evidence) ?? { resourceType: 'Endpoint' });
      const came = asArray(at(jsonOf(exchange.response), 'entry')).some(
        (each) =>
          at(each, 'search', 'mode') === 'include' &&
          `Organization/${String(at(each, 'resource', 'id'))}` === owner &&
          at(each, 'resource', 'resourceType') === 'Organization',
      );
      return check(came, exchange, `${owner} with search.mode include`, 'it did not come');
    }),
    faults: [{ name: 'drops _include on Endpoint', at: 'directory.endpoint', alter: whenAsked(/_include=Endpoint/, withoutIncluded) }],
  },
]);
