import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagesUnread } from '../../checks/rest/bundles.ts';
import { holdsAll, sectionOf } from '../../checks/sec/lib.ts';
import type { Json } from '../../src/core/model.ts';
import { exchange, type Told } from './sample.ts';

const base = 'https://payer.example/fhir';
const bundle = (id: string, next?: string): Json => ({
  resourceType: 'Bundle',
  type: 'searchset',
  link: next === undefined ? [] : [{ relation: 'next', url: next }],
  entry: [{ resource: { resourceType: 'Condition', id }, search: { mode: 'match' } }],
});
const first: Told = { step: 'search', url: `${base}/Condition?patient=p-1`, body: bundle('c-1', `${base}?page=2`) };
const second: Told = { step: 'page', url: `${base}?page=2` };
const pages = (...told: readonly Told[]) => told.map(exchange);
const because = (...told: readonly Told[]) => {
  const found = pagesUnread(pages(...told));
  return found?.outcome === 'not-testable' ? found.because : found?.outcome;
};

test('pages say why something may be missing on them', () => {
  assert.equal(because(first, { ...second, body: bundle('c-2') }), undefined);
  assert.equal(because(first), 'ours', 'a page that we did not ask for');
  assert.equal(because(first, { ...second, status: 503 }), 'throttled');
  assert.equal(because(first, { ...second, error: { code: 'reset', message: 'connection reset' } }), 'network');
  assert.equal(because({ ...first, body: bundle('c-1', first.url) }), undefined, 'a loop is of the payer');
  assert.equal(because({ ...first, body: bundle('c-1', 'https://elsewhere.example/2') }), undefined, 'another server, too');
});

test('what stands on a page that was lost is not missing', () => {
  const outcome = (told: Partial<Told>) => {
    const [one, two] = pages(first, { ...second, ...told });
    assert.ok(one && two);
    const evidence = {
      exchanges: [one, { ...two, follows: 0 }],
      target: { name: 'sample', auth: { kind: 'none' }, members: {} },
      blocked: [],
    } as const;
    return holdsAll(sectionOf(evidence, one, 'Condition'), ['c-1', 'c-2']).outcome;
  };
  assert.equal(outcome({ body: bundle('c-2') }), 'pass');
  assert.equal(outcome({ body: bundle('c-3') }), 'fail');
  assert.equal(outcome({ status: 429 }), 'not-testable');
});
