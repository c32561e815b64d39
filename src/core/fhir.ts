import type { Exchange } from './exchange.ts';
import type { Json } from './json.ts';
import { memo } from './memo.ts';
import { heldOnce } from './once.ts';
import { twinOf } from './twins.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** Reading what came back, without trusting it: every accessor answers undefined or empty rather than throw. */
export type JsonObject = { readonly [key: string]: Json };
/** A FHIR resource: JSON with a type. */
export interface Resource extends JsonObject {
  readonly resourceType: string;
}
export interface Entry {
  readonly fullUrl?: string;
  readonly mode?: string;
  readonly resource?: Resource;
}

/** undefined when the text is absent or no JSON. */
export function parseJson(text: string | undefined): Json | undefined {
  try {
    return JSON.parse(text ?? '') as Json;
  } catch {
    return undefined;
  }
}

const parsed = memo(({ body }: Pick<WireResponse, 'body'>) => heldOnce(parseJson(body), body.length));

/** Body as JSON, parsed once per response; undefined when it does not parse. */
export const jsonOf = (response: WireResponse | null | undefined): Json | undefined => (response ? parsed(twinOf(response)) : undefined);

const parsedLines = memo((message: Pick<WireResponse, 'body'>): readonly (Resource | undefined)[] =>
  message.body
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const value = parseJson(line);
      return isResource(value) ? value : undefined;
    }),
);

/** Body as NDJSON, parsed once per response: a resource for each line that is not empty, undefined where it is none. */
export const rowsIn = (response: WireResponse): readonly (Resource | undefined)[] => parsedLines(twinOf(response));

/** The same for what was asked. */
export const requestJsonOf = memo((request: Pick<WireRequest, 'body'>) => parseJson(request.body));

/** Is it a JSON object? */
export const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
/** The object, or an empty one. */
export const asObject = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
/** The list, or an empty one. */
export const asArray = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
/** The text, or undefined. */
export const asString = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

/** Walks names and indexes: `at(patient, 'name', 0, 'family')`. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let here: Json | undefined = value;
  // By index: k6's engine takes five times as long over an iterator, and nothing is called more often.
  for (let nth = 0; nth < path.length; nth++) {
    const key = path[nth] ?? '';
    if (typeof here !== 'object' || here === null) return undefined;
    if (Array.isArray(here)) here = typeof key === 'number' ? here[key] : undefined;
    else here = typeof key === 'string' && Object.hasOwn(here, key) ? (here as JsonObject)[key] : undefined;
  }
  return here;
}

/** Codes of a concept, of one system where it is named: a payer may put a coding of its own beside, and before, the one that is asked for. */
export const codesOf = (concept: Json | undefined, system?: string): readonly string[] =>
  asArray(at(concept, 'coding')).flatMap((each) => (system === undefined || at(each, 'system') === system ? (asString(at(each, 'code')) ?? []) : []));

/** Code systems that are published for everybody. */
const published =
  /^(?:https?:\/\/(?:loinc\.org|snomed\.info|(?:[\w-]+\.)*hl7\.org|www\.nlm\.nih\.gov|www\.ama-assn\.org|www\.cms\.gov|bluebutton\.cms\.gov|www\.nubc\.org)\b|urn:oid:)/;

/** The coding of a concept that others can know: a payer may put a code of its own first, and not search by it. The first, where none is published. */
export const publishedCoding = (concept: Json | undefined): Json | undefined => {
  const all = asArray(at(concept, 'coding'));
  return all.find((each) => published.test(asString(at(each, 'system')) ?? '')) ?? all[0];
};

/** Is it a FHIR resource, of this type when one is named? */
export const isResource = (value: Json | undefined, type?: string): value is Resource =>
  isObject(value) && typeof value['resourceType'] === 'string' && (type === undefined || value['resourceType'] === type);

/** The answer's resource, when it is one (of the type asked for). */
export function resourceOf(exchange: Exchange | undefined, type?: string): Resource | undefined {
  const value = jsonOf(exchange?.response);
  return isResource(value, type) ? value : undefined;
}

/** Entries of a Bundle. */
export const entriesOf = (bundle: Json | undefined): readonly Entry[] => (isObject(bundle) ? entriesIn(bundle) : []);

const entriesIn = memo((bundle: JsonObject): readonly Entry[] => {
  const found: Entry[] = [];
  const entries = asArray(bundle['entry']);
  for (let nth = 0; nth < entries.length; nth++) {
    const each = entries[nth];
    if (!isObject(each)) continue;
    const { fullUrl, search, resource } = each;
    const entry: { -readonly [Key in keyof Entry]: Entry[Key] } = {};
    if (typeof fullUrl === 'string') entry.fullUrl = fullUrl;
    if (isObject(search) && typeof search['mode'] === 'string') entry.mode = search['mode'];
    if (isResource(resource)) entry.resource = resource;
    found.push(entry);
  }
  return found;
});

/** URL of the Bundle link with this relation. */
export function linkOf(bundle: Json | undefined, relation: string): string | undefined {
  const link = asArray(at(bundle, 'link'))
    .filter(isObject)
    .find((each) => each['relation'] === relation);
  return asString(link?.['url']);
}

/** `Patient/123` out of a literal reference, relative or absolute; undefined for anything else. */
export function literalReference(reference: Json | undefined): string | undefined {
  const match = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]+)?$/.exec(asString(reference) ?? '');
  return match ? `${match[1]}/${match[2]}` : undefined;
}

/** Parameters.parameter with this name. */
export function parameterOf(parameters: Json | undefined, name: string): JsonObject | undefined {
  return asArray(at(parameters, 'parameter'))
    .filter(isObject)
    .find((each) => each['name'] === name);
}

/** Media type in lower case without its parameters. */
export const mediaTypeOf = (response: WireResponse | null | undefined): string =>
  (response?.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
export const isJsonMedia = (media: string): boolean =>
  media === 'application/fhir+json' || media === 'application/json' || media === 'application/json+fhir';
