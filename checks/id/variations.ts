import { asArray, asObject, at } from '../../src/core/fhir.ts';
import type { WireResponse } from '../../src/core/model.ts';
import { change, headers, when, withBody } from '../alter.ts';
import type { Variation } from '../area.ts';
import { alterEntries, isPatient } from './alter-matches.ts';
import { alterParameters, hasCode, instead } from './answers.ts';

/** An error with another status, where the guides leave the choice. */
const asStatus = (response: WireResponse, code: string, status: number): WireResponse =>
  hasCode(response, code) ? { ...response, status } : response;

/** Ways in which an honest payer may differ when it tells members apart. */
export const identityVariations: readonly Variation[] = [
  {
    name: 'a match without MemberId',
    at: 'member-match',
    alter: (response) => alterParameters(response, (all) => all.filter((each) => at(each, 'name') !== 'MemberId')),
  },
  {
    name: 'an absolute MemberId',
    at: 'member-match',
    alter: (response, { url }) =>
      alterParameters(response, (all) =>
        all.map((each) =>
          at(each, 'name') === 'MemberId'
            ? { ...asObject(each), valueReference: { reference: `${url.split('/Patient/')[0]}/${String(at(each, 'valueReference', 'reference'))}` } }
            : each,
        ),
      ),
  },
  {
    name: 'a match with id, meta and profile',
    at: 'member-match',
    alter: (response) =>
      response.status === 200
        ? withBody(response, (body) => ({
            ...body,
            id: 'm-1',
            meta: { profile: ['http://hl7.org/fhir/us/davinci-hrex/StructureDefinition/hrex-parameters-member-match-out'] },
          }))
        : response,
  },
  {
    name: 'a member identifier with two type codings and an assigner',
    at: 'member-match',
    alter: (response) =>
      alterParameters(response, (all) =>
        all.map((each) => {
          const identifier = asObject(at(each, 'valueIdentifier'));
          if (at(each, 'name') !== 'MemberIdentifier') return each;
          const coding = [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MB' }, ...asArray(at(identifier, 'type', 'coding'))];
          return { ...asObject(each), valueIdentifier: { ...identifier, type: { coding }, assigner: { display: 'Sunrise Health Plan' } } };
        }),
      ),
  },
  {
    name: 'parameters of a match in the other order',
    at: 'member-match',
    alter: (response) => alterParameters(response, (all) => [...all].reverse()),
  },
  { name: 'GET on member-match is not found', at: 'member-match', alter: when(({ method }) => method === 'GET', change({ status: 404 })) },
  { name: 'missing parts of a question are answered 400', at: 'member-match', alter: (response) => asStatus(response, 'required', 400) },
  { name: 'a foreign beneficiary is answered 400', at: 'member-match', alter: (response) => asStatus(response, 'invalid', 400) },
  {
    name: 'refusals coded processing, the cause in the words alone',
    at: 'member-match',
    alter: (response) =>
      response.status === 422
        ? withBody(response, (body) => ({ ...body, issue: asArray(body['issue']).map((issue) => ({ ...asObject(issue), code: 'processing' })) }))
        : response,
  },
  { name: 'refusals without an expression', at: 'member-match', alter: (response) => withoutInIssues(response, 'expression') },
  { name: 'member-match answers without a charset', at: 'member-match', alter: headers({ 'content-type': 'application/fhir+json' }) },
  {
    name: 'a consent is wanted with every question',
    at: 'member-match',
    alter: (response, { body, method }) =>
      method === 'POST' && response.status === 200 && !(body ?? '').includes('"name":"Consent"')
        ? instead(response, 422, {
            resourceType: 'OperationOutcome',
            issue: [{ severity: 'error', code: 'required', details: { text: 'The parameter Consent is missing. Add the consent of the member.' } }],
          })
        : response,
  },
  {
    name: 'matches without the payer as an included entry in base $match',
    at: 'match',
    alter: (response) => alterEntries(response, (entry) => (isPatient(entry) ? entry : undefined)),
  },
  {
    name: 'an OperationOutcome entry among the matches',
    at: 'match',
    alter: (response, { url }) =>
      response.status === 200 && url.endsWith('$match')
        ? withBody(response, (body) => ({
            ...body,
            entry: [
              ...asArray(body['entry']),
              {
                fullUrl: `${url.split('/Patient/')[0]}/OperationOutcome/o-1`,
                resource: {
                  resourceType: 'OperationOutcome',
                  id: 'o-1',
                  issue: [{ severity: 'information', code: 'informational', details: { text: 'Complete.' } }],
                },
                search: { mode: 'outcome' },
              },
            ],
          }))
        : response,
  },
  {
    name: 'one of two spellings of $idi-match',
    at: 'idi-match',
    alter: (response, { url }) =>
      url.endsWith('$idi-match')
        ? instead(response, 404, {
            resourceType: 'OperationOutcome',
            issue: [{ severity: 'error', code: 'not-supported', details: { text: 'The operation $idi-match is not known. Use $IDI-match.' } }],
          })
        : response,
  },
  {
    name: 'an unknown member read with an id in the OperationOutcome',
    at: 'read',
    alter: (response) => (response.status >= 400 ? withBody(response, (body) => ({ ...body, id: 'outcome-1' })) : response),
  },
];

function withoutInIssues(response: WireResponse, name: string): WireResponse {
  return response.status >= 400
    ? withBody(response, (body) => ({
        ...body,
        issue: asArray(body['issue']).map((issue) => Object.fromEntries(Object.entries(asObject(issue)).filter(([key]) => key !== name))),
      }))
    : response;
}
