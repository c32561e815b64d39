import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { signersOf } from '../../src/client/identity.ts';
import { createTransport, type Transport } from '../../src/client/transport.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence } from '../../src/core/model.ts';
import { feeds } from '../../src/run/choose.ts';
import { drive } from '../../src/run/drive.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

/** The ways to a member who is not ours: each leak is injected alone and must be caught by the row that stands for its path. */

const paths = {
  read: ['id.authz.compartment', 'access'],
  search: ['id.authz.search', 'access'],
  include: ['id.authz.include-leak', 'access'],
  'chained search': ['id.authz.chained', 'access'],
  $everything: ['id.authz.everything', 'access'],
  document: ['id.authz.document', 'access'],
  export: ['pa.export.ignore-foreign', 'bulk.provider'],
  'opted out, $everything': ['id.authz.opt-out-everything', 'access'],
  'opted out, document': ['id.authz.opt-out-document', 'access'],
} as const;

let embedded: Embedded;
let transport: Transport;
before(async () => {
  embedded = await startEmbedded();
  transport = createTransport();
});
after(async () => {
  transport.close();
  await embedded.close();
});

/** The suite of the path, and those whose honest requests show that a refusal means something. */
const talk = (id: string, suite: string): Promise<Evidence> =>
  drive({
    target: embedded.target,
    suites: withNeeds(suites, [suite, ...(feeds()[id]?.reads.filter((each) => !/^(bulk|roster)/.test(each)) ?? [])]),
    transport,
    signers: signersOf(embedded.target, embedded.secrets),
  });

for (const [path, [id, suite]] of Object.entries(paths))
  test(`a leak by ${path} is caught by ${id}, and nothing leaks without it`, async () => {
    const check = checks.find((each) => each.id === id);
    assert.ok(check);
    embedded.payer.inject();
    assert.equal(findingOf(check, await talk(id, suite)).outcome, 'pass');
    for (const fault of check.faults) {
      embedded.payer.inject(fault);
      assert.equal(findingOf(check, await talk(id, suite)).outcome, 'fail', fault.name);
    }
  });

test('no two paths share a row', () => {
  const rows = Object.values(paths).map(([id]) => id);
  assert.equal(new Set(rows).size, rows.length);
});
