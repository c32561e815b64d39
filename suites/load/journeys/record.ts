import { search } from '../../../src/client/requests/fhir.ts';
import { careGaps, docref, everything } from '../../../src/client/requests/record.ts';
import type { Journey } from '../lib/journey.ts';
import { patientOf } from './patient.ts';

/** S3, the whole record: everything, then the documents. */
export const s3: Journey = {
  name: 's3',
  *run(ground, member) {
    const id = yield* patientOf(ground, member);
    if (id === undefined) return;
    yield { step: 'everything', spec: everything(ground.base, id), about: id, member: 'known' };
    yield { step: 'docref', spec: docref(ground.base, id), about: id, member: 'known' };
  },
};

/** S4, gaps in care: the report, then the observations behind it. */
export const s4: Journey = {
  name: 's4',
  *run(ground, member) {
    const id = yield* patientOf(ground, member);
    if (id === undefined) return;
    const question = { periodStart: '2026-01-01', periodEnd: '2026-12-31', subject: `Patient/${id}`, status: 'open-gap' };
    yield { step: 'care-gaps', spec: careGaps(ground.base, question), member: 'known' };
    yield { step: 'search', spec: search(ground.base, 'Observation', { patient: id }), about: id, member: 'known', variant: 'by-patient' };
  },
};
