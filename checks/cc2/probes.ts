import { tokenRequest } from '../../src/client/requests/token.ts';
import { noRefusal } from '../../src/core/controls.ts';
import { fail, onEach, pass } from '../../src/core/findings.ts';
import type { AssertionSpec, Evidence, Exchange, Expected, Finding, NonEmpty, Probe, RequestSpec } from '../../src/core/model.ts';
import { tokenClientOf } from '../../src/core/target.ts';
import { tokenIn } from './documents.ts';

type Form = Readonly<Record<string, string | undefined>>;

/** How a token request is wrong. */
interface Wrong {
  readonly assertion?: AssertionSpec;
  readonly form?: Form;
  readonly scope?: string;
  readonly change?: (request: RequestSpec) => RequestSpec;
  readonly expected?: Partial<Expected>;
}

const refused: Expected = { status: [401, 400], codes: ['invalid_client'], names: [], action: 'reauthenticate' };

/** A token request that is wrong in one way; `names` are words of which a useful refusal holds one. */
export const wrongRequest = (id: string, names: readonly string[], wrong: Wrong): Probe => ({
  id: `token.${id}`,
  step: 'token',
  suite: 'token.negatives',
  expected: { ...refused, names, ...wrong.expected },
  request: ({ tokenEndpoint, target }) => {
    if (tokenEndpoint === undefined) return 'no token endpoint is known';
    const registered = tokenClientOf(target)?.scope;
    const request = tokenRequest(tokenEndpoint, wrong.scope ?? registered, wrong.assertion, wrong.form);
    return wrong.change?.(request) ?? request;
  },
});

/** Without any client authentication. */
export const withoutAssertion = ({ assertion: _assertion, form = {}, ...request }: RequestSpec): RequestSpec => {
  const { client_assertion_type: _type, ...rest } = form;
  return { ...request, form: rest };
};

export const badRequest = (...codes: NonEmpty<string>): Partial<Expected> => ({ status: [400], codes, action: 'correct' });

/** Nobody got a token: a pass where that was decided. A breakdown, or a page of the web, decides nothing. */
export const tokenless = (exchange: Exchange): Finding => noRefusal(exchange) ?? pass;

/** As `mustRefuse`, for wrong requests of one kind. */
export const mustRefuseAll = (probes: readonly Probe[], danger: string): ((evidence: Evidence) => Finding) => {
  const ids = new Set(probes.map(({ id }) => id));
  return onEach({ step: 'token', probe: '*', where: ({ probe }) => ids.has(probe ?? '') }, (exchange) => tokenRefused(exchange, danger));
};

/** Fails when the probe was answered with a token. `danger` says for a security reader what that would mean. */
export const mustRefuse = (probe: string, danger: string): ((evidence: Evidence) => Finding) =>
  onEach({ step: 'token', probe: `token.${probe}` }, (exchange) => tokenRefused(exchange, danger));

const tokenRefused = (exchange: Exchange, danger: string): Finding =>
  tokenIn(exchange) === undefined
    ? tokenless(exchange)
    : fail(exchange, 'a refusal without an access token', `status ${exchange.response?.status} with an access token: ${danger}`);
