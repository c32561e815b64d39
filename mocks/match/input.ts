import { asString, isObject, isResource, parameterOf, type Resource } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { authorize, isRefusal } from '../auth/authorize.ts';
import type { MockReply, MockRequest, PayerState } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';

/** The Parameters of an operation, or the refusal to send: no token, another media type, not JSON, not Parameters. */
export function parametersOf(request: MockRequest, payer: PayerState): { readonly parameters: Resource; readonly clientId: string } | MockReply {
  const token = authorize(request, payer, 'Patient', 's');
  if (isRefusal(token) && !payer.rules.matchesWithoutToken()) return token;
  const media = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (media !== 'application/fhir+json' && media !== 'application/json')
    return outcome({
      status: 415,
      code: 'not-supported',
      text: `The Content-Type ${media === '' ? 'is missing' : `"${media}" is not supported`}. Send the body as application/fhir+json.`,
      expression: 'http.Content-Type',
    });
  let body: Json;
  try {
    body = JSON.parse(request.body) as Json;
  } catch (cause) {
    const place = /position (\d+)/.exec((cause as Error).message)?.[1];
    return outcome({
      ...payer.rules.malformed(payer),
      text: `The body is not valid JSON${place === undefined ? '' : ` (character ${place})`}. Correct it and send the request again.`,
    });
  }
  if (!isResource(body, 'Parameters'))
    return outcome({
      status: 400,
      code: 'invalid',
      text: `The body must be a Parameters resource, not ${isObject(body) ? (asString(body['resourceType']) ?? 'JSON without resourceType') : 'other JSON'}. Send the inputs as Parameters.`,
      expression: 'Parameters',
    });
  return { parameters: body, clientId: isRefusal(token) ? 'anybody' : token.clientId };
}

export const isReply = (value: object): value is MockReply => 'status' in value;

/** The resource in the parameter of this name. */
export function partOf(parameters: Json, name: string): Resource | undefined {
  const resource = parameterOf(parameters, name)?.['resource'];
  return isResource(resource) ? resource : undefined;
}
