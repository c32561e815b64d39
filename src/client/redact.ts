import { createHmac } from 'node:crypto';
import type { Json, Target, WireRequest, WireResponse } from '../core/model.ts';

/**
 * Redaction before storage: secrets always, member data by the target's evidence level. It is stable pseudonymisation
 * (equal stays equal within a run), because the judges see exactly what is stored.
 */
export interface Redactor {
  request(request: WireRequest): WireRequest;
  response(response: WireResponse): WireResponse;
  url(url: string): string;
  target(target: Target): Target;
  json(value: Json): Json;
  text(text: string): string;
  /** Remembers a secret so that it is replaced wherever it turns up later. */
  learnSecret(kind: string, value: string): void;
}

export type EvidenceLevel = NonNullable<Target['evidence']>;

const secretFields = /^(access_token|refresh_token|id_token|client_assertion|client_secret|software_statement|assertion|token|password|passphrase)$/i;
const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key']);
const jwt = /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*/g;

/** `salt` is drawn once per run; two runs cannot be joined by their pseudonyms. */
export function createRedactor(level: EvidenceLevel, salt: string): Redactor {
  const secrets = new Map<string, string>();
  const hash = (value: string) => createHmac('sha256', salt).update(value).digest('base64url').slice(0, 12);
  const mask = (kind: string, value: string) => `‹${kind}:${hash(value)}›`;
  const learnSecret = (kind: string, value: string) => {
    if (value.length >= 8) secrets.set(value, mask(kind, value));
  };
  const text = (value: string): string => {
    let out = value.replace(jwt, (token) => mask('jwt', token));
    for (const [secret, label] of secrets) if (out.includes(secret)) out = out.replaceAll(secret, label);
    return out;
  };
  const json = (value: Json, key = ''): Json => {
    if (typeof value === 'string') {
      if (secretFields.test(key) && !value.startsWith('urn:')) {
        learnSecret(key, value);
        return mask(key, value);
      }
      return text(value);
    }
    if (Array.isArray(value)) return value.map((each: Json) => json(each, key));
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, json(each, name)]));
    return value;
  };
  const body = (raw: string, media: string): string => {
    if (media.includes('x-www-form-urlencoded')) {
      return raw
        .split('&')
        .map((pair) => {
          const [name = '', ...rest] = pair.split('=');
          const value = decodeURIComponent(rest.join('=').replace(/\+/g, ' '));
          return secretFields.test(name) ? `${name}=${encodeURIComponent(mask(name, value))}` : text(pair);
        })
        .join('&');
    }
    try {
      return JSON.stringify(json(JSON.parse(raw) as Json));
    } catch {
      return text(raw);
    }
  };
  const headers = (all: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(all).map(([name, value]) => {
        if (!secretHeaders.has(name)) return [name, text(value)];
        const [scheme = '', ...rest] = value.split(' ');
        return [name, rest.length > 0 ? `${scheme} ${mask('token', rest.join(' '))}` : mask(name, value)];
      }),
    );
  void level; // member data: see pseudonyms.ts, added with the Member area
  return {
    request: (request) => ({
      ...request,
      url: text(request.url),
      headers: headers(request.headers),
      ...(request.body === undefined ? {} : { body: body(request.body, request.headers['content-type'] ?? '') }),
    }),
    response: (response) => ({
      ...response,
      headers: headers(response.headers),
      body: response.body === '' ? '' : body(response.body, response.headers['content-type'] ?? ''),
    }),
    url: text,
    target: (target) => target,
    json,
    text,
    learnSecret,
  };
}
