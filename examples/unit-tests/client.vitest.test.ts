import { startTestPayer, type TestPayer } from 'payer-assay/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** With Vitest: your own client against the embedded payer, and against payers that differ or are wrong in ways of the catalogue. */
async function fhirVersion(base: string): Promise<string> {
  const response = await fetch(`${base}/metadata`, { headers: { accept: 'application/fhir+json' } });
  if (!response.ok) throw new Error(`metadata: status ${response.status}`);
  return ((await response.json()) as { fhirVersion: string }).fhirVersion;
}

let payer: TestPayer;
beforeAll(async () => {
  payer = await startTestPayer({ seed: 7, members: 50 });
});
afterAll(() => payer.close());

test('the client reads what the payer speaks', async () => {
  expect(await fhirVersion(payer.base)).toBe('4.0.1');
  expect(payer.asked.at(-1)?.url).toBe('https://payer.example/fhir/metadata');
});

test('the client says so when there is no CapabilityStatement', async () => {
  payer.inject('cc3.metadata.available/answers-the-plain-request-for-metadata-with-404');
  await expect(fhirVersion(payer.base)).rejects.toThrow(/status/);
  payer.inject();
  expect(await fhirVersion(payer.base)).toBe('4.0.1');
});

test('the client takes a legal variation as it is', async () => {
  payer.inject('variation/puts-version-numbers-on-the-profiles');
  expect(await fhirVersion(payer.base)).toBe('4.0.1');
});
