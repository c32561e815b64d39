import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmbedded } from '../../mocks/embedded.ts';
import type { Enricher } from '../../src/enrich/enricher.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

const trust = ['directory', 'wellknown', 'smart', 'token', 'token.forms', 'token.negatives', 'introspection', 'resource-server'];

test('no token, assertion or private key reaches the stored exchanges of a drive', { timeout: 60_000 }, async (context) => {
  const embedded = await startEmbedded();
  const session = openSession(embedded.target, embedded.secrets);
  context.after(async () => {
    session.close();
    await embedded.close();
  });
  const used = new Set<string>();
  // An enricher sees exchanges before redaction: it collects every secret that went over the wire.
  const collect: Enricher = ({ request, response }) => {
    const bearer = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1];
    if (bearer !== undefined) used.add(bearer);
    const form = new URLSearchParams(request.headers['content-type']?.includes('form') ? request.body : (request.url.split('?')[1] ?? ''));
    for (const name of ['client_assertion', 'token']) if (form.get(name)) used.add(form.get(name) ?? '');
    const token = /"access_token":"([^"]+)"/.exec(response?.body ?? '')?.[1];
    if (token !== undefined) used.add(token);
    return {};
  };
  const evidence = await drive({ target: embedded.target, suites: withNeeds(suites, trust), ...session, enrichers: [...session.enrichers, collect] });
  for (const secret of Object.values(embedded.secrets)) {
    used.add(secret);
    // The private members of a JWK, each by itself.
    if (secret.startsWith('{'))
      for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi']) used.add(String((JSON.parse(secret) as Record<string, string>)[name] ?? ''));
  }
  used.delete('');
  assert.ok(used.size > 25, `only ${used.size} secrets were seen`);
  const stored = JSON.stringify(evidence);
  const leaked = [...used].filter((secret) => stored.includes(secret) || stored.includes(JSON.stringify(secret).slice(1, -1)));
  assert.deepEqual(
    leaked.map((secret) => `${secret.slice(0, 12)}… (${secret.length} characters)`),
    [],
  );
});
