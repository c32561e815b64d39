import { rmSync } from 'node:fs';
import { test } from '@playwright/test';
import type { Run, Verdict } from '../core/model.ts';
import { alreadyDriven, type Driven, driveFor, drivenElsewhere, type Place, saidFile, type Wish } from './driven.ts';
import { wantedVariable } from './selection.ts';
import type { Shown } from './shown.ts';

/** Options of the fixture, for `use` in playwright.config.ts. */
export interface AssayOptions {
  /** Target file of the payer. Default: ASSAY_TARGET; without it the embedded payer. */
  readonly assayTarget: string | undefined;
  /** A run that is there already (run.json or its folder): nothing is asked, its verdicts are shown. Default: ASSAY_RUN. */
  readonly assayRun: string | undefined;
  /** Launch SMART apps as well, as `payer-assay run --apps` does. */
  readonly assayApps: boolean;
  /** Modules that export private checks and suites, as for `payer-assay run --with`. */
  readonly assayWith: readonly string[];
}

/** The one run against the payer that all tests look at. */
export interface PayerRun {
  /** Where run.json lies. */
  readonly folder: string;
  /** Why it makes no statement at all, when it does not: nothing in it passed, or it was cut short. */
  readonly mute?: string;
  /** Everything of it: exchanges (redacted), verdicts, target. */
  readonly run: Run;
  /** The verdict of one requirement. Throws when there is no requirement of that id. Drives the rest when this one was not thought to be wanted. */
  verdict(id: string): Promise<Verdict>;
  /** The same as what its test shows. */
  shown(id: string): Promise<Shown>;
}

/** Playwright's `test` with `payerRun`: held once for all tests, when the first one asks for it. */
export const assay = test.extend<object, AssayOptions & { readonly payerRun: PayerRun }>({
  assayTarget: [process.env['ASSAY_TARGET'], { option: true, scope: 'worker' }],
  assayRun: [process.env['ASSAY_RUN'], { option: true, scope: 'worker' }],
  assayApps: [false, { option: true, scope: 'worker' }],
  assayWith: [[], { option: true, scope: 'worker' }],
  payerRun: [
    async ({ assayTarget, assayRun, assayApps, assayWith }, use, { workerIndex, project }) => {
      const wanted = process.env[wantedVariable(project.name)];
      const place: Place = { owner: process.ppid, project: project.name };
      const wish: Wish = {
        modules: assayWith,
        apps: assayApps,
        ...(assayTarget === undefined ? {} : { target: assayTarget }),
        ...(wanted === undefined ? {} : { wanted: wanted.split(',') }),
      };
      if (workerIndex === 0) rmSync(saidFile(place), { force: true });
      // The first worker of a run of Playwright asks anew; those that come after a failure read what it left.
      const before = workerIndex === 0 ? undefined : alreadyDriven(place, 'wanted');
      const driven = assayRun === undefined ? (before ?? (await driveFor(place, 'wanted', wish))) : drivenElsewhere(assayRun);
      await use(payerRunOf(driven, () => (assayRun === undefined ? wholeRun(place, wish) : undefined)));
    },
    // As long as the run itself takes: it has bounds of its own (limits.runMinutes).
    { scope: 'worker', timeout: 0 },
  ],
});

const wholeRun = async (place: Place, wish: Wish): Promise<Driven> => alreadyDriven(place, 'whole') ?? driveFor(place, 'whole', wish);

function payerRunOf(driven: Driven, whole: () => Promise<Driven> | undefined): PayerRun {
  const holding = async (id: string): Promise<Driven> => {
    const has = (each: Driven | undefined) => each?.shown.some((shown) => shown.id === id);
    if (has(driven)) return driven;
    const rest = await whole();
    if (rest !== undefined && has(rest)) return rest;
    throw new Error(`The run has no verdict about ${id}. Is it an id of: payer-assay list requirements?`);
  };
  return {
    folder: driven.folder,
    ...(driven.mute === undefined ? {} : { mute: driven.mute }),
    get run() {
      return driven.run();
    },
    verdict: async (id) => (await holding(id)).run().verdicts.find(({ requirement }) => requirement === id) as Verdict,
    shown: async (id) => (await holding(id)).shown.find((each) => each.id === id) as Shown,
  };
}
