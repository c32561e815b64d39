import { decided } from '../../src/core/controls.ts';
import { asArray, asString, at, isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import { notAsked, notReached, notTestable, select, statusOf, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import type { TargetUdap } from '../../src/core/udap.ts';
import { type Applies, follows } from '../applies.ts';

/** Reading UDAP evidence, and which payers the rows bind. */

const isMetadata = (exchange: Exchange): boolean =>
  exchange.variant !== 'unknown-community' && statusOf(exchange) === 200 && isObject(jsonOf(exchange.response));

/** Metadata answers that can be judged, in order; the answer for an unknown community is left out. */
export const metadataAnswers = (evidence: Evidence): readonly Exchange[] => select(evidence, { step: 'udap.metadata', where: isMetadata });

/** The metadata members as the server gave them first. */
export const metadataOf = (evidence: Evidence): JsonObject | undefined => {
  const value = jsonOf(metadataAnswers(evidence)[0]?.response);
  return isObject(value) ? value : undefined;
};

/** Judges every metadata document. */
export const onMetadata =
  (judge: (document: JsonObject, exchange: Exchange, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = metadataAnswers(evidence);
    if (found.length === 0) return notReached(evidence, { step: 'udap.metadata' });
    return worst(
      found.map((exchange) => {
        const document = jsonOf(exchange.response);
        return judge(isObject(document) ? document : {}, exchange, evidence);
      }),
    );
  };

/** What the enricher found out about signed_metadata; undefined when there was none. */
export const claimsOf = (exchange: Exchange): JsonObject | undefined => {
  const claims = exchange.facts?.['jws.claims'];
  return isObject(claims) ? claims : undefined;
};

/** Judges every signed_metadata; not testable where there is none. */
export const onSigned = (judge: (claims: JsonObject, exchange: Exchange, evidence: Evidence) => Finding) =>
  onMetadata((_document, exchange, evidence) => {
    const claims = claimsOf(exchange);
    return claims ? judge(claims, exchange, evidence) : notTestable('The metadata holds no signed_metadata whose claims can be read.', 'not-offered');
  });

/** A member as it stands in a finding. */
export const shown = (name: string, value: Json | undefined): string => (value === undefined ? `${name} absent` : `${name} ${JSON.stringify(value)}`);

export const strings = (value: Json | undefined): readonly string[] => asArray(value).flatMap((each) => asString(each) ?? []);

export const registrationOk = (exchange: Exchange): boolean => [200, 201].includes(statusOf(exchange)) && clientIdIn(exchange) !== undefined;
export const clientIdIn = (exchange: Exchange | undefined): string | undefined => {
  const id = asString(at(jsonOf(exchange?.response), 'client_id'));
  return id === '' ? undefined : id;
};

/** Our first honest registration, when it worked. */
export const registered = (evidence: Evidence): Exchange | undefined =>
  select(evidence, { step: 'register', where: (each) => each.variant === undefined && registrationOk(each) })[0];

/** Honest registrations that worked, cancellations left out. */
export const registrations = (evidence: Evidence): readonly Exchange[] =>
  select(evidence, { step: 'register', where: (each) => registrationOk(each) && !/^(cancel|clean-up)/.test(each.variant ?? '') });

/** Judges every successful registration answer. */
export const onRegistration =
  (judge: (answer: JsonObject, exchange: Exchange, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = registrations(evidence);
    if (found.length === 0) return notReached(evidence, { step: 'register' });
    return worst(
      found.map((exchange) => {
        const answer = jsonOf(exchange.response);
        return judge(isObject(answer) ? answer : {}, exchange, evidence);
      }),
    );
  };

export const hasToken = (exchange: Exchange): boolean => asString(at(jsonOf(exchange.response), 'access_token')) !== undefined;

/** Scopes in a token answer; undefined when it has no scope member. */
export const scopesOf = (exchange: Exchange): readonly string[] | undefined =>
  asString(at(jsonOf(exchange.response), 'scope'))
    ?.split(' ')
    .filter((each) => each !== '');

// ---- whom the rows bind

/** It says that it follows an edition from 2.0 on. */
export const followsUdap2 = (evidence: Evidence): boolean => follows(guides.udap, '2.0.0')(evidence) === true;
/** It says that it follows the first edition, which knew no answer for an unknown community. */
export const followsUdap1 = (evidence: Evidence): boolean => follows(guides.udap, undefined, '1.0.0')(evidence) === true;

/** The metadata lists this grant type. */
export const offersGrant =
  (grant: string): Applies =>
  (evidence) => {
    const document = metadataOf(evidence);
    return document === undefined || strings(document['grant_types_supported']).includes(grant) || `The metadata does not offer ${grant}.`;
  };

/** The metadata that the payer serves: whether it was asked, and whether there is any. */
const published = (evidence: Evidence): 'yes' | 'no' | 'not known' => {
  const asked = select(evidence, { step: 'udap.metadata' }).filter((each) => decided(each) === undefined);
  if (asked.length === 0) return 'not known';
  return asked.some(({ response }) => response?.status === 200 && isObject(jsonOf(response))) ? 'yes' : 'no';
};

/** Without a part of the target file on UDAP the payer's own metadata says whether there is anything to ask. */
export const udapTold =
  (told: (udap: TargetUdap) => boolean, entry: string, why: string): Applies =>
  (evidence) => {
    const { udap } = evidence.target;
    if (udap !== undefined && told(udap)) return true;
    return udap === undefined && published(evidence) === 'no' ? 'The payer publishes no UDAP metadata.' : notAsked(entry, why);
  };

/** UDAP metadata is there, or the target file says that it should be. */
export const hasUdap: Applies = (evidence) =>
  evidence.target.udap !== undefined ||
  published(evidence) === 'yes' ||
  udapTold(() => false, 'udap', 'or let fhir.base lead to its metadata')(evidence);

/** The run may register: it changes the server. */
export const mayRegister: Applies = (evidence) => {
  const told = udapTold(({ client }) => client !== undefined, 'udap.client', 'a client certificate of your trust community')(evidence);
  if (told !== true) return told;
  return evidence.target.allow?.registration === true || notAsked('allow.registration', 'which lets the run register a client and cancel it again');
};

/** We are, or can become, a registered client. */
export const canAskForTokens: Applies = (evidence) => {
  if (evidence.target.udap?.client !== undefined && evidence.target.udap.clientId !== undefined) return true;
  return mayRegister(evidence);
};

/** The metadata demands hl7-b2b. */
export const demandsB2b: Applies = (evidence) => {
  const document = metadataOf(evidence);
  if (document === undefined) return true;
  return strings(document['udap_authorization_extensions_required']).includes('hl7-b2b') || 'The metadata does not list hl7-b2b as required.';
};

/** The operator has a certificate of this sort. */
export const hasSpare =
  (...names: readonly (keyof NonNullable<TargetUdap['spare']>)[]): Applies =>
  (evidence) =>
    udapTold(
      ({ spare }) => names.some((name) => spare?.[name] !== undefined),
      `udap.spare (${names.join(' or ')})`,
      'a certificate that the server must not accept',
    )(evidence);

/** No wildcard is announced, so none may be granted. */
export const hasNoWildcard: Applies = (evidence) =>
  !strings(metadataOf(evidence)?.['scopes_supported']).some((scope) => scope.includes('*')) || 'The server announces wildcard scopes.';
