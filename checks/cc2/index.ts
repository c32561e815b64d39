import type { Area } from '../area.ts';
import { endpointChecks } from './endpoints.ts';
import { introspectionChecks } from './introspection.ts';
import { jwksChecks } from './jwks.ts';
import { resourceServerChecks } from './rs.ts';
import { reachChecks } from './rs-reach.ts';
import { scopeChecks } from './rs-scope.ts';
import { smartChecks } from './smart.ts';
import { smartConditionalChecks } from './smart-conditional.ts';
import { tlsChecks } from './tls.ts';
import { tokenAnswerChecks } from './token-answers.ts';
import { assertionChecks } from './token-assertions.ts';
import { tokenErrorChecks } from './token-errors.ts';
import { tokenFormChecks } from './token-forms.ts';
import { cc2Variations } from './variations.ts';

export const cc2: Area = {
  checks: [
    ...tlsChecks,
    ...endpointChecks,
    ...smartChecks,
    ...smartConditionalChecks,
    ...tokenAnswerChecks,
    ...assertionChecks,
    ...tokenErrorChecks,
    ...tokenFormChecks,
    ...introspectionChecks,
    ...jwksChecks,
    ...resourceServerChecks,
    ...scopeChecks,
    ...reachChecks,
  ],
  excluded: [
    {
      id: 'cc2.token.jwks-rotation',
      level: 'SHALL',
      text: "A JWKS is not cached longer than the client's Cache-Control says.",
      reason:
        'To see it, the payer would have to fetch our keys from a URL that it can reach and that we change during the run. The harness hosts no public key URL, and a client registered by value has none.',
    },
  ],
  variations: cc2Variations,
};
