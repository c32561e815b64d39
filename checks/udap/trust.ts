import { asString, isObject, type JsonObject } from '../../src/core/fhir.ts';
import { check, fail, notReached, notTestable, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { queryOf } from '../../src/core/url.ts';
import type { Applies } from '../applies.ts';
import { claimsOf, metadataAnswers, strings, udapTold } from './evidence.ts';

/** Verdicts over the facts about certificates that the enricher established. */

export const hasAnchors: Applies = (evidence) =>
  udapTold((udap) => udap.communities.length > 0, 'udap.communities', 'a trust community with its anchors')(evidence);

export const namesCommunity: Applies = (evidence) =>
  udapTold((udap) => udap.communities.some(({ uri }) => uri !== undefined), 'udap.communities[].uri', 'the URI of a trust community')(evidence);

/** Seconds since the epoch at which we asked. */
export const askedAt = (exchange: Exchange): number => Date.parse(exchange.startedAt) / 1000;

/** Expired, revoked or broken is a failure; what we cannot know is not. */
export function chainHolds(_claims: JsonObject, exchange: Exchange): Finding {
  const state = asString(exchange.facts?.['chain.status']);
  const reason = asString(exchange.facts?.['chain.reason']) ?? '';
  if (state === 'trusted') return pass;
  if (state === undefined) return notTestable('signed_metadata carries no certificate chain.', 'payer');
  if (state === 'unknownAnchor' || state === 'crlUnreachable') return notTestable(`Inconclusive: ${reason}.`, 'set-up');
  return fail(exchange, 'an x5c chain that every member of the trust community can validate', `${reason}. No client that checks may go on`);
}

/** iss is the base URL that was asked, and a URI name of the leaf, byte for byte. */
export function issuerHolds(claims: JsonObject, exchange: Exchange): Finding {
  const base = exchange.request.url.replace(/\/\.well-known\/udap(\?.*)?$/, '');
  const iss = asString(claims['iss']);
  const names = exchange.facts?.['san.uris'];
  if (iss === undefined) return fail(exchange, `iss ${base}`, 'iss absent');
  if (iss.replace(/\/$/, '') !== base.replace(/\/$/, '')) return fail(exchange, `iss ${base}`, `iss ${iss}`);
  if (!Array.isArray(names)) return notTestable('The leaf certificate cannot be read, so its names are not known.', 'payer');
  if (!strings(names).includes(iss))
    return fail(exchange, `${iss} as a URI name of the leaf certificate`, `its names are ${String(exchange.facts?.['san.all'] || 'none')}`);
  return iss === base ? pass : warn(exchange, `iss ${base}, byte for byte`, `iss ${iss}`);
}

/** A jti may come twice only when the whole JWT is the same. */
export function jtiHolds(evidence: Evidence): Finding {
  const signed = metadataAnswers(evidence).flatMap((exchange) => {
    const claims = claimsOf(exchange);
    return claims ? [{ exchange, claims }] : [];
  });
  if (signed.length === 0) return notReached(evidence, { step: 'udap.metadata' });
  const seen = new Map<string, string>();
  return worst(
    signed.map(({ exchange, claims }) => {
      const jti = asString(claims['jti']);
      if (jti === undefined || jti === '') return fail(exchange, 'jti in signed_metadata', 'jti absent');
      const whole = JSON.stringify(Object.entries(claims).sort(([a], [b]) => (a < b ? -1 : 1)));
      const before = seen.get(jti);
      seen.set(jti, whole);
      return check(before === undefined || before === whole, exchange, 'a fresh jti for every different JWT', `jti ${jti} in two different JWTs`);
    }),
  );
}

/** A community asked for by URI is answered with a certificate of that community. */
export function communityHolds(evidence: Evidence): Finding {
  const asked = select(evidence, { step: 'udap.metadata', variant: 'community' });
  if (asked.length === 0) return notReached(evidence, { step: 'udap.metadata', variant: 'community' });
  return worst(
    asked.map((exchange) => {
      const wanted = queryOf(exchange.request.url).find(([name]) => name === 'community')?.[1] ?? '';
      const led = exchange.facts?.['chain.communities'];
      if (statusOf(exchange) === 204 || statusOf(exchange) === 404)
        return notTestable(
          `The server knows no community ${wanted} (status ${statusOf(exchange)}). Ask the payer for its exact URI, and correct udap.communities.`,
          'target-file',
        );
      if (!isObject(exchange.facts?.['jws.claims'])) return notTestable(`The answer for ${wanted} holds no signed_metadata.`, 'not-offered');
      if (strings(led).includes(wanted)) return pass;
      const status = asString(exchange.facts?.['chain.status']);
      if (status === 'broken' || status === 'unreadable' || status === undefined)
        return notTestable('The chain cannot be followed to any anchor.', 'payer');
      return fail(exchange, `a certificate that leads to the anchor of ${wanted}`, asString(exchange.facts?.['chain.reason']) ?? 'another community');
    }),
  );
}
