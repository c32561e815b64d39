import type { Injection } from '../../checks/injections.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { startSecureEmbedded } from '../../mocks/secure.ts';
import type { Shape } from '../../mocks/shapes/index.ts';
import type { Evidence, Finding } from '../../src/core/model.ts';
import { suites } from '../../suites/index.ts';
import { type Bench, benchOf, type FaultResult } from '../faults/inject.ts';

/** The honest payer in a shape, driven through every conversation once, ready to be spoilt. */
export async function openShape(shape: Shape): Promise<Bench> {
  const started = await (shape.https === undefined ? startEmbedded({ shape }) : startSecureEmbedded({ shape }));
  return benchOf(
    started,
    suites.map((suite) => suite.id),
  );
}

/**
 * What became of a fault in a shape. `failed`: its requirement failed. `open`: the requirement was not testable or not applicable. `silent`: the fault
 * changed nothing that this payer was asked. `passed`: it did, and its requirement holds all the same. `broken`: it could not be tried.
 */
export type Fate = 'failed' | 'open' | 'silent' | 'passed' | 'broken';

export interface Tried {
  readonly shape: string;
  readonly ms: number;
  readonly found: Bench['found'];
  readonly blocked: Evidence['blocked'];
  readonly faults: readonly { readonly fault: string; readonly fate: Fate; readonly own?: Finding; readonly why?: string }[];
  /** Faults that were left out because the time was up. */
  readonly left: number;
}

/** Judges the honest payer in this shape, then injections the faults one at a time, until the clock says stop (ms since the epoch). */
export async function tryShape(shape: Shape, injections: readonly Injection[], until = Number.POSITIVE_INFINITY): Promise<Tried> {
  const began = performance.now();
  const bench = await openShape(shape);
  const faults: Tried['faults'][number][] = [];
  for (const injection of injections) {
    if (Date.now() > until) break;
    const first = await bench.inject(injection);
    // What no suite near the fault contradicts may be contradicted elsewhere: a pass counts when the whole run gives it.
    const row = fateOf(first, injection) === 'passed' ? await bench.inject(injection, 'whole') : first;
    const fate = fateOf(row, injection);
    faults.push({
      fault: injection.id,
      fate,
      ...(row.own === undefined || fate === 'failed' ? {} : { own: row.own }),
      ...(fate === 'broken' && row.why !== undefined ? { why: row.why } : {}),
    });
  }
  await bench.close();
  const ms = Math.round(performance.now() - began);
  return { shape: shape.id, ms, found: bench.found, blocked: bench.blocked, faults, left: injections.length - faults.length };
}

function fateOf({ own, struck, failed, why }: FaultResult, { requirement = '' }: Injection): Fate {
  if (own === undefined) return why?.includes('No suite asks for') === true ? 'silent' : 'broken';
  if (failed.includes(requirement)) return 'failed';
  if (own.outcome === 'not-testable' && /^Our judge for \S+ crashed/.test(own.reason)) return 'broken';
  if (own.outcome !== 'pass') return 'open';
  return struck === true ? 'passed' : 'silent';
}
