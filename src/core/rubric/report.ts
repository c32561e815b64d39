import type { Expected, Step } from '../model.ts';

/** What an error answer tells its reader to do next. */
export type Action = Expected['action'];

/** One of the eleven criteria, on one error. */
export interface Criterion {
  /** 1 to 11, as in docs/rubrics.md. */
  readonly no: number;
  readonly title: string;
  readonly points: number;
  readonly max: number;
  /** Why these points: a short phrase for the report. */
  readonly why: string;
}

/** The score of one provoked error. */
export interface ErrorScore {
  /** Index of the exchange. */
  readonly exchange: number;
  readonly probe: string;
  readonly step: Step;
  readonly status: number;
  readonly expected: Expected;
  /** 0 to 20, after the rules "wrong status class = 0" and "a leak caps at 6". */
  readonly points: number;
  readonly grade: 'good' | 'pass' | 'miss';
  readonly criteria: readonly Criterion[];
  /** The payer's own words, as staff would read them; empty when it said nothing. */
  readonly words: string;
  /** Paths forward that the text names. */
  readonly actions: readonly Action[];
  /** What leaked; the points are capped when there is any. */
  readonly leaks: readonly string[];
}

export interface StepMean {
  readonly step: Step;
  readonly count: number;
  readonly minimum: number;
  readonly mean: number;
}

/** Rubric 1 over a whole run. Numbers are absent when nothing was provoked. */
export interface ErrorReport {
  readonly scores: readonly ErrorScore[];
  readonly count: number;
  readonly minimum?: number;
  readonly mean?: number;
  readonly steps: readonly StepMean[];
  readonly good: number;
  readonly passed: number;
  /** Share (0-1) of client faults that were answered with 5xx. */
  readonly serverFaults: number;
  /** Why the run fails the rubric as a whole; empty when it does not. */
  readonly failures: readonly string[];
}

/** Points out of 20. */
export const passMark = 14;
export const goodMark = 17;
export const leakCap = 6;
