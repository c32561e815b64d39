import { search } from '../../../src/client/requests/fhir.ts';
import { careGaps, docref, everything } from '../../../src/client/requests/record.ts';
import type { Interactive } from '../lib/journey.ts';

/** S3, the whole record: everything, then the documents. */
export const s3: Interactive = {
  name: 's3',
  *run(ground, member) {
    const id = ground.patientIdOf(member);
    if (id === undefined) return;
    const about = { about: id, member: 'known' } as const;
    if (ground.offers('$everything')) yield { step: 'everything', spec: everything(ground.base, id), offer: '$everything', ...about };
    if (ground.offers('$docref')) yield { step: 'docref', spec: docref(ground.base, id), offer: '$docref', ...about };
  },
};

/** S4, gaps in care: the report, then the observations behind it. */
export const s4: Interactive = {
  name: 's4',
  *run(ground, member) {
    const id = ground.patientIdOf(member);
    if (id === undefined) return;
    const year = new Date(ground.now()).getUTCFullYear();
    const question = { periodStart: `${year}-01-01`, periodEnd: `${year}-12-31`, subject: `Patient/${id}`, status: 'open-gap' };
    if (ground.offers('$care-gaps')) yield { step: 'care-gaps', spec: careGaps(ground.base, question), offer: '$care-gaps', member: 'known' };
    if (ground.offers('search Observation')) {
      const spec = search(ground.base, 'Observation', { patient: id });
      yield { step: 'search', spec, offer: 'search Observation', about: id, member: 'known', variant: 'by-patient' };
    }
  },
};
