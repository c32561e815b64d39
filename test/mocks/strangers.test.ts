import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { lettersOf, withLetters } from '../../src/client/made-up.ts';
import type { Known, RequestSpec } from '../../src/core/model.ts';
import { openWorld } from '../bulk/world.ts';

/**
 * The embedded payer and the driver are strangers: the payer decides by rule and recognises no probe by its words. What the driver makes up for a probe
 * must therefore not occur in the payer's source.
 */

async function sources(pattern: string): Promise<string> {
  let text = '';
  for await (const file of glob(pattern)) text += readFileSync(file, 'utf8');
  return text;
}

/** Names of the product and of the clients that the payer registers beforehand. */
const ownNames = new Set(['assay', 'assay-b', 'payer-assay', 'payerassay', 'payer-assay-client', 'portal.assay']);

test('no word that suites and checks make up occurs in the payer', async () => {
  const driver = (await sources('{suites,checks,src/client/requests}/**/*.ts')).replace(/^import .*$/gm, '');
  const madeUp = [...new Set(driver.match(/[\w$.-]*(?:assay|harness|nosuch|no-such|no_such)[\w-]*/gi) ?? [])]
    .map((word) => word.replace(/^[$.-]+|[.-]+$/g, ''))
    .filter((word) => word.length > 5 && !ownNames.has(word.toLowerCase()));
  assert.ok(madeUp.length > 5, 'the pattern finds the words that the driver makes up');
  const payer = await sources('mocks/**/*.ts');
  assert.deepEqual(
    madeUp.filter((word) => payer.includes(word)),
    [],
  );
});

/** Values that the guides define: a payer must know these words. */
const wordsOfGuides = new Set([
  'client_credentials',
  'authorization_code',
  'text/plain',
  'respond-async',
  'handling=strict',
  'handling=lenient',
  'Endpoint',
  'metadata',
  '$davinci-data-export',
  'open-gap',
]);

test('no value of a probe is in the payer, but for words of the guides', async () => {
  const embedded = await startEmbedded();
  await embedded.close();
  const { target } = embedded;
  const known: Known = {
    target,
    base: `${embedded.origin}/fhir`,
    tokenEndpoint: `${embedded.origin}/as/token`,
    patientId: 'p-1',
    ids: {},
    notes: {},
  };
  const probes = checks.flatMap((check) => check.probes ?? []);
  const asked = probes.flatMap((probe) => {
    try {
      const request = probe.request(known);
      return typeof request === 'string' ? [] : [{ id: probe.id, values: valuesOf(request) }];
    } catch {
      return [];
    }
  });
  assert.ok(asked.length > 20, `${asked.length} probes can be made`);
  const honest = JSON.stringify(target);
  const payer = await sources('mocks/**/*.ts');
  const seen = asked.flatMap(({ id, values }) =>
    values
      .filter((value) => value.length > 7 && !honest.includes(value) && !wordsOfGuides.has(value) && !isUrl(value))
      .filter((value) => payer.includes(`'${value}'`))
      .map((value) => `${id}: ${value}`),
  );
  assert.deepEqual(seen, []);
});

const isUrl = (value: string): boolean => /^(https?|urn):/.test(value) || value.startsWith('application/');

/** Every value that a request carries outside its body, whose words are the guides'. */
const valuesOf = ({ url, headers = {}, form = {} }: RequestSpec): readonly string[] => [
  ...new URL(url).pathname.split('/'),
  ...new URL(url).searchParams.values(),
  ...Object.values(headers),
  ...Object.values(form),
];

test('what a run makes up ends in letters of its own, wherever it is in a request, and keeps them once', async () => {
  const world = await openWorld();
  const asked = async (seed: number) => {
    const { exchanges } = await world.talk(['errors', 'rest.negatives', 'token.negatives', 'bulk.refusals'], { seed });
    return exchanges.flatMap(({ request: { url, body = '' } }) => `${url} ${body}`.match(/no-such-[a-z-]+|NoSuch[A-Za-z]+/g) ?? []);
  };
  const [first, second] = [await asked(1), await asked(2)];
  assert.ok(first.length > 5, `${first.length} made-up words were sent`);
  assert.deepEqual([...new Set(first.map((word) => word.slice(-5)))], [lettersOf(1)]);
  assert.deepEqual([...new Set(second.map((word) => word.slice(-5)))], [lettersOf(2)]);
  assert.notEqual(lettersOf(1), lettersOf(2));
  await world.close();
});

test("what the target file itself calls so is nobody's invention and stays, wherever it stands", () => {
  const reword = withLetters('qbcdf', { name: 'x', fhir: { base: 'https://no-such-luck.example/fhir' } });
  assert.deepEqual(
    reword({ url: 'https://no-such-luck.example/fhir/Group/no-such-group', form: { scope: 'system/NoSuchType.rs' }, tries: [2, null] }),
    {
      url: 'https://no-such-luck.example/fhir/Group/no-such-groupqbcdf',
      form: { scope: 'system/NoSuchTypeqbcdf.rs' },
      tries: [2, null],
    },
  );
  assert.equal(reword(reword('no-such-group')), 'no-such-groupqbcdf');
});
