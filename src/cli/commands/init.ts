import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Found } from '../../desk/look.ts';
import type { Answers } from '../../desk/write-target.ts';
import { exit } from '../failure.ts';

interface Options {
  readonly yes?: boolean;
  readonly name?: string;
  readonly base?: string;
  readonly clientId?: string;
  readonly secretEnv?: string;
  readonly scope?: string;
  readonly ci?: string;
  readonly force?: boolean;
}

export function define(program: Command): void {
  program
    .command('init')
    .summary('write a commented target file for a payer, and a CI file on request; ends with doctor')
    .argument('[file]', 'where the target file goes', 'payer.jsonc')
    .option('--base <url>', "the payer's FHIR base, or an address above it: the usual places below are tried")
    .option('--name <name>', 'how reports call this payer (default: the host of the base)')
    .option('--client-id <id>', 'the id that the payer registered for us')
    .option('--secret-env <name>', 'environment variable that holds our key or secret', 'PAYER_KEY')
    .option('--scope <scopes>', 'scopes to ask for (default: what the payer offers to systems that read)')
    .option('--ci <host>', 'also write a CI file: github or gitlab')
    .option('--yes', 'ask nothing: take the options, and what the payer says of itself')
    .option('--force', 'write over files that are there')
    .action(act);
}

async function act(file: string, options: Options): Promise<void> {
  if (options.ci !== undefined && !['github', 'gitlab'].includes(options.ci))
    throw new Error(`--ci ${options.ci}: expected github or gitlab. Nothing was written.`);
  const [{ look }, { targetText }, { ciFile }, { makeFolder }] = await Promise.all([
    import('../../desk/look.ts'),
    import('../../desk/write-target.ts'),
    import('../../desk/ci-file.ts'),
    import('../../disk/folder.ts'),
  ]);
  const ci = options.ci === undefined ? undefined : ciFile(options.ci, file, options.secretEnv ?? 'PAYER_KEY');
  for (const path of [file, ...(ci === undefined ? [] : [ci.file])])
    if (existsSync(path) && options.force !== true) throw new Error(`${path} is there already. Choose another name, or write over it with --force.`);
  const answers = await answersFor(options, look);
  for (const [path, text] of [[file, targetText(answers)], ...(ci === undefined ? [] : [[ci.file, ci.text]])] as const) {
    if (path === undefined || text === undefined) continue;
    makeFolder(dirname(path));
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
  process.exitCode = await doctor(file);
}

async function answersFor(options: Options, look: (address: string, signal: AbortSignal) => Promise<Found | undefined>): Promise<Answers> {
  const asks = options.yes !== true && process.stdin.isTTY === true;
  const terminal = asks ? createInterface({ input: process.stdin, output: process.stderr }) : undefined;
  const ask = async (question: string, otherwise: string) =>
    (await terminal?.question(`${question}${otherwise === '' ? '' : ` [${otherwise}]`}: `))?.trim() || otherwise;
  try {
    const address = options.base ?? (await ask("The payer's FHIR base, or its host", ''));
    if (address === '') throw new Error('Where is the payer? Name its FHIR base with --base URL. Nothing was written.');
    const url = /^[a-z]+:\/\//i.test(address) ? address : `https://${address}`;
    if (!URL.canParse(url)) throw new Error(`--base ${address}: expected a URL, e.g. https://payer.example/fhir. Nothing was written.`);
    const found = await look(url, AbortSignal.timeout(20_000));
    console.error(
      found === undefined
        ? `No FHIR server answered at ${url} or below it: the file names it all the same.`
        : `Found ${found.base}: FHIR ${found.fhirVersion}, ${found.auth === 'none' ? 'no SMART document' : `token endpoint ${found.tokenEndpoint}`}.`,
    );
    const name = await ask('How reports shall call it', options.name ?? new URL(url).host);
    const auth = found?.auth ?? (options.clientId === undefined ? 'none' : 'smart-backend');
    const clientId = auth === 'none' ? '' : await ask('The client id that it registered for us', options.clientId ?? 'payer-assay');
    const secretEnv =
      auth === 'none' ? '' : await ask('Environment variable with our key (JWK or PKCS#8 PEM) or secret', options.secretEnv ?? 'PAYER_KEY');
    return { name, base: found?.base ?? url, auth, clientId, secretEnv, scope: options.scope ?? found?.scope ?? '', ...(found ? { found } : {}) };
  } finally {
    terminal?.close();
  }
}

/** The same as `payer-assay doctor --target FILE`. */
async function doctor(file: string): Promise<number> {
  const [{ examine }, { openSubject }, { linesOfDoctor }] = await Promise.all([
    import('../../run/doctor.ts'),
    import('../subject.ts'),
    import('../doctor-words.ts'),
  ]);
  const { target, secrets } = await openSubject({ target: file });
  const findings = await examine(target, secrets, AbortSignal.timeout(9_500));
  for (const line of linesOfDoctor(findings)) console.log(line);
  const bad = findings.some(({ state }) => state === 'bad');
  console.log(bad ? `Correct what is BAD in ${file}, then: payer-assay doctor --target ${file}` : `Next: payer-assay run --target ${join(file)}`);
  return bad ? exit.nonConformant : exit.conformant;
}
