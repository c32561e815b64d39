/**
 * `payer-assay/testing`: the embedded payer inside your own unit tests. No socket, no port, no certificate: nock answers under an https origin that exists
 * nowhere. Everything is made from a seed, so a test sees the same members every time; defects and legal variations are injected by their id.
 *
 * It needs `nock` 15 beside it (`npm install --save-dev nock@15`). One payer at a time per process: interception is global.
 */
import { legalVariations } from '../checks/injections.ts';
import { startOn } from '../mocks/embedded.ts';
import { faultsCalled } from './cli/injections.ts';
import type { Fault, Target, WireRequest } from './core/model.ts';

export interface TestPayerOptions {
  /** Seed of the synthetic members. Default: the seed of `payer-assay mock`. */
  readonly seed?: number;
  /** How many synthetic members. */
  readonly members?: number;
  /** Under which origin it answers. Default: `https://payer.example`. */
  readonly origin?: string;
  /** Faults and variations that it begins with, by id (`payer-assay list faults` shows them) or of your own. */
  readonly injections?: readonly (string | Fault)[];
}

/** The payer of one test. */
export interface TestPayer {
  readonly origin: string;
  /** FHIR base. */
  readonly base: string;
  /** The target file that fits it: members, keys by name, agreed limits. Give it to `run` or `drive` of the library. */
  readonly target: Target;
  /** The secrets that the target names, by environment name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Every request that it was asked, oldest first. */
  readonly asked: readonly WireRequest[];
  /**
   * Forgets what it learned, and behaves with these faults and variations from now on; none = honest. By id, or a fault of your own. Throws with the
   * nearest id for one that nobody has.
   */
  inject(...injections: readonly (string | Fault)[]): void;
  /** Ends the interception. */
  close(): Promise<void>;
}

/** Starts the embedded payer in this process. Throws, with what to install, when nock is not there. */
export async function startTestPayer(options: TestPayerOptions = {}): Promise<TestPayer> {
  const { origin = 'https://payer.example', injections = [], ...data } = options;
  const { nockHost } = await import('../mocks/kernel/nock-host.ts').catch((cause: unknown) => {
    throw new Error('payer-assay/testing needs nock. Install it: npm install --save-dev nock@15', { cause });
  });
  const started = await startOn((payer) => nockHost(payer, origin), data);
  const inject = (wanted: readonly (string | Fault)[]): void =>
    started.payer.inject(...wanted.flatMap((each) => (typeof each === 'string' ? faultsCalled([each]) : each)));
  inject(injections);
  return {
    origin,
    base: `${origin}/fhir`,
    target: started.target,
    secrets: started.secrets,
    asked: started.payer.asked,
    inject: (...wanted) => inject(wanted),
    close: () => started.close(),
  };
}

/** Ids of all legal variations, for a test that tries each. */
export const variationIds: readonly string[] = legalVariations.map(({ id }) => id);
