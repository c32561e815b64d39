import assert from 'node:assert/strict';
import { loadChecks } from '../../checks/time/load.ts';
import type { Embedded } from '../../mocks/embedded.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Agreement, Fault, LoadStage } from '../../src/core/model.ts';
import { type Profile, profileOf } from '../../src/load/profiles.ts';
import { runLoad } from '../../src/load/run-load.ts';

/** Faults that one caller at a time never sees: a load is put on the embedded payer, and one requirement judges it. */

const everywhere = ['read', 'search', 'member-match', 'cds.hook'] as const;
export const injected = (behaviour: string): Fault => ({ name: behaviour, at: everywhere, behaviour });
/** Only these kinds of stages, as short as a test can wait for. */
export const brief = (name: string, rate: number, kinds: readonly LoadStage['kind'][], seconds: number): Profile => {
  const profile = profileOf(name, { rate });
  return {
    ...profile,
    tolerated: 2,
    stages: profile.stages.filter((each) => kinds.includes(each.kind)).map((each) => ({ ...each, seconds })),
  };
};

/** What the requirement `id` says of this load, under which the payer misbehaves as `behaviour` says. */
export async function judged(embedded: Embedded, id: string, profile: Profile, behaviour?: string, agreement: Agreement = {}) {
  embedded.payer.inject(...(behaviour === undefined ? [] : [injected(behaviour)]));
  const target = { ...embedded.target, agreement };
  const outcome = await runLoad(profile, { target, secrets: embedded.secrets });
  embedded.payer.inject();
  assert.ok('latency' in outcome, JSON.stringify(outcome));
  const check = loadChecks.find((each) => each.id === id);
  assert.ok(check);
  return { finding: findingOf(check, { exchanges: [], blocked: [], target, latency: outcome.latency }), load: outcome.latency.load };
}
