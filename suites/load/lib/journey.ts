import type { Exchange, MemberRole, RequestSpec, Step, TargetMember } from '../../../src/core/model.ts';

export interface Labels {
  /** Logical id of the Patient that every resource of the answer must belong to. */
  readonly about?: string;
  readonly member?: MemberRole;
  /** As the suites call the same request, so that the same judges take it up. */
  readonly variant?: string;
}

/** The payer as a journey meets it: every answer is timed, judged and checked to be about the right member. */
export interface LoadedPayer {
  readonly base: string;
  ask(step: Step, spec: RequestSpec, labels?: Labels): Exchange;
  /** Learned once, kept by each virtual user. */
  patientIdOf(member: TargetMember): string | undefined;
  remember(member: TargetMember, patientId: string): void;
}

/** One thing a provider does, made of the same request builders as the suites. Adding one adds no machinery. */
export interface Journey {
  readonly name: string;
  /** How many requests it makes; the arrival rate follows from it. */
  readonly requests: number;
  readonly run: (payer: LoadedPayer, member: TargetMember) => void;
}
