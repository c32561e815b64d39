import type { Provider, Reply } from '../../src/client/provider.ts';
import { Stop } from '../../src/client/provider.ts';
import { read, search } from '../../src/client/requests/fhir.ts';
import { otherCase } from '../../src/client/requests/rest.ts';
import { type SectionSearch, sectionSearches, statusParameter, statusValues } from '../../src/client/requests/sections.ts';
import { asArray, asString, at, entriesOf, isResource, literalReference, publishedCoding, type Resource } from '../../src/core/fhir.ts';
import type { Json, PersonKey } from '../../src/core/model.ts';
import { oneMember } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { declaresType, knowsMember, when } from '../forecast.ts';
import { askAll } from './pages.ts';

const matchesOf = (replies: readonly Reply[], type: string): readonly Resource[] =>
  replies.flatMap((reply) => entriesOf(reply.json).flatMap(({ resource }) => (resource?.resourceType === type ? [resource] : [])));

const people: readonly PersonKey[] = ['id', 'identifier', 'name', 'name-start', 'birthdate-name', 'gender-name'];
const variants = [
  ...sectionSearches.flatMap(({ key }) => [`sec:${key}`, `sec:${key}:status`] as const),
  ...people.map((form) => `sec:patient-${form}` as const),
];

/** Scenario S4: one section of one member's record after the other. */
export const sections: Suite = {
  id: 'sections',
  title: 'Ask for each section of the record',
  scenarios: oneMember,
  needs: ['member'],
  asks: [asked('search', ...variants), asked('page', ...variants), asked('read', 'sec:medication')],
  requests: when(knowsMember, (ground) => sectionSearches.filter(({ type }) => declaresType(type)(ground)).length + 7),
  async drive(provider) {
    const { known } = provider;
    const { base, patientId } = known;
    if (base === undefined || patientId === undefined) throw new Stop('no member was matched', 'payer');
    const learned: Record<string, string | undefined> = {};
    for (const section of sectionSearches.filter(({ type }) => declares(known.capability, type))) {
      const query = section.query(learned);
      if (query === undefined) continue;
      const replies = await ask(provider, section, base, patientId, query);
      learn(learned, section.key, matchesOf(replies, section.type));
    }
    for (const reference of (learned['medications'] ?? '')
      .split(',')
      .filter((each) => each !== '')
      .slice(0, 3)) {
      await provider.ask('read', read(base, 'Medication', reference.split('/')[1] ?? ''), { variant: 'sec:medication' });
    }
    await askPatients(provider, base, patientId);
  },
};

const declares = (capability: Json | undefined, type: string): boolean =>
  !isResource(capability) || asArray(at(capability, 'rest')).some((rest) => asArray(at(rest, 'resource')).some((each) => at(each, 'type') === type));

/** One section; a server that insists on status gets the same search with it. */
async function ask(
  provider: Provider,
  { key, type, typed }: SectionSearch,
  base: string,
  id: string,
  query: Readonly<Record<string, string>>,
): Promise<readonly Reply[]> {
  const parameters = { patient: typed ? `Patient/${id}` : id, ...query };
  const first = await askAll(provider, 'search', search(base, type, parameters), { variant: `sec:${key}`, member: 'known' });
  const status = statusValues[type];
  const name = statusParameter(type);
  if (first[0]?.status !== 400 || name in query || status === undefined) return first;
  return askAll(provider, 'search', search(base, type, { ...parameters, [name]: status }), { variant: `sec:${key}:status`, member: 'known' });
}

/** Values that later searches are made of: each must split what is there. */
function learn(learned: Record<string, string | undefined>, key: string, matches: readonly Resource[]): void {
  const text = (resource: Resource | undefined, ...path: readonly (string | number)[]) => asString(at(resource, ...path));
  const codeOf = (concept: Json | undefined) => asString(at(publishedCoding(concept), 'code'));
  const token = (concept: Json | undefined): string | undefined => {
    const [system, code] = [asString(at(publishedCoding(concept), 'system')), codeOf(concept)];
    return system === undefined || code === undefined ? undefined : `${system}|${code}`;
  };
  const middle = (dates: readonly (string | undefined)[]) => {
    const days = dates.flatMap((each) => (each === undefined ? [] : [each.slice(0, 10)])).sort();
    const day = days[days.length >> 1];
    return day === undefined ? undefined : `ge${day}T00:00:00Z`;
  };
  const [first] = matches;
  if (key === 'lab') {
    const hba1c = matches.find((each) => at(publishedCoding(each['code']), 'code') === '4548-4') ?? first;
    learned['lab.code'] = token(hba1c?.['code']);
    learned['lab.date'] = middle(matches.map((each) => text(each, 'effectiveDateTime')));
  }
  if (key === 'report-lab') {
    learned['report.code'] = token(first?.['code']);
    learned['report.date'] = middle(matches.map((each) => text(each, 'effectiveDateTime')));
  }
  if (key === 'condition') learned['condition.category'] = codeOf(at(first, 'category', 0));
  if (key === 'procedure')
    learned['procedure.date'] = middle(matches.map((each) => text(each, 'performedDateTime') ?? text(each, 'performedPeriod', 'start')));
  if (key === 'encounter') learned['encounter.date'] = middle(matches.map((each) => text(each, 'period', 'start')));
  if (key === 'document') {
    learned['document.category'] = codeOf(at(first, 'category', 0));
    learned['document.type'] = codeOf(first?.['type']);
    learned['document.date'] = middle(matches.map((each) => text(each, 'date')));
  }
  if (key === 'med-all')
    learned['medications'] = [...new Set(matches.flatMap((each) => literalReference(at(each, 'medicationReference', 'reference')) ?? []))].join(',');
}

/** The five ways in which US Core lets a Patient be found; by name also as R4 lets it be written: its beginning, in any case. */
async function askPatients(provider: Provider, base: string, id: string): Promise<void> {
  // By the payer's own spelling: a matcher finds O'Brien-Müller where a search finds OBRIEN MULLER.
  const labels = { variant: 'sec:patient-id', member: 'known' } as const;
  const [own] = matchesOf(await askAll(provider, 'search', search(base, 'Patient', { _id: id }), labels), 'Patient');
  const person = own ?? provider.target.members.known?.patient;
  const family = asString(at(person, 'name', 0, 'family'));
  const birthdate = asString(at(person, 'birthDate'));
  const gender = asString(at(person, 'gender'));
  const identifier = provider.known.notes['member.identifier'] ?? at(person, 'identifier', 0);
  const [system, value] = [asString(at(identifier, 'system')), asString(at(identifier, 'value'))];
  const forms: Readonly<Record<PersonKey, Readonly<Record<string, string | undefined>> | undefined>> = {
    id: undefined,
    identifier: value === undefined ? undefined : { identifier: system === undefined ? value : `${system}|${value}` },
    name: family === undefined ? undefined : { name: family },
    'name-start': family === undefined ? undefined : { name: otherCase(family.slice(0, 4)) },
    'birthdate-name': family === undefined || birthdate === undefined ? undefined : { birthdate, name: family },
    'gender-name': family === undefined || gender === undefined ? undefined : { gender, name: family },
  };
  for (const form of people) {
    const query = forms[form];
    if (query !== undefined) await askAll(provider, 'search', search(base, 'Patient', query), { variant: `sec:patient-${form}`, member: 'known' });
  }
}
