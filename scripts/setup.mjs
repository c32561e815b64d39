// Makes a fresh clone ready and then runs what follows `--` on the Node that the repository brings along.
// Node 18 built-ins only: nothing is installed yet when this starts. A tool that is missing never stops the rest.
// Usage: node scripts/setup.mjs [--for run|test] [-- SCRIPT ARGS...]
import { mkdirSync, writeFileSync } from 'node:fs';
import { findChromium } from './setup/chromium.mjs';
import { findConsumers, findPythonClients } from './setup/consumers.mjs';
import { findK6 } from './setup/k6.mjs';
import { findNode22 } from './setup/node22.mjs';
import { ensurePackages, findNode } from './setup/packages.mjs';
import { at, become, root, say, versionOf } from './setup/shell.mjs';
import { fetchTestCases } from './setup/testcases.mjs';
import { buildValidator } from './setup/validator.mjs';

const split = process.argv.indexOf('--');
const own = split < 0 ? process.argv.slice(2) : process.argv.slice(2, split);
const next = split < 0 ? [] : process.argv.slice(split + 1);
const purpose = own[own.indexOf('--for') + 1] === 'test' ? 'test' : 'run';

/** @type {{ what: string, why: string, fix: string }[]} */
const missing = [];
const note = (entry) => {
  if (!entry) return;
  missing.push(entry);
  say(entry.what, `missing: ${entry.why}. Fix: ${entry.fix}`);
};

/** One after the other. */
async function inTurn(...finders) {
  const found = [];
  for (const find of finders) found.push(await find());
  return found;
}

try {
  await ensurePackages();
  const node = await findNode();
  const forTests = purpose === 'test';
  const [java, mvn] = await Promise.all([versionOf('java', ['-version']), versionOf('mvn', ['-version'])]);
  say('java, mvn', `${java ?? 'no java'}; ${mvn ?? 'no mvn'}`);
  // What waits for a registry waits beside what compiles; two of one kind, which share a store, come one after the other.
  const [k6, chromium, ofMaven, ofPython, node22] = await Promise.all([
    findK6(),
    findChromium({ install: forTests, node }),
    forTests && java && mvn ? inTurn(buildValidator, fetchTestCases) : [],
    forTests ? inTurn(findConsumers, findPythonClients) : [],
    forTests ? findNode22() : {},
  ]);
  note(k6.missing);
  if (forTests) note(chromium.missing);
  if (forTests && !(java && mvn))
    note({
      what: 'java, mvn',
      why: 'the peer server (HAPI) and the HL7 validator need a JDK and Maven',
      fix: 'apt-get install -y default-jdk-headless maven',
    });
  for (const each of ofMaven) note(each);
  for (const each of ofPython) note(each.missing);
  note(node22.missing);
  // For the tests alone, so they learn of it and it is not kept.
  if (node22.path) process.env.NODE22 = node22.path;
  mkdirSync(new URL('.cache/', root), { recursive: true });
  const found = {
    node,
    k6: k6.path ?? null,
    chromium: chromium.path ?? null,
    java: java ? 'java' : null,
    mvn: mvn ? 'mvn' : null,
    missing,
  };
  writeFileSync(new URL('.cache/setup.json', root), `${JSON.stringify(found, null, 1)}\n`);
  // Every process of a test run compiles the same files: once is enough.
  process.env.NODE_COMPILE_CACHE ??= at('.cache/compile');
  if (next.length > 0) process.exitCode = await become(node, next);
} catch (cause) {
  console.error(`Set-up stopped: ${cause.message}`);
  process.exitCode = 3;
}
