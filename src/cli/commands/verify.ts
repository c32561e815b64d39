import { join } from 'node:path';
import type { Command } from 'commander';
import type { Finding } from '../../assay/verify.ts';
import type { Resolved } from '../../plan/types.ts';
import { exit } from '../failure.ts';
import { collect } from '../options.ts';

export function define(program: Command): void {
  program
    .command('verify')
    .summary('is a package intact, signed by whom, of the same grade when graded again here, in time, not retracted? Offline')
    .argument('<package>', '*.assay')
    .option('--trust <keys>', 'public keys that you trust, from their owners: PEM, certificate, JWK or JWK set; may be repeated', collect)
    .option('--challenge <nonce>', 'the nonce that you gave for the run: its requests must carry it')
    .option('--plans <folder>', 'folder of plans (default: those of this tool)')
    .option('--out <folder>', 'also unpack the members there, in a new folder')
    .option('--json', 'as JSON')
    .action(act);
}

interface Options {
  readonly trust?: readonly string[];
  readonly challenge?: string;
  readonly plans?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const signs = { ok: '✓', note: '·', open: '?', refused: '✗' } as const;

async function act(path: string, options: Options): Promise<void> {
  const [{ trustedKeys }, { openAssay }, { Damage }, { readAssay }] = await Promise.all([
    import('../../assay/keys.ts'),
    import('../../assay/open.ts'),
    import('../../assay/zip.ts'),
    import('../assay.ts'),
  ]);
  const trusted = await trustedKeys(options.trust ?? []);
  const bytes = readAssay(path);
  let opened: ReturnType<typeof openAssay>;
  try {
    opened = openAssay(bytes);
  } catch (cause) {
    if (!(cause instanceof Damage)) throw cause;
    tell([{ what: 'intact', state: 'refused', text: cause.message }], options, path);
    process.exitCode = exit.nonConformant;
    return;
  }
  const [{ catalogue }, { planNamed, retractions, shelf }, { runOf }, { exitOf, verify }] = await Promise.all([
    import('../../../checks/catalogue.ts'),
    import('../../plan/load.ts'),
    import('../../run/stored.ts'),
    import('../../assay/verify.ts'),
  ]);
  const all = shelf(options.plans);
  const planOf = (name: string): Resolved | string => {
    try {
      return planNamed(name, all);
    } catch (cause) {
      return (cause as Error).message;
    }
  };
  const run = runOf(JSON.parse(opened.runText), `${path}: run.json.gz`);
  const findings = await verify(opened, {
    ...{ trusted, catalogue, planOf, run, now: new Date(), retracted: retractions(options.plans) },
    ...(options.challenge === undefined ? {} : { challenge: options.challenge }),
  });
  const { word, product, plan } = opened.statement.predicate;
  tell(findings, options, `${product.name}: ${plan.name}: ${word}`);
  process.exitCode = exitOf(findings);
  if (options.out !== undefined) await unpackTo(options.out, opened.members);
}

function tell(findings: readonly Finding[], { json }: Options, title: string): void {
  if (json) console.log(JSON.stringify({ title, findings }, null, 1));
  else {
    console.log(title);
    for (const { what, state, text } of findings) console.log(`${signs[state]} ${what.padEnd(13)} ${text}`);
    const worst = findings.some(({ state }) => state === 'refused')
      ? 'REFUSED'
      : findings.some(({ state }) => state === 'open')
        ? 'NOT ESTABLISHED'
        : 'VERIFIED';
    console.log(worst);
  }
}

async function unpackTo(folder: string, members: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Promise<void> {
  const [{ makeFolder }, { writeNew }, { inflated }] = await Promise.all([
    import('../../disk/folder.ts'),
    import('../assay.ts'),
    import('../../assay/open.ts'),
  ]);
  for (const { name, bytes } of members) {
    const file = join(folder, name.replace(/\.gz$/, ''));
    makeFolder(join(file, '..'));
    writeNew(file, name.endsWith('.gz') ? Buffer.from(inflated(bytes, name)) : bytes);
  }
  console.error(`  unpacked to ${folder}`);
}
