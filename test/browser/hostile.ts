import type { Run } from '../../src/core/model.ts';
import { exchange, sampleRun, verdict } from '../reports/sample.ts';

/** Every text a payer controls, as a payer would write it who wants our reader's browser. */
export const attack = `</script><script>window.owned=1</script><img src=x onerror="window.owned=1"><svg onload=window.owned=1>{{constructor}}\u202Egnp.exe\u0000`;

export function hostileRun(): Run {
  const hook = {
    cards: [
      {
        summary: attack,
        indicator: 'info',
        detail: `${attack}[click](javascript:window.owned=1)${'x'.repeat(2_000_000)}`,
        source: { label: attack },
        links: [{ label: attack, type: 'absolute', url: 'javascript:window.owned=1' }],
        suggestions: [{ label: attack }],
      },
    ],
  };
  const exchanges = [
    exchange(0, { response: { status: 200, headers: { 'x-evil': attack, link: '<https://evil.example/track.png>' }, body: attack } }),
    exchange(1, {
      probe: 'search.bad-date',
      request: { method: 'GET', url: `https://evil.example/${attack}`, headers: {} },
      response: { status: 400, headers: {}, body: attack },
    }),
    exchange(2, {
      step: 'cds.hook',
      request: { method: 'POST', url: 'https://evil.example/cds', headers: {}, body: '{"hook":"order-sign"}' },
      response: { status: 200, headers: {}, body: JSON.stringify(hook) },
    }),
    exchange(3, {
      step: 'metadata',
      response: {
        status: 200,
        headers: {},
        body: JSON.stringify({ resourceType: 'CapabilityStatement', fhirVersion: attack, implementation: { url: attack } }),
      },
    }),
    // An assertion in an address has no place where a line could end.
    exchange(4, { request: { method: 'GET', url: `https://evil.example/token?client_assertion=${'e'.repeat(700)}`, headers: {} } }),
  ];
  return sampleRun({
    target: { ...sampleRun().target, name: attack, guides: { [attack]: attack } },
    exchanges,
    blocked: [{ suite: 'rest', reason: attack, because: 'payer' }],
    notRun: [{ what: attack, why: attack, fix: attack }],
    verdicts: [
      verdict('rest.search.self-link', { outcome: 'fail', expected: attack, actual: attack, exchange: 1 }),
      verdict('rest.read.etag', { outcome: 'not-testable', reason: attack, because: 'payer' }),
      verdict('cc3.metadata.reachable', { outcome: 'pass', note: attack }),
    ],
    latency: {
      startedAt: '2026-11-23T14:02:00.000Z',
      series: [{ operation: 'read', source: 'k6', at: [0, 1000, 2000], total: [5, 7, 900], ok: [1, 1, 0] }],
      load: {
        profile: attack,
        scenarios: ['S1'],
        rate: 20,
        durationMs: 2000,
        warmUpMs: 0,
        dropped: 1,
        requests: 3,
        tool: attack,
        mixedUp: 0,
        inconclusive: attack,
        conformance: [{ requirement: attack, checked: 3, failed: 1, example: attack }],
      },
    },
  });
}

/** 600 requirements and 2,000 exchanges: the size a full run may have. */
export function largeRun(): Run {
  const exchanges = Array.from({ length: 2000 }, (_, index) =>
    exchange(index, {
      step: (['search', 'read', 'token', 'member-match'] as const)[index % 4] ?? 'read',
      response: {
        status: 200,
        headers: { 'content-type': 'application/fhir+json' },
        body: JSON.stringify({ resourceType: 'Bundle', note: 'x'.repeat(20_000) }),
      },
    }),
  );
  const lines = ['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7'] as const;
  const verdicts = Array.from({ length: 600 }, (_, index) =>
    verdict(
      `area.row-${index}`,
      index % 10 === 0
        ? { outcome: 'fail', expected: 'a self link', actual: `no link in page ${index}`, exchange: index }
        : index % 10 === 1
          ? { outcome: 'not-testable', reason: `Not reached: read ${index % 7}.`, because: 'payer' }
          : { outcome: 'pass' },
      { lines: [lines[index % 7] ?? 'L1'], scenarios: index % 2 === 0 ? ['S1', 'S3'] : ['S5'], level: index % 3 === 0 ? 'SHOULD' : 'SHALL' },
    ),
  );
  return sampleRun({ exchanges, verdicts });
}
