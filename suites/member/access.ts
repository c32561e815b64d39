import { probesOf } from '../../checks/index.ts';
import { search } from '../../src/client/requests/fhir.ts';
import { tokenRequest } from '../../src/client/requests/token.ts';
import { asString, at } from '../../src/core/fhir.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { knowsMember, when } from '../forecast.ts';

/** Whose data may we see? Honest joins for the known member, and every way in which a foreign member could leak. */
export const access: Suite = {
  id: 'access',
  title: 'Ask for members who are not our patients',
  scenarios: fhirApi,
  needs: ['member'],
  asks: [asked('search', 'revinclude', 'include'), asked('token', 'other')],
  requests: when(knowsMember, 26),
  async drive(provider) {
    const { known, target, tokens } = provider;
    const { base, patientId, tokenEndpoint } = known;
    if (base === undefined || patientId === undefined) return;
    const labels = { member: 'known' } as const;
    await provider.ask('search', search(base, 'Condition', { patient: patientId, _revinclude: 'Provenance:target' }), {
      ...labels,
      variant: 'revinclude',
    });
    await provider.ask('search', search(base, 'Coverage', { patient: patientId, _include: 'Coverage:beneficiary' }), {
      ...labels,
      variant: 'include',
    });
    if (target.otherClient !== undefined && 'clientId' in target.otherClient && tokenEndpoint !== undefined && !tokens.has('other')) {
      const reply = await provider.ask('token', tokenRequest(tokenEndpoint, target.otherClient.scope, { as: 'other' }), { variant: 'other' });
      const token = asString(at(reply.json, 'access_token'));
      if (token !== undefined) tokens.set('other', token);
    }
    await provider.askProbes(probesOf('access').filter((probe) => probe.id !== 'access.other-organization' || tokens.has('other')));
  },
};
