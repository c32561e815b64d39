import { capabilityOf, resourceEntry } from '../../src/core/capability.ts';
import { asArray, asString, at, entriesOf, isObject, isResource, jsonOf, literalReference } from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notReached, notTestable, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, SectionKey } from '../../src/core/model.ts';
import { fhirApi, identity, oneMember } from '../../src/core/steps.ts';
import { queryOf } from '../../src/core/url.ts';
import { emptySearchset, replaceText, when } from '../alter.ts';
import { declaresType, followsUsCoreServer } from '../applies.ts';
import { emptyInFhir } from '../emptiness.ts';
import { group } from '../group.ts';
import { pdex, usCore } from '../sources.ts';
import { asks, eachResource, everyMatch, first, onSection, sectionNamed, sectionOf } from './lib.ts';

const isMatch = (evidence: Evidence, key: SectionKey, type: string): ReadonlySet<unknown> =>
  new Set(sectionNamed(evidence, key, type)?.matches.map((each) => each['id']));

const unversioned = (canonical: string): string => canonical.split('|')[0] ?? '';

/** People, cover, and what every section owes: profiles, provenance, no empty values. */
export const commonChecks: readonly Check[] = group({ scenarios: identity, lines: ['L2'] }, [
  {
    id: 'sec.coverage.patient',
    level: 'SHALL',
    text: 'Coverage can be searched by patient.',
    source: usCore('CapabilityStatement-us-core-server.html'),
    holds: [{ ig: guides.usCore, from: '6.0.0' }],
    applies: declaresType('Coverage'),
    judge: onSection('coverage', 'Coverage', (section) => {
      const asked = queryOf(section.exchange.request.url).find(([name]) => name === 'patient')?.[1] ?? '';
      return everyMatch(
        section,
        (each) => literalReference(at(each, 'beneficiary', 'reference')) === `Patient/${asked.replace('Patient/', '')}`,
        'the member as beneficiary',
        (each) => `beneficiary ${at(each, 'beneficiary', 'reference')}`,
      );
    }),
    faults: [
      {
        name: 'returns a coverage where the member only pays',
        at: 'search',
        alter: first(asks('Coverage', {}), (each) => ({ ...each, beneficiary: { display: 'A dependant' }, subscriber: each['beneficiary'] ?? null })),
      },
    ],
  },
  {
    id: 'sec.patient.search',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    scenarios: oneMember,
    text: 'Patients can be searched by _id, identifier, name, birthdate+name and gender+name; a name fits whatever its case and where it begins so.',
    source: usCore('CapabilityStatement-us-core-server.html', 'CapabilityStatement-us-core-server.html Patient'),
    applies: followsUsCoreServer,
    judge(evidence) {
      const forms = (['id', 'identifier', 'name', 'name-start', 'birthdate-name', 'gender-name'] as const).flatMap((form) =>
        select(evidence, { step: 'search', variant: `sec:patient-${form}` }),
      );
      if (forms.length === 0) return notReached(evidence, { step: 'search', variant: 'sec:patient-id' });
      const wanted = sectionOf(evidence, forms[0] as Exchange, 'Patient').matches[0]?.['id'];
      return worst(
        forms.map((exchange) => {
          if (statusOf(exchange) !== 200) return fail(exchange, '200 with the member', `status ${statusOf(exchange)} to ${exchange.request.url}`);
          const section = sectionOf(evidence, exchange, 'Patient');
          const found = section.matches.some((each) => each['id'] === wanted);
          // "Equals or starts with the supplied parameter value, after both have been normalized by case": without a keyword, so a miss is a warning.
          if (!found && exchange.variant === 'sec:patient-name-start')
            return section.unread
              ? pass
              : warn(exchange, 'the member by the beginning of the name, in any case', `no match to ${exchange.request.url}`);
          if (!found)
            return (
              section.unread ?? fail(exchange, 'the member among the matches', `${section.matches.length} other Patients to ${exchange.request.url}`)
            );
          const query = Object.fromEntries(queryOf(exchange.request.url));
          // How names are matched is the payer's: an odd one among those that fit may sound alike.
          const { 'search.otherNames': others = 0, 'search.named': named = 0 } = exchange.facts ?? {};
          if (others > named / 2)
            return fail(exchange, `only Patients that fit ${exchange.request.url.split('?')[1]}`, `${others} whose names begin otherwise`);
          const odd = section.matches.find((each) =>
            ['birthdate', 'gender'].some((name) => query[name] !== undefined && each[name === 'birthdate' ? 'birthDate' : name] !== query[name]),
          );
          return check(
            odd === undefined,
            exchange,
            `only Patients that fit ${exchange.request.url.split('?')[1]}`,
            `Patient/${odd?.['id']} does not`,
          );
        }),
      );
    },
    faults: [
      {
        name: 'finds everybody by a name (F3.16)',
        at: 'search',
        behaviour: 'finds-everybody-by-name',
        alsoFails: { 'rest.search.self-link': 'it says that it did not look at the name' },
      },
      {
        name: 'minds the case of names (F3.17)',
        at: 'search',
        alter: when(({ url }) => /\/Patient\?name=[a-z][A-Z]/.test(url), emptySearchset),
      },
      {
        name: 'ignores gender',
        at: 'search',
        alter: when(({ url }) => /\/Patient\?gender=[a-z]+&name=/.test(url), replaceText(/"gender":"(?:fe)?male"/g, '"gender":"unknown"')),
      },
    ],
  },
  {
    id: 'sec.meta-profile',
    level: 'SHOULD',
    text: 'Instances name their US Core profile in meta.profile.',
    source: usCore('CapabilityStatement-us-core-server.html'),
    applies: followsUsCoreServer,
    judge(evidence) {
      const sections = evidence.exchanges.filter((each) => each.step === 'search' && each.variant?.startsWith('sec:') && statusOf(each) === 200);
      if (sections.length === 0) return notReached(evidence, { step: 'search', variant: 'sec:condition' });
      const profiled = (type: string) =>
        asArray(resourceEntry(capabilityOf(evidence), type)?.['supportedProfile']).some((each) => (asString(each) ?? '').includes('/us/core/'));
      // Where metadata lists profiles of several guides for a type, an instance may follow any of them.
      const accepted = (type: string, profile: string) =>
        profile.startsWith('http://hl7.org/fhir/us/core/StructureDefinition/') ||
        asArray(resourceEntry(capabilityOf(evidence), type)?.['supportedProfile']).some(
          (each) => unversioned(asString(each) ?? '') === unversioned(profile),
        );
      const found = sections
        .map((exchange) => ({ exchange, type: /\/([A-Za-z]+)\?/.exec(exchange.request.url)?.[1] ?? '' }))
        .map((each) => ({ ...each, section: sectionOf(evidence, each.exchange, each.type) }));
      if (found.every(({ section }) => section.matches.length === 0)) return notTestable('No section of the record brought anything.', 'payer');
      return worst(
        found.map(({ exchange, type, section }) => {
          const odd = profiled(type)
            ? section.matches.find((each) => !asArray(at(each, 'meta', 'profile')).some((profile) => accepted(type, asString(profile) ?? '')))
            : undefined;
          return check(
            odd === undefined,
            exchange,
            'a US Core profile in meta.profile',
            `${odd?.resourceType}/${odd?.['id']} names ${JSON.stringify(at(odd, 'meta', 'profile')) ?? 'none'}`,
          );
        }),
      );
    },
    faults: [
      {
        name: 'names no profile on goals',
        at: 'search',
        alter: eachResource(asks('Goal', {}), (each) => ({
          ...each,
          meta: { ...(isObject(each['meta']) ? each['meta'] : {}), profile: ['https://payer.example/goal'] },
        })),
      },
    ],
  },
  {
    id: 'sec.missing-data',
    level: 'SHALL',
    text: 'Optional elements without data are omitted, never sent as empty or null.',
    source: usCore('general-requirements.html#missing-data', 'general-requirements.html#missing-data; FHIR R4 json.html'),
    judge(evidence) {
      const answers = evidence.exchanges.filter(
        (each) =>
          each.probe === undefined &&
          each.response &&
          ['read', 'search', 'page', 'everything', 'member-match', 'match', 'docref', 'document', 'care-gaps', 'group.read', 'group.search'].includes(
            each.step,
          ) &&
          isResource(jsonOf(each.response)),
      );
      if (answers.length === 0) return notReached(evidence, { step: 'read' });
      const holding = answers.filter(({ response }) => !isResource(jsonOf(response), 'Bundle') || entriesOf(jsonOf(response)).length > 0);
      if (holding.length === 0) return notTestable('No answer held a resource that could have an empty element.', 'test-data');
      const odd = answers.map((exchange) => ({ exchange, where: emptyInFhir(exchange) })).find(({ where }) => where !== undefined);
      return odd ? fail(odd.exchange, 'elements without data left out', `an empty value at ${odd.where}`) : pass;
    },
    faults: [
      {
        name: 'sends an empty note on goals',
        at: 'search',
        alter: first(asks('Goal', {}), (each) => ({ ...each, note: [] })),
        alsoFails: { 'payload.r4': 'FHIR JSON has no empty arrays' },
      },
    ],
  },
  {
    id: 'sec.provenance-revinclude',
    level: 'SHALL',
    text: '_revinclude=Provenance:target is supported.',
    source: usCore('CapabilityStatement-us-core-server.html'),
    holds: [{ ig: guides.usCore, from: '4.0.0' }, { ig: guides.pdex }],
    applies: declaresType('Condition'),
    judge: onSection('condition-provenance', 'Condition', (section, evidence) => {
      const matched = new Set([...isMatch(evidence, 'condition-provenance', 'Condition')].map((id) => `Condition/${id}`));
      const odd = section.includes.find(
        (each) =>
          each.resourceType === 'Provenance' &&
          !asArray(each['target']).some((target) => matched.has(literalReference(at(target, 'reference')) ?? '')),
      );
      return check(
        odd === undefined,
        section.exchange,
        'included Provenance that targets a match',
        `Provenance/${odd?.['id']} targets ${asArray(odd?.['target'])
          .map((each) => at(each, 'reference'))
          .join(', ')
          .slice(0, 120)}`,
      );
    }),
    faults: [
      {
        name: 'includes the Provenance of something else',
        at: 'search',
        alsoFails: { 'rest.search.include-related': 'nobody in the answer refers to it, and it refers to nobody there' },
        alter: eachResource(asks('Condition', { _revinclude: 'Provenance:target' }), (each) =>
          each.resourceType === 'Provenance' ? { ...each, target: [{ reference: 'Condition/assay-other' }] } : each,
        ),
      },
    ],
  },
  {
    id: 'sec.provenance-available',
    level: 'SHALL',
    scenarios: fhirApi,
    text: 'Provenance is available for the information a payer gives out.',
    source: pdex('PDexProvenance.html'),
    holds: [{ ig: guides.pdex }],
    judge(evidence) {
      // The sections ask in S1, S3 and S4; whoever asks for one member's access asks too, in every scenario.
      const [joined] = select(evidence, { step: 'search', variant: 'revinclude' });
      const asked = [
        ...(['condition-provenance', 'lab-provenance'] as const).flatMap(
          (key) => sectionNamed(evidence, key, key.startsWith('lab') ? 'Observation' : 'Condition') ?? [],
        ),
        ...(joined ? [sectionOf(evidence, joined, 'Condition')] : []),
      ].filter(({ matches }) => matches.length > 0);
      const [sample] = asked;
      if (!sample) return notReached(evidence, { step: 'search', variant: 'sec:condition-provenance' });
      if (asked.some(({ exchange }) => statusOf(exchange) !== 200))
        return notApplicable('_revinclude=Provenance:target was refused (graded by sec.provenance-revinclude)');
      return check(
        asked.some(({ includes }) => includes.some((each) => each.resourceType === 'Provenance')),
        sample.exchange,
        'Provenance for at least one returned resource',
        'none',
      );
    },
    faults: [
      {
        name: 'keeps Provenance to itself',
        at: 'search',
        alter: eachResource(
          ({ url }) => url.includes('_revinclude=Provenance'),
          (each) => (each.resourceType === 'Provenance' ? undefined : each),
        ),
      },
    ],
  },
]);
