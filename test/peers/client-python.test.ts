import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertAdjudicated } from '../client-side/peers/compare.ts';
import { gradedByPlan, pythonWith } from './client-run.ts';

/** FHIR clients of PyPI, each started by a command for each case. Set-up puts them into .cache/python-clients. */
const packages = fileURLToPath(new URL('../../.cache/python-clients', import.meta.url));
const script = fileURLToPath(new URL('./python-clients/journey.py', import.meta.url));
const runs = (program: string, ...words: readonly string[]): boolean => spawnSync(program, words, { stdio: 'ignore' }).status === 0;

function whyNot(): string | false {
  if (!runs('python3', '--version')) return 'python3 not found; fix: apt-get install -y python3 python3-pip';
  if (!runs('openssl', 'version')) return 'openssl not found, which signs for them; fix: apt-get install -y openssl';
  return existsSync(`${packages}/fhirclient`) ? false : 'they are not in .cache/python-clients; fix: npm run setup -- --for test';
}

/** A Python for each: so few that it stays short. */
const cases = ['R1', 'R2', 'T7b', 'T7c', 'E2', 'E3', 'E4'];

for (const name of ['fhirpy', 'fhirclient'])
  test(`${name} of PyPI: every verdict is the adjudicated one`, { skip: whyNot() }, async () => {
    const command = pythonWith(packages, script, name);
    const verdicts = await gradedByPlan(`${name} of PyPI`, cases, { record: { command, seconds: 60 } });
    assertAdjudicated(verdicts, new URL(`./client-${name}.json`, import.meta.url));
  });
