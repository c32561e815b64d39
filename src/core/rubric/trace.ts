import { asArray, asString, at, jsonOf } from '../fhir.ts';
import type { Exchange, Json } from '../model.ts';
import { wordsOf } from './words.ts';

/** Headers under which servers and gateways hand out request ids. */
const headers = [
  'x-request-id',
  'x-correlation-id',
  'traceparent',
  'x-trace-id',
  'request-id',
  'x-amzn-requestid',
  'x-amzn-trace-id',
  'x-ms-request-id',
  'x-b3-traceid',
  'cf-ray',
];
const idInText =
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b(?:trace|request|incident|correlation|reference)(?: ?id)?[ :#=]+([\w-]{6,})/i;

/** An extension of the outcome, or of an issue, that is named for it. */
function inExtension(value: Json | undefined): string | undefined {
  const named = [value ?? null, ...asArray(at(value, 'issue'))].flatMap((each) => asArray(at(each, 'extension')));
  const found = named.find((each) => /(?:trace|request|correlation|incident)[-_]?id$/i.test(asString(at(each, 'url')) ?? ''));
  return asString(at(found, 'valueString')) ?? asString(at(found, 'valueId')) ?? asString(at(found, 'valueUuid'));
}

/** Ids that differ from answer to answer: one that stands in the answers to different requests names none of them. */
export function constantTraces(exchanges: readonly Exchange[]): ReadonlySet<string> {
  const asked = new Map<string, Set<string>>();
  for (const exchange of exchanges) {
    const { method, url, body = '' } = exchange.request;
    for (const trace of tracesOf(exchange)) asked.set(trace, (asked.get(trace) ?? new Set()).add(`${method} ${url} ${body}`));
  }
  return new Set([...asked].filter(([, requests]) => requests.size > 1).map(([trace]) => trace));
}

/** The id that staff can quote to the help desk, from a header or the body; undefined when there is none. */
export const traceOf = (exchange: Exchange): string | undefined => tracesOf(exchange)[0];

/** All ids that an answer offers to quote, those of headers first. */
export function tracesOf(exchange: Exchange): readonly string[] {
  const value = jsonOf(exchange.response);
  const { text, diagnostics } = wordsOf(exchange);
  const { url, body = '' } = exchange.request;
  const said = idInText.exec(`${text} ${diagnostics}`);
  // The id of a job or a resource that the request itself named is repeated, not handed out.
  const echoed = said !== null && `${url} ${body ?? ''}`.includes(said[1] ?? said[0]);
  return [
    ...headers.map((name) => exchange.response?.headers[name]),
    ...['id', 'trace_id', 'request_id'].map((name) => asString(at(value, name))),
    echoed ? undefined : said?.[0],
    inExtension(value),
  ].filter((each): each is string => each !== undefined && each.trim() !== '');
}
