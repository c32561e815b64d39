import { probesOf } from '../../checks/index.ts';
import { type Provider, Stop } from '../../src/client/provider.ts';
import { search, searchByPost } from '../../src/client/requests/fhir.ts';
import { anyStatus, clinical, clinicalTypes, memberQuestions } from '../../src/client/requests/rest.ts';
import { resourceEntry } from '../../src/core/capability.ts';
import { datesWithin } from '../../src/core/date-search.ts';
import { asArray, asString, at, entriesOf, isResource } from '../../src/core/fhir.ts';
import { oneMember } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { declaredAmong, knowsMember, when } from '../forecast.ts';
import { askAll } from './pages.ts';

interface About {
  readonly base: string;
  readonly patient: string;
}

function about({ known }: Provider): About {
  if (known.base === undefined || known.patientId === undefined) throw new Stop('no Patient id is known, so nothing can be searched', 'payer');
  return { base: known.base, patient: known.patientId };
}

const entryOf = ({ known: { capability } }: Provider, type: string) =>
  isResource(capability, 'CapabilityStatement') ? resourceEntry(capability, type) : undefined;

const lists = (provider: Provider, type: string, name: string, value: string): boolean =>
  asArray(at(entryOf(provider, type), name)).some((each) => asString(each) === value);

const dated = ['date-day', 'date-month', 'date-lt', 'date-le', 'date-gt'] as const;

/** Searches for one member, in the forms that FHIR and US Core ask servers to understand. */
export const searching: Suite = {
  id: 'rest.search',
  title: 'Search for one member in every required form',
  scenarios: oneMember,
  needs: ['member'],
  asks: [
    asked('search', ...memberQuestions('').map(({ variant }) => variant), 'by-patient-status', ...dated, 'post', 'revinclude', 'include'),
    asked('page', ...memberQuestions('').map(({ variant }) => variant), 'by-patient-status', ...dated, 'post'),
  ],
  requests: when(knowsMember, 17),
  async drive(provider) {
    const { base, patient } = about(provider);
    let status: Readonly<Record<string, string>> = {};
    let effective: readonly string[] = [];
    for (const { variant, type, parameters } of memberQuestions(patient)) {
      const [reply] = await askAll(provider, search(base, type, { ...parameters, ...(type === 'Condition' ? status : {}) }), {
        variant,
        member: 'known',
      });
      if (variant === 'category-code')
        effective = entriesOf(reply?.json).flatMap(({ resource }) => asString(at(resource, 'effectiveDateTime')) ?? []);
      if (variant !== 'by-patient' || reply === undefined || ![400, 422].includes(reply.status) || !isResource(reply.json, 'OperationOutcome'))
        continue;
      // US Core lets a server insist on a status; what it then answers is judged by rest.usc.status-required
      status = { 'clinical-status': anyStatus };
      await askAll(provider, search(base, type, { ...parameters, ...status }), { variant: 'by-patient-status', member: 'known' });
    }
    // Any precision may be asked: with days and months that an Observation is known to lie in.
    const { 'date-day': day, ...within } = datesWithin(effective);
    const compared = day === undefined ? {} : { 'date-day': day, 'date-lt': `lt${day}`, 'date-le': `le${day}`, 'date-gt': `gt${day}` };
    for (const [variant, date] of Object.entries({ ...compared, ...within }) as readonly (readonly [(typeof dated)[number], string])[])
      await askAll(provider, search(base, 'Observation', { patient, category: 'laboratory', date }), { variant, member: 'known' });
    await askAll(provider, searchByPost(base, 'Condition', { patient, ...status }), { variant: 'post', member: 'known' });
    if (lists(provider, 'Condition', 'searchRevInclude', 'Provenance:target'))
      await provider.ask('search', search(base, 'Condition', { patient, ...status, _revinclude: 'Provenance:target' }), {
        variant: 'revinclude',
        member: 'known',
      });
    if (lists(provider, 'MedicationRequest', 'searchInclude', 'MedicationRequest:medication'))
      await provider.ask('search', search(base, 'MedicationRequest', { patient, intent: 'order', _include: 'MedicationRequest:medication' }), {
        variant: 'include',
        member: 'known',
      });
  },
};

/** A long result, page by page. */
export const paging: Suite = {
  id: 'rest.paging',
  title: 'Page through a long result',
  scenarios: oneMember,
  needs: ['member'],
  asks: [asked('search', 'paged'), asked('page', 'paged')],
  requests: when(knowsMember, 9),
  async drive(provider) {
    const { base, patient } = about(provider);
    const long = provider.target.members.largeRecord?.patientId;
    const labels = { variant: 'paged', member: long === undefined ? 'known' : 'largeRecord' } as const;
    await askAll(provider, search(base, 'Observation', { patient: long ?? patient, _count: '10' }), labels, 4);
  },
};

/** Each clinical type of the PDex table that the payer declares. */
export const clinicalSearches: Suite = {
  id: 'rest.clinical',
  title: 'Search each clinical resource type',
  scenarios: oneMember,
  needs: ['member'],
  asks: [asked('search', 'clinical')],
  requests: when(knowsMember, (ground) => declaredAmong(ground, Object.keys(clinicalTypes))),
  async drive(provider) {
    const { base, patient } = about(provider);
    for (const [type, more] of Object.entries(clinicalTypes)) {
      if (entryOf(provider, type) === undefined) continue;
      const { status } = await provider.ask('search', clinical(base, type, patient), { variant: 'clinical', member: 'known' });
      if (status === 400 || status === 422)
        await provider.ask('search', clinical(base, type, patient, more), { variant: 'clinical', member: 'known' });
    }
  },
};

/** Searches that are wrong in one way each. */
export const negatives: Suite = {
  id: 'rest.negatives',
  title: 'Send searches that must be refused',
  scenarios: oneMember,
  needs: ['member'],
  asks: [],
  requests: when(knowsMember, 9),
  drive: (provider) => provider.askProbes(probesOf('rest.negatives')),
};
