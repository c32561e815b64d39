import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Issue, Json } from '../../core/model.ts';
import { exit } from '../failure.ts';
import { collect } from '../options.ts';

interface Options {
  readonly package?: readonly string[];
  readonly profile?: readonly string[];
  readonly cache?: string;
  readonly authority?: string;
  readonly coverage?: boolean;
  readonly json?: boolean;
}

/** One finding about one file. */
interface Found extends Issue {
  readonly file: string;
}

export function define(program: Command): void {
  program
    .command('validate')
    .summary('validate FHIR JSON or NDJSON files against R4 and their profiles')
    .argument('<files...>', 'resources (.json) or lines of them (.ndjson)')
    .option('--package <id#version>', 'guide from the package cache, or a .tgz; repeatable', collect)
    .option('--profile <canonical>', 'profile to apply besides those the resources claim; repeatable', collect)
    .option('--cache <folder>', 'package cache (default: PAYER_ASSAY_PACKAGES, else ~/.fhir/packages)')
    .option('--authority <where>', 'ask the HL7 engine as well: local (our own service), or the URL of a validator-wrapper')
    .option('--coverage', 'list must-support elements of the applied profiles that were never populated')
    .option('--json', 'as JSON')
    .action(act);
}

async function act(files: readonly string[], options: Options): Promise<void> {
  const { claimsOf, createValidator } = await import('../../validation/port.ts');
  const packages = options.package ?? [];
  const place = options.cache === undefined ? {} : { cache: options.cache };
  const validator = createValidator({ packages, ...place });
  for (const why of validator.absent) throw new Error(why);
  const found: Found[] = [];
  const resources: { readonly file: string; readonly line?: number; readonly text: string; readonly value: Json }[] = [];
  for (const file of files) {
    for (const { text, line } of recordsOf(file)) {
      const value = parse(text);
      const profiles = [...claimsOf(value), ...(options.profile ?? [])];
      const at = line === undefined ? {} : { line };
      resources.push({ file, text, value, ...at });
      for (const issue of validator.validateText(text, profiles)) found.push({ ...(await located(issue, text)), file, ...at });
    }
  }
  if (options.authority !== undefined) found.push(...(await engineSays(resources, packages, options, found)));
  const coverage = options.coverage
    ? await uncovered(
        resources.map(({ value }) => value),
        options.profile ?? [],
        validator.compiler,
      )
    : [];
  print(found, coverage, resources.length, validator.packages, options.json === true);
  process.exitCode = found.some((each) => each.severity === 'error') ? exit.nonConformant : exit.conformant;
}

function recordsOf(file: string): readonly { readonly text: string; readonly line?: number }[] {
  const text = readFileSync(file, 'utf8');
  if (!file.endsWith('.ndjson')) return [{ text }];
  return text.split('\n').flatMap((record, i) => (record.trim() === '' ? [] : [{ text: record, line: i + 1 }]));
}

async function located(issue: Issue, text: string): Promise<Issue> {
  const { lineOf } = await import('../../validation/position.ts');
  return issue.line !== undefined || issue.expression === '' ? issue : { ...issue, line: lineOf(text, issue.expression) };
}

async function engineSays(
  resources: readonly { readonly file: string; readonly line?: number; readonly text: string }[],
  packages: readonly string[],
  options: Options,
  own: readonly Found[],
): Promise<readonly Found[]> {
  const [{ openAuthority }, { reconcile }] = await Promise.all([
    import('../../validation/tier2/authority.ts'),
    import('../../validation/tier2/reconcile.ts'),
  ]);
  const authority = openAuthority({
    packages,
    authority: options.authority === undefined || options.authority === 'local' ? 'local' : { url: options.authority },
    ...(options.cache === undefined ? {} : { cache: options.cache }),
  });
  try {
    const answers = await authority.validate(resources.map(({ text }) => text));
    for (const { what, why, fix } of authority.notRun()) console.error(`Not run: ${what}: ${why}. To mend: ${fix}`);
    return answers.flatMap((issues, i) => {
      const { file = '', line } = resources[i] ?? {};
      const mine = own.filter((each) => each.file === file && (line === undefined || each.line === line));
      return reconcile(issues, mine).map((issue) => ({ ...issue, file, ...(line === undefined ? {} : { line }) }));
    });
  } finally {
    await authority.close();
  }
}

async function uncovered(
  values: readonly Json[],
  profiles: readonly string[],
  compiler: Parameters<typeof import('../../validation/coverage.ts').coverageOf>[2],
): Promise<readonly string[]> {
  const [{ coverageOf }, { claimsOf }] = await Promise.all([import('../../validation/coverage.ts'), import('../../validation/port.ts')]);
  return [...new Set([...profiles, ...values.flatMap(claimsOf)])].flatMap((profile) => {
    const found = coverageOf(profile, values, compiler);
    if (typeof found === 'string') return [`${found}.`];
    return found.elements
      .filter((each) => each.populated === 0)
      .map((each) => `${found.profile}: ${each.element} is must-support and was never populated in ${found.resources} resources`);
  });
}

function print(found: readonly Found[], coverage: readonly string[], count: number, packages: readonly string[], json: boolean): void {
  const of = (severity: Issue['severity']) => found.filter((each) => each.severity === severity).length;
  if (json) {
    console.log(JSON.stringify({ resources: count, packages, issues: found, coverage }, null, 1));
    return;
  }
  for (const each of found.filter(({ severity }) => severity !== 'information'))
    console.log(`${each.file}:${each.line ?? 1}: ${each.severity} ${each.expression}: ${each.text} [${each.rule}, tier ${each.tier}]`);
  for (const line of coverage) console.log(line);
  console.log(
    `${count} resources: ${of('error')} errors, ${of('warning')} warnings, ${of('not-verifiable')} not verifiable here. Judged by ${packages.join(', ')}.`,
  );
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
