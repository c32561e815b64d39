import { type Command, Option } from 'commander';
import { line as visible } from '../../../reports/view/text.ts';
import type { Issue, Json } from '../../core/model.ts';
import { exit } from '../failure.ts';
import { collect, shard, whole } from '../options.ts';
import { readPayload } from '../payload-file.ts';

interface Options {
  readonly package?: readonly string[];
  readonly profile?: readonly string[];
  readonly cache?: string;
  readonly hl7Validator?: string;
  readonly coverage?: boolean;
  readonly json?: boolean;
  readonly profiles?: boolean;
  readonly shard?: { readonly index: number; readonly of: number };
  readonly roster?: string;
  readonly threads?: number;
  readonly maxExamples?: number;
  readonly out?: string;
  readonly evidence?: Level;
}

const levels = ['pseudonymised', 'full'] as const;
type Level = (typeof levels)[number];

/** One finding about one file. */
interface Found extends Issue {
  readonly file: string;
}

export function define(program: Command): void {
  program
    .command('validate')
    .summary('validate FHIR JSON against R4 and its profiles; bulk files of any size line by line, and against each other')
    .argument('<files...>', 'resources (.json); or one bulk file (.ndjson, .ndjson.gz), folder of them, or bulk manifest')
    .option('--package <id#version>', 'guide from the package cache, or a .tgz; repeatable', collect)
    .option('--profile <canonical>', 'profile to apply besides those the resources claim; repeatable', collect)
    .option('--cache <folder>', 'package cache (default: PAYER_ASSAY_PACKAGES, else ~/.fhir/packages)')
    .option('--hl7-validator <where>', 'ask the HL7 engine as well: local (our own service), or the URL of a validator-wrapper')
    .option('--coverage', 'list must-support elements of the applied profiles that were never populated')
    .option('--json', 'as JSON')
    .addOption(
      new Option('--evidence <level>', 'how findings speak of people: pseudonymised (replaced), or full (as the file has them)')
        .choices(levels)
        .default('pseudonymised'),
    )
    .option('--profiles', 'bulk: judge every line by the profiles it claims as well, not by the R4 schema alone (much slower)')
    .option('--roster <file>', 'bulk: the Group to compare with, when it is not among the files')
    .option('--shard <i/n>', 'bulk: only this part, e.g. 0/8; the others run elsewhere, and merge joins them (needs --out)', shard)
    .option('--threads <count>', 'bulk: threads that read (default: one per processor)', whole(1, 256))
    .option('--max-examples <count>', 'bulk: failures shown for each rule (default 10)', whole(1, 10_000))
    .option('--out <folder>', 'bulk: where the result and its ids are kept')
    .action(act);
}

async function act(files: readonly string[], options: Options): Promise<void> {
  const { isBulk } = await import('../../bulk-files/plan.ts');
  const single = options.hl7Validator !== undefined || options.coverage === true || options.profile !== undefined;
  const [path = ''] = files;
  const bulkOnly = options.shard ?? options.out ?? options.roster ?? options.profiles;
  if (bulkOnly === undefined && (single || files.length > 1 || !isBulk(path))) return actOnResources(files, options);
  if (single || files.length > 1)
    throw new Error(
      'Bulk files are validated one path at a time, without --profile, --coverage and --hl7-validator. Name one file, a folder of them, or their manifest.',
    );
  return actOnBulk(path, options);
}

async function actOnBulk(path: string, { package: packages, shard: part, maxExamples, ...options }: Options): Promise<void> {
  if (part && options.out === undefined)
    throw new Error('--shard needs --out: merge reads what each shard leaves there. Example: --shard 0/8 --out part-0');
  const [{ reportFiles }, { printFiles }, { ending }] = await Promise.all([
    import('../../bulk-files/report.ts'),
    import('../files-report.ts'),
    import('../ending.ts'),
  ]);
  const { signal, code, release } = ending(() => console.error('Interrupted: nothing is kept of what was read.'));
  try {
    const shards = part ? { shard: part.index, shards: part.of } : {};
    const report = await reportFiles(path, {
      ...options,
      open: options.evidence === 'full',
      ...shards,
      ...(maxExamples === undefined ? {} : { keep: maxExamples }),
      signal,
      // A guide can only be of use to somebody who wants its profiles.
      ...(packages === undefined ? {} : { packages, profiles: true }),
    });
    process.exitCode = printFiles(report, options.json === true);
  } catch (cause) {
    if (!signal.aborted) throw cause;
    process.exitCode = code() ?? exit.incomplete;
  } finally {
    release();
  }
}

async function actOnResources(files: readonly string[], options: Options): Promise<void> {
  const [{ claimsOf, createValidator }, { createHide }] = await Promise.all([import('../../validation/port.ts'), import('../../bulk-files/hide.ts')]);
  const hidden = createHide();
  const hide = (issue: Issue, text: string): Issue =>
    options.evidence === 'full' ? issue : { ...issue, text: hidden(issue.text, text), expression: hidden(issue.expression, text) };
  const packages = options.package ?? [];
  const place = options.cache === undefined ? {} : { cache: options.cache };
  const validator = createValidator({ packages, ...place });
  for (const why of validator.absent) throw new Error(why);
  const found: Found[] = [];
  const resources: { readonly file: string; readonly line?: number; readonly text: string; readonly value: Json }[] = [];
  for (const file of files) {
    const { records, problems } = readPayload(file);
    for (const each of problems) found.push({ ...each, file });
    for (const { text, line } of records) {
      const value = parse(text);
      const profiles = [...claimsOf(value), ...(options.profile ?? [])];
      const at = line === undefined ? {} : { line };
      resources.push({ file, text, value, ...at });
      for (const issue of validator.validateText(text, profiles)) found.push({ ...hide(await located(issue, text), text), file, ...at });
    }
  }
  let unfulfilled = false;
  if (options.hl7Validator !== undefined) {
    const engine = await engineSays(resources, packages, options, found, hide);
    found.push(...engine.issues);
    unfulfilled = engine.notRun > 0;
  }
  const coverage = options.coverage
    ? await uncovered(
        resources.map(({ value }) => value),
        options.profile ?? [],
        validator.compiler,
      )
    : [];
  print(found, coverage, resources.length, validator.packages, options.json === true);
  const wrong = found.some((each) => each.severity === 'error');
  // What we gave up at our limit was not validated.
  const givenUp = found.some(({ severity, rule }) => severity === 'not-verifiable' && (rule.startsWith('limit') || rule === 'defect'));
  process.exitCode = wrong ? exit.nonConformant : unfulfilled || givenUp ? exit.incomplete : exit.conformant;
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
  hide: (issue: Issue, text: string) => Issue,
): Promise<{ readonly issues: readonly Found[]; readonly notRun: number }> {
  const [{ openHl7Validator }, { reconcile }] = await Promise.all([
    import('../../validation/tier2/hl7-validator.ts'),
    import('../../validation/tier2/reconcile.ts'),
  ]);
  const hl7Validator = openHl7Validator({
    packages,
    hl7Validator: options.hl7Validator === undefined || options.hl7Validator === 'local' ? 'local' : { url: options.hl7Validator },
    ...(options.cache === undefined ? {} : { cache: options.cache }),
  });
  try {
    const answers = await hl7Validator.validate(resources.map(({ text }) => text));
    for (const { what, why, fix } of hl7Validator.notRun()) console.error(`Not run: ${what}: ${why}. Next: ${fix}`);
    const issues = answers.flatMap((answer, i) => {
      const { file = '', line, text = '' } = resources[i] ?? {};
      const mine = own.filter((each) => each.file === file && (line === undefined || each.line === line));
      // Both speak of one element in the same words, also where somebody's name was replaced in them.
      const said = answer.map((issue) => hide(issue, text));
      return reconcile(said, mine).map((issue) => ({ ...issue, file, ...(line === undefined ? {} : { line }) }));
    });
    return { issues, notRun: hl7Validator.notRun().length };
  } finally {
    await hl7Validator.close();
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
    console.log(
      visible(
        `${each.file}:${each.line ?? 1}: ${each.severity} ${each.expression === '' ? '' : `${each.expression}: `}${each.text} [${each.rule}, tier ${each.tier}]`,
        4000,
      ),
    );
  if (found.some(({ rule, severity }) => rule === 'profile' && severity === 'not-verifiable'))
    console.log(
      'Profiles that are not loaded were not applied. Name the package of the guide that has them with --package ID#VERSION; `payer-assay ig list` shows which are here, `payer-assay ig add` gets one.',
    );
  for (const each of coverage) console.log(visible(each, 4000));
  console.log(
    `${counted(count, 'resource')}: ${counted(of('error'), 'error')}, ${counted(of('warning'), 'warning')}, ${of('not-verifiable')} not verifiable here. Judged by ${packages.join(', ')}.`,
  );
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function parse(text: string): Json {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch {
    return null;
  }
}
