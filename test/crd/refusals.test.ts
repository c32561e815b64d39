import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks, probesOf } from '../../checks/index.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Finding, Json, Known } from '../../src/core/model.ts';
import { evidence, outcome, type Told, target } from '../core/sample.ts';

/** Refusals of hook calls and what cards say, as CDS services in the field gave them (docs/field.md), each by its number there. */

const url = 'https://payer.example/cds/cds-services/sign';
const hook = (told: Told): Told => ({ step: 'cds.hook', method: 'POST', url, headers: { 'content-type': 'application/json' }, ...told });
const greeting: Json = [{ summary: 'Covered', indicator: 'info', source: { label: 'Plan' } }];
const honest = (body: Json = { cards: greeting }): Told => hook({ variant: 'order-sign', body });
const wrong = (id: string, status: number, body: Json | string = '', more: Partial<Told> = {}): Told =>
  hook({ probe: `crd.${id}`, status, body, ...more });
const failing = hook({ variant: 'order-sign', status: 400, body: { message: 'fhirServer is required' } });
const crd = { cds: { base: 'https://payer.example/cds' }, guides: { 'hl7.fhir.us.davinci-crd': '2.2' } };

function said(id: string, ...told: readonly Told[]): Finding {
  const check = checks.find((each) => each.id === id);
  if (!check) throw new Error(`There is no requirement ${id}.`);
  return findingOf(check, evidence(told, crd));
}
const is = (finding: Finding, state: Finding['outcome'], words = /./): void => {
  assert.equal(finding.outcome, state, JSON.stringify(finding));
  assert.match(JSON.stringify(finding), words);
};

test('K2.2: a JWT is refused by 401 or 403, or by a 400 that names it, and only beside an honest call that was served', () => {
  const row = 'crd.auth.jwt-required';
  is(said(row, honest(), wrong('no-jwt', 401)), 'pass');
  is(said(row, honest(), wrong('no-jwt', 400, outcome('security', 'The client JWT is missing.'))), 'pass');
  is(said(row, honest(), wrong('no-jwt', 400, { message: 'fhirServer is required' })), 'not-testable', /not for its JWT/);
  is(said(row, failing, wrong('no-jwt', 401)), 'not-testable', /without the fault is refused too/);
  is(said(row, wrong('no-jwt', 401)), 'not-testable');
  is(said(row, honest(), wrong('no-jwt', 500)), 'not-testable', /broke down/);
  is(said(row, failing, wrong('no-jwt', 200, { cards: [] })), 'fail');
  const checked = 'crd.auth.jwt-checked';
  is(said(checked, honest(), wrong('no-jwt', 401), wrong('jwt-expired', 404)), 'not-testable', /not for its JWT/);
  is(said(checked, honest(), wrong('no-jwt', 401), wrong('jwt-expired', 401)), 'pass');
});

test('K2.3: the twin of a wrong call is an honest call of the same service', () => {
  const other: Told = { ...honest(), url: 'https://payer.example/cds/cds-services/book' };
  is(said('crd.error.wrong-payer', honest(), wrong('wrong-payer', 400)), 'pass');
  is(said('crd.error.wrong-payer', honest(), wrong('wrong-payer', 422)), 'fail', /400 for a Coverage/);
  is(said('crd.error.wrong-payer', failing, wrong('wrong-payer', 400)), 'not-testable');
  is(said('crd.error.wrong-payer', other, wrong('wrong-payer', 400)), 'not-testable');
  is(said('crd.error.profile', failing, wrong('profile', 500)), 'not-testable');
  is(said('crd.error.malformed', failing, wrong('malformed', 400)), 'not-testable');
});

test('K5.6: a server fault is no answer to the fault of a client', () => {
  const away = { url: 'https://payer.example/cds/cds-services/none' };
  is(said('crd.error.status-class', honest(), wrong('unknown-service', 404, '', away)), 'pass');
  is(said('crd.error.status-class', honest(), wrong('unknown-service', 500, 'java.lang.NullPointerException', away)), 'fail', /at fault/);
  is(said('crd.error.status-class', failing, wrong('unknown-service', 404, '', away)), 'not-testable');
});

test('K18.4: a call that can get no data is answered 412, or with coverage information', () => {
  const information = (covered: string): Json => ({
    cards: [],
    systemActions: [
      {
        type: 'update',
        resource: {
          resourceType: 'ServiceRequest',
          id: 'o',
          extension: [
            {
              url: 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information',
              extension: [{ url: 'covered', valueCode: covered }],
            },
          ],
        },
      },
    ],
  });
  const card: Json = { cards: [{ summary: 'Call us', indicator: 'info', source: { label: 'Plan' } }] };
  const row = 'crd.prefetch.412';
  is(said(row, honest(information('covered')), wrong('no-prefetch', 412)), 'pass');
  is(said(row, honest(information('covered')), wrong('no-prefetch', 200, { cards: [] })), 'fail', /can get no data/);
  is(said(row, honest(information('covered')), wrong('no-prefetch', 200, card)), 'fail');
  is(said(row, honest(information('covered')), wrong('no-prefetch', 200, information('covered'))), 'fail', /could not read/);
  is(said(row, honest(information('covered')), wrong('no-prefetch', 200, information('indeterminate'))), 'pass');
  is(said(row, honest(), wrong('no-prefetch', 200, { cards: [] })), 'not-testable');
});

test('K8.8: refusals without a word, or with the same ones, are a failure', () => {
  const row = 'crd.error.distinguishable';
  is(said(row, honest(), wrong('malformed', 400), wrong('profile', 400)), 'fail', /none of them with a word/);
  is(said(row, honest(), wrong('malformed', 400, 'Bad request'), wrong('profile', 400, 'Bad request')), 'fail', /the same as for/);
  is(said(row, honest(), wrong('malformed', 400, 'The body is no JSON'), wrong('profile', 422, outcome('required', 'code is missing'))), 'pass');
  const card: Json = { cards: [{ summary: 'Nothing is known', indicator: 'info', source: { label: 'Plan' } }] };
  const open = (variant: 'order-sign:unknown-code' | 'order-sign:refused'): Told => hook({ variant, body: card });
  is(said(row, honest(), wrong('malformed', 400, 'No JSON'), open('order-sign:unknown-code'), open('order-sign:refused')), 'fail', /refused/);
});

test('K15.3, K8.13: null where a value may be left out is reported once, with the place, the value and the number of others', () => {
  const link = (url: string): Json => ({ label: 'Read', url, type: 'absolute', appContext: null });
  const body: Json = {
    cards: [{ summary: 'S', indicator: 'info', source: { label: 'P' }, links: [link('https://a.example/1'), link('https://a.example/2')] }],
  };
  is(said('crd.card.links', honest(body)), 'pass');
  is(said('crd.json.no-null-empty', honest(body)), 'fail', /links\[0\]\.appContext is null, and 1 more/);
});

test('K12.6: an empty systemActions is reported once', () => {
  is(said('crd.invoke.success', honest({ cards: greeting, systemActions: [] })), 'pass');
  is(said('crd.json.no-null-empty', honest({ cards: greeting, systemActions: [] })), 'fail', /systemActions is \[\]/);
});

test('K9.3: an extension that is no object fails, and hides nothing', () => {
  const body: Json = { cards: [{ summary: 'S', indicator: 'info', source: { label: 'P' }, extension: 'davinci' }] };
  is(said('crd.card.required', honest(body)), 'fail', /davinci/);
});

test('K4.6: a detail may name its order by a code, an id or a word; what nobody knows is not testable', () => {
  const order = (id: string, code: string, display: string): Json => ({
    resourceType: 'ServiceRequest',
    id,
    code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code, display }] },
  });
  const entry = [order('o-1', '70551', 'MRI brain without contrast'), order('o-2', '97110', 'Therapeutic exercises')].map((resource) => ({
    resource,
  }));
  const asked: Json = { hook: 'order-sign', context: { patientId: 'p', draftOrders: { resourceType: 'Bundle', type: 'collection', entry } } };
  const about = { 'davinci-crd.associated-resource': ['ServiceRequest/o-1'] };
  const card = (detail?: string): Json => [
    { summary: 'S', indicator: 'info', source: { label: 'P' }, extension: about, ...(detail === undefined ? {} : { detail }) },
  ];
  const row = (detail?: string): Finding => said('crd.multi-resource-detail', { ...honest({ cards: card(detail) }), asked });
  is(row('Covers CPT/HCPCS 70551.'), 'pass');
  is(row('The brain MRI is covered.'), 'pass');
  is(row('For the first order.'), 'not-testable', /a person must look/);
  is(row(), 'fail', /no detail/);
});

test('K8.9: wrong calls are made of any hook that the service offers', () => {
  const known: Known = {
    target: { ...target, ...crd, members: { known: { patient: { resourceType: 'Patient' }, coverage: { resourceType: 'Coverage' } } } },
    ids: {},
    notes: { 'crd.base': 'https://payer.example/cds', 'crd.services': [{ hook: 'appointment-book', id: 'book' }] },
  };
  const wrongCalls = probesOf('crd.negatives').map((each) => ({ id: each.id, spec: each.request(known) }));
  const left = wrongCalls.filter(({ spec }) => typeof spec === 'string').map(({ id }) => id);
  // An order without a code needs a hook with orders; and no key is named for a client JWT.
  assert.ok(
    left.every((id) => id === 'crd.profile' || id.startsWith('crd.jwt') || id === 'crd.no-jwt'),
    left.join(' '),
  );
  assert.ok(wrongCalls.some(({ spec }) => typeof spec !== 'string' && spec.url.endsWith('/cds-services/book')));
});
