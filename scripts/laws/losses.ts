import { memo } from '../../src/core/memo.ts';
import type { Exchange, Loss } from '../../src/core/model.ts';

const ways: Readonly<Record<Loss, (exchange: Exchange) => Exchange>> = {
  lost: (exchange) => ({ ...bare(exchange), response: null, error: { code: 'reset', message: 'the connection was reset' } }),
  throttled: (exchange) => answer(exchange, 429, outcome('throttled'), { 'retry-after': '5' }),
  unavailable: (exchange) => answer(exchange, 503, outcome('transient'), { 'retry-after': '5' }),
  crashed: (exchange) => answer(exchange, 500, '<html><body>Internal Server Error</body></html>', { 'content-type': 'text/html' }),
  forbidden: (exchange) => answer(exchange, 403, outcome('forbidden')),
  missing: (exchange) => answer(exchange, 404, outcome('not-found')),
  'empty-body': (exchange) => answer(exchange, 200, ''),
  'web-page': (exchange) => answer(exchange, 200, '<!DOCTYPE html><html><body>Sign in to go on</body></html>', { 'content-type': 'text/html' }),
  'off-topic': (exchange) => answer(exchange, 200, {}),
  'empty-bundle': (exchange) => answer(exchange, 200, { resourceType: 'Bundle', type: 'searchset', total: 0 }),
  'empty-list': (exchange) => answer(exchange, 200, emptyList(exchange)),
  'empty-manifest': (exchange) =>
    answer(exchange, 200, {
      transactionTime: exchange.startedAt,
      request: exchange.request.url,
      requiresAccessToken: true,
      output: [],
      error: [],
    }),
};

const outcome = (code: string) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, details: { text: 'This cannot be answered now. Try again later.' } }],
});

const emptyList = ({ step }: Exchange) =>
  step.startsWith('cds.')
    ? { cards: [], services: [] }
    : step.startsWith('group.')
      ? { resourceType: 'Group', id: 'none', type: 'person', actual: true, member: [] }
      : { resourceType: 'Parameters', parameter: [] };

function bare({ facts: _facts, issues: _issues, error: _error, ...exchange }: Exchange): Omit<Exchange, 'facts' | 'issues' | 'error'> {
  return exchange;
}

const answer = (exchange: Exchange, status: number, body: string | object, headers: Readonly<Record<string, string>> = {}): Exchange => ({
  ...bare(exchange),
  response: {
    status,
    headers: { 'content-type': 'application/fhir+json; charset=utf-8', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  },
});

/** Each way of losing an answer: what the same exchange looks like then, made once. Facts and issues go with the answer, as enrichers would find none. */
export const losses = Object.fromEntries(Object.entries(ways).map(([loss, way]) => [loss, memo(way)])) as typeof ways;
