import type { Area } from '../area.ts';
import { endpointChecks } from './endpoints.ts';
import { introspectionChecks } from './introspection.ts';
import { resourceServerChecks } from './rs.ts';
import { scopeChecks } from './rs-scope.ts';
import { smartChecks } from './smart.ts';
import { smartConditionalChecks } from './smart-conditional.ts';
import { tlsChecks } from './tls.ts';
import { tokenAnswerChecks } from './token-answers.ts';
import { assertionChecks } from './token-assertions.ts';
import { tokenErrorChecks } from './token-errors.ts';

export const cc2: Area = {
  checks: [
    ...tlsChecks,
    ...endpointChecks,
    ...smartChecks,
    ...smartConditionalChecks,
    ...tokenAnswerChecks,
    ...assertionChecks,
    ...tokenErrorChecks,
    ...introspectionChecks,
    ...resourceServerChecks,
    ...scopeChecks,
  ],
  excluded: [],
  variations: [],
};
