import type { Operation } from './target.ts';
import type { Scenario } from './vocabulary.ts';

/** What latency.html is made of: samples of a run or of a load, and how the load was made. */

/** Where a request spends its time; `body` is from first to last byte. */
export type Phase = 'dns' | 'connect' | 'tls' | 'firstByte' | 'body';

/**
 * Raw samples of one operation from one source, kept small: parallel arrays of equal length, one entry a request, times in ms.
 * Never percentiles: those are computed from the samples when a report is made, so that segments can be joined.
 */
export interface LatencySeries {
  readonly operation: Operation;
  /** `run`: single caller, from the recorded exchanges. `k6`: open-model load. */
  readonly source: 'run' | 'k6';
  /** Intended start, ms after `LatencyData.startedAt`; negative for what was asked before a load began. */
  readonly at: readonly number[];
  /** From the intended start to the last byte: a late start counts against the answer, never for it. */
  readonly total: readonly number[];
  /** 1 = answered as an honest request should be (2xx or 3xx), 0 = an error or no answer. */
  readonly ok: readonly (0 | 1)[];
  /** Index into `LoadFacts.stages` of each sample; absent for a single caller. */
  readonly stage?: readonly number[];
  /** A phase is absent when it was not measured for every sample. */
  readonly phases?: Readonly<Partial<Record<Phase, readonly number[]>>>;
}

/** How often one requirement was judged under load, and how often it did not hold. */
export interface ConformanceHits {
  readonly requirement: string;
  readonly checked: number;
  readonly failed: number;
  /** First miss in words: expected -> actual. */
  readonly example?: string;
  /** The same by stage (index into `LoadFacts.stages`); only where it did not hold on every answer. */
  readonly byStage?: readonly StageHits[];
}

/** The same for one stage of the load. */
export interface StageHits {
  readonly stage: number;
  readonly checked: number;
  readonly failed: number;
}

/**
 * What a stretch of a load is for. `warm-up` counts nowhere; `idle` is what load is compared with; `steady` is the rate agreed to; `step` one of a ramp;
 * `overload` is beyond the agreement and `recovery` the rate agreed to after it; `export` has a bulk export running beside the interactive calls.
 */
export type StageKind = 'warm-up' | 'idle' | 'steady' | 'step' | 'overload' | 'recovery' | 'export';

/** How the requests of one stage were answered; the counts add up to `requests`. */
export interface StageAnswers {
  readonly requests: number;
  /** 2xx or 3xx. */
  readonly ok: number;
  /** 429 or 503 that says in Retry-After when to come again, and the same without it. */
  readonly shed: number;
  readonly shedBare: number;
  /** 5xx other than those. */
  readonly failed: number;
  /** No answer within the time allowed. */
  readonly late: number;
  /** The connection broke or was refused. */
  readonly lost: number;
  /** Other 4xx. */
  readonly refused: number;
}

/** One stage of a load: what was wanted, and how it was answered. */
export interface LoadStage {
  readonly name: string;
  readonly kind: StageKind;
  /** Wanted requests per second. */
  readonly rate: number;
  readonly seconds: number;
  /** ms after `LatencyData.startedAt`. */
  readonly from: number;
  readonly answers: StageAnswers;
  /** Answers judged, and those among them that broke a requirement, lacked entries or were about somebody else. */
  readonly judged: number;
  readonly wrong: number;
}

/** Something that the journeys of a profile would have asked. */
export interface LeftOut {
  readonly what: string;
  /** The status without load; absent where the payer does not declare it. */
  readonly status?: number;
}

/** How the load was made: what a reader must know before believing the figures. */
export interface LoadFacts {
  readonly profile: string;
  readonly scenarios: readonly Scenario[];
  /** Wanted arrivals per second. */
  readonly rate: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
  /** Iterations that were due but never started: any makes the figures inconclusive. */
  readonly dropped: number;
  readonly requests: number;
  /** Share of its cores that the load generator used, 0-1. */
  readonly cpu?: number;
  readonly tool: string;
  /** Answers about another member than the one asked for. */
  readonly mixedUp: number;
  /** What journeys did not ask, and why: not declared, or refused without load. That is no fault of the load, and none of it. */
  readonly leftOut?: readonly LeftOut[];
  /** Answers with fewer entries than the same question had without load just before. */
  readonly incomplete?: number;
  /** How many different members were asked about. */
  readonly members?: number;
  /** The share of the arrivals that was sent here, 0-1, where the rest was sent elsewhere; absent for the whole. */
  readonly share?: number;
  /** Which part of the load this was, e.g. `1/3`; absent for the whole. */
  readonly segment?: string;
  /** In order of time. */
  readonly stages?: readonly LoadStage[];
  readonly conformance: readonly ConformanceHits[];
  /** Why the figures decide nothing, when they do not. */
  readonly inconclusive?: string;
}

/** What latency.html is made of. Filled from exchanges and from k6. */
export interface LatencyData {
  /** ISO instant that every `at` counts from. */
  readonly startedAt: string;
  readonly series: readonly LatencySeries[];
  readonly load?: LoadFacts;
}
