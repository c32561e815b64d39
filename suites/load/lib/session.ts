import { smartConfiguration } from '../../../src/client/requests/fhir.ts';
import { tokenRequest } from '../../../src/client/requests/token.ts';
import { b2bToken } from '../../../src/client/requests/udap.ts';
import { asString, at, jsonOf } from '../../../src/core/fhir.ts';
import type { Exchange } from '../../../src/core/model.ts';
import type { BackendAuth, LoadPlan, UdapAuth } from '../../../src/load/plan.ts';
import type { Ask } from './journey.ts';
import { assertionFor, udapAssertion } from './token.ts';

/** A token as each virtual user holds one, renewed half a minute before it ends, or at half its time when that is short. */
export interface Held {
  readonly token: string | undefined;
  /** Epoch ms. */
  readonly renewAt: number;
}

type Asking = (ask: Ask) => Promise<Exchange>;

/** Where tokens come from: the plan says, or the payer's SMART configuration. */
export async function tokenEndpointOf(plan: LoadPlan, asking: Asking): Promise<string | undefined> {
  if (plan.auth.kind !== 'smart-backend' || plan.tokenEndpoint !== undefined) return plan.tokenEndpoint;
  const { request, response, error } = await asking({ step: 'smart.configuration', spec: smartConfiguration(plan.base) });
  if (response === null)
    throw new Error(`No answer from ${request.url}: ${error?.message ?? 'no reason was given'}. Is the payer up, and does it know us?`);
  const found = asString(at(jsonOf(response), 'token_endpoint'));
  if (found === undefined)
    throw new Error(`${plan.base}/.well-known/smart-configuration names no token_endpoint. Set auth.tokenEndpoint in the target file.`);
  return found;
}

/** Asks for a token; under load the answer is a sample like any other. Throws when there is none. */
export async function newToken(plan: LoadPlan, asking: Asking, endpoint: string | undefined): Promise<Held> {
  if (plan.auth.kind === 'none') return { token: undefined, renewAt: Number.POSITIVE_INFINITY };
  if (plan.auth.kind === 'bearer') return { token: __ENV['ASSAY_LOAD_TOKEN'], renewAt: Number.POSITIVE_INFINITY };
  if (endpoint === undefined) throw new Error('No token endpoint is known.');
  const answer = await asking(await question(plan, plan.auth, endpoint));
  const body = jsonOf(answer.response);
  const token = asString(at(body, 'access_token'));
  const seconds = Number(at(body, 'expires_in') ?? 300);
  if (token === undefined)
    throw new Error(`The token endpoint ${endpoint} gave no access_token: ${answer.response?.status ?? answer.error?.message ?? 'no answer'}.`);
  return { token, renewAt: Date.now() + Math.max(seconds - 30, seconds / 2) * 1000 };
}

async function question({ target }: LoadPlan, auth: BackendAuth | UdapAuth, endpoint: string): Promise<Ask> {
  const key = __ENV['ASSAY_LOAD_KEY'] ?? '';
  if (auth.kind === 'smart-backend')
    return { step: 'token', spec: tokenRequest(endpoint, auth.scope, {}, { client_assertion: await assertionFor(auth, endpoint, key) }) };
  const spec = b2bToken(endpoint, auth.clientId, target);
  const assertion = await udapAssertion(auth, spec.udap?.claims ?? {}, endpoint, key);
  return { step: 'udap.token', spec: { ...spec, form: { ...spec.form, client_assertion: assertion } } };
}
