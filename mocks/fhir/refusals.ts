import { authorize, isRefusal } from '../auth/authorize.ts';
import type { Handler, Route } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { operationOf } from './reading.ts';
import { finish } from './serve.ts';

/** This payer is read-only for providers. */
const readOnly: Handler = (request, payer) => {
  const token = authorize(request, payer, request.params['type'] ?? '', 'r');
  if (isRefusal(token)) return finish(token, request);
  return finish(
    outcome({
      status: 405,
      code: 'not-supported',
      text: `${request.method} is not allowed here: this payer is read-only for providers. Use GET, or contact the plan to have data corrected.`,
      expression: 'http.method',
      headers: { allow: 'GET, HEAD, OPTIONS' },
    }),
    request,
  );
};

const preflight: Handler = (request) =>
  finish(
    {
      status: 204,
      headers: {
        'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
        'access-control-allow-headers': 'Accept, Authorization, Content-Type, If-None-Match, Prefer, X-Request-Id',
        'access-control-max-age': '600',
      },
      body: '',
    },
    request,
  );

const nowhere: Handler = (request) => {
  const last = request.path.slice(request.path.lastIndexOf('/') + 1);
  return finish(last.startsWith('$') ? operationOf(last) : outcome(nothing), request);
};

const nothing = {
  status: 404,
  code: 'not-found',
  text: 'Nothing is served at this path. Correct the URL: metadata lists the resource types and operations of this payer.',
  expression: 'http.url',
};

const writes = ['PUT', 'PATCH', 'DELETE'] as const;

/** Last of all routes: they catch what no other route took. */
export const refusalRoutes: readonly Route[] = [
  { step: 'preflight', method: 'OPTIONS', path: '/fhir/*', handle: preflight },
  ...writes.flatMap((method): Route[] => [
    { step: 'operation', method, path: '/fhir/:type/:id', handle: readOnly },
    { step: 'operation', method, path: '/fhir/:type', handle: readOnly },
  ]),
  { step: 'operation', method: 'POST', path: '/fhir/:type', handle: readOnly },
  ...['GET', 'POST', ...writes].map((method): Route => ({ step: 'operation', method, path: '/fhir/*', handle: nowhere })),
];
