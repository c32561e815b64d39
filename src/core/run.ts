import type { Exchange } from './exchange.ts';
import type { Blocked, Finding, Unasked } from './finding.ts';
import type { Hearing } from './heard.ts';
import type { LatencyData } from './load-data.ts';
import type { ExpectedFailure, Target } from './target.ts';
import type { Level, Line, Measured, Requirement, Scenario } from './vocabulary.ts';

/** The result of a run as a type: run.json. Its schema is schemas/run.schema.json. */

export interface Verdict {
  readonly requirement: string;
  readonly level: Level;
  readonly lines: readonly Line[];
  readonly scenarios: readonly Scenario[];
  /** The scenarios whose conversations show a failure, or to which what was judged belongs, where those are not all of the row. */
  readonly shows?: readonly Scenario[];
  readonly measures?: Measured;
  readonly finding: Finding;
  /** Set when the target file expects this failure and the expectation has not expired. */
  readonly expected?: ExpectedFailure;
}

/** The whole of a run: everything the reports and `regrade` need. */
export interface Run {
  readonly format: 1;
  readonly tool: { readonly name: 'payer-assay'; readonly version: string; readonly node?: string };
  /** Who was judged: `client` = the client of an EHR or provider system, by what a payer heard of it. Absent: a payer. */
  readonly side?: 'client';
  readonly target: Target;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly seed?: number;
  /** Nonce of a certifier that the requests carried. */
  readonly challenge?: string;
  /** What the caller asked for, when not everything: nothing may be said of the rest. */
  readonly selection?: Selection;
  /** The private requirements that were judged besides the catalogue: reports quote them from here. */
  readonly own?: readonly Requirement[];
  readonly exchanges: readonly Exchange[];
  /** Of a client: how the cases were played; `exchanges` is what was heard. */
  readonly heard?: Pick<Hearing, 'plays' | 'share'>;
  readonly blocked: readonly Blocked[];
  /** Why this is not the whole of a run: interrupted, killed, ended by a bug in payer-assay. Such a run makes no statement (src/core/grade.ts). */
  readonly partial?: string;
  /** Scenarios of each suite that was driven. */
  readonly suites?: Readonly<Record<string, readonly Scenario[]>>;
  /** What suites that came to their end had no occasion to ask. */
  readonly unasked?: readonly Unasked[];
  /** What was not run and the one command that fixes it. */
  readonly notRun: readonly { readonly what: string; readonly why: string; readonly fix: string }[];
  readonly verdicts: readonly Verdict[];
  /** What judged payloads: package id#version, engine and version. */
  readonly validators?: readonly string[];
  readonly latency?: LatencyData;
}

/** Scenarios, words of requirement ids, or plans, that a run was limited to. */
export interface Selection {
  readonly scenarios?: readonly Scenario[];
  readonly only?: readonly string[];
  readonly plans?: readonly string[];
}
