import { randomUUID } from 'node:crypto';
import type { Made } from '../../fixtures/dataset.ts';
import { asArray, asString, at, isObject, isResource, parseJson } from '../../src/core/fhir.ts';
import { startRecord } from '../bulk/kickoff.ts';
import { type Guest, guarded } from '../fhir/serve.ts';
import type { MockReply, Route } from '../kernel/payer.ts';
import { fhir, outcome } from '../kernel/replies.ts';

const usual = 100;

/** Resources that others point to: part of the record though in nobody's compartment. */
function supporting(entries: readonly Made[], { store }: Guest): readonly Made[] {
  const wanted = new Set(
    [...JSON.stringify(entries).matchAll(/"reference":"((?:Practitioner|Organization|Location|Medication)\/[A-Za-z0-9.-]+)"/g)].map(
      (match) => match[1] ?? '',
    ),
  );
  return [...wanted].flatMap((each) => {
    const [type = '', id = ''] = each.split('/');
    return store.read(type, id) ?? [];
  });
}

/** How often the whole record of this member was asked for with a token of this scope; further pages belong to the last time. */
function askedSoFar({ request, payer, token }: Guest): number {
  const memory = payer.memory('record.asked', () => new Map<string, number>());
  const starts = !request.query.has('_from') && !request.query.has('_type') && !request.query.has('_since');
  const key = `${request.path} ${token.scope.join(' ')}`;
  const count = (memory.get(key) ?? 0) + (starts ? 1 : 0);
  memory.set(key, count);
  return count;
}

/**
 * Patient/[id]/$everything, paged.
 * Source: http://hl7.org/fhir/R4/operation-patient-everything.html
 */
function everything(guest: Guest): MockReply {
  const { request, payer, store, token } = guest;
  const { rules } = payer;
  const id = request.params['id'] ?? '';
  const compartment = rules.everythingFor(store, id, payer.data).filter((each) => each.resourceType !== 'Binary');
  if (compartment.length === 0)
    return outcome({
      status: 404,
      code: 'not-found',
      text: 'No Patient with this id is available to you. Match the member first, and use the id from there.',
      expression: 'http.url',
    });
  if ((request.headers['prefer'] ?? '').includes('respond-async') && rules.answersLater()) return startRecord(request, payer, token, id);
  const since = request.query.get('_since');
  if (since !== null && Number.isNaN(Date.parse(since)))
    return outcome({
      status: 400,
      code: 'value',
      text: '_since is not an instant. Correct it, for example 2026-01-05T08:00:00Z.',
      expression: 'http._since',
    });
  const types = request.query.get('_type')?.split(',');
  const whole = rules.everythingOf([...compartment, ...supporting(compartment, guest)], payer.data.resources, askedSoFar(guest));
  const wanted = whole
    .filter((each) => rules.everythingCovers(token.scope, each.resourceType))
    .filter((each) => types === undefined || !rules.honoursEverythingType() || types.includes(each.resourceType))
    .filter(
      (each) =>
        since === null ||
        !rules.honoursEverythingSince() ||
        Date.parse(asString(at(each, 'meta', 'lastUpdated')) ?? '') >= Date.parse(since) ||
        each.resourceType === 'Patient',
    );
  const count = Math.min(500, Math.max(1, Number(request.query.get('_count') ?? usual) || usual));
  const from = Math.max(0, Number(request.query.get('_from') ?? 0) || 0);
  const page = wanted.slice(from, from + count);
  const url = (offset: number) => {
    const query = new URLSearchParams(request.query);
    query.set('_from', String(offset));
    return `${payer.origin}${request.path}?${query}`;
  };
  const link = [{ relation: 'self', url: request.url }, ...(from + count < wanted.length ? [{ relation: 'next', url: url(from + count) }] : [])];
  return fhir({
    resourceType: 'Bundle',
    id: randomUUID(),
    type: 'searchset',
    total: wanted.length,
    link,
    entry: page.map((resource) => ({
      fullUrl: `${payer.origin}/fhir/${resource.resourceType}/${resource.id}`,
      resource,
      search: { mode: resource.resourceType === 'Patient' || payer.data.owner.has(`${resource.resourceType}/${resource.id}`) ? 'match' : 'include' },
    })),
  });
}

/** Parameters of a POST as if they stood in the URL; undefined when the body is something else. */
function byPost(guest: Guest): MockReply {
  const { request } = guest;
  const query = new URLSearchParams(request.query);
  const media = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  const body = request.body.trim() === '' ? undefined : parseJson(request.body);
  if (request.body.trim() !== '' && (!isResource(body, 'Parameters') || (media !== 'application/fhir+json' && media !== 'application/json')))
    return outcome({
      status: 400,
      code: 'structure',
      text: 'The body of $everything is a Parameters resource in JSON, or nothing. Correct the body and send the request again.',
      expression: 'http.body',
    });
  for (const parameter of asArray(at(body, 'parameter')))
    for (const [name, value] of Object.entries(isObject(parameter) ? parameter : {}))
      if (name.startsWith('value')) query.append(String(at(parameter, 'name')), String(value));
  const url = `${request.url.split('?')[0]}${query.size === 0 ? '' : `?${query}`}`;
  return everything({ ...guest, request: { ...request, url, query } });
}

export const everythingRoutes: readonly Route[] = [
  { step: 'everything', method: 'POST', path: '/fhir/Patient/:id/$everything', handle: guarded('r', byPost, () => 'Patient') },
  { step: 'everything', method: 'GET', path: '/fhir/Patient/:id/$everything', handle: guarded('r', everything, () => 'Patient') },
];
