import type { MockArea } from '../kernel/area.ts';
import { pkiRoutes } from '../pki/routes.ts';
import { udapTarget } from './community.ts';
import { metadata } from './metadata.ts';
import { register } from './register.ts';
import { udapBehaviours, udapRules } from './rules.ts';
import { token } from './token.ts';

export const udap = {
  routes: [
    { step: 'udap.metadata', method: 'GET', path: '/fhir/.well-known/udap', handle: metadata },
    { step: 'register', method: 'POST', path: '/udap/register', handle: register },
    { step: 'udap.token', method: 'POST', path: '/udap/token', handle: token },
    ...pkiRoutes,
  ],
  rules: udapRules,
  behaviours: udapBehaviours,
  target: udapTarget,
} satisfies MockArea;

type UdapRules = typeof udapRules;
declare module '../kernel/payer.ts' {
  interface Rules extends UdapRules {}
}
