import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { signersOf } from '../../src/client/identity.ts';
import { createTransport, defaultLimits, type Transport } from '../../src/client/transport.ts';
import { select } from '../../src/core/findings.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence, Fault, Finding, Json, WireRequest, WireResponse } from '../../src/core/model.ts';
import { ccdaEnricher } from '../../src/enrich/ccda.ts';
import { drive } from '../../src/run/drive.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';
import { mostPages } from '../../suites/sections/pages.ts';

/** Hostile and broken records over real HTTP: every conversation ends, is blamed on the right requirement, and the run goes on. */

let embedded: Embedded;
let transport: Transport;
before(async () => {
  embedded = await startEmbedded();
  transport = createTransport();
});
beforeEach(() => embedded.payer.inject());
after(async () => {
  transport.close();
  await embedded.close();
});

const talk = (ids: readonly string[], through = transport): Promise<Evidence> =>
  drive({
    target: embedded.target,
    suites: withNeeds(suites, ids),
    transport: through,
    signers: signersOf(embedded.target, embedded.secrets),
    enrichers: [ccdaEnricher],
  });
const finding = (evidence: Evidence, id: string): Finding => {
  const check = checks.find((each) => each.id === id);
  assert.ok(check, id);
  return findingOf(check, evidence);
};
const fails = (evidence: Evidence, id: string, actual: RegExp): void => {
  const found = finding(evidence, id);
  assert.equal(found.outcome, 'fail', `${id}: ${JSON.stringify(found)}`);
  assert.match(found.outcome === 'fail' ? found.actual : '', actual);
};
const unknown = (evidence: Evidence, id: string, reason: RegExp): void => {
  const found = finding(evidence, id);
  assert.equal(found.outcome, 'not-testable', `${id}: ${JSON.stringify(found)}`);
  assert.match(found.outcome === 'not-testable' ? found.reason : '', reason);
};
/** What comes after the broken part was asked all the same. */
const wentOn = (evidence: Evidence): void => {
  assert.ok(select(evidence, { step: 'search', variant: 'doc:list' }).some((each) => each.response?.status === 200));
};

const xml = { 'content-type': 'application/xml' } as const;
const inject = (name: string, at: Fault['at'], alter: (response: WireResponse, request: WireRequest) => WireResponse): void =>
  embedded.payer.inject({ name, at, alter });
const isWhole = ({ url }: WireRequest): boolean => /\$everything\?_count=/.test(url);
const withBundle = (response: WireResponse, change: (bundle: { [name: string]: Json }) => object): WireResponse =>
  response.status === 200 ? { ...response, body: JSON.stringify({ ...change(JSON.parse(response.body) as { [name: string]: Json }) }) } : response;
const nextIs = (response: WireResponse, url: string): WireResponse =>
  withBundle(response, (bundle) => ({ ...bundle, link: [{ relation: 'next', url }] }));
/** Instead of the C-CDA document that $docref offers. */
const insteadOfDocument = (name: string, body: string, headers: Readonly<Record<string, string>> = xml): void =>
  inject(name, 'binary', (response, request) =>
    request.headers['accept'] === 'application/xml' ? { ...response, headers: { ...response.headers, ...headers }, body } : response,
  );
const both = ['record.everything', 'record.documents'];

test('pages without an end: we stop at our limit and call it ours', async () => {
  let page = 0;
  inject('always has another page', 'everything', (response, request) =>
    isWhole(request)
      ? withBundle(response, (bundle) => ({
          ...bundle,
          entry: page++ === 0 ? (bundle['entry'] ?? []) : [],
          link: [{ relation: 'next', url: `${request.url.split('&_from')[0]}&_from=${page}` }],
        }))
      : response,
  );
  const evidence = await talk(both);
  const further = select(evidence, { step: 'page', variant: 'whole' }).length;
  // How many depends on what the other conversations of the run may need (limits.pages).
  assert.ok(further > 1 && further < mostPages, `${further} further pages`);
  unknown(evidence, 'record.nothing-twice', new RegExp(`We stopped after ${further + 1} pages`));
  unknown(evidence, 'record.complete', new RegExp(`We stopped after ${further + 1} pages`));
  wentOn(evidence);
});

test('a next link to another origin: no request and no token goes there', async () => {
  const asked: string[] = [];
  const stranger = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => stranger.once('listening', resolve));
  const elsewhere = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/page/2`;
  try {
    inject('sends us elsewhere', ['everything', 'search'], (response, request) =>
      isWhole(request) || request.url.includes('/Condition?') ? nextIs(response, elsewhere) : response,
    );
    const evidence = await talk([...both, 'sections']);
    assert.deepEqual(asked, []);
    fails(evidence, 'record.nothing-twice', /which we did not follow/);
    wentOn(evidence);
  } finally {
    stranger.close();
  }
});

test('a page that offers itself again: it is read once', async () => {
  inject('offers the same page again', 'everything', (response, request) => (isWhole(request) ? nextIs(response, request.url) : response));
  const evidence = await talk(both);
  assert.equal(select(evidence, { step: 'page', variant: 'whole' }).length, 0);
  fails(evidence, 'record.nothing-twice', /a page that was read already/);
  wentOn(evidence);
});

test('50 MB of XML: our limit, told as ours and never as a failure of the payer', async () => {
  insteadOfDocument('sends 50 MB', `<?xml version="1.0"?><ClinicalDocument>${'x'.repeat(50 * 2 ** 20)}</ClinicalDocument>`);
  const evidence = await talk(['record.documents']);
  const cut = evidence.exchanges.filter((each) => each.error?.code === 'limit.body');
  assert.equal(cut.length, 1);
  unknown(evidence, 'doc.attachment.retrievable', /We stopped \(limit\.body\)/);
  wentOn(evidence);
});

test('a document within the limit of a body and beyond that of a parser is not parsed', async () => {
  insteadOfDocument('sends 24 MB', `<?xml version="1.0"?><ClinicalDocument>${'x'.repeat(24 * 2 ** 20)}</ClinicalDocument>`);
  unknown(await talk(['record.documents']), 'doc.ccda.well-formed', /We stopped: the document is longer than our limit/);
});

test('an entity expansion bomb is not expanded', async () => {
  const levels = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`).join('');
  insteadOfDocument('sends a bomb', `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "boom">${levels}]><ClinicalDocument>&l9;</ClinicalDocument>`);
  const evidence = await talk(['record.documents']);
  fails(evidence, 'doc.ccda.well-formed', /DOCTYPE or ENTITY/);
  assert.ok(JSON.stringify(evidence).split('boom').length < 5);
  wentOn(evidence);
});

test('a Binary that lies about its type', async () => {
  insteadOfDocument('calls a PDF XML', '%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj');
  fails(await talk(['record.documents']), 'doc.ccda.well-formed', /not well-formed XML/);
  insteadOfDocument('calls XML a PDF', '<?xml version="1.0"?><ClinicalDocument/>', { 'content-type': 'application/pdf' });
  const evidence = await talk(['record.documents']);
  fails(evidence, 'doc.attachment.retrievable', /application\/pdf/);
  wentOn(evidence);
});

test('a document without Composition', async () => {
  inject('leaves the Composition out', 'document', (response) =>
    withBundle(response, (bundle) => ({ ...bundle, entry: (bundle['entry'] as readonly Json[]).slice(1) })),
  );
  const evidence = await talk(['record.documents']);
  fails(evidence, 'doc.fhir-document', /the first entry is Patient/);
  wentOn(evidence);
});

test('$everything that times out: no answer is no verdict, and the documents are still asked for', async () => {
  embedded.payer.inject({ name: 'hangs', at: 'everything', delayMs: 4000 });
  const hasty = createTransport({}, { ...defaultLimits, timeout: 2500 });
  try {
    const evidence = await talk(both, hasty);
    unknown(evidence, 'rest.everything.supported', /no complete answer within 2500 ms .*\(timeout\)/);
    wentOn(evidence);
  } finally {
    hasty.close();
  }
});
