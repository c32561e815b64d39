import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmbedded } from '../../mocks/embedded.ts';
import { shapes } from '../../mocks/shapes/index.ts';
import { drive } from '../../src/run/drive.ts';
import { foretold } from '../../src/run/pages.ts';
import { openSession } from '../../src/run/session.ts';
import type { Ground } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

/** What a run says beforehand of its requests is within a factor of 1.5 of what it sends, at payers that offer little, too. HAPI: test/peers/hapi.test.ts. */

/** Polls come on top: as many as the payer's jobs take. */
const isPlanned = ({ step, probe }: { readonly step: string; readonly probe?: string }): boolean =>
  step !== 'tls' && (step !== 'bulk.status' || probe !== undefined);

for (const id of ['bulk-only', 'no-bulk', 'crd-own-keys', 'narrow-types', 'no-atr-export'])
  test(`a payer that is ${id} gets about as many requests as foretold`, async (t) => {
    const shape = shapes.find((each) => each.id === id);
    assert.ok(shape, id);
    const embedded = await startEmbedded({ shape });
    t.after(() => embedded.close());
    const { target, secrets } = embedded;
    const { enrichers: _enrichers, files: _files, close, ...session } = openSession(target, secrets);
    t.after(close);
    let ground: Ground | undefined;
    const { exchanges } = await drive({
      target,
      suites,
      ...session,
      onLearned: (learned) => {
        ground = { ...learned };
      },
    });
    assert.ok(ground, 'what it declares was read');
    const [told, sent] = [foretold(suites, ground), exchanges.filter(isPlanned).length];
    t.diagnostic(`${told} requests foretold, ${sent} sent without polls`);
    assert.ok(told <= sent * 1.5 && sent <= told * 1.5, `${told} requests foretold, ${sent} sent`);
  });
