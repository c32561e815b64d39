import { createHmac } from 'node:crypto';
import type { Exchange, Json, Target, WireRequest, WireResponse } from '../core/model.ts';
import { createDocumentParts } from './redact/documents.ts';
import { createLexicon } from './redact/lexicon.ts';
import { createPersonParts } from './redact/person.ts';
import { createPseudonyms } from './redact/pseudonyms.ts';
import { type ResourceTools, redactJson } from './redact/resource.ts';
import { createSecrets, mapStrings } from './redact/secrets.ts';
import { createUrlParts } from './redact/urls.ts';

/**
 * Redaction before storage: secrets always, member data by the target's evidence level. It is stable pseudonymisation
 * (equal stays equal within a run), because the judges see exactly what is stored.
 */
export interface Redactor {
  request(request: WireRequest): WireRequest;
  response(response: WireResponse): WireResponse;
  url(url: string): string;
  target(target: Target): Target;
  /** Facts and other JSON of ours. */
  json(value: Json): Json;
  text(text: string): string;
  /** Remembers a secret so that it is replaced wherever it turns up later. */
  learnSecret(kind: string, value: string): void;
  /** Reads an exchange for whom it names, so that free text of earlier ones is clean too. */
  learn(exchange: Pick<Exchange, 'request' | 'response'>): void;
}

/**
 * `full`: member data as it came, for synthetic people. `pseudonymised`: names, dates of birth, addresses, contacts, identifiers and Patient ids replaced,
 * also in URLs, free text and documents. `hashes`: besides, free text of resources and codes of clinical code systems are hashes.
 */
export type EvidenceLevel = NonNullable<Target['evidence']>;

/** `salt` is drawn once per run; two runs cannot be joined by their pseudonyms. `people`: whose real values no pseudonym may be, as the target file has them. */
export function createRedactor(level: EvidenceLevel, salt: string, people?: object): Redactor {
  const hash = (value: string) => createHmac('sha256', salt).update(value).digest('base64url').slice(0, 12);
  const secrets = createSecrets(hash);
  const lexicon = createLexicon();
  const parts = createPersonParts(createPseudonyms(salt, stringsIn(people as Json | undefined)), lexicon);
  const urls = createUrlParts(parts, lexicon);
  const open = level === 'full';
  const text = (value: string): string => (open ? secrets.text(value) : lexicon.replace(secrets.text(value), false));
  const url = (value: string): string => (open ? secrets.text(value) : urls.url(secrets.text(value)));
  const documents = createDocumentParts(parts, text, hash);
  // Said again in prose (a card, an error message) or asked for in a search, it must still be the same.
  const clinical = (value: string, isCode: boolean): string => {
    if (isCode || value.length >= 6) lexicon.add(value, isCode, () => `#${hash(value)}`);
    return `#${hash(value)}`;
  };
  const tools: ResourceTools = {
    parts,
    url,
    free: text,
    plain: (value) => lexicon.replace(secrets.text(value), true),
    data: documents.data,
    secret: secrets.field,
    ...(level === 'hashes' ? { clinical } : {}),
  };
  const resource = (value: Json): Json =>
    open ? mapStrings(value, (each, key) => secrets.field(key, each) ?? secrets.text(each)) : redactJson(value, tools);
  const form = (raw: string, type: string): string => {
    const pairs = raw.split('&').map((pair) => {
      const [name = '', ...rest] = pair.split('=');
      const masked = secrets.field(name, decode(rest.join('=')));
      return masked === undefined ? secrets.text(pair) : `${name}=${encodeURIComponent(masked)}`;
    });
    return open ? pairs.join('&') : urls.query(pairs.join('&'), type);
  };
  const body = (raw: string, media: string, address: string): string => {
    if (media.includes('x-www-form-urlencoded')) return form(raw, /\/([A-Z][A-Za-z]+)\/_search/.exec(address)?.[1] ?? '');
    if (media.includes('ndjson'))
      return raw
        .split('\n')
        .map((line) => (line === '' ? '' : body(line, 'application/json', '')))
        .join('\n');
    try {
      return JSON.stringify(resource(JSON.parse(raw) as Json));
    } catch {
      return open ? secrets.text(raw) : documents.text(secrets.text(raw));
    }
  };
  const headers = (all: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(all).map(([name, value]) => {
        if (/location$|^link$|^referer$/.test(name)) return [name, url(value)];
        const plain = secrets.header(name, value);
        // A name may stand in any header but those of the protocol, where a word is a word: a date has its May.
        return [name, open ? plain : lexicon.replace(plain, technical.test(name))];
      }),
    );
  const request = (sent: WireRequest): WireRequest => ({
    ...sent,
    url: url(sent.url),
    headers: headers(sent.headers),
    ...(sent.body === undefined ? {} : { body: body(sent.body, sent.headers['content-type'] ?? '', sent.url) }),
  });
  const response = (received: WireResponse): WireResponse => ({
    ...received,
    headers: headers(received.headers),
    body: received.body === '' ? '' : body(received.body, received.headers['content-type'] ?? '', ''),
  });
  return {
    request,
    response,
    url,
    target: (target) => (open ? target : (redactTarget(target as unknown as Json, '', tools) as unknown as Target)),
    // Ids from far behind what is stored of a file are known for ids by their place alone.
    json: (value) => mapStrings(value, (each, key) => (key === 'reference' ? url(each) : text(each))),
    text,
    learnSecret: secrets.learn,
    learn(exchange) {
      request(exchange.request);
      if (exchange.response) response(exchange.response);
    },
  };
}

/** Headers that speak of the transfer and not of anybody. */
const technical =
  /^(accept.*|access-control-.*|age|allow|cache-control|connection|content-(type|length|encoding|language|range|disposition)|date|etag|expires|host|keep-alive|last-modified|pragma|prefer(ence-applied)?|range|retry-after|server|strict-transport-security|te|trailer|transfer-encoding|upgrade|user-agent|vary|via|x-powered-by)$/;

/** Names under which a target file gives the logical id or the number of a member. */
const memberIdNames = /^(patientId|Patient|patient|memberId|\w*(Patient|Member))$/;

/** Members as the exchanges show them, so that judges can compare the two; the rest keeps its words but for what names a member. */
function redactTarget(value: Json, key: string, tools: ResourceTools): Json {
  if (Array.isArray(value)) return value.map((each: Json) => redactTarget(each, key, tools));
  if (typeof value === 'string') {
    if (memberIdNames.test(key) && /^[A-Za-z0-9.-]{1,64}$/.test(value)) return tools.parts.id(value);
    return /(^|\/)Patient\//.test(value) ? tools.url(value) : tools.free(value);
  }
  if (value === null || typeof value !== 'object') return value;
  if ('resourceType' in value) return redactJson(value, tools);
  // A table of members: its keys are Patient ids.
  if (key === 'memberIds')
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [tools.parts.id(name), redactTarget(each, 'memberId', tools)]));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redactTarget(each, name, tools)]));
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value.replace(/\+/g, ' '));
  } catch {
    return value;
  }
}

function stringsIn(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : [];
}
