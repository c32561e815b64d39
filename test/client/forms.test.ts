import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { askMemberMatch, matchForms } from '../../src/client/requests/match.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json, Target } from '../../src/core/model.ts';
import { match } from '../../suites/member/match.ts';
import { member } from '../../suites/member/member.ts';
import { clientOf, serverOf } from './world.ts';

/** As README's example has it: no ids anywhere. */
const person = {
  patient: { resourceType: 'Patient', name: [{ family: 'A' }], birthDate: '1970-01-01' },
  coverage: { resourceType: 'Coverage', subscriberId: '1', beneficiary: { reference: 'Patient/1' }, subscriber: { reference: 'Patient/1' } },
} as const;
const parts = (body: Json): readonly string[] => asArray(at(body, 'parameter')).flatMap((each) => asString(at(each, 'name')) ?? []);
const resourceIn = (body: Json, name: string): Json | undefined =>
  at(
    asArray(at(body, 'parameter')).find((each) => at(each, 'name') === name),
    'resource',
  );

/** A payer that answers each match by what this says of its body and path. */
async function payerThat(t: TestContext, says: (body: Json, path: string) => { readonly status: number; readonly body: object }) {
  const origin = await serverOf(t, (request, response) => {
    let text = '';
    request.on('data', (part) => (text += part));
    request.on('end', () => {
      const { status, body } = says(text === '' ? null : (JSON.parse(text) as Json), request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(body));
    });
  });
  const patch: Partial<Target> = { members: { known: person }, statements: { 'member-match': true } };
  const client = clientOf(t, origin, { patch });
  client.known.base = origin;
  return client;
}
const refusal = (text: string) => ({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid', diagnostics: text }] });
const found = {
  resourceType: 'Parameters',
  parameter: [
    { name: 'MemberIdentifier', valueIdentifier: { value: 'm' } },
    { name: 'MemberId', valueReference: { reference: 'Patient/p' } },
  ],
};

test('one id in all three places, whatever the target file leaves out', () => {
  const body = JSON.parse(askMemberMatch('http://x', person).body ?? '') as Json;
  const self = `Patient/${String(at(resourceIn(body, 'MemberPatient'), 'id'))}`;
  assert.match(self, /^Patient\/[a-z0-9-]+$/);
  for (const path of [
    ['CoverageToMatch', 'beneficiary', 'reference'],
    ['CoverageToMatch', 'subscriber', 'reference'],
    ['Consent', 'patient', 'reference'],
  ] as const)
    assert.equal(at(resourceIn(body, path[0]), path[1], path[2]), self, path.join('.'));
  assert.equal(at(resourceIn(body, 'Consent'), 'performer', 0, 'reference'), self);
});

test('a payer that wants CoverageToLink and the sensitive policy is asked so, and judges see the form that it took', async (t) => {
  const client = await payerThat(t, (body) => {
    const sensitive = JSON.stringify(resourceIn(body, 'Consent')).includes('#sensitive');
    return parts(body).includes('CoverageToLink') && sensitive ? { status: 200, body: found } : { status: 422, body: refusal('no') };
  });
  await member.drive(client);
  assert.equal(client.known.patientId, 'p');
  assert.deepEqual(client.known.notes['member.form'], { policy: 'sensitive', coverageToLink: true });
  assert.deepEqual(
    client.recorded.map(({ variant, response }) => [variant, response?.status]),
    [
      ['refused-form/regular', 422],
      ['refused-form/sensitive', 422],
      ['refused-form/regular-with-link', 422],
      [undefined, 200],
    ],
  );
});

test('the form that the target file names goes first; one that is taken is the only one', async (t) => {
  const client = await payerThat(t, () => ({ status: 200, body: found }));
  await member.drive(client);
  assert.deepEqual(
    client.recorded.map(({ variant }) => variant),
    [undefined],
  );
  assert.deepEqual(matchForms({ policy: 'sensitive', coverageToLink: true })[0], { policy: 'sensitive', coverageToLink: true });
});

test('a payer that does not let us in is not asked in other forms', async (t) => {
  const client = await payerThat(t, () => ({ status: 403, body: refusal('no') }));
  await member.drive(client).catch(() => undefined);
  assert.equal(client.recorded.length, 1);
});

for (const [wants, operation] of [
  ['patient', '$idi-match'],
  ['resource', '$idi-match'],
  ['IDIPatient', '$IDI-match'],
] as const)
  test(`$idi-match is asked with the parameter ${wants} at ${operation}, when that is what the payer asks for`, async (t) => {
    const client = await payerThat(t, (body, path) => {
      if (!path.endsWith(operation)) return { status: 404, body: refusal('unknown operation') };
      if (!parts(body).includes(wants)) return { status: 400, body: refusal(`A parameter named '${wants}' must be provided`) };
      return { status: 200, body: { resourceType: 'Bundle', type: 'searchset', total: 0 } };
    });
    const provider = { ...client, target: { ...client.target, guides: { 'hl7.fhir.us.identity-matching': '2.0.0' } } };
    await match.drive(provider);
    const known = client.recorded.find(({ step, variant }) => step === 'idi-match' && variant === 'known');
    assert.equal(known?.response?.status, 200);
    const later = client.recorded.filter(({ step, variant }) => step === 'idi-match' && !variant?.startsWith('refused-form/'));
    assert.ok(later.length > 1 && later.every(({ response }) => response?.status === 200));
  });
