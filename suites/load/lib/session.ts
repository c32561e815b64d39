import { tokenRequest } from '../../../src/client/requests/token.ts';
import { b2bToken } from '../../../src/client/requests/udap.ts';
import { asString, at, jsonOf } from '../../../src/core/fhir.ts';
import type { Exchange } from '../../../src/core/model.ts';
import type { BackendAuth, LoadPlan, UdapAuth } from '../../../src/load/plan.ts';
import { renewalOf } from '../../../src/load/timed.ts';
import { tokenEndpointOf } from '../../../src/load/token-endpoint.ts';
import type { Ask } from './journey.ts';
import { borrowed } from './payer.ts';
import { assertionFor, udapAssertion } from './token.ts';

/** A token as a virtual user holds it. */
export interface Held {
  readonly token?: string;
  /** Epoch ms; absent where it lasts. */
  readonly renewAt?: number;
}

type Asking = (ask: Ask) => Promise<Exchange>;

/** Of the time that is left of a token, at most this share is given away, so that virtual users without a broker do not renew all at once. */
const spread = 0.3;

/**
 * A token: the one that all share, or, for runners without a broker, one that is asked for here; under load that is a sample like any other.
 * Throws when there is none.
 */
export async function newToken(plan: LoadPlan, asking: Asking, stage?: number): Promise<Held> {
  if (plan.auth.kind === 'none') return {};
  if (plan.auth.kind === 'bearer') return { token: __ENV['ASSAY_LOAD_TOKEN'] ?? '' };
  const broker = __ENV['ASSAY_LOAD_BROKER'];
  if (broker !== undefined) return borrowed(broker, stage);
  if (plan.auth.kind === 'client-secret') throw new Error('A client secret stays with payer-assay, which lends the tokens; no lender is named here.');
  const from = plan.tokenEndpoint ?? (await tokenEndpointOf(plan.base, (spec) => asking({ step: 'smart.configuration', spec })));
  const answer = await asking(await question(plan, plan.auth, from));
  const body = jsonOf(answer.response);
  const token = asString(at(body, 'access_token'));
  if (token === undefined)
    throw new Error(`The token endpoint ${from} gave no access_token: ${answer.response?.status ?? answer.error?.message ?? 'no answer'}.`);
  const now = Date.now();
  const renewAt = renewalOf(Number(at(body, 'expires_in') ?? 300), now);
  return { token, renewAt: renewAt - (renewAt - now) * spread * Math.random() };
}

async function question({ target }: LoadPlan, auth: BackendAuth | UdapAuth, endpoint: string): Promise<Ask> {
  const key = __ENV['ASSAY_LOAD_KEY'] ?? '';
  if (auth.kind === 'smart-backend')
    return { step: 'token', spec: tokenRequest(endpoint, auth.scope, {}, { client_assertion: await assertionFor(auth, endpoint, key) }) };
  const spec = b2bToken(endpoint, auth.clientId, target);
  const assertion = await udapAssertion(auth, spec.udap?.claims ?? {}, endpoint, key);
  return { step: 'udap.token', spec: { ...spec, form: { ...spec.form, client_assertion: assertion } } };
}
