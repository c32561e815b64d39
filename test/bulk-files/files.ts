import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { reportFiles } from '../../src/bulk-files/report.ts';

/** A folder with these files, removed after the test. */
export function folderWith(test: TestContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'payer-assay-test-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

export const patient = (id: string): string => JSON.stringify({ resourceType: 'Patient', id });
export const condition = (id: string, of: string): string =>
  JSON.stringify({ resourceType: 'Condition', id, subject: { reference: `Patient/${of}` } });
export const coverage = (id: string, of: string): string =>
  JSON.stringify({ resourceType: 'Coverage', id, status: 'active', beneficiary: { reference: `Patient/${of}` }, payor: [{ display: 'Plan' }] });
export const claim = (id: string, of: string, coverage: string): string =>
  JSON.stringify({
    resourceType: 'ExplanationOfBenefit',
    id,
    status: 'active',
    type: { text: 'professional' },
    use: 'claim',
    patient: { reference: `Patient/${of}` },
    created: '2026-01-01',
    insurer: { display: 'Plan' },
    provider: { display: 'Clinic' },
    outcome: 'complete',
    insurance: [{ focal: true, coverage: { reference: `Coverage/${coverage}` } }],
  });
export const group = (id: string, members: readonly string[], inactive: readonly string[] = []): string =>
  JSON.stringify({
    resourceType: 'Group',
    id,
    type: 'person',
    actual: true,
    member: [
      ...members.map((each) => ({ entity: { reference: `Patient/${each}` } })),
      ...inactive.map((each) => ({ entity: { reference: `Patient/${each}` }, inactive: true })),
    ],
  });
export const lines = (...texts: readonly string[]): string => texts.map((each) => `${each}\n`).join('');

export interface Seen {
  /** `line@offset` of the failures of each rule. */
  readonly rules: Readonly<Record<string, readonly string[]>>;
  readonly count: (rule: string) => number;
  readonly report: Awaited<ReturnType<typeof reportFiles>>;
}

/** Validates one Patient.ndjson of this content. */
export async function seen(test: TestContext, content: string | Uint8Array, name = 'Patient.ndjson'): Promise<Seen> {
  const folder = folderWith(test, { [name]: content });
  const report = await reportFiles(join(folder, name), { threads: 1 });
  const rules = Object.fromEntries(
    Object.entries(report.rules).map(([rule, { first }]) => [rule, first.map(({ line, offset }) => `${line}@${offset}`)]),
  );
  return { rules, report, count: (rule) => report.rules[rule]?.count ?? 0 };
}
