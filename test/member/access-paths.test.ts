import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { faults } from '../../checks/injections.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { signersOf } from '../../src/client/identity.ts';
import { createTransport } from '../../src/client/transport.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence } from '../../src/core/model.ts';
import { feeds } from '../../src/run/choose.ts';
import { drive } from '../../src/run/drive.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

/** The ways to a member who is not ours: each leak is a fault of the row that stands for its path, and an honest payer passes that row. */

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

let honest: Evidence;
before(async () => {
  const embedded = await startEmbedded();
  const transport = createTransport();
  // The suites of the paths, and those whose honest requests show that a refusal means something.
  const needed = Object.values(paths).flatMap(([id, suite]) => [suite, ...(feeds()[id]?.reads.filter((each) => !/^(bulk|roster)/.test(each)) ?? [])]);
  try {
    const signers = signersOf(embedded.target, embedded.secrets);
    honest = await drive({ target: embedded.target, suites: withNeeds(suites, needed), transport, signers });
  } finally {
    transport.close();
    await embedded.close();
  }
});

for (const [path, [id]] of Object.entries(paths))
  test(`a leak by ${path} is caught by ${id}, and nothing leaks without it`, () => {
    const check = checks.find((each) => each.id === id);
    assert.ok(check);
    assert.equal(findingOf(check, honest).outcome, 'pass');
    // Each is injected alone by scripts/faults.ts, in every `npm test`: exactly this row fails.
    const injected = faults.filter(({ requirement }) => requirement === id).map(({ fault }) => fault);
    assert.ok(check.faults.length > 0 && check.faults.every((fault) => injected.includes(fault)));
  });

test('no two paths share a row', () => {
  const rows = Object.values(paths).map(([id]) => id);
  assert.equal(new Set(rows).size, rows.length);
});
