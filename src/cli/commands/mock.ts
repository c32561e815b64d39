import type { Command } from 'commander';
import type { Shape } from '../../../mocks/shapes/shape.ts';
import { collect, whole } from '../options.ts';

interface Options {
  readonly port?: number;
  readonly tls?: boolean;
  readonly publicUrl?: string;
  readonly seed?: number;
  readonly members?: number;
  readonly fault?: readonly string[];
  readonly guide?: readonly string[];
  readonly writeTarget?: string;
}

export function define(program: Command): void {
  program
    .command('mock')
    .summary('serve the embedded payer, honest or with chosen defects, until Ctrl-C')
    .option('--port <n>', 'port on loopback (default: a free one)', whole(0, 65_535))
    .option('--tls', 'speak https with a certificate made now')
    .option('--public-url <url>', 'how clients reach it when a proxy is in front of it')
    .option('--seed <n>', 'seed of the synthetic members', whole(0, 2 ** 31))
    .option('--members <n>', 'how many synthetic members', whole(50, 1_000_000))
    .option('--guide <id=version>', 'follow this guide in this edition, e.g. hl7.fhir.us.davinci-pdex=2.2.0; may be repeated', collect)
    .option('--fault <id>', 'inject this defect, see "list faults"; may be repeated', collect)
    .option('--write-target <file>', 'write the target file that fits it, and its keys next to it')
    .action(act);
}

async function act(options: Options): Promise<void> {
  const [{ startEmbedded }, { faultsCalled }, { serverCertificate }, { writeTarget }] = await Promise.all([
    import('../../../mocks/embedded.ts'),
    import('../injections.ts'),
    import('../../../mocks/certificate.ts'),
    import('../target-file.ts'),
  ]);
  const faults = faultsCalled(options.fault ?? []);
  const shape = await shapeOf(options.guide ?? []);
  const tls = options.tls ? await serverCertificate(options.publicUrl) : undefined;
  const embedded = await startEmbedded({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.members === undefined ? {} : { members: options.members }),
    ...(shape === undefined ? {} : { shape }),
    ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
  });
  embedded.payer.inject(...faults);
  if (options.writeTarget !== undefined) {
    const overlay = Object.assign({}, ...faults.map((fault) => fault.target));
    for (const file of writeTarget(options.writeTarget, { ...embedded.target, ...overlay }, embedded.secrets, tls?.ca))
      console.error(`wrote ${file}`);
  }
  console.log(`${embedded.target.fhir?.base ?? embedded.origin}`);
  console.error(
    `The embedded payer listens${faults.length > 0 ? `, with ${faults.map((fault) => `"${fault.name}"`).join(' and ')}` : ''}. Ctrl-C ends it.`,
  );
  await new Promise<void>((resolve) => process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve()));
  await embedded.close();
}

/** The payer that follows these guides in these editions; undefined: as it is. Throws for what is not `id=version`, or not published. */
async function shapeOf(guides: readonly string[]): Promise<Shape | undefined> {
  if (guides.length === 0) return undefined;
  const { inEdition, together } = await import('../../../mocks/shapes/versions.ts');
  return together(
    guides.map((each) => {
      const [id = '', version] = each.split('=');
      if (version === undefined || version === '')
        throw new Error(`--guide ${each}: expected a guide and its edition, e.g. hl7.fhir.us.davinci-pdex=2.2.0.`);
      return inEdition(id, version);
    }),
  );
}
