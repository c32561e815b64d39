import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmbedded } from '../../mocks/embedded.ts';
import { inEdition, together, versionShapes } from '../../mocks/shapes/versions.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

/** What `mock --guide` makes of the embedded payer. */

const json = async (url: string): Promise<Json> => (await (await fetch(url)).json()) as Json;
const strings = (value: Json | undefined): readonly string[] => asArray(value).flatMap((each) => asString(each) ?? []);

test('the payer declares and claims the editions that it was told', async (t) => {
  const shape = together([
    inEdition('hl7.fhir.us.davinci-pdex', '2.2.0'),
    inEdition('hl7.fhir.us.core', '9.0'),
    inEdition('hl7.fhir.us.davinci-crd', '2.0.1'),
    inEdition('hl7.fhir.us.davinci-pdex-plan-net', '1.1.0'),
    inEdition('hl7.fhir.us.udap-security', '1.1.0'),
  ]);
  const { origin, target, close } = await startEmbedded({ shape });
  t.after(() => close());
  const metadata = await json(`${origin}/fhir/metadata`);
  const told = [...strings(at(metadata, 'implementationGuide')), ...strings(at(metadata, 'instantiates'))];
  for (const [guide, version] of [
    ['davinci-pdex', '2.2.0'],
    ['core', '9.0.0'],
  ] as const) {
    const own = told.filter((each) => each.includes(`/us/${guide}/`));
    assert.ok(own.length > 1, guide);
    assert.deepEqual([...new Set(own.map((each) => each.split('|')[1]))], [version]);
  }
  const discovery = await json(`${origin}/cds/cds-services`);
  assert.deepEqual(at(discovery, 'services', 0, 'extension', 'davinci-crd.version'), ['2.0']);
  const directory = await json(`${origin}/directory/metadata`);
  assert.ok(strings(at(directory, 'implementationGuide')).some((each) => each.endsWith('hl7.fhir.us.davinci-pdex-plan-net|1.1.0')));
  assert.equal(target.guides?.['hl7.fhir.us.core'], '9.0.0');
  assert.equal(target.guides?.['hl7.fhir.us.udap-security'], '1.1.0');
});

test('a guide or an edition that there is not is refused with those that there are', () => {
  assert.throws(() => inEdition('hl7.fhir.us.no-such-guide', '1.0.0'), /a guide that this tool knows: .*hl7\.fhir\.us\.core/);
  assert.throws(() => inEdition('hl7.fhir.us.davinci-pdex', '7.0.0'), /a published edition of PDex: .*2\.2\.0/);
});

test('the newest edition of each guide that payers follow is tried by a shape, or spoken by the full payer', () => {
  const ids = versionShapes.map(({ id }) => id);
  for (const id of ['core-9-0-0', 'carin-bb-2-2-0', 'davinci-pdex-2-2-0', 'davinci-hrex-1-2-0', 'bulkdata-4-0-0-ballot'])
    assert.ok(ids.includes(id), id);
});
