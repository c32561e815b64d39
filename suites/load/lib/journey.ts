import type { Exchange, MemberRole, RequestSpec, Step, Target, TargetMember, Variant } from '../../../src/core/model.ts';
import type { JourneyName } from '../../../src/load/profiles.ts';

/** One request of a journey. */
export interface Ask {
  readonly step: Step;
  readonly spec: RequestSpec;
  /** Logical id of the Patient that every resource of the answer must belong to. */
  readonly about?: string;
  readonly member?: MemberRole;
  /** As the suites call the same request, so that the same judges take it up. */
  readonly variant?: Variant;
}

/** What a journey knows beforehand, and what its virtual user learns. */
export interface Ground {
  readonly base: string;
  readonly target: Target;
  /** CDS Hooks base, and service ids by hook. */
  readonly cds?: { readonly base: string; readonly services: Readonly<Record<string, string>> };
  readonly group?: string;
  uuid(): string;
  patientIdOf(member: TargetMember): string | undefined;
  remember(member: TargetMember, patientId: string): void;
}

/**
 * One thing a provider does, as the questions it asks one after another; each `yield` gives back the answer. Whoever runs it (k6, or Node for the
 * faults project) sends, times and judges. `nth` counts iterations over the whole load.
 */
export interface Journey {
  readonly name: JourneyName;
  readonly run: (ground: Ground, member: TargetMember, nth: number) => Generator<Ask, void, Exchange>;
}
