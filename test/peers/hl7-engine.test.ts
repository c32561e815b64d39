import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { workFolder } from '../../src/validation/packages/folders.ts';
import { createValidator } from '../../src/validation/port.ts';
import { fhirValidatorJs } from '../../src/validation/tier2/fhir-validator-js.ts';
import { build } from '../../src/validation/tier2/home.ts';
import { type Service, startService } from '../../src/validation/tier2/service.ts';
import { AuthorityError } from '../../src/validation/tier2/wrapper.ts';
import { type Adjudication, disagreements } from '../validation/agreement.ts';
import { type Compared, compare, crashed, examplesOf, mutantsOfAll, ownSamples, type Sample } from '../validation/compare.ts';
import { maven } from './java.ts';

/** The HL7 engine itself, where Java and Maven are: built once (minutes), then started in seconds. */
const run = promisify(execFile);
const guide = '../shared/igs/hl7.fhir.us.core-6.1.0.tgz';
const packages = existsSync(guide) ? [guide] : [];
const adjudications = JSON.parse(readFileSync('test/validation/adjudications.json', 'utf8')) as readonly Adjudication[];
const seed = 11;

const why = await unavailable();
let service: Service;

async function unavailable(): Promise<string | false> {
  try {
    await run('java', ['-version'], { timeout: 30_000 });
    if ('missing' in build()) maven('validator', 'package');
    return false;
  } catch (cause) {
    return `Java or Maven is not there, or the service could not be built: ${cause instanceof Error ? cause.message.slice(0, 120) : ''}. apt-get install -y default-jdk-headless maven`;
  }
}

before(async () => {
  if (why !== false) return;
  const started = await startService({ packages });
  assert.ok(!('fix' in started), 'fix' in started ? started.why : '');
  service = started;
});
after(() => service?.stop());

/** Our own data and, where it is there, every third example of US Core. */
function samples(): readonly Sample[] {
  const own = ownSamples();
  const published = packages.flatMap(examplesOf).filter((_, i) => i % 3 === 0);
  return [...own, ...mutantsOfAll(own, 8, seed), ...published, ...mutantsOfAll(published, 2, seed)];
}

test('a seeded sample is judged alike by both tiers, or the difference is adjudicated', { skip: why }, async (t) => {
  const compared: readonly Compared[] = await compare(samples(), createValidator({ packages }), service);
  const judged = compared.filter((each) => !crashed(each)).length;
  const found = disagreements(compared, adjudications);
  t.diagnostic(`${judged} compared, ${found.length} differ, ${compared.length - judged} crashed the engine (${await service.version()})`);
  assert.ok(judged > 150);
  assert.deepEqual(
    found.filter((each) => each.adjudication === null),
    [],
  );
});

test('the engine is offline and its profiles can be chosen', { skip: why }, async () => {
  const [issues] = await service.validate(
    ['{"resourceType":"Observation","status":"final","code":{"text":"x"}}'],
    ['http://hl7.org/fhir/StructureDefinition/bodyweight'],
  );
  assert.ok(issues?.some((each) => each.severity === 'error' && /Minimum/i.test(each.rule)));
});

test('hostile input costs the service nothing', { skip: why }, async () => {
  const deep = `{"resourceType":"Patient","extension":${'[{"extension":'.repeat(3000)}[]${'}]'.repeat(3000)}}`;
  const issues = await service.validate([deep, 'no json', '{"resourceType":"Patient","__proto__":{"x":1}}']);
  assert.ok(issues.every((each) => each.some((issue) => issue.severity === 'error' || issue.severity === 'not-verifiable')));
  assert.ok((await service.version()).length > 0);
});

test('fhir-validator-js speaks to our service', { skip: why }, async (t) => {
  const folder = join(workFolder('peers'), 'fhir-validator-js');
  const home = join(folder, 'node_modules', 'fhir-validator-js');
  mkdirSync(folder, { recursive: true });
  try {
    if (!existsSync(home))
      await run('npm', ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, 'fhir-validator-js@1.4.1'], {
        timeout: 120_000,
      });
  } catch (cause) {
    t.skip(`fhir-validator-js@1.4.1 is not available from npm: ${cause instanceof Error ? cause.message.slice(0, 120) : ''}`);
    return;
  }
  // It looks for its own JRE even when it will not start one.
  mkdirSync(join(home, 'jdk', 'jdk-none'), { recursive: true });
  const adapter = await fhirValidatorJs({ packages: [], url: service.url, from: join(home, 'src', 'index.js') });
  t.after(() => adapter.close());
  const [good, bad] = await adapter.validate(['{"resourceType":"Basic","code":{"text":"x"}}', '{"resourceType":"Basic"}']);
  assert.ok(!good?.some((each) => each.severity === 'error'));
  assert.ok(bad?.some((each) => each.severity === 'error' && each.tier === 2));
});

test('a service that was stopped is a named error', { skip: why }, async () => {
  const mine = await startService({ packages: [] });
  assert.ok(!('fix' in mine));
  await mine.stop();
  await assert.rejects(mine.validate(['{}']), (cause) => cause instanceof AuthorityError && /cannot be reached/.test(cause.message));
});
