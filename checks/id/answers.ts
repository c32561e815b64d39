import {
  asArray,
  asObject,
  asString,
  at,
  isObject,
  isResource,
  type JsonObject,
  jsonOf,
  parameterOf,
  parseJson,
  requestJsonOf,
} from '../../src/core/fhir.ts';
import type { Exchange, Json, WireRequest, WireResponse } from '../../src/core/model.ts';
import { withBody } from '../alter.ts';

/** Reading the answers of the match operations, and altering them. */

export const parametersIn = (exchange: Exchange): Json | undefined => jsonOf(exchange.response);

export const parameterNames = (value: Json | undefined): readonly string[] =>
  asArray(at(value, 'parameter')).flatMap((each) => asString(at(each, 'name')) ?? []);

export const memberIdentifierIn = (exchange: Exchange): JsonObject =>
  asObject(parameterOf(jsonOf(exchange.response), 'MemberIdentifier')?.['valueIdentifier']);

/** Anything in the answer that tells who the member is. */
export const tellsMember = (exchange: Exchange): boolean =>
  parameterNames(jsonOf(exchange.response)).some((name) => name === 'MemberIdentifier' || name === 'MemberId');

export interface OutcomeIssue {
  readonly severity: string;
  readonly code: string;
  readonly words: string;
}

/** Issues of an OperationOutcome with all that is said in each. */
export function issuesIn(exchange: Exchange): readonly OutcomeIssue[] | undefined {
  const value = jsonOf(exchange.response);
  if (!isResource(value, 'OperationOutcome')) return undefined;
  return asArray(value['issue'])
    .filter(isObject)
    .map((issue) => ({
      severity: asString(issue['severity']) ?? '',
      code: asString(issue['code']) ?? '',
      words: [
        at(issue, 'details', 'text'),
        ...asArray(at(issue, 'details', 'coding')).flatMap((coding) => [at(coding, 'code'), at(coding, 'display')]),
        issue['diagnostics'],
      ]
        .flatMap((each) => asString(each) ?? [])
        .join(' ')
        // A trace id differs with every answer and tells no cause.
        .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ''),
    }));
}

/** The JSON body of a request. */
export const askedIn = (request: WireRequest): Json | undefined => requestJsonOf(request);

/** An answer with this status and resource. */
export const instead = (response: WireResponse, status: number, resource: Json): WireResponse => ({
  ...response,
  status,
  body: JSON.stringify(resource),
});

export const someMatch: Json = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'MemberIdentifier',
      valueIdentifier: {
        type: { coding: [{ system: 'http://hl7.org/fhir/us/davinci-hrex/CodeSystem/hrex-temp', code: 'UMB' }] },
        value: 'U00000000001',
      },
    },
  ],
};
export const emptyParameters: Json = { resourceType: 'Parameters' };

/** The parameters of a Parameters answer, changed. */
export const alterParameters = (response: WireResponse, change: (parameters: readonly Json[]) => readonly Json[]): WireResponse =>
  withBody(response, (body) => (Array.isArray(body['parameter']) ? { ...body, parameter: change(body['parameter'] as readonly Json[]) } : body));

/** Some issue has this code. */
export const hasCode = (response: WireResponse, code: string): boolean =>
  asArray(at(parseJson(response.body), 'issue')).some((issue) => at(issue, 'code') === code);
