import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passiveRows } from '../../checks/client/passive.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { runExport } from '../../src/client/bulk/export.ts';
import { signersOf } from '../../src/client/identity.ts';
import { createProvider } from '../../src/client/provider.ts';
import { exportByGet } from '../../src/client/requests/bulk.ts';
import { read } from '../../src/client/requests/fhir.ts';
import { askMemberMatch } from '../../src/client/requests/match.ts';
import { tokenRequest } from '../../src/client/requests/token.ts';
import { createTransport } from '../../src/client/transport.ts';
import type { ClientFault } from '../../src/core/client-row.ts';
import { asString, at } from '../../src/core/fhir.ts';
import type { Exchange, RawExchange } from '../../src/core/model.ts';

/** What the payer's side heard while our own client matched, read and exported. */
async function heardOf(fault?: ClientFault): Promise<readonly Exchange[]> {
  const heard: Exchange[] = [];
  const embedded = await startEmbedded({
    hear: (step, request, response) =>
      heard.push({
        ...{ index: heard.length, suite: 'client', step, request, response, startedAt: new Date().toISOString(), timing: { total: 0 } },
        size: { sent: 0, received: 0, decoded: 0 },
      }),
  });
  const inner = createTransport();
  const { target, secrets } = embedded;
  const patient = target.members.known;
  assert.ok(patient);
  try {
    const provider = createProvider({
      target: { ...target, bulk: { ...target.bulk, pollFloor: 20 } },
      transport: fault === undefined ? inner : { ...inner, send: (request, options) => inner.send(fault.sends(request), options) },
      signers: signersOf(target, secrets),
      signal: new AbortController().signal,
      record: (exchange) => ({ ...exchange, index: 0, suite: 'client' }) as RawExchange,
      blocked: () => undefined,
    });
    const base = `${embedded.origin}/fhir`;
    provider.known.base = base;
    provider.known.tokenEndpoint = `${embedded.origin}/as/token`;
    const token = await provider.ask('token', tokenRequest(provider.known.tokenEndpoint, 'system/*.rs'));
    provider.tokens.set('default', asString(at(token.json, 'access_token')) ?? '');
    await provider.ask('member-match', askMemberMatch(base, patient));
    await provider.ask('read', read(base, 'Patient', embedded.payer.state.data.roles.known));
    await runExport(provider, exportByGet({ base, at: `Group/${target.bulk?.group}` }, { _type: 'Patient' }), 'group');
    return heard;
  } finally {
    inner.close();
    await embedded.close();
  }
}

const failed = (heard: readonly Exchange[]) => passiveRows.filter((row) => row.judge(heard).outcome === 'fail').map((row) => row.id);

test('our own client passes every passive row, as the payer heard it', async () => {
  const heard = await heardOf();
  assert.deepEqual(
    passiveRows.map((row) => [row.id, row.judge(heard).outcome]),
    passiveRows.map((row) => [row.id, 'pass']),
  );
});

for (const row of passiveRows)
  for (const fault of row.faults)
    test(`a client that ${fault.name} fails ${row.id} and no other row`, async () => {
      assert.deepEqual(failed(await heardOf(fault)), [row.id]);
    });

test('a client that never came passes nothing', () => {
  for (const row of passiveRows) assert.equal(row.judge([]).outcome, 'not-testable', row.id);
});
