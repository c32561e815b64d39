import { smartConfiguration } from '../../../src/client/requests/fhir.ts';
import { tokenRequest } from '../../../src/client/requests/token.ts';
import { asString, at, jsonOf } from '../../../src/core/fhir.ts';
import type { Exchange } from '../../../src/core/model.ts';
import type { LoadPlan } from '../../../src/load/plan.ts';
import type { Ask } from './journey.ts';
import { assertionFor } from './token.ts';

/** A token as each virtual user holds one, renewed half a minute before it ends. */
export interface Held {
  readonly token: string | undefined;
  /** Epoch ms. */
  readonly renewAt: number;
}

type Asking = (ask: Ask) => Promise<Exchange>;

/** Where tokens come from: the target file says, or the payer's SMART configuration. */
export async function tokenEndpointOf(plan: LoadPlan, asking: Asking): Promise<string | undefined> {
  if (plan.auth.kind !== 'smart-backend') return undefined;
  if (plan.tokenEndpoint !== undefined) return plan.tokenEndpoint;
  const configuration = await asking({ step: 'smart.configuration', spec: smartConfiguration(plan.base) });
  const found = asString(at(jsonOf(configuration.response), 'token_endpoint'));
  if (found === undefined)
    throw new Error(`${plan.base}/.well-known/smart-configuration names no token_endpoint. Set auth.tokenEndpoint in the target file.`);
  return found;
}

/** Asks for a token; under load the answer is a sample like any other. Throws when there is none. */
export async function newToken(plan: LoadPlan, asking: Asking, endpoint: string | undefined): Promise<Held> {
  if (plan.auth.kind === 'none') return { token: undefined, renewAt: Number.POSITIVE_INFINITY };
  if (plan.auth.kind === 'bearer') return { token: __ENV['ASSAY_LOAD_TOKEN'], renewAt: Number.POSITIVE_INFINITY };
  if (endpoint === undefined) throw new Error('No token endpoint is known.');
  const assertion = await assertionFor(plan.auth, endpoint, __ENV['ASSAY_LOAD_KEY'] ?? '');
  const answer = await asking({ step: 'token', spec: tokenRequest(endpoint, plan.auth.scope, {}, { client_assertion: assertion }) });
  const body = jsonOf(answer.response);
  const token = asString(at(body, 'access_token'));
  const seconds = Number(at(body, 'expires_in') ?? 300);
  if (token === undefined) throw new Error(`The token endpoint ${endpoint} gave no access_token.`);
  return { token, renewAt: Date.now() + Math.max(5, seconds - 30) * 1000 };
}
