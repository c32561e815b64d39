import type { Command } from 'commander';

interface Options {
  readonly cache?: string;
  readonly registry?: string;
  readonly sha256?: string;
  readonly json?: boolean;
}

export function define(program: Command): void {
  const ig = program.command('ig').summary('implementation guides that payloads are validated against');
  ig.command('add')
    .summary('put a guide into the FHIR package cache')
    .argument('<what>', 'ID#VERSION, e.g. hl7.terminology.r4#7.0.1, or FILE.tgz')
    .option('--registry <url>', 'FHIR or npm registry to fetch from (default: your own npm client)')
    .option('--sha256 <hex>', 'expected SHA-256 of the .tgz')
    .option('--cache <folder>', 'package cache (default: PAYER_ASSAY_PACKAGES, else ~/.fhir/packages)')
    .action(add);
  ig.command('list')
    .summary('guides that are there, and whether their profiles can be applied')
    .option('--cache <folder>', 'package cache (default: PAYER_ASSAY_PACKAGES, else ~/.fhir/packages)')
    .option('--json', 'as JSON')
    .action(list);
}

async function add(what: string, options: Options): Promise<void> {
  const [{ packageFolder }, { addPackage }, { fetchPackage }, { PackageError }] = await Promise.all([
    import('../../validation/packages/folders.ts'),
    import('../../validation/packages/store.ts'),
    import('../../validation/packages/registry.ts'),
    import('../../validation/packages/archive.ts'),
  ]);
  const cache = packageFolder(options.cache);
  const isFile = /\.(tgz|tar\.gz)$/.test(what);
  let name: string;
  try {
    name = isFile ? addPackage(what, cache, options.sha256) : await fetchPackage(what, cache, options);
  } catch (cause) {
    // Said in words already: a plain Error is shown without a stack.
    throw cause instanceof PackageError ? new Error(cause.message, { cause }) : cause;
  }
  console.log(`${name} is in ${cache}. Name it under validation.packages in the target file.`);
}

async function list(options: Options): Promise<void> {
  const [{ packageFolder }, { overview }] = await Promise.all([
    import('../../validation/packages/folders.ts'),
    import('../../validation/packages/overview.ts'),
  ]);
  const rows = overview(packageFolder(options.cache));
  if (options.json) console.log(JSON.stringify(rows, null, 1));
  else
    for (const row of rows)
      console.log(
        `${row.name.padEnd(48)} ${row.problem ?? `${row.profiles} profiles, ${row.valueSets} value sets, ${row.codeSystems} code systems`}${row.builtIn ? '  (always there)' : ''}`,
      );
}
