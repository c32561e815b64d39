import { capabilityOf, resourceEntry } from '../../src/core/capability.ts';
import { asArray, asString, at, isResource, jsonOf, linkOf, literalReference, type Resource } from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notAsked, notReached, pass, select, statusOf, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, SectionKey } from '../../src/core/model.ts';
import { identity, oneMember } from '../../src/core/steps.ts';
import { refuse, when, whenAsked } from '../alter.ts';
import { type Applies, allOf, anyOf, declaresSearchParam, declaresType, followsUsCoreServer } from '../applies.ts';
import { group } from '../group.ts';
import { usCore as usCoreGuide } from '../sources.ts';
import { asks, eachResource, everyMatch, first, holdings, holdsAll, onSection, sectionNamed } from './lib.ts';

/** Claims the whole US Core server, or declares this very search. */
const usCore = (type: string, ...names: readonly string[]): Applies =>
  allOf(anyOf(followsUsCoreServer, declaresSearchParam(type, 'patient', ...names)), declaresType(type));
const is =
  (element: string, ...values: readonly string[]) =>
  (resource: Resource): boolean =>
    values.includes(asString(resource[element]) ?? '');
const shown =
  (element: string) =>
  (resource: Resource): string =>
    `${element} ${JSON.stringify(resource[element]) ?? 'absent'}`;

const searchset = (key: SectionKey, type: string) =>
  onSection(key, type, ({ exchange }) =>
    check(at(jsonOf(exchange.response), 'type') === 'searchset', exchange, 'a searchset', String(at(jsonOf(exchange.response), 'type'))),
  );

/** Searches without status that were refused because it was missing. */
const refusedForStatus = (evidence: Evidence): readonly Exchange[] =>
  evidence.exchanges.filter((each) => {
    if (each.step !== 'search' || each.variant === undefined || !each.variant.startsWith('sec:')) return false;
    const retried = evidence.exchanges.find((other) => other.variant === `${each.variant}:status`);
    return retried !== undefined && (statusOf(retried) === 200 || /status/i.test(each.response?.body ?? ''));
  });

/** Section searches of US Core, one after the other. */
export const medicationChecks: readonly Check[] = group({ scenarios: identity, lines: ['L2'] }, [
  {
    id: 'sec.med.patient-intent',
    level: 'SHALL',
    text: 'Medication requests can be searched by patient and intent.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    applies: usCore('MedicationRequest', 'intent'),
    judge: onSection('med-intent', 'MedicationRequest', (section) => everyMatch(section, is('intent', 'order'), 'intent order', shown('intent'))),
    faults: [
      {
        name: 'ignores intent',
        at: 'search',
        alter: first(asks('MedicationRequest', { intent: 'order' }), (each) => ({ ...each, intent: 'plan', reportedBoolean: true })),
      },
    ],
  },
  {
    id: 'sec.med.patient-intent-status',
    level: 'SHALL',
    text: 'Medication requests can be searched by patient, intent and status.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    applies: usCore('MedicationRequest', 'intent', 'status'),
    judge: onSection('med-active', 'MedicationRequest', (section) =>
      everyMatch(
        section,
        (each) => is('intent', 'order')(each) && is('status', 'active')(each),
        'intent order and status active',
        (each) => `${shown('intent')(each)}, ${shown('status')(each)}`,
      ),
    ),
    faults: [
      {
        name: 'ignores status',
        at: 'search',
        alter: first(asks('MedicationRequest', { intent: 'order', status: 'active' }), (each) => ({ ...each, status: 'completed' })),
      },
    ],
  },
  {
    id: 'sec.med.all-in-one',
    level: 'SHALL',
    text: 'One MedicationRequest query by patient is enough to get all medication records, orders and reported ones.',
    source: usCoreGuide('medication-list.html'),
    applies: (evidence) =>
      holdings(evidence, 'MedicationRequest')
        ? usCore('MedicationRequest', 'intent')(evidence)
        : notAsked('members.known.holds', 'the MedicationRequests of the known member'),
    judge: onSection('med-all', 'MedicationRequest', (section, evidence) =>
      worst([
        holdsAll(section, holdings(evidence, 'MedicationRequest') ?? []),
        everyMatch(
          section,
          (each) => !is('intent', 'plan')(each) || each['reportedBoolean'] !== undefined || each['reportedReference'] !== undefined,
          'reported[x] on a reported medication',
          shown('reportedBoolean'),
        ),
      ]),
    ),
    faults: [
      {
        name: 'keeps reported medications elsewhere',
        at: 'search',
        alter: eachResource(asks('MedicationRequest', { intent: 'order,plan' }), (each) => (each['intent'] === 'plan' ? undefined : each)),
      },
    ],
  },
  {
    id: 'sec.status-no-hidden-filter',
    level: 'SHALL',
    scenarios: oneMember,
    text: 'No hidden filter is applied when the client gives status values.',
    source: usCoreGuide('general-requirements.html', 'general-requirements.html#search-for-servers-requiring-status'),
    applies: usCore('MedicationRequest', 'intent', 'status'),
    judge: onSection('med-statuses', 'MedicationRequest', (section, evidence) => {
      const everything = sectionNamed(evidence, 'med-all', 'MedicationRequest');
      if (!everything) return notReached(evidence, { step: 'search', variant: 'sec:med-all' });
      const wanted = everything.matches
        .filter((each) => is('intent', 'order')(each) && is('status', 'completed', 'stopped', 'active')(each))
        .map((each) => String(each['id']));
      return wanted.length === 0 ? notApplicable('the member has no such order') : holdsAll(section, wanted);
    }),
    faults: [
      {
        name: 'hides completed orders',
        at: 'search',
        alter: eachResource(asks('MedicationRequest', { intent: 'order', status: 'completed,stopped,active' }), (each) =>
          each['status'] === 'completed' ? undefined : each,
        ),
      },
    ],
  },
  {
    id: 'sec.med.include',
    level: 'SHALL',
    text: 'When medications are referenced, _include=MedicationRequest:medication returns them.',
    source: usCoreGuide('medication-list.html'),
    applies: usCore('MedicationRequest', 'intent'),
    judge: onSection('med-all', 'MedicationRequest', (section, evidence) => {
      const wanted = [...new Set(section.matches.flatMap((each) => literalReference(at(each, 'medicationReference', 'reference')) ?? []))].filter(
        (each) => each.startsWith('Medication/'),
      );
      if (wanted.length === 0) return notApplicable('no MedicationRequest refers to an external Medication');
      const here = new Set(section.includes.map((each) => `${each.resourceType}/${each['id']}`));
      const more = linkOf(jsonOf(section.pages.at(-1)?.response), 'next') !== undefined;
      const readable = (reference: string) =>
        more &&
        select(evidence, { step: 'read', variant: 'sec:medication' }).some((each) => each.request.url.endsWith(reference) && statusOf(each) === 200);
      const lost = wanted.filter((each) => !here.has(each) && !readable(each));
      return check(lost.length === 0, section.exchange, 'each referenced Medication among the includes', `missing: ${lost.join(', ')}`);
    }),
    faults: [
      {
        name: 'leaves Medications out of the includes',
        at: 'search',
        alter: eachResource(asks('MedicationRequest', { intent: 'order,plan' }), (each) => (each.resourceType === 'Medication' ? undefined : each)),
      },
    ],
  },
  {
    id: 'sec.medication.read',
    level: 'SHALL',
    text: 'A Medication that is referenced externally can be read.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html', 'CapabilityStatement-us-core-server.html Medication'),
    holds: [{ ig: guides.usCore }],
    judge(evidence) {
      const reads = select(evidence, { step: 'read', variant: 'sec:medication' });
      if (reads.length === 0) return notApplicable('no external Medication reference was returned');
      return worst(
        reads.map((exchange) =>
          check(
            statusOf(exchange) === 200 && isResource(jsonOf(exchange.response), 'Medication'),
            exchange,
            '200 with the Medication',
            `status ${statusOf(exchange)}`,
          ),
        ),
      );
    },
    faults: [
      {
        name: 'does not serve Medications',
        at: 'read',
        alter: whenAsked(/\/Medication\//, refuse(404, 'not-found', 'No Medication with this id is available. Search by code.')),
      },
    ],
  },
  {
    id: 'sec.dispense.patient',
    level: 'SHALL',
    text: 'Medication dispenses can be searched by patient.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    holds: [{ ig: guides.usCore, from: '6.0.0' }, { ig: guides.pdex }],
    applies: declaresType('MedicationDispense'),
    judge: searchset('dispense', 'MedicationDispense'),
    faults: [
      {
        name: 'refuses dispenses by patient',
        at: 'search',
        alsoFails: { 'rest.pdex.clinical-search': 'MedicationDispense is in the PDex table too' },
        alter: whenAsked(/\/MedicationDispense\?/, refuse(400, 'required', 'patient cannot be used here. Search by _id.')),
      },
    ],
  },
  {
    id: 'sec.status-required',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'A server that insists on status rejects a search without it with 400 and an OperationOutcome that says so.',
    source: usCoreGuide('general-requirements.html', 'general-requirements.html#search-for-servers-requiring-status'),
    applies: (evidence) => (refusedForStatus(evidence).length > 0 ? usCore('MedicationRequest')(evidence) : 'no search without status was refused'),
    judge: (evidence) =>
      worst(
        refusedForStatus(evidence).map((exchange) => {
          const body = jsonOf(exchange.response);
          const retried = evidence.exchanges.find((each) => each.variant === `${exchange.variant}:status`);
          if (!isResource(body, 'OperationOutcome') || !/status/i.test(JSON.stringify(body)))
            return fail(
              exchange,
              '400 with an OperationOutcome that asks for status',
              `status ${statusOf(exchange)} with ${exchange.response?.body.slice(0, 120)}`,
            );
          return retried && statusOf(retried) === 200
            ? pass
            : fail(retried ?? exchange, '200 to the same search with status', `status ${retried ? statusOf(retried) : 'absent'}`);
        }),
      ),
    faults: [
      {
        name: 'refuses a search without status and does not say why',
        at: 'search',
        alter: when(asks('MedicationDispense', {}), refuse(400, 'required', 'This search is too broad. Narrow it.')),
        alsoFails: { 'sec.status-documented': 'nothing is documented either' },
      },
    ],
  },
  {
    id: 'sec.status-documented',
    level: 'SHALL',
    lines: ['L1', 'L2'],
    scenarios: oneMember,
    text: 'A server that insists on status says so in CapabilityStatement.rest.resource.interaction.documentation of search-type.',
    source: usCoreGuide('general-requirements.html', 'general-requirements.html#search-for-servers-requiring-status'),
    applies: (evidence) => (refusedForStatus(evidence).length > 0 ? true : 'no search without status was refused'),
    judge: (evidence) =>
      worst(
        refusedForStatus(evidence).map((exchange) => {
          const type = /\/([A-Za-z]+)\?/.exec(exchange.request.url)?.[1] ?? '';
          const interaction = asArray(resourceEntry(capabilityOf(evidence), type)?.['interaction']).find(
            (each) => at(each, 'code') === 'search-type',
          );
          return check(
            /status/i.test(asString(at(interaction, 'documentation')) ?? ''),
            exchange,
            `documentation of ${type} search-type that mentions status`,
            'none in the CapabilityStatement',
          );
        }),
      ),
    faults: [
      {
        name: 'demands status and does not document it',
        at: 'search',
        alter: when(asks('MedicationDispense', {}), refuse(400, 'required', 'status is missing. Add it and search again.')),
      },
    ],
  },
]);
