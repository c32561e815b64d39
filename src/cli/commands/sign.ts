import type { Command } from 'commander';

export function define(program: Command): void {
  program
    .command('sign')
    .summary('sign a package: a detached JWS and a DSSE envelope over its statement; several may sign one after the other')
    .argument('<package>', '*.assay, intact')
    .requiredOption('--key <where>', 'private key, Ed25519 or P-256: a file with PEM or JWK, or env:NAME (PKCS#11 is not offered)')
    .option('--out <file>', 'where the signed package goes (default: NAME.signed.assay beside it; nothing is overwritten)')
    .action(act);
}

async function act(path: string, options: { readonly key: string; readonly out?: string }): Promise<void> {
  const [{ signingKey }, { openAssay }, { isSignature, signatures }, { pack }, { readAssay, writeNew }] = await Promise.all([
    import('../../assay/keys.ts'),
    import('../../assay/open.ts'),
    import('../../assay/sign.ts'),
    import('../../assay/zip.ts'),
    import('../assay.ts'),
  ]);
  const key = await signingKey(options.key);
  const { members, statementBytes, statement } = openAssay(readAssay(path));
  const fresh = await signatures(statementBytes, key);
  if (members.some(({ name }) => name === fresh[0]?.name)) throw new Error(`${path} is signed with this key already (${key.id}).`);
  const signed = [...members.filter(isSignature), ...fresh].sort((a, b) => (a.name < b.name ? -1 : 1));
  const out = options.out ?? path.replace(/(\.signed)?(\.assay)?$/, '.signed.assay');
  writeNew(out, pack([...members.filter((each) => !isSignature(each)), ...signed]));
  console.log(out);
  console.log(`${statement.predicate.plan.name}: ${statement.predicate.word} · signed with ${key.alg}, key ${key.id}`);
}
