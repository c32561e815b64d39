import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Provider, Reply } from '../../src/client/provider.ts';
import { exportByGet } from '../../src/client/requests/bulk.ts';
import { type HookCall, hookCall } from '../../src/client/requests/crd/hooks.ts';
import { memberMatch, metadata, operation, search } from '../../src/client/requests/fhir.ts';
import { asOne, consentOf, hasCard } from '../../src/client/requests/match.ts';
import { tokenRequest } from '../../src/client/requests/token.ts';
import { asArray, asObject, asString, at, entriesOf, type JsonObject } from '../../src/core/fhir.ts';
import type { Json, RequestSpec, Step } from '../../src/core/model.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { withDesk } from '../../suites/crd/lib.ts';
import { suites } from '../../suites/index.ts';
import { openWorld, type World } from '../bulk/world.ts';

/**
 * What clients and test suites that were not written for this payer met, entry by entry: required inputs are refused, values are checked and not their shapes alone,
 * and what metadata says is served. Each refusal names the part that is wrong.
 */
const asked = new Map<string, Reply>();
let world: World;

before(async () => {
  world = await openWorld();
  await world.talk([], {
    suites: [
      ...withNeeds(suites, ['member', 'crd.discovery']),
      { id: 'x-foreign', title: 'Ask as foreign clients do', scenarios: ['S1'], needs: ['member', 'crd.discovery'], asks: [], requests: 40, drive },
    ],
  });
});
after(() => world.close());

async function drive(provider: Provider): Promise<void> {
  const { known, target } = provider;
  const [base = '', id = ''] = [known.base, known.patientId];
  const member = target.members.known;
  assert.ok(member && hasCard(member));
  const ask = async (name: string, step: Step, spec: RequestSpec): Promise<Reply> => {
    const reply = await provider.ask(step, spec, { variant: `x-${name}` });
    asked.set(name, reply);
    return reply;
  };
  const get = (name: string, url: string) =>
    ask(name, 'search', { method: 'GET', url, token: 'default', headers: { accept: 'application/fhir+json' } });

  const own = asOne(member);
  const consent = asObject(consentOf(member));
  const match = (name: string, parts: { readonly patient?: Json; readonly coverage?: Json; readonly consent?: Json }) =>
    ask(name, 'member-match', memberMatch(base, { patient: own.patient, coverage: own.coverage, consent, ...parts }));
  const without = (value: JsonObject, ...names: readonly string[]): Json =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
  await match('consent of another patient', { consent: { ...consent, patient: { reference: 'Patient/somebody-else' } } });
  await match('consent without policy', { consent: without(consent, 'policy') });
  await match('consent without actors', { consent: { ...consent, provision: without(asObject(consent['provision']), 'actor') } });
  await match('coverage without payor', { coverage: without(own.coverage, 'payor') });
  await match('coverage without status', { coverage: without(own.coverage, 'status') });
  const honest = JSON.parse(memberMatch(base, { patient: own.patient, coverage: own.coverage, consent }).body ?? '') as JsonObject;
  const parameters = (more: Json): Json => ({ ...honest, parameter: [...asArray(honest['parameter']), more] });
  await ask(
    'two MemberPatient',
    'member-match',
    operation(base, 'Patient/$member-match', parameters({ name: 'MemberPatient', resource: own.patient })),
  );
  await ask('unknown parameter', 'member-match', operation(base, 'Patient/$member-match', parameters({ name: 'Whatever', valueString: 'x' })));

  await ask('scope of no type', 'token', tokenRequest(known.tokenEndpoint ?? '', 'system/UnknownResource.rs'));
  await ask('token request in JSON', 'token', {
    method: 'POST',
    url: known.tokenEndpoint ?? '',
    headers: { 'content-type': 'application/json' },
    body: '{"grant_type":"client_credentials"}',
  });
  await ask('impossible _since', 'bulk.kickoff', exportByGet({ base, at: 'Group/panel-a' }, { _since: '0000-60-01T30:70:80+05:00' }));
  const [claim] = entriesOf((await ask('claims', 'search', search(base, 'ExplanationOfBenefit', { patient: id }))).json);
  await ask(
    'include payee',
    'search',
    search(base, 'ExplanationOfBenefit', { _id: asString(claim?.resource?.['id']), _include: 'ExplanationOfBenefit:payee' }),
  );
  await ask('everything by POST', 'everything', {
    method: 'POST',
    url: `${base}/Patient/${id}/$everything`,
    token: 'default',
    headers: { accept: 'application/fhir+json' },
  });
  await ask('metadata', 'metadata', metadata(base));
  await get('search of Binary', `${base}/Binary?_count=1`);
  await get('base', base);
  await get('root', new URL('/', base).href);
  await ask('kick-off as text', 'bulk.kickoff', {
    method: 'POST',
    url: `${base}/Group/panel-a/$export`,
    token: 'default',
    headers: { accept: 'application/fhir+json', prefer: 'respond-async', 'content-type': 'text/plain' },
    body: '{"resourceType":"Parameters"}',
  });

  const [card] = entriesOf((await ask('coverage', 'search', search(base, 'Coverage', { patient: id }))).json);
  await withDesk(provider, async (desk) => {
    const call = (name: string, hook: HookCall['hook'], change: (body: JsonObject) => JsonObject, jwt = {}, headers = {}) => {
      const scene = desk.scene();
      const templates = Object.fromEntries(servicesTemplates(known.notes['crd.services'] ?? null, hook));
      const spec = hookCall(desk.base, desk.serviceFor(hook) ?? '', { hook, scene, instance: randomUUID(), templates, change }, jwt, headers);
      return ask(name, 'cds.hook', spec);
    };
    const inContext =
      (change: (context: JsonObject) => Json) =>
      (body: JsonObject): JsonObject => ({ ...body, context: change(asObject(body['context'])) });
    await call('fhirServer that is no URL', 'order-sign', ({ prefetch: _prefetch, ...body }) => ({ ...body, fhirServer: 'not a url' }));
    const patient = { resourceType: 'Patient', id: desk.scene().patient['id'] ?? null };
    await call('own coverage', 'order-sign', (body) => ({
      ...body,
      prefetch: {
        ...asObject(body['prefetch']),
        patient: { ...desk.scene().patient },
        coverage: {
          resourceType: 'Bundle',
          type: 'searchset',
          entry: [{ resource: { ...card?.resource, beneficiary: { reference: `Patient/${String(patient.id)}` } } }],
        },
      },
    }));
    await call(
      'no draftOrders',
      'order-sign',
      inContext((context) => without(context, 'draftOrders')),
    );
    await call(
      'no userId',
      'order-sign',
      inContext((context) => without(context, 'userId')),
    );
    await call(
      'no encounterId',
      'encounter-start',
      inContext((context) => without(context, 'encounterId')),
    );
    await call(
      'no performer',
      'order-dispatch',
      inContext((context) => without(context, 'performer')),
    );
    await call('hookInstance 1', 'order-sign', (body) => ({ ...body, hookInstance: '1' }));
    await call(
      'order of another patient',
      'order-sign',
      (body) =>
        JSON.parse(JSON.stringify(body).replace(/"subject":\{"reference":"[^"]+"/g, '"subject":{"reference":"Patient/somebody-else"')) as JsonObject,
    );
    await call('hook as text', 'order-sign', (body) => body, {}, { 'content-type': 'text/plain' });
    await call('client JWT without typ', 'order-sign', (body) => body, { header: { typ: undefined } });
    await call('honest hook', 'order-sign', (body) => body);
  });
}

/** Templates of the service for this hook, as its discovery states them. */
function servicesTemplates(services: Json, hook: string): [string, string][] {
  const service = asArray(services).find((each) => at(each, 'hook') === hook);
  return Object.entries(asObject(at(service, 'prefetch'))).map(([key, value]) => [key, String(value)]);
}

const refusals: readonly (readonly [name: string, statuses: readonly number[], names: RegExp])[] = [
  ['fhirServer that is no URL', [400], /fhirServer/],
  ['no draftOrders', [400], /draftOrders/],
  ['no userId', [400], /userId/],
  ['no encounterId', [400], /encounterId/],
  ['no performer', [400], /performer/],
  ['hookInstance 1', [400], /hookInstance/],
  ['order of another patient', [400], /another patient/],
  ['hook as text', [415], /Content-Type/],
  ['client JWT without typ', [401], /typ/],
  ['consent of another patient', [422], /[Cc]onsent/],
  ['consent without policy', [422], /consent/],
  ['consent without actors', [422], /consent/],
  ['two MemberPatient', [400, 422], /MemberPatient/],
  ['unknown parameter', [400, 422], /Whatever/],
  ['coverage without payor', [400, 422], /payor/],
  ['coverage without status', [400, 422], /status/],
  ['scope of no type', [400], /scope/],
  ['token request in JSON', [400, 415], /x-www-form-urlencoded|Content-Type/],
  ['impossible _since', [400], /_since/],
  ['search of Binary', [400, 404, 405], /search/],
  ['kick-off as text', [400, 415], /Content-Type/],
];
for (const [name, statuses, names] of refusals)
  test(`refused, and the words name the part: ${name}`, () => {
    const reply = asked.get(name);
    assert.ok(reply, 'it was asked');
    assert.ok(statuses.includes(reply.status), `status ${reply.status}: ${reply.body.slice(0, 300)}`);
    assert.match(reply.body, names);
  });

for (const name of ['own coverage', 'include payee', 'everything by POST', 'honest hook', 'root'])
  test(`served: ${name}`, () => {
    const reply = asked.get(name);
    assert.ok(reply, 'it was asked');
    assert.equal(reply.status, 200, reply.body.slice(0, 300));
  });

test('metadata declares $care-gaps where it is served: on Measure', () => {
  const rest = at(asked.get('metadata')?.json, 'rest', 0);
  const named = (holder: Json | undefined) => asArray(at(holder, 'operation')).map((each) => at(each, 'name'));
  assert.ok(!named(rest).includes('care-gaps'));
  assert.ok(named(asArray(at(rest, 'resource')).find((each) => at(each, 'type') === 'Measure')).includes('care-gaps'));
});

test('the base says where its metadata is', () => assert.match(asked.get('base')?.body ?? '', /\/fhir\/metadata/));

test('a card names no questionnaire at this base, since none is served there', () => {
  const named = [...(asked.get('honest hook')?.body ?? '').matchAll(/"valueCanonical":"([^"]*Questionnaire[^"]*)"/g)].map(([, url]) => url ?? '');
  assert.deepEqual(
    named.filter((url) => url.startsWith(world.embedded.origin)),
    [],
  );
});
