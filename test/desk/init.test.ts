import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { startEmbedded } from '../../mocks/embedded.ts';
import { loadTarget } from '../../src/target/load.ts';

/** From `init` to a green job, by the steps of the files that it writes: what a shell of the CI host would do, done here. */
let embedded: Awaited<ReturnType<typeof startEmbedded>>;
let key: string;
before(async () => {
  embedded = await startEmbedded();
  const { auth } = embedded.target;
  assert.ok(auth.kind === 'smart-backend' && 'env' in auth.key);
  key = embedded.secrets[auth.key.env] ?? '';
});
after(() => embedded.close());

const assay = `${process.execPath} ${resolve('bin/payer-assay.js')}`;
const shell = (script: string, cwd: string, env: Readonly<Record<string, string>> = {}): Promise<{ code: number; said: string }> =>
  new Promise((done) => {
    const child = execFile(
      'bash',
      ['-eo', 'pipefail', '-c', script],
      { cwd, env: { ...process.env, PAYER_KEY: key, ...env }, timeout: 300_000 },
      (cause, stdout, stderr) => done({ code: cause === null ? 0 : typeof cause.code === 'number' ? cause.code : 1, said: `${stdout}${stderr}` }),
    );
    child.stdin?.end();
  });
const fresh = () => mkdtempSync(join(tmpdir(), 'payer-assay-init-'));
const clientId = () => (embedded.target.auth.kind === 'smart-backend' ? embedded.target.auth.clientId : '');
const init = (folder: string, more = '') =>
  shell(`${assay} init --yes --base ${embedded.origin} --name Acme --client-id ${clientId()} ${more}`, folder);

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly name?: string; readonly run?: string }[] }>>;
}

test('from init to a green GitHub job: base found, comments kept, doctor content, summary and annotations written', async () => {
  const folder = fresh();
  const made = await init(folder, '--ci github');
  assert.equal(made.code, 0, made.said);
  assert.match(made.said, new RegExp(`Found ${embedded.target.fhir?.base}`));
  assert.match(made.said, /^ok +token/m);
  const text = readFileSync(join(folder, 'payer.jsonc'), 'utf8');
  assert.match(text, /^ {2}\/\/ How we prove who we are/m);
  assert.ok(!text.includes(key.slice(0, 40)));
  const target = loadTarget(join(folder, 'payer.jsonc'));
  assert.equal(target.fhir?.base, embedded.target.fhir?.base);
  assert.ok(Object.keys(target.guides ?? {}).length > 0, 'guides as the payer declares them');
  const file = readFileSync(join(folder, '.github/workflows/payer-assay.yml'), 'utf8');
  const { steps = [] } = (parse(file) as Workflow).jobs['assay'] ?? {};
  const summary = join(folder, 'step-summary.md');
  for (const name of ['assay', 'show', 'keep as baseline', 'show']) {
    const script = steps.find((step) => step.name === name)?.run ?? assert.fail(`no step ${name}`);
    assert.match(script, /payer-assay|baseline/);
    // Some requirements only: the whole of a run is tested elsewhere.
    const local = script
      .replace(/npx --yes payer-assay@[\d.]+/g, assay)
      .replace(/run --target (\S+)/, 'run --target $1 --only cc3.metadata.available,cc2.token.success');
    const { code, said } = await shell(local, folder, { GITHUB_STEP_SUMMARY: summary });
    assert.equal(code, 0, `${name}: ${said}`);
    if (name === 'show') assert.match(said, /^::(notice|warning|error) title=/m);
  }
  assert.match(readFileSync(summary, 'utf8'), /^## Acme: /m);
});

test('files that are there are not written over, and an address without a server is said', async () => {
  const folder = fresh();
  writeFileSync(join(folder, 'payer.jsonc'), 'mine');
  const { code, said } = await init(folder);
  assert.equal(code, 3, said);
  assert.equal(readFileSync(join(folder, 'payer.jsonc'), 'utf8'), 'mine');
  const nowhere = await shell(`${assay} init other.jsonc --yes --base http://127.0.0.1:9/fhir`, folder);
  assert.equal(nowhere.code, 1, nowhere.said);
  assert.match(nowhere.said, /No FHIR server answered/);
  assert.ok(existsSync(join(folder, 'other.jsonc')));
  assert.equal((await shell(`${assay} init x.jsonc --yes`, folder)).code, 3);
});

interface Action {
  readonly runs: { readonly steps: readonly { readonly run?: string; readonly env?: Readonly<Record<string, string>> }[] };
}

test('the composite action runs, and what it is given is never read as a script', async () => {
  const folder = fresh();
  assert.equal((await init(folder)).code, 0);
  const action = parse(readFileSync('action.yml', 'utf8')) as Action;
  const step = action.runs.steps.find(({ run }) => run !== undefined);
  for (const { run = '' } of action.runs.steps) assert.doesNotMatch(run, /\$\{\{/);
  const given = {
    TARGET: 'payer.jsonc',
    PLAN: '',
    SCENARIO: '',
    BASELINE: 'none"; touch evil; "',
    FAIL_ON: 'new',
    OUT: 'assay',
    VERSION: '0.1.0',
    COMMAND: assay,
  };
  assert.deepEqual(Object.keys(step?.env ?? {}).sort(), Object.keys(given).sort());
  const summary = join(folder, 'summary.md');
  const { code, said } = await shell(step?.run?.replace('(--target', '(--only cc3.metadata.available --target') ?? '', folder, {
    ...given,
    GITHUB_STEP_SUMMARY: summary,
  });
  assert.equal(code, 0, said);
  assert.match(said, /::notice title=payer-assay::/);
  assert.ok(!existsSync(join(folder, 'evil')));
  assert.match(readFileSync(summary, 'utf8'), /Acme/);
});
