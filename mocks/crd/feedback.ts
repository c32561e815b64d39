import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { Handler } from '../kernel/payer.ts';
import { json, outcome } from '../kernel/replies.ts';
import { jwtProblem } from './jwt.ts';

/** Source: https://cds-hooks.hl7.org/2.0/#feedback */
export const feedback: Handler = async (request, payer) => {
  const problem = await jwtProblem(request, payer);
  if (!payer.rules.crdAdmits(problem?.kind))
    return outcome({
      status: 401,
      code: 'login',
      text: problem?.text ?? 'The client JWT cannot be accepted. Sign a new one.',
      expression: 'http.Authorization',
    });
  try {
    const items = asArray(at(JSON.parse(request.body) as Json, 'feedback'));
    if (items.length > 0 && items.every((item) => asString(at(item, 'card')) !== undefined && asString(at(item, 'outcome')) !== undefined))
      return json({});
  } catch {
    // answered below: not JSON and not feedback get the same advice
  }
  return outcome({
    status: 400,
    code: 'structure',
    text: 'Send {"feedback":[{"card":…,"outcome":"accepted"|"overridden","outcomeTimestamp":…}]}.',
    expression: 'feedback',
  });
};
