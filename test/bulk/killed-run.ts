import { readFileSync } from 'node:fs';
import { checks } from '../../checks/index.ts';
import type { Target } from '../../src/core/model.ts';
import { run } from '../../src/run/run.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

/** A run in a process of its own, for the tests that kill it: `node killed-run.ts FOLDER SUITE...`, the target in FOLDER/target.json. */
const [folder = '.', ...ids] = process.argv.slice(2);
const { target, secrets } = JSON.parse(readFileSync(`${folder}/target.json`, 'utf8')) as { target: Target; secrets: Record<string, string> };
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
await run({ target, secrets, suites: withNeeds(suites, ids), checks, folder, signal: stop.signal });
