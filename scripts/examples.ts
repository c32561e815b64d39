import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { spawned } from './test/stages.ts';

/**
 * Runs examples/ as a vendor would: in a folder of its own, against the packed package (dist, not the sources). What the package depends on is linked from
 * here, so that nothing is downloaded twice; Vitest alone is installed, and left out with a reason where that is not possible.
 */
const folder = mkdtempSync(join(tmpdir(), 'payer-assay-examples-'));
const modules = join(folder, 'node_modules');
const results: (readonly [what: string, holds: boolean])[] = [];
const skipped: string[] = [];

try {
  execFileSync(process.execPath, ['scripts/build.ts'], { stdio: 'inherit', env: withBin(process.env) });
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { encoding: 'utf8' }),
  ) as [{ readonly filename: string }];
  const vitest = install();
  cpSync('examples', folder, { recursive: true });
  mkdirSync(join(modules, '.bin'), { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder]);
  cpSync(join(folder, 'package'), join(modules, 'payer-assay'), { recursive: true });
  linkDependencies();
  await step('its types are right', process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'], vitest);
  await step('a private check and suite are judged by the command line', process.execPath, [
    join(modules, 'payer-assay/bin/payer-assay.js'),
    ...['run', '--embedded', '--with', './acme/cache.ts', '--only', 'acme.', '--out', 'out'],
  ]);
  const run = JSON.parse(readFileSync(join(folder, 'out/run.json'), 'utf8')) as {
    readonly verdicts: readonly { readonly finding: { readonly outcome: string } }[];
  };
  results.push(['the private check passes', run.verdicts.length === 1 && run.verdicts[0]?.finding.outcome === 'pass']);
  results.push(['the report quotes it', readFileSync(join(folder, 'out/conformance.html'), 'utf8').includes('No shared cache may keep')]);
  await step('node:test', process.execPath, ['--test', 'unit-tests/cache.node.test.ts']);
  await step('Playwright: the requirements of one area, and a test of the vendor', process.execPath, [
    join(modules, '@playwright/test/cli.js'),
    ...['test', '--config', 'playwright', '--grep', 'cc3.metadata|our gateway', '--reporter', 'line'],
  ]);
  await step('Vitest', process.execPath, [join(modules, 'vitest/vitest.mjs'), 'run', 'client.vitest'], vitest);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const [what, holds] of results) console.log(`${holds ? 'ok' : 'FAIL'}  ${what}`);
for (const what of skipped) console.log(`skipped  ${what}`);
const passed = results.filter(([, holds]) => holds).length;
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exitCode = passed === results.length ? 0 : 1;

async function step(what: string, name: string, args: readonly string[], possible = true): Promise<void> {
  if (!possible) {
    skipped.push(`${what}: Vitest could not be installed`);
    return;
  }
  const before = process.cwd();
  process.chdir(folder);
  const { code } = await spawned(name, args);
  process.chdir(before);
  results.push([what, code === 0]);
}

/** The tools that only the examples use. */
function install(): boolean {
  const { devDependencies } = JSON.parse(readFileSync('examples/package.json', 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  try {
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--no-package-lock', '--prefix', folder, `vitest@${devDependencies['vitest']}`];
    execFileSync('npm', args, { stdio: 'ignore', cwd: tmpdir(), timeout: 120_000 });
    return true;
  } catch {
    return false;
  }
}

/** What the package and the examples need, as far as it is not there. */
function linkDependencies(): void {
  const names = readdirSync('node_modules').flatMap((name) =>
    name.startsWith('@') ? readdirSync(join('node_modules', name)).map((each) => join(name, each)) : name,
  );
  for (const name of names) {
    const link = join(modules, name);
    if (name.startsWith('.') || existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(resolve('node_modules', name), link);
  }
}

function withBin(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PATH: `${resolve('node_modules/.bin')}${delimiter}${env['PATH'] ?? ''}` };
}
