import { asArray, asObject } from '../../src/core/fhir.ts';
import type { Json, WireResponse } from '../../src/core/model.ts';
import { change, when, withBody } from '../alter.ts';
import type { Variation } from '../area.ts';
import { hasCode } from '../id/answers.ts';

const issues = (response: WireResponse, change: (all: readonly Json[]) => readonly Json[]): WireResponse =>
  response.status >= 400
    ? withBody(response, (body) => (body['resourceType'] === 'OperationOutcome' ? { ...body, issue: change(asArray(body['issue'])) } : body))
    : response;

/** Ways in which an honest payer may differ when it says what is wrong. */
export const errorVariations: readonly Variation[] = [
  {
    name: 'a warning and an information beside the error',
    at: 'member-match',
    alter: (response) =>
      issues(response, (all) => [
        ...all,
        { severity: 'warning', code: 'informational', details: { text: 'The request was also slow.' } },
        { severity: 'information', code: 'informational', diagnostics: 'node 3' },
      ]),
  },
  {
    name: 'fatal instead of error',
    at: 'member-match',
    alter: (response) => issues(response, (all) => all.map((each) => ({ ...asObject(each), severity: 'fatal' }))),
  },
  {
    name: 'a narrative and an id in each OperationOutcome',
    at: 'member-match',
    alter: (response) =>
      response.status >= 400
        ? withBody(response, (body) => ({
            ...body,
            id: 'oo-77',
            text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">See the issue</div>' },
          }))
        : response,
  },
  {
    name: 'location instead of expression',
    at: 'member-match',
    alter: (response) =>
      issues(response, (all) =>
        all.map((each) => {
          const { expression, ...issue } = asObject(each);
          return expression === undefined ? issue : { ...issue, location: expression };
        }),
      ),
  },
  {
    name: 'an invalid resource is answered 400',
    at: 'member-match',
    alter: when((_request, response) => hasCode(response, 'code-invalid'), change({ status: 400 })),
  },
  {
    name: 'a body that is not JSON is answered 422',
    at: 'member-match',
    alter: when((_request, response) => hasCode(response, 'structure'), change({ status: 422 })),
  },
  { name: 'an unsupported method is answered 501', at: 'operation', alter: when(({ method }) => method === 'PATCH', change({ status: 501 })) },
  {
    name: 'another trace header',
    at: 'member-match',
    alter: (response) => {
      const { 'x-request-id': id, ...headers } = response.headers;
      return id === undefined ? response : { ...response, headers: { ...headers, 'x-correlation-id': id } };
    },
  },
  {
    name: 'a stack trace is bad advice but no failure',
    at: 'member-match',
    alter: (response) => issues(response, (all) => all.map((each) => ({ ...asObject(each), diagnostics: 'at com.acme.Match.find(Match.java:41)' }))),
  },
  {
    name: 'Retry-After as a date',
    at: 'member-match',
    alter: (response) =>
      response.status === 429
        ? { ...response, headers: { ...response.headers, 'retry-after': new Date(Date.now() + 2000).toUTCString() } }
        : response,
  },
];
