import type { Exchange, Finding, Level, Line, Run, Scenario, Verdict } from '../../src/core/model.ts';

/** A small run written by hand: one of each outcome. Tests vary it. */
export function sampleRun(change: Partial<Run> = {}): Run {
  return {
    format: 1,
    tool: { name: 'payer-assay', version: '0.1.0', node: '24.0.0' },
    target: { name: 'Acme sandbox', fhir: { base: 'https://fhir.acme.example/r4' }, auth: { kind: 'none' }, members: {} },
    startedAt: '2026-11-23T14:02:00.000Z',
    finishedAt: '2026-11-23T14:02:38.000Z',
    seed: 7,
    exchanges: [
      exchange(0),
      exchange(1, { probe: 'search.bad-date', response: { status: 500, headers: {}, body: 'java.lang.NullPointerException' } }),
    ],
    blocked: [],
    notRun: [{ what: 'load', why: 'k6 is not installed', fix: 'npm run setup -- --with k6' }],
    verdicts: [
      verdict('cc3.metadata.reachable', { outcome: 'pass' }),
      verdict('rest.search.self-link', { outcome: 'fail', expected: 'a self link', actual: 'no link', exchange: 0 }),
      verdict('rest.read.etag', { outcome: 'fail', expected: 'an ETag', actual: 'none', exchange: 0 }, { level: 'SHOULD' }),
      verdict('id.mm.none', { outcome: 'not-testable', reason: 'no unknown member in the target file', because: 'target-file' }),
      verdict('cc3.versions.operation', { outcome: 'not-applicable', reason: 'not declared' }, { level: 'MAY' }),
    ],
    ...change,
  };
}

export function exchange(index: number, change: Partial<Exchange> = {}): Exchange {
  return {
    index,
    suite: 'rest',
    step: 'search',
    request: {
      method: 'GET',
      url: `https://fhir.acme.example/r4/Condition?patient=p${index}`,
      headers: { accept: 'application/fhir+json', authorization: 'Bearer ‹token:abc›' },
    },
    response: { status: 200, headers: { 'content-type': 'application/fhir+json' }, body: '{"resourceType":"Bundle","type":"searchset"}' },
    startedAt: new Date(Date.parse('2026-11-23T14:02:00.000Z') + index * 100).toISOString(),
    timing: { dns: 0, connect: 1, tls: 2, firstByte: 10, total: 15 },
    size: { sent: 0, received: 43, decoded: 43 },
    ...change,
  };
}

export function verdict(requirement: string, finding: Finding, change: { level?: Level; lines?: Line[]; scenarios?: Scenario[] } = {}): Verdict {
  return { requirement, level: 'SHALL', lines: ['L2'], scenarios: ['S1', 'S3'], finding, ...change };
}
