import type { CdsService } from '../../../src/client/requests/crd/prefetch.ts';
import type { Exchange, MemberRole, RequestSpec, Step, Target, TargetMember, Variant } from '../../../src/core/model.ts';
import type { JourneyName, Offer } from '../../../src/load/journeys.ts';

/** One request of a journey. */
export interface Ask {
  readonly step: Step;
  readonly spec: RequestSpec;
  /** What the payer must offer for this to be asked; absent for what only finds something out. */
  readonly offer?: Offer;
  /** Logical id of the Patient that every resource of the answer must belong to. */
  readonly about?: string;
  readonly member?: MemberRole;
  /** As the suites call the same request, so that the same judges take it up. */
  readonly variant?: Variant;
}

/** What a journey knows beforehand. */
export interface Ground {
  readonly base: string;
  readonly target: Target;
  /** CDS Hooks base, and service ids by hook. */
  readonly cds?: { readonly base: string; readonly services: Readonly<Record<string, CdsService>> };
  readonly group?: string;
  /** Does the payer offer this, as far as is known? */
  offers(what: Offer): boolean;
  uuid(): string;
  /** Epoch ms. */
  now(): number;
  /** What runs must be taken back now: the stage is about to end. */
  closing(): boolean;
  patientIdOf(member: TargetMember): string | undefined;
}

/**
 * One thing a provider does, as the questions it asks one after another; each `yield` gives back the answer. Whoever walks it (k6, or Node for the
 * faults project) sends, times and judges. `nth` is unlike that of any other journey of the load.
 */
export interface Journey {
  readonly name: JourneyName;
  readonly run: (ground: Ground, member: TargetMember, nth: number) => Generator<Ask, void, Exchange>;
}

/** A journey whose questions do not depend on its answers: a virtual user can be found in the middle of it. */
export interface Interactive extends Journey {
  readonly run: (ground: Ground, member: TargetMember, nth: number) => Generator<Ask, void, unknown>;
}
