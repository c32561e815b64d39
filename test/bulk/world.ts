import { checks } from '../../checks/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import type { HostOptions } from '../../mocks/kernel/host.ts';
import { signersOf } from '../../src/client/identity.ts';
import { createTransport } from '../../src/client/transport.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence, Fault, Finding, Target } from '../../src/core/model.ts';
import { createWholeFiles } from '../../src/enrich/files/index.ts';
import { createValidation } from '../../src/enrich/validation.ts';
import { type DriveOptions, drive } from '../../src/run/drive.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

/** An embedded payer, spoilt or not, and conversations with it. */
export interface World {
  readonly embedded: Embedded;
  /** `sampled`: nobody judges what is not stored of a file. `validated`: the validation tiers look at payloads. */
  talk(
    ids: readonly string[],
    options?: Partial<DriveOptions> & { readonly patch?: Partial<Target>; readonly sampled?: true; readonly validated?: true },
  ): Promise<Evidence>;
  close(): Promise<void>;
}

export async function openWorld(options: HostOptions = {}, fault?: Fault): Promise<World> {
  const embedded = await startEmbedded(options);
  if (fault) embedded.payer.inject(fault);
  const transport = createTransport();
  return {
    embedded,
    async talk(ids, { patch, sampled, validated, ...more } = {}) {
      const target = { ...embedded.target, ...patch };
      const files = createWholeFiles(target, 2);
      try {
        return await drive({
          target,
          suites: withNeeds(suites, ids),
          transport,
          ...(sampled ? {} : { files }),
          ...(validated ? { enrichers: [createValidation().enricher] } : {}),
          signers: signersOf(embedded.target, embedded.secrets),
          ...more,
        });
      } finally {
        await files.close();
      }
    },
    async close() {
      transport.close();
      await embedded.close();
    },
  };
}

/** Findings of the checks whose id begins with one of these. */
export const findingsOf = (evidence: Evidence, ...families: readonly string[]): Readonly<Record<string, Finding>> =>
  Object.fromEntries(checks.filter(({ id }) => families.some((family) => id.startsWith(family))).map((each) => [each.id, findingOf(each, evidence)]));
