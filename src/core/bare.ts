import type { Check, Loss } from './check.ts';
import type { Exchange } from './exchange.ts';
import { asArray, at, isObject, isResource, jsonOf } from './fhir.ts';
import { hasForm, otherThan } from './forms.ts';
import type { Step } from './vocabulary.ts';

/**
 * Which way an exchange says nothing of the thing asked for: no answer, a refusal, or an answer without content. Undefined: it brought something. Forms that
 * have no content by their nature (HEAD, OPTIONS, a handshake, 202, 204) are not missing any.
 */
export function lossOf(exchange: Exchange): Loss | undefined {
  const { response, error, request } = exchange;
  if (!response) return error === undefined || request.method === 'CONNECT' ? undefined : 'lost';
  const { status } = response;
  if (status === 429) return 'throttled';
  if (status === 503) return 'unavailable';
  if (status >= 500) return 'crashed';
  if (status === 401 || status === 403) return 'forbidden';
  if (status >= 400) return 'missing';
  if (status !== 200 || request.method === 'HEAD' || request.method === 'OPTIONS') return undefined;
  // What is JSON need not be looked at as text again.
  if (jsonOf(response) !== undefined) return otherThan(exchange) === undefined ? hollow(exchange) : 'off-topic';
  if (response.body === '') return 'empty-body';
  return isWebPage(exchange) ? 'web-page' : undefined;
}

/** A login page or a portal says 200 to whatever it is asked. Where JSON was asked for, that is no answer. */
export const isWebPage = (exchange: Exchange): boolean =>
  (asksForJson(exchange) || hasForm(exchange)) &&
  exchange.response?.status === 200 &&
  /^\s*<(!doctype\s+html|html)\b/i.test(exchange.response.body.slice(0, 1000));

/** What stands in place of an answer, in words: neither what was asked for nor a refusal. Undefined where there is more. */
export function hollowIn(exchange: Exchange): string | undefined {
  const loss = lossOf(exchange);
  if (loss === 'empty-body') return 'an empty body';
  if (loss === 'web-page') return 'a page of the web';
  return loss === 'off-topic' ? `something else than ${otherThan(exchange)}` : undefined;
}

/** Documents and apps may be pages of the web; what was asked for in JSON may not. */
const asksForJson = ({ request }: Exchange): boolean =>
  /json/i.test(request.headers['accept'] ?? '') && !/html/i.test(request.headers['accept'] ?? '');

function hollow(exchange: Exchange): Loss | undefined {
  const value = jsonOf(exchange.response);
  if (isResource(value, 'Bundle')) return asArray(value['entry']).length === 0 ? 'empty-bundle' : undefined;
  if (isResource(value, 'Group')) return asArray(value['member']).length === 0 ? 'empty-list' : undefined;
  if (isResource(value, 'Parameters')) return asArray(value['parameter']).length === 0 ? 'empty-list' : undefined;
  if (!isObject(value) || isResource(value)) return undefined;
  if (at(value, 'transactionTime') !== undefined)
    return ['output', 'deleted', 'error'].every((name) => asArray(value[name]).length === 0) ? 'empty-manifest' : undefined;
  const lists = ['cards', 'systemActions', 'services'].filter((name) => Array.isArray(value[name]));
  return lists.length > 0 && lists.every((name) => asArray(value[name]).length === 0) ? 'empty-list' : undefined;
}

/** Requests that every FHIR API answers in some form. */
const everyday: readonly Step[] = ['metadata', 'read', 'search', 'group.read'];

/** Steps at which an honest request shows that the API answers requests of this kind: the same, or, for what nobody asks honestly, any everyday one. */
export const controlsOf = (step: Step): readonly Step[] => (step === 'operation' || step === 'preflight' ? everyday : [step]);

/** The loss, unless the row says that it is about just that. */
export function bareFor({ about }: Pick<Check, 'about'>, exchange: Exchange): Loss | undefined {
  const loss = lossOf(exchange);
  return loss === undefined || about?.[loss] !== undefined ? undefined : loss;
}
