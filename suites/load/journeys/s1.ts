import { search } from '../../../src/client/requests/fhir.ts';
import { askMemberMatch, hasCard, inForm } from '../../../src/client/requests/match.ts';
import { readWithRequestId } from '../../../src/client/requests/rest.ts';
import type { Interactive } from '../lib/journey.ts';

/** S1, patient information: match the member, read the Patient, search what a clinician looks at first. */
export const s1: Interactive = {
  name: 's1',
  *run(ground, member) {
    const { base } = ground;
    if (ground.offers('$member-match') && hasCard(member))
      yield {
        step: 'member-match',
        spec: inForm(askMemberMatch(base, member), ground.target.memberMatch ?? {}),
        offer: '$member-match',
        member: 'known',
      };
    const id = ground.patientIdOf(member);
    if (id === undefined) return;
    const about = { about: id, member: 'known' } as const;
    if (ground.offers('read Patient'))
      yield { step: 'read', spec: readWithRequestId(base, 'Patient', id), offer: 'read Patient', ...about, variant: 'known' };
    for (const type of ['Coverage', 'Condition', 'ExplanationOfBenefit'] as const)
      if (ground.offers(`search ${type}`))
        yield { step: 'search', spec: search(base, type, { patient: id }), offer: `search ${type}`, ...about, variant: 'by-patient' };
  },
};
