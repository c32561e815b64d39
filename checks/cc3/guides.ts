import { type capabilityOf, hasOperation, resourceEntry, resourcesOf } from '../../src/core/capability.ts';
import { asArray, asString, at, isObject, type JsonObject } from '../../src/core/fhir.ts';
import { check, notApplicable, warn } from '../../src/core/findings.ts';
import { guides, idsOf } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Json } from '../../src/core/model.ts';
import { allScenarios, fhirApi, oneMember } from '../../src/core/steps.ts';
import { alterType, without } from '../alter.ts';
import { follows, followsUsCoreServer } from '../applies.ts';
import { group } from '../group.ts';
import { carinBB, pdex22, usCore, useCase } from '../sources.ts';
import { onStatement } from './statement.ts';

const usCoreProfile = /^http:\/\/hl7\.org\/fhir\/us\/core\/StructureDefinition\//;
const strings = (value: Json | undefined): readonly string[] => asArray(value).flatMap((each) => asString(each) ?? []);

/** Types that have a US Core profile in every version from 3.1.1 to 7.0.0. */
const profiled = [
  'AllergyIntolerance',
  'CarePlan',
  'CareTeam',
  'Condition',
  'Device',
  'DiagnosticReport',
  'DocumentReference',
  'Encounter',
  'Goal',
  'Immunization',
  'Location',
  'Medication',
  'MedicationRequest',
  'Observation',
  'Organization',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Procedure',
  'Provenance',
];

/**
 * Search parameters that US Core marks SHALL, alone or within a combination: those common to 3.1.1, 6.1.0 and 7.0.0.
 * Source: the us-core-server CapabilityStatements of these versions.
 */
const required: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: ['patient'],
  CarePlan: ['patient', 'category'],
  CareTeam: ['patient', 'status'],
  Condition: ['patient'],
  Device: ['patient'],
  DiagnosticReport: ['patient', 'category', 'date', 'code'],
  DocumentReference: ['_id', 'patient', 'type', 'category', 'date'],
  Encounter: ['_id', 'patient', 'date'],
  Goal: ['patient'],
  Immunization: ['patient'],
  Location: ['name', 'address'],
  MedicationRequest: ['patient', 'intent', 'status'],
  Observation: ['patient', 'category', 'date', 'code'],
  Organization: ['name', 'address'],
  Patient: ['_id', 'identifier', 'name'],
  Practitioner: ['name', 'identifier'],
  PractitionerRole: ['specialty', 'practitioner'],
  Procedure: ['patient', 'date'],
};

const hasUsCoreProfile = (entry: JsonObject): boolean => strings(entry['supportedProfile']).some((each) => usCoreProfile.test(each));

/** Drops canonicals that fit from a list of the statement. */
const drop =
  (name: string, pattern: RegExp) =>
  (body: JsonObject): JsonObject => ({ ...body, [name]: strings(body[name]).filter((each) => !pattern.test(each)) });

/** Rewrites the entry of one type; undefined removes it. */
const editEntry = (type: string, change: (entry: JsonObject) => JsonObject | undefined) =>
  alterType('CapabilityStatement', (body) => ({
    ...body,
    rest: asArray(body['rest'])
      .filter(isObject)
      .map((rest) => ({
        ...rest,
        resource: asArray(rest['resource'])
          .filter(isObject)
          .flatMap((entry) => (entry['type'] === type ? (change(entry) ?? []) : [entry])),
      })),
  }));

const instantiates = (canonical: RegExp, name: string) =>
  onStatement((statement, exchange) => {
    const listed = strings(at(statement, 'instantiates'));
    return check(
      listed.some((each) => canonical.test(each)),
      exchange,
      `${name} in instantiates`,
      `instantiates ${listed.join(', ') || 'absent'}`,
    );
  });
const usCoreServer = /^http:\/\/hl7\.org\/fhir\/us\/core\/CapabilityStatement\/us-core-server(\||$)/;
const c4bbServer = /^http:\/\/hl7\.org\/fhir\/us\/carin-bb\/CapabilityStatement\/c4bb(\||$)/;

/** Guides that a run over the FHIR API tests. */
const tested = [guides.usCore, guides.pdex, guides.c4bb];

/** What a successful request used: a resource type and, if any, an operation. */
function usedBy({ request, response, step }: Exchange, base: string): { readonly type?: string; readonly operation?: string } | undefined {
  const status = response?.status ?? 0;
  const success = (status >= 200 && status < 300) || (status === 422 && step === 'member-match');
  if (!success || !request.url.startsWith(`${base}/`)) return undefined;
  const segments = (request.url.slice(base.length + 1).split(/[?#]/)[0] ?? '').split('/');
  const type = /^[A-Z][A-Za-z]+$/.test(segments[0] ?? '') ? segments[0] : undefined;
  const operation = segments.find((each) => each.startsWith('$'))?.slice(1);
  return { ...(type === undefined ? {} : { type }), ...(operation === undefined ? {} : { operation }) };
}

function undeclared({ exchanges }: Evidence, base: string, statement: NonNullable<ReturnType<typeof capabilityOf>>): readonly string[] {
  const missing = new Set<string>();
  for (const exchange of exchanges.filter(({ probe }) => probe === undefined)) {
    const { type, operation } = usedBy(exchange, base) ?? {};
    if (operation !== undefined) {
      if (!hasOperation(statement, type, operation)) missing.add(`${type === undefined ? '' : `${type}/`}$${operation}`);
    } else if (type !== undefined && !resourceEntry(statement, type)) missing.add(type);
  }
  return [...missing];
}

export const guideChecks: readonly Check[] = group({ scenarios: oneMember, lines: ['L1'] }, [
  {
    id: 'cc3.instantiates.uscore',
    level: 'SHOULD',
    text: 'A server that supports US Core interactions lists the US Core server canonical in instantiates.',
    source: usCore('general-requirements.html'),
    holds: [{ ig: guides.usCore, from: '4.0.0' }],
    judge: instantiates(usCoreServer, 'http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server'),
    faults: [
      {
        name: 'does not instantiate the US Core server',
        at: 'metadata',
        alter: alterType('CapabilityStatement', drop('instantiates', usCoreServer)),
      },
    ],
  },
  {
    id: 'cc3.instantiates.c4bb',
    level: 'SHALL',
    scenarios: ['S1', 'S6'],
    text: 'A CARIN Blue Button server lists the c4bb canonical in instantiates.',
    source: carinBB('Conformance_Requirements.html'),
    holds: [{ ig: guides.c4bb, from: '2.0.0' }],
    judge: instantiates(c4bbServer, 'http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb'),
    faults: [
      {
        name: 'does not instantiate the CARIN Blue Button server',
        at: 'metadata',
        alter: alterType('CapabilityStatement', drop('instantiates', c4bbServer)),
      },
    ],
  },
  {
    id: 'cc3.fast.implementation-guide',
    level: 'FAST',
    scenarios: allScenarios,
    text: 'The client can read from metadata which guides and versions the server follows.',
    source: useCase('Scenario 1 line 1'),
    judge: onStatement((statement, exchange, evidence) => {
      const canonicals = [
        ...strings(at(statement, 'implementationGuide')),
        ...strings(at(statement, 'instantiates')),
        ...resourcesOf(statement).flatMap((each) => strings(each['supportedProfile'])),
      ];
      const prose = JSON.stringify([at(statement, 'software'), at(statement, 'implementation')]);
      const names = (guide: (typeof tested)[number]) =>
        canonicals.some((each) => guide.canonicals.some((start) => each.startsWith(start))) || idsOf(guide).some((id) => prose.includes(id));
      const silent = tested.filter((guide) => follows(guide)(evidence) === true && !names(guide));
      if (canonicals.length === 0 && silent.length === 0)
        return warn(exchange, 'the guides and versions that the server follows', 'no guide canonical anywhere');
      return check(
        silent.length === 0,
        exchange,
        'every guide that is claimed to be named in the CapabilityStatement',
        `not named: ${silent.map((each) => each.name).join(', ')}`,
      );
    }),
    faults: [
      {
        name: 'follows PDex without saying so',
        at: 'metadata',
        alter: alterType('CapabilityStatement', (body) => drop('implementationGuide', /davinci-pdex/)(drop('instantiates', /davinci-pdex/)(body))),
      },
    ],
  },
  {
    id: 'cc3.pdex.declares-all',
    level: 'SHALL',
    scenarios: fhirApi,
    text: 'All resources and operations offered by the API are declared in the capability statement.',
    source: pdex22('pdeximplementationactorsinteractionsdatapayloadsandmethods.html'),
    holds: [{ ig: guides.pdex }],
    judge: onStatement((statement, exchange, evidence) => {
      const base = exchange.request.url.replace(/\/metadata(\?.*)?$/, '');
      const missing = undeclared(evidence, base, statement);
      return check(
        missing.length === 0,
        exchange,
        'all that this run used with success in the CapabilityStatement',
        `not declared: ${missing.join(', ')}`,
      );
    }),
    faults: [
      {
        name: 'answers $member-match without declaring it',
        at: ['metadata', 'member-match'],
        alter: editEntry('Patient', (entry) => ({
          ...entry,
          operation: asArray(entry['operation']).filter((each) => at(each, 'name') !== 'member-match'),
        })),
      },
    ],
  },
  {
    id: 'cc3.usc.supported-profile',
    level: 'SHOULD',
    lines: ['L1', 'L2'],
    text: 'Supported US Core profiles are listed in rest.resource.supportedProfile.',
    source: usCore('general-requirements.html'),
    holds: [{ ig: guides.usCore }],
    judge: onStatement((statement, exchange) => {
      const bare = resourcesOf(statement).filter((entry) => profiled.includes(asString(entry['type']) ?? '') && !hasUsCoreProfile(entry));
      return check(
        bare.length === 0,
        exchange,
        'a US Core profile in supportedProfile of each US Core type',
        `none for ${bare.map((each) => String(each['type'])).join(', ')}`,
      );
    }),
    faults: [{ name: 'lists no profile for Goal', at: 'metadata', alter: editEntry('Goal', (entry) => without(entry, 'supportedProfile')) }],
  },
  {
    id: 'cc3.usc.full-detail',
    level: 'SHALL',
    text: 'The server states the full capability details of the US Core capability statement it claims to implement.',
    source: usCore('general-requirements.html'),
    holds: [{ ig: guides.usCore }],
    judge: onStatement((statement, exchange) => {
      const searched = resourcesOf(statement).filter(
        (entry) => hasUsCoreProfile(entry) && asArray(entry['interaction']).some((each) => at(each, 'code') === 'search-type'),
      );
      if (searched.length === 0) return notApplicable('The payer declares no search on a US Core type: it claims profiles only.');
      const missing = searched.flatMap((entry) => {
        const own = asArray(entry['searchParam']).map((each) => at(each, 'name'));
        const absent = (required[asString(entry['type']) ?? ''] ?? []).filter((name) => !own.includes(name));
        return absent.length > 0 ? [`${String(entry['type'])}: ${absent.join(', ')}`] : [];
      });
      return check(missing.length === 0, exchange, 'the search parameters that US Core marks SHALL', `not listed: ${missing.join('; ')}`);
    }),
    faults: [
      { name: 'lists Goal without its search parameters', at: 'metadata', alter: editEntry('Goal', (entry) => without(entry, 'searchParam')) },
    ],
  },
  {
    id: 'cc3.usc.patient-plus-one',
    level: 'SHALL',
    text: 'A US Core server supports the US Core Patient profile and at least one further US Core profile.',
    source: usCore('CapabilityStatement-us-core-server.html', 'rest.documentation'),
    applies: followsUsCoreServer,
    judge: onStatement((statement, exchange) => {
      const types = resourcesOf(statement)
        .filter((entry) => hasUsCoreProfile(entry) || (entry['supportedProfile'] === undefined && profiled.includes(asString(entry['type']) ?? '')))
        .map((entry) => String(entry['type']));
      return check(
        types.includes('Patient') && types.length >= 2,
        exchange,
        'Patient and at least one more US Core type',
        types.join(', ') || 'no US Core type',
      );
    }),
    faults: [
      {
        name: 'declares everything but Patient',
        at: 'metadata',
        alter: editEntry('Patient', () => undefined),
        alsoFails: { 'cc3.pdex.declares-all': 'a type that is used but not listed breaks that row as well' },
      },
    ],
  },
]);
