import type { IssuedToken } from '../auth/authorize.ts';
import { authorize, isRefusal } from '../auth/authorize.ts';
import type { Handler, MockReply, MockRequest, PayerState } from '../kernel/payer.ts';
import { negotiate } from './negotiate.ts';
import { interactions } from './rules.ts';
import { servedTypes } from './search/parameters.ts';
import { type Store, storeFor } from './store.ts';

/** What a guarded handler works with. */
export interface Guest {
  readonly request: MockRequest;
  readonly payer: PayerState;
  readonly token: IssuedToken;
  /** The data as this client may see them. */
  readonly store: Store;
}

const requestId = /^[A-Za-z0-9._:-]{1,64}$/;

/** Puts the negotiated media type, the client's own request id and the CORS header on an answer. */
export function finish(reply: MockReply, request: MockRequest, media = 'application/fhir+json'): MockReply {
  const asked = request.headers['x-request-id'];
  const type = reply.headers['content-type'];
  return {
    ...reply,
    headers: {
      ...reply.headers,
      ...(type?.startsWith('application/fhir+json') && media !== 'application/fhir+json' ? { 'content-type': `${media}; charset=utf-8` } : {}),
      ...(asked !== undefined && requestId.test(asked) ? { 'x-request-id': asked } : {}),
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'ETag, Last-Modified, Location, Content-Location, X-Request-Id',
    },
  };
}

/** Does this payer know resources of this type at all? */
export const serves = ({ rules }: PayerState, type: string): boolean =>
  servedTypes.includes(type) && interactions.some((each) => rules.offers(type, each));

/** A handler without a token: metadata and the like. */
export const open =
  (handle: (request: MockRequest, payer: PayerState) => MockReply): Handler =>
  (request, payer) => {
    const media = negotiate(request);
    return typeof media === 'string' ? finish(handle(request, payer), request, media) : finish(media, request);
  };

/** A handler behind the authorization: who asks is settled first, then the format, then the question. */
export const guarded =
  (access: 'r' | 's', handle: (guest: Guest) => MockReply, typeOf = ({ params }: MockRequest): string => params['type'] ?? ''): Handler =>
  (request, payer) => {
    const token = authorize(request, payer, typeOf(request), access);
    if (isRefusal(token)) return finish(token, request);
    const media = negotiate(request);
    if (typeof media !== 'string') return finish(media, request);
    return finish(handle({ request, payer, token, store: storeFor(payer, token.organization) }), request, media);
  };
