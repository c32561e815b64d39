import { askForms } from '../../src/client/forms.ts';
import type { Provider, Reply } from '../../src/client/provider.ts';
import { Stop } from '../../src/client/provider.ts';
import { search } from '../../src/client/requests/fhir.ts';
import { askMemberMatch, hasCard, inForm, type MatchForm, matchForms } from '../../src/client/requests/match.ts';
import { hasOperation } from '../../src/core/capability.ts';
import { asObject, asString, at, entriesOf, isResource, literalReference, parameterOf } from '../../src/core/fhir.ts';
import { guides } from '../../src/core/guides.ts';
import type { RequestSpec } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { knowsMember, when } from '../forecast.ts';

/** Step F, first half: who is the member to this payer? Everything that asks for one member's data stands on this. */
export const member: Suite = {
  id: 'member',
  title: 'Match the known member',
  scenarios: fhirApi,
  needs: ['token'],
  asks: [asked('member-match'), asked('search', 'member-identifier')],
  requests: when(knowsMember, 1),
  async drive(provider) {
    const { known, target } = provider;
    const { base } = known;
    const person = target.members.known;
    if (base === undefined) throw new Stop('no FHIR base URL is known', 'payer');
    if (person === undefined)
      throw new Stop('the target file names no known member; add members.known with patient and coverage (or patientId)', 'target-file');
    if ((!offersMemberMatch(provider) || !hasCard(person)) && person.patientId !== undefined) {
      known.patientId = person.patientId;
      return;
    }
    if (!hasCard(person))
      throw new Stop(`members.known of the target file has neither a patientId nor a coverage to match by; add one of them`, 'target-file');
    const { reply, form } = await askInForms(provider, askMemberMatch(base, person));
    if (reply.status === 200) known.notes['member.form'] = form;
    const found = identifierOf(reply);
    if (found !== undefined) known.notes['member.identifier'] = found;
    const patientId = idOf(reply) ?? (found === undefined ? undefined : await idByIdentifier(provider, base, found)) ?? person.patientId;
    if (patientId === undefined)
      throw new Stop(
        `$member-match answered ${reply.status} without a member, and members.known.patientId is not set in the target file`,
        'target-file',
      );
    known.patientId = patientId;
  },
};

/** Refusals that another form may correct: of what was sent, not of who sent it. */
const refusals = new Set([400, 412, 422]);

/** The legal forms one after the other, until the payer takes one. */
function askInForms(provider: Provider, spec: RequestSpec): ReturnType<typeof askForms<'member-match', MatchForm>> {
  const [first, ...others] = matchForms(provider.target.memberMatch).map((form) => ({
    form,
    spec: inForm(spec, form),
    name: `${form.policy ?? 'regular'}${form.coverageToLink ? '-with-link' : ''}`,
  }));
  if (!first) throw new Error('there is no form of $member-match');
  return askForms(provider, 'member-match', first, ({ status }) => (refusals.has(status) ? others.shift() : undefined), { member: 'known' });
}

/** Listed in metadata, or the operator says so. */
export function offersMemberMatch({ known, target }: Pick<Provider, 'known' | 'target'>): boolean {
  const { capability } = known;
  const listed = isResource(capability) && hasOperation(capability, 'Patient', 'member-match');
  return listed || target.statements?.['member-match'] === true || typeof target.guides?.[guides.hrex.id] === 'string';
}

/** System and value of MemberIdentifier. */
function identifierOf(reply: Reply): { readonly value: string; readonly system?: string } | undefined {
  const identifier = asObject(parameterOf(reply.json, 'MemberIdentifier')?.['valueIdentifier']);
  const value = asString(identifier['value']);
  const system = asString(identifier['system']);
  return reply.status !== 200 || !value ? undefined : { value, ...(system === undefined ? {} : { system }) };
}

/** The id in MemberId, when the payer gives one. */
const idOf = (reply: Reply): string | undefined =>
  reply.status === 200 ? literalReference(at(parameterOf(reply.json, 'MemberId'), 'valueReference', 'reference'))?.split('/')[1] : undefined;

async function idByIdentifier(
  provider: Provider,
  base: string,
  { system, value }: { readonly system?: string; readonly value: string },
): Promise<string | undefined> {
  const identifier = system === undefined ? value : `${system}|${value}`;
  const reply = await provider.ask('search', search(base, 'Patient', { identifier }), { member: 'known', variant: 'member-identifier' });
  const patients = entriesOf(reply.json).filter((each) => each.resource?.resourceType === 'Patient');
  return patients.length === 1 ? asString(patients[0]?.resource?.['id']) : undefined;
}
