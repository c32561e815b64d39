import { search } from '../../../src/client/requests/fhir.ts';
import { askMemberMatch } from '../../../src/client/requests/match.ts';
import { readWithRequestId } from '../../../src/client/requests/rest.ts';
import type { Journey } from '../lib/journey.ts';
import { patientOf } from './patient.ts';

/** S1, patient information: match the member, read the Patient, search what a clinician looks at first. */
export const s1: Journey = {
  name: 's1',
  *run(ground, member) {
    const { base } = ground;
    const matched = yield { step: 'member-match', spec: askMemberMatch(base, member), member: 'known' };
    const id = yield* patientOf(ground, member, matched);
    if (id === undefined) return;
    const about = { about: id, member: 'known' } as const;
    yield { step: 'read', spec: readWithRequestId(base, 'Patient', id), ...about, variant: 'known' };
    for (const type of ['Coverage', 'Condition', 'ExplanationOfBenefit'])
      yield { step: 'search', spec: search(base, type, { patient: id }), ...about, variant: 'by-patient' };
  },
};
