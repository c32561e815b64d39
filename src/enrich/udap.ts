import { X509Certificate } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import { type Anchors, type ChainResult, verifyChain } from '../client/udap/chain.ts';
import { sanUris } from '../client/udap/credentials.ts';
import type { FetchBytes } from '../client/udap/fetch-bytes.ts';
import { asString, at, jsonOf } from '../core/fhir.ts';
import type { Facts, Json, Known, RawExchange } from '../core/model.ts';
import type { Enricher } from './enricher.ts';

/**
 * Facts about UDAP that a pure judge cannot compute. On `udap.metadata`: `jws.compact`, `jws.alg`, `jws.x5c` (number of certificates),
 * `jws.valid`, `jws.why`, `jws.claims`, `san.uris`, `chain.status`, `chain.reason`, `chain.communities`, `chain.crl`.
 * On requests that carry one of our JWTs: `sent.header` and `sent.claims`, since the JWT itself is redacted.
 */
export function udapEnricher(anchors: readonly Anchors[], fetch: FetchBytes): Enricher {
  const cached = new WeakMap<Known, Memory>();
  return async (exchange, known) => {
    if (exchange.step === 'register' || exchange.step === 'udap.token') return { facts: sentFacts(exchange) };
    if (exchange.step !== 'udap.metadata') return {};
    const signed = asString(at(jsonOf(exchange.response), 'signed_metadata'));
    if (signed === undefined) return {};
    const memory = cached.get(known) ?? { fetch: remembering(fetch), chains: new Map() };
    cached.set(known, memory);
    return { facts: { ...(await jwsFacts(signed)), ...(await chainFacts(signed, anchors, memory)) } };
  };
}

/** One run asks for the same chain and CRL many times. */
interface Memory {
  readonly fetch: FetchBytes;
  readonly chains: Map<string, Promise<ChainResult>>;
}

/** Whether a signed_metadata verifies with the key of its own leaf certificate. */
async function jwsFacts(jws: string): Promise<Facts> {
  const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(jws);
  const header = parsed(() => decodeProtectedHeader(jws));
  const claims = parsed(() => decodeJwt(jws));
  const [leaf] = x5cOf(jws);
  const basic = {
    'jws.compact': compact,
    'jws.alg': asString(at(header, 'alg')) ?? null,
    'jws.x5c': x5cOf(jws).length,
    'jws.claims': claims ?? null,
  };
  if (leaf === undefined) return { ...basic, 'jws.valid': false, 'jws.why': 'the header has no x5c' };
  try {
    const certificate = new X509Certificate(Buffer.from(leaf, 'base64'));
    const named = { ...basic, 'san.uris': [...sanUris(certificate)], 'san.all': certificate.subjectAltName ?? '' };
    try {
      await compactVerify(jws, certificate.publicKey);
      return { ...named, 'jws.valid': true };
    } catch (cause) {
      return { ...named, 'jws.valid': false, 'jws.why': `the signature does not verify with the leaf key: ${(cause as Error).message}` };
    }
  } catch (cause) {
    return { ...basic, 'jws.valid': false, 'jws.why': `the first certificate of x5c cannot be parsed: ${(cause as Error).message}` };
  }
}

async function chainFacts(jws: string, anchors: readonly Anchors[], { fetch, chains }: Memory): Promise<Facts> {
  const x5c = x5cOf(jws);
  if (x5c.length === 0 || anchors.length === 0) return {};
  const followed = chains.get(x5c.join()) ?? verifyChain(x5c, { anchors, fetch });
  chains.set(x5c.join(), followed);
  const { status, reason, communities, crl } = await followed;
  return { 'chain.status': status, 'chain.reason': reason, 'chain.communities': [...communities], 'chain.crl': crl };
}

function sentFacts({ request }: RawExchange): Facts {
  const body = request.body ?? '';
  const jwt = /eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/.exec(body)?.[0];
  const header = jwt === undefined ? undefined : parsed(() => decodeProtectedHeader(jwt));
  const claims = jwt === undefined ? undefined : parsed(() => decodeJwt(jwt));
  if (header === undefined || claims === undefined) return {};
  const { x5c, ...rest } = header as { readonly x5c?: Json; readonly [key: string]: Json | undefined };
  return { 'sent.header': { ...(rest as Record<string, Json>), x5c: Array.isArray(x5c) ? x5c.length : 0 }, 'sent.claims': claims };
}

function x5cOf(jws: string): readonly string[] {
  const value = at(
    parsed(() => decodeProtectedHeader(jws)),
    'x5c',
  );
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function parsed(read: () => object): Json | undefined {
  try {
    return read() as Json;
  } catch {
    return undefined;
  }
}

function remembering(fetch: FetchBytes): FetchBytes {
  const got = new Map<string, Promise<Buffer>>();
  return (url) => {
    const known = got.get(url) ?? fetch(url);
    got.set(url, known);
    return known;
  };
}
