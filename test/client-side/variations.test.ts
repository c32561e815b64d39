import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '../../src/client/manners/patience.ts';
import { conductOwn } from '../../src/client-side/own/embedded.ts';
import type { Known, WireRequest } from '../../src/core/model.ts';
import { crdVariations } from './crd-variations.ts';
import type { Variation } from './variation.ts';

/** Other ways that are just as legal for a client: nothing may fail. Ids are those of the list of variations. */
const without = (request: WireRequest, name: string): WireRequest => ({
  ...request,
  headers: Object.fromEntries(Object.entries(request.headers).filter(([each]) => each !== name)),
});
const at = (where: RegExp, change: (request: WireRequest) => WireRequest) => (request: WireRequest) =>
  where.test(request.url) ? change(request) : request;

const variations: readonly Variation[] = [
  ...crdVariations,
  { id: 'cv-01', text: 'no Accept on .well-known documents', cases: ['E1'], sends: at(/\.well-known/, (request) => without(request, 'accept')) },
  {
    id: 'cv-02',
    text: 'a Content-Type with charset and fhirVersion',
    cases: ['I1'],
    sends: at(/\$member-match/, (request) => ({
      ...request,
      headers: { ...request.headers, 'content-type': 'application/fhir+json; charset=UTF-8; fhirVersion=4.0' },
    })),
  },
  {
    id: 'cv-03',
    text: 'searches by POST',
    cases: ['R5'],
    sends: at(/\/Observation\?/, (request) => {
      const [url = '', query = ''] = request.url.split('?');
      return {
        method: 'POST',
        url: `${url}/_search`,
        headers: { ...request.headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: query,
      };
    }),
  },
  {
    id: 'cv-20',
    text: 'aud as a list of one',
    cases: ['T4'],
    differs: { rules: { assertion: (spec, known) => ({ ...spec, claims: { ...spec.claims, aud: [(known as Known).tokenEndpoint ?? ''] } }) } },
  },
  {
    id: 'cv-45',
    text: 'no iat, and a claim that nobody asked for',
    cases: ['T4'],
    differs: { rules: { assertion: (spec) => ({ ...spec, claims: { ...spec.claims, iat: undefined, practice: 'north' } }) } },
  },
  {
    id: 'cv-49',
    text: 'client_id beside the assertion, and a charset',
    cases: ['T4'],
    sends: (request) =>
      request.body?.includes('client_assertion=')
        ? {
            ...request,
            headers: { ...request.headers, 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
            body: `client_id=assay&${request.body}`,
          }
        : request,
  },
  {
    id: 'cv-54',
    text: 'a scope for the list, which this run does not use',
    cases: ['R1'],
    differs: { decides: { scope: (wanted) => `${wanted} system/Group.rs` } },
  },
  { id: 'cv-67', text: 'never reads conditionally', cases: ['R1'], sends: (request) => without(request, 'if-none-match') },
  {
    id: 'cv-70',
    text: 'polls later than asked',
    cases: ['B2'],
    differs: {
      rules: {
        waits: (header, attempt, patience) => {
          const wait = waitFor(header, attempt, patience);
          return { ...wait, ms: wait.ms + 700 };
        },
      },
    },
  },
  { id: 'cv-73', text: 'eight files at once', cases: ['B1', 'L2'], differs: { rules: { parallel: () => 8 } } },
  {
    id: 'cv-77',
    text: 'repeats $member-match once after a reset',
    cases: ['E5'],
    differs: {
      rules: { asksAgain: (worth, step, sent, attempt) => worth || (step === 'member-match' && sent.error?.code === 'reset' && attempt === 0) },
    },
  },
];

test('legal variations of a client: none fails', { concurrency: 10 }, async (t) => {
  await Promise.all(
    variations.map(({ id, text, cases, sends, differs }) =>
      t.test(`${id}: ${text}`, async () => {
        const { run, hearing } = await conductOwn({
          signal: new AbortController().signal,
          cases,
          ...(differs === undefined ? {} : { variation: differs }),
          ...(sends === undefined ? {} : { fault: { name: text, sends } }),
        });
        assert.ok(hearing.plays.every(({ before, after }) => before === 'completed' && after === 'completed'));
        assert.deepEqual(
          run.verdicts.filter(({ finding }) => finding.outcome === 'fail').map(({ requirement, finding }) => [requirement, finding]),
          [],
        );
      }),
    ),
  );
});
