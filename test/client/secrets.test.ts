import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { tokensOf } from '../../src/client/identity.ts';
import { Stop } from '../../src/client/provider.ts';
import { tokenRequest } from '../../src/client/requests/token.ts';
import type { Json, Target } from '../../src/core/model.ts';
import { obtainOther, token, tokenForms, tokenNegatives } from '../../suites/trust/token.ts';
import { clientOf, serverOf } from './world.ts';

interface Seen {
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

/** A token endpoint with clients a and b by secret, and our client a towards it. */
async function secretPayer(t: TestContext, methods: Json, change: Partial<Target> = {}) {
  const seen: Seen[] = [];
  const origin = await serverOf(t, (request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      const form = new URLSearchParams(text);
      seen.push({ authorization: request.headers.authorization, form });
      const basic = Buffer.from(request.headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
      const who = basic === '' ? `${form.get('client_id')}:${form.get('client_secret')}` : basic.split(':').map(decodeURIComponent).join(':');
      const good = who === 'a:s:1' || who === 'b:s2';
      response.writeHead(good ? 200 : 401, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(good ? { access_token: `token-of-${who[0]}`, token_type: 'bearer', expires_in: 300 } : { error: 'invalid_client' }),
      );
    });
  });
  const target: Target = {
    name: 'secret',
    fhir: { base: origin },
    auth: { kind: 'client-secret', clientId: 'a', secret: { env: 'A' }, scope: 'system/*.rs' },
    otherClient: { clientId: 'b', secret: { env: 'B' } },
    members: {},
    ...change,
  };
  const client = clientOf(t, origin, { patch: target });
  for (const [name, value] of tokensOf(target, { A: 's:1', B: 's2', T: 'ready', E: 'old' })) client.tokens.set(name, value);
  client.tokens.delete('default');
  client.known.tokenEndpoint = `${origin}/token`;
  client.known.smart = { token_endpoint_auth_methods_supported: methods };
  return { client, seen, origin };
}

for (const [methods, form] of [
  [['client_secret_basic', 'client_secret_post'], 'basic'],
  [['client_secret_post'], 'form'],
  [[], 'basic'],
] as const)
  test(`a client secret goes by ${form} where the metadata say ${JSON.stringify(methods)}`, async (t) => {
    const { client, seen } = await secretPayer(t, methods);
    await token.drive(client);
    assert.equal(client.tokens.get('default'), 'token-of-a');
    const [first] = seen;
    assert.equal(first?.authorization?.startsWith('Basic ') ?? false, form === 'basic');
    assert.equal(first?.form.get('client_secret'), form === 'form' ? 's:1' : null);
    assert.equal(first?.form.get('client_assertion_type'), null);
    assert.equal(first?.form.get('grant_type'), 'client_credentials');
  });

test('forms and mistakes that need no assertion are tried, a second client has its own secret, and no secret is in a URL', async (t) => {
  const { client, seen } = await secretPayer(t, ['client_secret_basic']);
  await token.drive(client);
  await tokenForms.drive(client);
  assert.equal(client.tokens.get('other'), 'token-of-b');
  await tokenNegatives.drive(client);
  const probes = client.recorded.flatMap(({ probe }) => probe ?? []);
  assert.ok(probes.includes('token.unsupported-grant') && probes.includes('token.missing-assertion'), probes.join(' '));
  assert.ok(!probes.some((each) => /replay|alg-none|expired/.test(each)), probes.join(' '));
  assert.ok(seen.length > 5 && client.recorded.every(({ request }) => !request.url.includes('secret')));
});

test('an assertion cannot be made wrong by a client without a key: the request is not sent', async (t) => {
  const { client, origin } = await secretPayer(t, []);
  const wrong = client.ask('token', tokenRequest(`${origin}/token`, undefined, { sign: 'none' }));
  await assert.rejects(wrong, (cause) => cause instanceof Stop && cause.because === 'target-file');
});

test('a bearer target may bring a second client and an expired token, too', async (t) => {
  const { client } = await secretPayer(t, [], {
    auth: { kind: 'bearer', token: { env: 'T' } },
    otherClient: { token: { env: 'T' } },
    expiredToken: { env: 'E' },
  });
  assert.equal(await obtainOther(client), true);
  assert.deepEqual([client.tokens.get('other'), client.tokens.get('expired')], ['ready', 'old']);
});
