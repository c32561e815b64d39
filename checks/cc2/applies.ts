import { capabilityOf } from '../../src/core/capability.ts';
import { select } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Evidence, Variant } from '../../src/core/model.ts';
import { tokenClientOf } from '../../src/core/target.ts';
import { type Applies, allOf, anyOf, follows } from '../applies.ts';
import { grantedScopes, permits, smartDocument, stringsOf, tokenIn } from './documents.ts';
import { takesBatches } from './resource-server-probes.ts';

/** Which payers the trust rows bind. */

/** The harness is registered there and proves itself with a signed assertion. */
export const backendServices: Applies = (evidence: Evidence) => {
  const { kind } = evidence.target.auth;
  if (kind === 'smart-backend') return true;
  const offered = stringsOf(smartDocument(evidence)?.['grant_types_supported'])?.includes('client_credentials') === true;
  return offered
    ? { open: `smart-configuration offers client_credentials: give auth a client of kind smart-backend (it is ${kind})`, because: 'target-file' }
    : `The target file gives no backend-services client (auth.kind is ${kind}).`;
};

/**
 * A token that was asked for with a narrower scope has it: RFC 6749 3.3 lets a server grant another one, and then what it opens is no defect. Where that token was
 * not given, nothing is known against it.
 */
export const grantedNo =
  (variant: Variant<'token'>, ...types: readonly string[]) =>
  (evidence: Evidence): true | string => {
    const grant = select(evidence, { step: 'token', variant, where: (exchange) => tokenIn(exchange) !== undefined })[0];
    const scopes = grant === undefined ? [] : grantedScopes(grant);
    return types.some((type) => permits(scopes, type, 'r')) ? `The payer granted more than was asked for (${scopes.join(' ')}).` : true;
  };

/** The sentence's own condition is "a FHIR endpoint that needs authorization", by SMART. */
export const authorizesBySmart: Applies = ({ target: { auth }, exchanges }) => {
  if (auth.kind === 'none') return 'The target file says that this payer takes no tokens, so its endpoint needs no authorization.';
  const served = exchanges.some((each) => each.step === 'smart.configuration' && each.response?.status === 200);
  return auth.kind !== 'udap' || served || 'This payer authorizes by UDAP (auth.kind is udap) and publishes no smart-configuration.';
};

/** The harness asks for tokens itself, by an assertion or a secret. */
export const asksForTokens: Applies = (evidence) => tokenClientOf(evidence.target) !== undefined || backendServices(evidence);

/** A client that came by UDAP is answered in the same form. */
export const asksByUdap: Applies = ({ exchanges }) => exchanges.some(({ step }) => step === 'udap.token') || 'No token was asked for by UDAP.';

export const takesTokens: Applies = ({ target }) => target.auth.kind !== 'none' || 'The target file says that this payer takes no tokens.';

/** A server that promises SMART discovery. */
export const claimsSomeSmart: Applies = anyOf(
  backendServices,
  follows(guides.smart),
  follows(guides.usCore),
  follows(guides.atr),
  follows(guides.pdex),
);

/** Of the smart-configuration document; unknown documents bind nobody, because `available` judges that. */
export const listsCapability =
  (...names: readonly string[]): Applies =>
  (evidence) => {
    const listed = smartDocument(evidence)?.['capabilities'];
    const found = Array.isArray(listed) && names.some((name) => listed.includes(name));
    return found || `smart-configuration does not list ${names.join(' or ')}.`;
  };

export const smart2: Applies = allOf(claimsSomeSmart, (evidence) => {
  const bound = follows(guides.smart, '2.0.0')(evidence);
  return bound === true
    ? true
    : typeof bound === 'string' && evidence.target.guides?.['hl7.fhir.uv.smart-app-launch'] !== undefined
      ? bound
      : unknownSmart;
});
const unknownSmart = { unknown: 'the version of SMART App Launch is not stated' };

/** Transport security binds https, and anything that is not on this machine. */
export const securedBase: Applies = ({ target, exchanges }) => {
  const base = target.fhir?.base ?? exchanges.find((each) => each.step === 'metadata')?.request.url ?? '';
  return base.startsWith('http://') && /^http:\/\/(127\.|localhost|\[::1\])/.test(base) ? 'The target is plain http on this machine.' : true;
};

/** Takes batches; a payer that does not say so is not asked. */
export const declaresBatch: Applies = (evidence) => takesBatches(capabilityOf(evidence)) || 'The payer declares no batch interaction.';
