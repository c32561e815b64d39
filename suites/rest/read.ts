import { probesOf } from '../../checks/index.ts';
import { Stop } from '../../src/client/provider.ts';
import { metadata, read } from '../../src/client/requests/fhir.ts';
import { preflight, readIfChanged, readWithRequestId } from '../../src/client/requests/rest.ts';
import { oneMember } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { knowsMember, when } from '../forecast.ts';

/** Reads by id: the known member, again with its ETag, a resource with text beyond ASCII, and ids that are not there. */
export const reading: Suite = {
  id: 'rest.read',
  title: 'Read resources by id',
  scenarios: oneMember,
  needs: ['member'],
  asks: [asked('metadata', 'with-token'), asked('read', 'known', 'conditional', 'non-ascii'), asked('preflight')],
  requests: when(knowsMember, 7),
  async drive(provider) {
    const { known, target } = provider;
    const { base, patientId } = known;
    if (base === undefined || patientId === undefined) throw new Stop('no Patient id is known, so nothing can be read', 'payer');
    if (known.capability === undefined) {
      const capability = await provider.ask('metadata', { ...metadata(base), token: 'default' }, { variant: 'with-token' });
      if (capability.status === 200 && capability.json !== undefined) known.capability = capability.json;
    }
    const { headers } = await provider.ask('read', readWithRequestId(base, 'Patient', patientId), { variant: 'known', member: 'known' });
    const etag = headers['etag'];
    if (etag !== undefined) await provider.ask('read', readIfChanged(base, 'Patient', patientId, etag), { variant: 'conditional', member: 'known' });
    const [type, id] = target.knownResources?.['nonAscii']?.split('/') ?? [];
    if (type !== undefined && id !== undefined) await provider.ask('read', read(base, type, id), { variant: 'non-ascii' });
    await provider.ask('preflight', preflight(base, `Patient/${patientId}`));
    await provider.askProbes(probesOf('rest.read'));
  },
};
