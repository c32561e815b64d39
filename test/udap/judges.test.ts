import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Finding, Json, Target, TransportError } from '../../src/core/model.ts';
import { evidence, type Told } from '../core/sample.ts';

/** Verdicts on UDAP answers as servers in the field gave them (docs/field.md), each by its number there. */

const json = { 'content-type': 'application/json' };
const at = (step: 'register' | 'udap.token', told: Told): Told => ({
  step,
  method: 'POST',
  url: `https://payer.example/udap/${step === 'register' ? 'register' : 'token'}`,
  headers: json,
  ...told,
});
const registration: Json = {
  ...{ client_id: 'c-1', client_name: 'a', grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', scope: 'x' },
};
const registered = at('register', { status: 201, body: registration });
const wrong = (id: string, status: number, body: Json | string = { error: 'invalid_software_statement' }): Told =>
  at('register', { probe: `udap.reg.${id}`, status, body });
const metadata = (...grants: readonly string[]): Told => ({
  step: 'udap.metadata',
  headers: json,
  body: { grant_types_supported: [...grants, 'client_credentials'] },
});
const token = at('udap.token', { body: { access_token: 't', token_type: 'Bearer', expires_in: 300 } });
const target: Partial<Target> = {
  udap: { client: { cert: 'c.pem', key: 'k.pem' }, spare: { weakKey: { cert: 'w.pem', key: 'w.pem' } }, communities: [] } as unknown as NonNullable<
    Target['udap']
  >,
  allow: { registration: true },
  auth: { kind: 'smart-backend', clientId: 'c', key: { file: 'k' } } as unknown as Target['auth'],
};

function said(id: string, ...told: readonly Told[]): Finding {
  const check = checks.find((each) => each.id === id);
  if (!check) throw new Error(`There is no requirement ${id}.`);
  return findingOf(check, evidence(told, target));
}
const is = (finding: Finding, state: Finding['outcome'], words = /./): void => {
  assert.equal(finding.outcome, state, JSON.stringify(finding));
  assert.match(JSON.stringify(finding), words);
};

test('K5.4: a registration that breaks down, is put off or gets lost has refused nothing', () => {
  const row = 'cc2.udap.reg.wrong-aud';
  const reset = { code: 'reset', message: 'the connection was reset' } as TransportError;
  is(said(row, metadata(), registered, wrong('wrong-aud', 400)), 'pass');
  is(said(row, metadata(), registered, wrong('wrong-aud', 502, '<h1>Bad gateway</h1>')), 'not-testable', /broke down/);
  is(said(row, metadata(), registered, wrong('wrong-aud', 429, '')), 'not-testable');
  is(said(row, metadata(), registered, { ...wrong('wrong-aud', 0), error: reset }), 'not-testable');
  is(said(row, metadata(), registered, wrong('wrong-aud', 201, registration)), 'fail', /made for another server/);
});

test('K2.6: a refusal counts beside an honest registration that was accepted; for both grants, beside one for authorization_code', () => {
  const refused = at('register', { status: 400, body: { error: 'invalid_client_metadata' } });
  is(said('cc2.udap.reg.wrong-aud', metadata(), refused, wrong('wrong-aud', 400)), 'not-testable', /without the fault is refused too/);
  is(said('cc2.udap.reg.wrong-aud', metadata(), refused, wrong('wrong-aud', 201, registration)), 'fail');
  const row = 'cc2.udap.reg.both-grants';
  const both = wrong('both-grants', 400, { error: 'invalid_client_metadata', error_description: 'logo_uri must refer to a valid png' });
  const code = (told: Told): Told => at('register', { variant: 'authorization-code', ...told });
  is(said(row, metadata(), registered, both), 'pass');
  is(said(row, metadata('authorization_code'), registered, both), 'not-testable', /without the fault was not asked for/);
  is(said(row, metadata('authorization_code'), registered, code({ status: 400, body: { error: 'invalid_client_metadata' } }), both), 'not-testable');
  is(said(row, metadata('authorization_code'), registered, code({ status: 201, body: registration }), both), 'pass');
});

test('K8.4: the first offender speaks, and the others are counted', () => {
  const bare = { nothing: true };
  is(
    said('cc2.udap.reg.error-form', registered, wrong('wrong-aud', 400, bare), wrong('no-iss', 400, bare), wrong('no-aud', 400)),
    'fail',
    /and 1 more/,
  );
});

test('K16.1: an error without a code is one, whichever way the client came', () => {
  const words = at('udap.token', { probe: 'udap.b2b.expired', status: 400, body: { error_description: 'JWT Verify Exception' } });
  is(said('cc2.token.error-json', metadata(), token, words), 'fail', /member error/);
});

test('K18.5: a cancellation that is answered as a new registration is none', () => {
  const cancel = (status: number): Told => at('register', { variant: 'cancel', status, body: { client_id: 'c-1', grant_types: [] } });
  const after = at('udap.token', { probe: 'udap.b2b.cancelled-client', status: 400, body: { error: 'invalid_client' } });
  is(said('cc2.udap.reg.cancel', registered, cancel(201), after), 'fail', /201/);
  is(said('cc2.udap.reg.cancel', registered, cancel(200), after), 'pass');
});

test('K18.6: a client that need not authenticate is another than the one that asked', () => {
  is(said('cc2.udap.reg.grants-echo', registered), 'pass');
  const open = at('register', { status: 201, body: { ...(registration as Record<string, Json>), token_endpoint_auth_method: 'none' } });
  is(said('cc2.udap.reg.grants-echo', open), 'fail', /private_key_jwt/);
});

test('K9.5: a Date header hours off is one warning, by the clock of this machine', () => {
  const told = (date: string): Told => ({ ...registered, headers: { ...json, date } });
  is(said('cc3.http.date', told('Mon, 05 Jan 2026 08:00:20 GMT')), 'pass');
  const [right, off] = [told('Mon, 05 Jan 2026 08:00:20 GMT'), told('Mon, 05 Jan 2026 11:00:00 GMT')];
  is(said('cc3.http.date', right, off, off), 'fail', /ahead of it.*and 1 more/);
  is(said('cc3.http.date', off, off), 'not-testable', /check ours first/);
  is(said('cc3.http.date', registered), 'not-applicable');
});

test('K13.9: what a granted probe means is reported as far as it was seen', () => {
  const weak = said('cc2.udap.reg.weak-key', registered, wrong('weak-key', 201, registration));
  is(weak, 'fail', /within reach/);
  assert.doesNotMatch(JSON.stringify(weak), /can be computed/);
  const kid = said('cc2.token.unknown-kid', {
    step: 'token',
    method: 'POST',
    probe: 'token.unknown-kid',
    body: { access_token: 't', token_type: 'Bearer' },
  });
  assert.doesNotMatch(JSON.stringify(kid), /keys are tried/);
});
