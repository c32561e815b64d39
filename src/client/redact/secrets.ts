import type { Json } from '../../core/model.ts';
import { createFinder, formsOf } from './finder.ts';

/** What must never be stored at any level: credentials, by the field or header they stand in and wherever they turn up later. */
export interface Secrets {
  learn(kind: string, value: string): void;
  /** Text without JWTs and known secrets. */
  text(text: string): string;
  /** A field of JSON or of a form; undefined when its name is not a secret's. */
  field(name: string, value: string): string | undefined;
  header(name: string, value: string): string;
}

/** Names whose value is a secret by what they end in, however a payer writes them: `registration_access_token`, `apiKey`, `X-Auth-Token`. */
const secretName =
  /(^|[_-])(token|secret|password|passwd|pwd|passphrase|api_?key|apikey|access_?key|private_?key|subscription_?key|assertion|software_statement|credentials?|cookie|session|session_?id|sid|jsessionid|jwt|code_verifier|otp|auth|authorization|authentication_info|ticket|signature|csrf|xsrf)$/;
/** Told to everybody, whatever they end in. */
const openName = /^(www|proxy)_authenticate$|^(id_token_hint|token_endpoint_auth)$/;
const jwt = /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*/g;
/** In prose, HTML and URLs: a name of a secret with its value, and what follows the word Bearer. */
const named =
  /\b((?:[A-Za-z0-9]+[_-])*(?:token|secret|password|passphrase|api[_-]?key|assertion|session[_-]?id|jsessionid))(["']?\s*[:=]\s*["']?)([^\s"'&<>,;‹]{8,})/gi;
const bearer = /\b(Bearer|Basic)(\s+)([A-Za-z0-9._~+/-]{12,}=*)/gi;

const isSecret = (name: string): boolean => {
  const known = asked.get(name);
  if (known !== undefined) return known;
  const plain = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  const secret = secretName.test(plain) && !openName.test(plain);
  if (asked.size < mostAsked && name.length < 64) asked.set(name, secret);
  return secret;
};
/** Names that were asked about: an answer has thousands of fields, of some hundred names. A server can send any number of others. */
const asked = new Map<string, boolean>();
const mostAsked = 5000;

/** Secrets that are sought in other encodings, too; a server can make us learn any number. */
const mostEncoded = 2000;

/** `hash` is keyed and short: equal secrets stay equal within a run, and nothing else can be learned from it. */
export function createSecrets(hash: (value: string) => string): Secrets {
  const finder = createFinder();
  const known = new Set<string>();
  const mask = (kind: string, value: string) => `‹${kind}:${hash(value)}›`;
  const learn = (kind: string, value: string) => {
    if (value.length < 8 || value.length > 16_384 || known.has(value) || value.includes('‹')) return;
    known.add(value);
    const label = mask(kind, value);
    finder.add(value, () => label);
    if (known.size <= mostEncoded) for (const { form, rest } of formsOf(value)) if (form.length >= 8) finder.add(form, () => label, undefined, rest);
  };
  const text = (value: string): string => {
    if (value.length < 8) return value;
    const plain = value.includes('eyJ')
      ? value.replace(jwt, (token) => {
          learn('jwt', token);
          return mask('jwt', token);
        })
      : value;
    const masked = finder.replace(plain);
    // Most texts are one word: nothing can follow a name there.
    if (!/[\s:=]/.test(masked)) return masked;
    return masked
      .replace(named, (_, name: string, between: string, secret: string) => (worthHiding(secret) ? `${name}${between}${mask(name, secret)}` : _))
      .replace(bearer, (_, scheme: string, between: string, secret: string) =>
        worthHiding(secret) ? `${scheme}${between}${mask('token', secret)}` : _,
      );
  };
  /** `name=value` pairs of a cookie, the value learned and masked; attributes of Set-Cookie stay. */
  const cookies = (value: string, separator: RegExp): string =>
    value.replace(separator, (_, before: string, name: string, secret: string) => {
      learn('cookie', secret);
      return `${before}${name}=${mask('cookie', secret)}`;
    });
  return {
    learn,
    text,
    field(name, value) {
      if (!isSecret(name) || value.startsWith('urn:') || /^https?:\/\//.test(value) || value === '') return undefined;
      learn(name, value);
      return mask(name, value);
    },
    header(name, value) {
      if (name === 'set-cookie') return cookies(value, /(^|,\s*)([^=;,\s]+)=("[^"]*"|[^;,]*)/g);
      if (name === 'cookie') return cookies(value, /(^|;\s*)([^=;,\s]+)=("[^"]*"|[^;]*)/g);
      if (!isSecret(name)) return text(value);
      const [scheme = '', ...rest] = value.split(' ');
      if (!/^[A-Za-z-]{1,20}$/.test(scheme) || rest.length === 0) {
        learn(name, value);
        return mask(name, value);
      }
      learn('token', rest.join(' '));
      return `${scheme} ${mask('token', rest.join(' '))}`;
    },
  };
}

/** A word of a sentence is none; what mixes letters and digits, or is long, may be. */
const worthHiding = (text: string): boolean => !/[‹›]/.test(text) && ((/\d/.test(text) && /[A-Za-z]/.test(text)) || text.length >= 24);

/** Every string of a JSON value, by the name it stands under. */
export function mapStrings(value: Json, change: (text: string, key: string) => Json, key = ''): Json {
  if (typeof value === 'string') return change(value, key);
  if (Array.isArray(value)) return value.map((each: Json) => mapStrings(each, change, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapStrings(each, change, name)]));
}
