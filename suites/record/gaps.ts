import { probesOf } from '../../checks/index.ts';
import { Stop } from '../../src/client/provider.ts';
import { careGaps, careGapsByPost } from '../../src/client/requests/record.ts';
import { hasOperation } from '../../src/core/capability.ts';
import { isResource } from '../../src/core/fhir.ts';
import { guides } from '../../src/core/guides.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { both, declaresOperation, knowsMember, when } from '../forecast.ts';

/** Scenario S4: what care does the member lack, in the payer's eyes? */
export const gaps: Suite = {
  id: 'record.gaps',
  title: 'Ask for gaps in care',
  scenarios: ['S4'],
  needs: ['member'],
  asks: [asked('care-gaps', 'open', 'all-open')],
  requests: when(both(knowsMember, declaresOperation('Measure', 'care-gaps')), 6),
  async drive(provider) {
    const { base, patientId, capability } = provider.known;
    const { guides: followed, knownResources } = provider.target;
    if (base === undefined || patientId === undefined) throw new Stop('no member was matched', 'payer');
    if (followed?.[guides.deqm.id] === undefined && !(isResource(capability) && hasOperation(capability, 'Measure', 'care-gaps'))) return;
    const year = new Date().getUTCFullYear();
    const measureId = knownResources?.['measure.id'];
    const question = {
      periodStart: `${year}-01-01`,
      periodEnd: `${year}-12-31`,
      subject: `Patient/${patientId}`,
      ...(measureId === undefined ? {} : { measureId }),
    };
    const reply = await provider.ask('care-gaps', careGaps(base, { ...question, status: 'open-gap' }), { variant: 'open', member: 'known' });
    const refused = [400, 404, 405].includes(reply.status);
    const again = refused ? careGapsByPost : careGaps;
    if (refused) await provider.ask('care-gaps', again(base, { ...question, status: 'open-gap' }), { variant: 'open', member: 'known' });
    const { measureId: _one, ...every } = { measureId: undefined, ...question };
    await provider.ask('care-gaps', again(base, { ...every, status: 'open-gap' }), { variant: 'all-open', member: 'known' });
    await provider.askProbes(probesOf('record.gaps'));
  },
};
