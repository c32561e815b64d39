import assert from 'node:assert/strict';
import { test } from 'node:test';
import { challengesOf, permits as judged } from '../../checks/cc2/documents.ts';
import { grantable, parseScope, permits } from '../../mocks/auth/scopes.ts';

const registered = ['system/*.rs'];

test('both generations of scopes are read, and letters out of order are not', () => {
  assert.deepEqual(parseScope('system/Patient.read'), { level: 'system', type: 'Patient', actions: 'rs' });
  assert.deepEqual(parseScope('system/*.cruds'), { level: 'system', type: '*', actions: 'cruds' });
  for (const bad of ['system/Patient.sr', 'system/Patient', 'system/patient.rs', 'openid', 'system/Patient.'])
    assert.equal(parseScope(bad), undefined, bad);
});

test('a grant stays within the registration', () => {
  const grants: readonly (readonly [string, readonly string[]])[] = [
    ['system/Patient.rs', ['system/Patient.rs']],
    ['system/*.read', ['system/*.read']],
    ['system/Patient.cruds', ['system/Patient.rs']],
    ['system/Practitioner.cud', []],
    ['system/Patient.write', []],
    ['patient/Patient.rs', []],
  ];
  for (const [asked, granted] of grants) assert.deepEqual(grantable([asked], registered), granted, asked);
});

test('a wildcard asked of a registration by types becomes those types', () => {
  assert.deepEqual(grantable(['system/*.rs'], ['system/Patient.rs', 'system/Group.rs']), ['system/Patient.rs', 'system/Group.rs']);
});

test('mock and judge, written apart, read the same scopes alike', () => {
  for (const scopes of [['system/*.rs'], ['system/Patient.r', 'system/Patient.s'], ['system/Patient.read'], ['system/Coverage.cud']])
    for (const type of ['Patient', 'Coverage'])
      for (const actions of ['r', 'rs', 'u'])
        assert.equal(judged(scopes, type, actions), permits(scopes, type, actions), `${scopes.join(' ')} ${type} ${actions}`);
});

test('challenges are distinguished in one header', () => {
  assert.deepEqual(
    challengesOf('Negotiate, Bearer realm="a, b", error="invalid_token", Basic realm="c"').map((each) => each.scheme),
    ['negotiate', 'bearer', 'basic'],
  );
  assert.match(challengesOf('Bearer realm="x", error="invalid_token"')[0]?.text ?? '', /error="invalid_token"/);
  assert.deepEqual(challengesOf(undefined), []);
});
