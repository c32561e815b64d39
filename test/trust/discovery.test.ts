import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import type { Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

async function discovered(change: (target: Target) => Target) {
  const target = change(embedded.target);
  const session = openSession(target, embedded.secrets);
  try {
    return await drive({ target, suites: withNeeds(suites, ['token']), ...session });
  } finally {
    session.close();
  }
}
const bare = ({ fhir: _fhir, directory: _directory, wellKnown: _wellKnown, ...rest }: Target): Target => rest;
const got = (evidence: Awaited<ReturnType<typeof discovered>>) => evidence.exchanges.find((each) => each.step === 'token')?.response?.status;

test('the base comes from the directory when the target file gives none', async () => {
  const evidence = await discovered((target) => ({ ...bare(target), ...(target.directory ? { directory: target.directory } : {}) }));
  assert.equal(got(evidence), 200);
  assert.equal(evidence.exchanges.find((each) => each.step === 'metadata')?.request.url, `${embedded.origin}/fhir/metadata`);
});

test('the base comes from the davinci-configuration file when that is all there is', async () => {
  const evidence = await discovered((target) => ({ ...bare(target), ...(target.wellKnown ? { wellKnown: target.wellKnown } : {}) }));
  assert.equal(got(evidence), 200);
  assert.ok(evidence.exchanges.some((each) => each.step === 'wellknown.davinci'));
});

test('the payer is found by identifier, past its neighbour of nearly the same name', async () => {
  const evidence = await discovered((target) => {
    const { base = '', identifier } = target.directory ?? {};
    return { ...bare(target), directory: { base, ...(identifier ? { identifier } : {}) } };
  });
  assert.equal(got(evidence), 200);
});

test('without any source the run says what to name', async () => {
  const evidence = await discovered(bare);
  assert.match(evidence.blocked[0]?.reason ?? '', /name fhir\.base, directory or wellKnown in the target file/);
});
