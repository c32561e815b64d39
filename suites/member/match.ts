import { nearMisses, withoutNumbers } from '../../checks/id/near-misses.ts';
import { probesOf } from '../../checks/index.ts';
import type { Answered } from '../../src/client/conversation.ts';
import { askForms } from '../../src/client/forms.ts';
import type { Provider } from '../../src/client/provider.ts';
import { type IdiSpelling, idiMatch, idiParameters, idiPatient, type MatchInput, patientMatch, usualIdi } from '../../src/client/requests/match.ts';
import { hasOperation } from '../../src/core/capability.ts';
import { isResource } from '../../src/core/fhir.ts';
import { guides } from '../../src/core/guides.ts';
import type { Json, MemberRole, Variant } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { both, declaresOperation, knowsMember, when } from '../forecast.ts';

type Person = { readonly [key: string]: Json };
const only = (person: Person, ...names: readonly string[]): Person => ({
  resourceType: 'Patient',
  ...Object.fromEntries(names.flatMap((name) => (person[name] === undefined ? [] : [[name, person[name]]]))),
});
/** Family name without the given name: two of a household fit. */
const household = (person: Person): Person => {
  const [name] = (person['name'] ?? []) as readonly { readonly family?: Json }[];
  return { ...only(person, 'birthDate', 'address'), name: [{ family: name?.family ?? '' }] };
};
const digitalSystem = 'http://hl7.org/fhir/us/identity-matching/ns/HL7PersonIdentifier';
const digital = (person: Person, value: string): Person => ({
  ...only(person, 'name', 'birthDate'),
  identifier: [
    {
      type: {
        coding: [{ system: 'http://hl7.org/fhir/us/identity-matching/CodeSystem/Identity-Identifiers', code: 'HL7PID' }],
        text: 'Digital identifier',
      },
      system: digitalSystem,
      value,
    },
  ],
});

/** Asked of base $match where it is offered, else of $idi-match. */
const either = ['only-certain', 'several', 'count', ...nearMisses.map(({ id }) => `near.${id}` as const)] as const;

/** Who fits these demographics, and how surely? Base $match and Identity Matching's $idi-match, whichever is offered. */
export const match: Suite = {
  id: 'match',
  title: 'Match demographics, with and without doubt',
  scenarios: fhirApi,
  needs: ['token'],
  asks: [asked('idi-match', 'known', 'base-profile', 'digital-identifier', 'unknown', ...either), asked('match', 'known', 'unknown', ...either)],
  requests: when(both(knowsMember, declaresOperation('Patient', 'match', 'idi-match')), 18),
  async drive(provider) {
    const { known, target } = provider;
    const { base, capability } = known;
    const { known: member, unknown, multipleMatch } = target.members;
    if (base === undefined || member === undefined) return;
    const claimed = typeof target.guides?.[guides.identityMatching.id] === 'string';
    const declared = (name: string) => isResource(capability) && hasOperation(capability, 'Patient', name);
    const idi = declared('idi-match') || claimed ? await spelling(provider, base, idiPatient(member.patient)) : undefined;
    const askIdi = (patient: Person, variant: Variant<'idi-match'>, role: MemberRole, input: MatchInput = {}) =>
      idi && provider.ask('idi-match', idiMatch(base, patient, input, idi), { variant, member: role });
    const askBase = (patient: Person, variant: Variant<'match'>, role: MemberRole, input: MatchInput = {}) =>
      provider.ask('match', patientMatch(base, patient, input), { variant, member: role });
    await askIdi(idiPatient(member.patient, ''), 'base-profile', 'known');
    const number = target.statements?.['digital-identifier'];
    if (typeof number === 'string') await askIdi(digital(member.patient, number), 'digital-identifier', 'known', { onlyCertainMatches: true });
    if (unknown) await askIdi(idiPatient(unknown.patient, ''), 'unknown', 'unknown');
    const offersBase = declared('match') || claimed;
    const askAny = offersBase ? askBase : askIdi;
    if (offersBase) {
      await askBase(member.patient, 'known', 'known');
      if (unknown) await askBase(unknown.patient, 'unknown', 'unknown');
    }
    if (multipleMatch) await askAny(household(multipleMatch.patient), 'only-certain', 'multipleMatch', { onlyCertainMatches: true });
    const vague = only(member.patient, 'name', 'birthDate');
    await askAny(vague, 'several', 'known');
    await askAny(vague, 'count', 'known', { count: 1 });
    await provider.askProbes(probesOf('match'));
    for (const near of nearMisses) await askAny(withoutNumbers(near.alter(member.patient)), `near.${near.id}`, 'known');
  },
};

/** The spelling that the server knows; the first question is the known member's. */
async function spelling(provider: Provider, base: string, patient: Person): Promise<IdiSpelling | undefined> {
  const form = (form: IdiSpelling) => ({ form, spec: idiMatch(base, patient, {}, form), name: `${form.operation} ${form.parameter}` });
  const next = (answer: Answered, tried: readonly { readonly form: IdiSpelling }[]) => {
    const used = tried.at(-1)?.form ?? usualIdi;
    const open = idiParameters.filter((name) => !tried.some((each) => each.form.parameter === name));
    // A server that says which name it wants is given the person by that name; one that says nothing is asked by each.
    const named = open.find((name) => new RegExp(`['"\`]${name}['"\`]`).test(answer.body)) ?? open[0];
    if ([400, 422].includes(answer.status)) return named === undefined ? undefined : form({ ...used, parameter: named });
    return isMissing(answer) && used.operation === '$idi-match' ? form({ ...used, operation: '$IDI-match' }) : undefined;
  };
  const { reply, form: found } = await askForms(provider, 'idi-match', form(usualIdi), next, { variant: 'known', member: 'known' });
  return isMissing(reply) ? undefined : found;
}

const isMissing = ({ status }: Answered): boolean => [404, 405, 501].includes(status);
