import type { Json } from '../../core/model.ts';

/** What must never be stored at any level: credentials, by the field or header they stand in and wherever they turn up later. */
export interface Secrets {
  learn(kind: string, value: string): void;
  /** Text without JWTs and known secrets. */
  text(text: string): string;
  /** A field of JSON or of a form; undefined when its name is not a secret's. */
  field(name: string, value: string): string | undefined;
  header(name: string, value: string): string;
}

const fields = /^(access_token|refresh_token|id_token|client_assertion|client_secret|software_statement|assertion|token|password|passphrase)$/i;
const headers = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key']);
const jwt = /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*/g;

/** `hash` is keyed and short: equal secrets stay equal within a run, and nothing else can be learned from it. */
export function createSecrets(hash: (value: string) => string): Secrets {
  const known = new Map<string, string>();
  const mask = (kind: string, value: string) => `‹${kind}:${hash(value)}›`;
  const learn = (kind: string, value: string) => {
    if (value.length >= 8) known.set(value, mask(kind, value));
  };
  const text = (value: string): string => {
    let out = value.replace(jwt, (token) => mask('jwt', token));
    for (const [secret, label] of known) if (out.includes(secret)) out = out.replaceAll(secret, label);
    return out;
  };
  return {
    learn,
    text,
    field(name, value) {
      if (!fields.test(name) || value.startsWith('urn:')) return undefined;
      learn(name, value);
      return mask(name, value);
    },
    header(name, value) {
      if (!headers.has(name)) return text(value);
      const [scheme = '', ...rest] = value.split(' ');
      return rest.length > 0 ? `${scheme} ${mask('token', rest.join(' '))}` : mask(name, value);
    },
  };
}

/** Every string of a JSON value, by the name it stands under. */
export function mapStrings(value: Json, change: (text: string, key: string) => Json, key = ''): Json {
  if (typeof value === 'string') return change(value, key);
  if (Array.isArray(value)) return value.map((each: Json) => mapStrings(each, change, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapStrings(each, change, name)]));
}
