import { asString, at, jsonOf } from '../fhir.ts';
import type { Exchange } from '../model.ts';
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

/** The id that staff can quote to the help desk, from a header or the body; undefined when there is none. */
export function traceOf(exchange: Exchange): string | undefined {
  for (const name of headers) {
    const value = exchange.response?.headers[name];
    if (value !== undefined && value.trim() !== '') return value;
  }
  const value = jsonOf(exchange.response);
  const own = asString(at(value, 'id')) ?? asString(at(value, 'trace_id')) ?? asString(at(value, 'request_id'));
  if (own !== undefined) return own;
  const { text, diagnostics } = wordsOf(exchange);
  return idInText.exec(`${text} ${diagnostics}`)?.[0];
}
