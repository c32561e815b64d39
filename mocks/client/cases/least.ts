import { asArray, asObject, at, type JsonObject, parseJson } from '../../../src/core/fhir.ts';
import type { MockReply } from '../../kernel/payer.ts';
import { answers, withJson } from '../answers.ts';
import type { Case, Serving, Stage } from '../case.ts';

/** A list and a record with every element that must be supported, and with none of those that may be absent. */

/** What remains of a resource when everything is left out that its profiles allow to be absent. */
const least: Readonly<Record<string, readonly string[]>> = {
  Group: ['identifier', 'active', 'type', 'actual', 'code', 'managingEntity', 'characteristic', 'member'],
  Patient: ['identifier', 'name', 'gender'],
  Coverage: ['status', 'beneficiary', 'relationship', 'payor'],
  Observation: ['status', 'category', 'code', 'subject'],
};

function bare(resource: JsonObject): JsonObject {
  const type = String(resource['resourceType']);
  const kept = least[type];
  if (kept === undefined) return resource;
  const { profile: _claims, ...meta } = asObject(resource['meta']);
  const shorter = Object.fromEntries(Object.entries(resource).filter(([name]) => ['resourceType', 'id', ...kept].includes(name)));
  return {
    ...shorter,
    meta,
    ...(type === 'Group' ? { member: asArray(resource['member']).map((each) => ({ entity: at(each, 'entity') ?? {} })) } : {}),
    // A result has a value, or a reason why it has none.
    ...(type === 'Observation'
      ? { dataAbsentReason: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown' }] } }
      : {}),
  };
}

/** The names and addresses of a person with all that US Core says must be supported. */
const full = (resource: JsonObject): JsonObject =>
  resource['resourceType'] === 'Patient'
    ? {
        ...resource,
        name: asArray(resource['name']).map((each) => ({ ...asObject(each), suffix: ['Jr.'], period: { start: '2000-01-01' } })),
        address: asArray(resource['address']).map((each) => ({ ...asObject(each), period: { start: '2020-01-01' } })),
      }
    : resource;

/** The first person of the list is called by the word of the case. */
const list =
  (change: (resource: JsonObject) => JsonObject) =>
  (stage: Stage): Serving => ({
    rules: answers({
      'bulk.file': (reply) => {
        const lines = reply.body.split('\n').filter((line) => line.trim() !== '');
        const resources = lines.map((line) => asObject(parseJson(line)));
        if (reply.status !== 200 || resources.length === 0) return reply;
        const named = resources.map((each, nth) =>
          nth === 0 && each['resourceType'] === 'Patient'
            ? { ...each, name: [{ use: 'official', family: `Listed-${stage.word}`, given: ['Ann'] }] }
            : each,
        );
        // Plain, so that who judges can read it.
        const { 'content-encoding': _packed, etag: _tag, 'accept-ranges': _ranges, ...headers } = reply.headers;
        const { pack: _pack, ...plain } = reply;
        return { ...plain, headers, body: named.map((each) => `${JSON.stringify(change(each))}\n`).join('') };
      },
    }),
  });

/** The first result has the word of the case in its name. */
const results =
  (change: (resource: JsonObject) => JsonObject) =>
  (stage: Stage): Serving => {
    const renamed = (reply: MockReply): MockReply =>
      withJson(reply, (json) => ({
        ...json,
        entry: asArray(json['entry']).map((each, nth) => {
          const resource = asObject(at(each, 'resource'));
          const named = nth === 0 ? { ...resource, code: { ...asObject(resource['code']), text: `Result ${stage.word}` } } : resource;
          return { ...asObject(each), resource: change(named) };
        }),
      }));
    return {
      rules: answers({
        search: (reply, _nth, request) => (reply.status === 200 && /\/fhir\/Observation(\?|\/_search)/.test(request.url) ? renamed(reply) : reply),
      }),
    };
  };

export const leastCases: readonly Case[] = [
  { id: 'R4a', group: 'G10', journey: 'roster', does: 'an attribution list with every element that must be supported', serves: list(full) },
  { id: 'R4b', group: 'G10', journey: 'roster', does: 'an attribution list with none of the elements that may be absent', serves: list(bare) },
  { id: 'R4c', group: 'G10', journey: 'record', does: 'results with every element that must be supported', serves: results(full) },
  { id: 'R4d', group: 'G10', journey: 'record', does: 'results with none of the elements that may be absent', serves: results(bare) },
];
