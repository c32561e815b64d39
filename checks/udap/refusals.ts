import { type Control, decided, honest, refusedBeside } from '../../src/core/controls.ts';
import { asString, at, jsonOf } from '../../src/core/fhir.ts';
import { clip, fail, pass, select, statusOf, warn } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Json, Probe } from '../../src/core/model.ts';
import { hasToken, offersGrant } from './evidence.ts';

/** Rows whose wrong requests must all be refused: the one place of their control. */

interface Refusals {
  readonly wrong: readonly Probe[];
  /** What a request that gets through means, for a security reader. */
  readonly danger: string;
  /** Codes of which the error should be one; the guides only recommend them, so another is a warning. Absent = any. */
  readonly codes?: readonly string[];
  /** What counts as getting through, where some answers that grant are right. */
  readonly through?: (exchange: Exchange, evidence: Evidence) => boolean;
  /** What else a refusal must be. */
  readonly refusal?: (exchange: Exchange) => Finding;
  /** The same request without the fault, where an ordinary one is too far from it. */
  readonly twin?: Control;
}

/** Probes and judge of such a row. What was lost, put off or broke down has refused nothing, and a refusal counts only where `twin` was granted. */
const refusals =
  (step: 'register' | 'udap.token', granted: (exchange: Exchange) => boolean) =>
  ({
    wrong,
    danger,
    codes = [],
    through = () => true,
    refusal = () => pass,
    twin = sameEndpoint(step),
  }: Refusals): Pick<Check, 'probes' | 'judge'> => {
    const gotThrough = (exchange: Exchange, evidence: Evidence): boolean => granted(exchange) && through(exchange, evidence);
    const judge = refusedBeside(
      wrong.map(({ id }) => ({ step, probe: id })),
      twin,
      (exchange, evidence) => {
        if (gotThrough(exchange, evidence))
          return fail(exchange, `${exchange.probe} is refused`, `status ${statusOf(exchange)}: accepted. ${danger}`);
        const code = asString(at(jsonOf(exchange.response), 'error'));
        const odd = codes.length > 0 && statusOf(exchange) === 400 && code !== undefined && !codes.includes(code);
        return decided(exchange) ?? (odd ? warn(exchange, `error ${codes.join(' or ')}`, `error ${clip(code, 80)}`) : refusal(exchange));
      },
      gotThrough,
      granted,
    );
    return { probes: wrong, judge: (evidence) => withUntried(judge(evidence), wrong, evidence) };
  };

/** Honest requests to the same endpoint. */
const sameEndpoint =
  (step: 'register' | 'udap.token'): Control =>
  (wrong, evidence) =>
    select(evidence, { step, where: ({ request }) => request.url === wrong.request.url });

/** An honest registration for authorization_code, where the payer offers it: its redirect and logo addresses may be refused as well. */
export const authorizationCode: Control = (wrong, evidence) =>
  offersGrant('authorization_code')(evidence) === true
    ? honest({ step: 'register', variant: 'authorization-code' })(wrong, evidence)
    : sameEndpoint('register')(wrong, evidence);

/** Honest requests with the same JWT: one that never reached the payer, since it was put off, was not used before. */
export const sameJwt: Control = (wrong, evidence) =>
  sameEndpoint(wrong.step === 'register' ? 'register' : 'udap.token')(wrong, evidence).filter((each) => jtiIn(each) === jtiIn(wrong));
const jtiIn = ({ facts }: Exchange): Json | undefined => at(facts?.['sent.claims'], 'jti');

/** A certificate that the operator does not have was not tried: the verdict says so. */
function withUntried(finding: Finding, wrong: readonly Probe[], evidence: Evidence): Finding {
  const untried = wrong.filter(({ id }) => !evidence.exchanges.some(({ probe }) => probe === id));
  return finding.outcome === 'pass' && untried.length > 0
    ? { ...finding, note: `Not tried because a certificate is missing: ${untried.map(({ id }) => id).join(', ')}.` }
    : finding;
}

/** No registration for any of these. */
export const refusedRegistrations = refusals('register', (exchange) => statusOf(exchange) >= 200 && statusOf(exchange) < 300);
/** No token for any of these. */
export const deniedTokens = refusals('udap.token', hasToken);
