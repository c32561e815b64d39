import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { issue } from '../../mocks/auth/memory.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import type { Target } from '../../src/core/model.ts';
import type { Mix } from '../../src/load/journeys.ts';
import { type Profile, profileOf } from '../../src/load/profiles.ts';
import { runLoad } from '../../src/load/run-load.ts';
import { serverOf } from '../client/world.ts';
import { skip } from './k6.ts';

/** A load by a client with a secret, and one whose CDS Hooks calls are signed by a key of their own. */

const secret = 'canary:s3cret/for a load';

/** The embedded payer with a token endpoint that knows our client by secret alone; `seen`: how it came. */
async function secretPayer(t: TestContext, methods: readonly string[]) {
  const embedded = await startEmbedded();
  t.after(() => embedded.close());
  const seen: ('basic' | 'form' | 'neither')[] = [];
  const origin = await serverOf(t, (request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      const form = new URLSearchParams(text);
      const basic = Buffer.from(request.headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
      // RFC 6749 2.3.1: both parts are encoded as in a form.
      const [id, word] = basic.split(':').map((each) => decodeURIComponent(each.replaceAll('+', ' ')));
      const form_ = form.get('client_id') === 'assay' && form.get('client_secret') === secret;
      const how = id === 'assay' && word === secret ? 'basic' : form_ ? 'form' : 'neither';
      seen.push(how);
      response.writeHead(how === 'neither' ? 401 : 200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          how === 'neither'
            ? { error: 'invalid_client' }
            : { access_token: issue(embedded.payer.state, 'assay', ['system/*.rs'], 300), token_type: 'bearer', expires_in: 300 },
        ),
      );
    });
  });
  embedded.payer.inject({
    name: 'knows secrets',
    at: 'smart.configuration',
    alter: (response) => ({
      ...response,
      body: JSON.stringify({ ...JSON.parse(response.body), token_endpoint: `${origin}/token`, token_endpoint_auth_methods_supported: methods }),
    }),
  });
  const target: Target = {
    ...embedded.target,
    auth: { kind: 'client-secret', clientId: 'assay', secret: { env: 'LOAD_SECRET' }, scope: 'system/*.rs', tokenEndpoint: `${origin}/token` },
  };
  return { embedded, target, seen, secrets: { ...embedded.secrets, LOAD_SECRET: secret } };
}

const brief = (mix: Mix): Profile => {
  const smoke = profileOf('smoke');
  return { ...smoke, stages: smoke.stages.slice(1).map((each) => ({ ...each, mix, rate: 20, seconds: 3 })) };
};

const callsOf = ({ payer }: Embedded) => payer.asked.filter(({ method, url }) => method === 'POST' && url.includes('/cds-services/'));

for (const [method, form] of [
  ['client_secret_basic', 'basic'],
  ['client_secret_post', 'form'],
] as const)
  test(`a client secret (${method}) opens a load, once for all virtual users, and stands in no file`, { skip }, async (t) => {
    const { target, seen, secrets } = await secretPayer(t, [method]);
    const folder = await mkdtemp(join(tmpdir(), 'assay-secret-'));
    t.after(() => rm(folder, { recursive: true }));
    const outcome = await runLoad(brief({ s1: 1 }), { target, secrets, keep: join(folder, 'load.ndjson') });
    assert.ok('latency' in outcome, JSON.stringify(outcome));
    const { series, load } = outcome.latency;
    assert.ok((load?.requests ?? 0) > 30, `${load?.requests} requests`);
    assert.deepEqual(
      series.filter((each) => each.ok.includes(0)).map(({ operation }) => operation),
      [],
    );
    assert.deepEqual(seen, [form]);
    for (const file of await readdir(folder)) {
      const text = await readFile(join(folder, file), 'utf8');
      for (const each of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) assert.ok(!text.includes(each), file);
    }
  });

test('cds.key signs CDS Hooks calls of a load whose FHIR client has a secret only', { skip }, async (t) => {
  const { embedded, target: by, secrets } = await secretPayer(t, ['client_secret_basic']);
  const { auth, cds } = embedded.target;
  assert.ok(auth.kind === 'smart-backend' && cds);
  const target: Target = { ...by, cds: { ...cds, issuer: auth.clientId, key: auth.key, ...(auth.kid === undefined ? {} : { kid: auth.kid }) } };
  const outcome = await runLoad(brief({ s2: 1 }), { target, secrets });
  assert.ok('latency' in outcome, JSON.stringify(outcome));
  const calls = callsOf(embedded);
  assert.ok(calls.length > 20, `${calls.length} calls`);
  assert.ok(calls.every(({ headers }) => headers['authorization']?.startsWith('Bearer ey')));
  assert.deepEqual(
    outcome.latency.series.filter((each) => each.ok.includes(0)).map(({ operation }) => operation),
    [],
    'the embedded payer refuses a call without a JWT, or with one of another key',
  );
});
