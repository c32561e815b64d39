import type { Check, Excluded, Probe } from '../src/core/model.ts';
import { app } from './app/index.ts';
import type { Area, Variation } from './area.ts';
import { atr } from './atr/index.ts';
import { bulk } from './bulk/index.ts';
import { cc1 } from './cc1/index.ts';
import { cc2 } from './cc2/index.ts';
import { cc3 } from './cc3/index.ts';
import { claims } from './claims/index.ts';
import { crd } from './crd/index.ts';
import { doc } from './doc/index.ts';
import { err } from './err/index.ts';
import { gaps } from './gaps/index.ts';
import { id } from './id/index.ts';
import { mode } from './mode/index.ts';
import { pa } from './pa/index.ts';
import { record } from './record/index.ts';
import { rest } from './rest/index.ts';
import { sec } from './sec/index.ts';
import { time } from './time/index.ts';
import { udap } from './udap/index.ts';
import { valid } from './valid/index.ts';

/** The families in the order in which reports list them. */
const areas: readonly Area[] = [cc1, cc2, udap, cc3, id, rest, err, mode, time, sec, doc, record, gaps, crd, app, bulk, atr, pa, claims, valid];

/** The catalogue: every requirement that this tool can judge. */
export const checks: readonly Check[] = areas.flatMap((area) => area.checks);
/** Requirements that the wire cannot show, each with its reason. */
export const excluded: readonly Excluded[] = areas.flatMap((area) => area.excluded);
/** Ways in which an honest payer may differ. */
export const variations: readonly Variation[] = areas.flatMap((area) => area.variations);

/** Deliberately wrong requests that a suite must send, each once. */
export function probesOf(suite: string): readonly Probe[] {
  const found = new Map<string, Probe>();
  for (const probe of checks.flatMap((check) => check.probes ?? [])) if (probe.suite === suite) found.set(probe.id, probe);
  return [...found.values()];
}
