import type { Exchange } from './exchange.ts';
import type { Because, Blocked, Finding, Unasked } from './finding.ts';
import type { Known } from './known.ts';
import type { MustSee } from './lines.ts';
import type { LatencyData } from './load-data.ts';
import type { RequestSpec } from './request.ts';
import type { Target } from './target.ts';
import type { Level, MemberRole, NonEmpty, Requirement, Scenario, Step } from './vocabulary.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** What a judge may look at: the stored history and the target, both already redacted. */
export interface Evidence {
  readonly exchanges: readonly Exchange[];
  readonly target: Target;
  /** Why a suite stopped before its end. */
  readonly blocked: readonly Blocked[];
  /** Scenarios of each suite that was driven: a failure shows in those of its conversation. */
  readonly suites?: Readonly<Record<string, readonly Scenario[]>>;
  /** What suites that came to their end had no occasion to ask. */
  readonly unasked?: readonly Unasked[];
  /** Samples of a load, when one was made. */
  readonly latency?: LatencyData;
}

/** A defect injected in the embedded payer to prove that a check can fail. */
export interface Fault {
  /** Sentence without subject: "answers 200 instead of 202". */
  readonly name: string;
  /** Where it strikes. */
  readonly at: Step | readonly Step[];
  /** Wire transform: what goes out instead. Return the same object to leave an answer alone. */
  readonly alter?: (response: WireResponse, request: WireRequest) => WireResponse;
  /** Named behaviour of the payer (see mocks/behaviours), for what a transform cannot do. */
  readonly behaviour?: string;
  /** Suites to drive besides those that the honest run shows to touch these steps, e.g. one that needs the target overlay to run at all. */
  readonly drives?: readonly string[];
  /** Hold the answer back, ms. Only for `time.*`. */
  readonly delayMs?: number;
  /** Changes to the target file under which the fault shows, e.g. a declared limit or an option. */
  readonly target?: Partial<Target>;
  /** Requirements that this fault breaks by nature, each with the reason. Undeclared is collateral. */
  readonly alsoFails?: Readonly<Record<string, string>>;
}

/**
 * Does a row bind this payer? True; in words why not (the payer declares it absent, or its guides do not ask for it); `unknown` = it cannot be known, and a
 * miss is then a warning only; `open` = it could bind, but was not asked, e.g. because the target file leaves something out: not testable, listed first.
 */
export type Bound = true | string | { readonly unknown: string } | { readonly open: string; readonly because: Because; readonly add?: string };

/** Ways in which the answer that a verdict rests on can be lost. */
export type Loss =
  | 'lost'
  | 'throttled'
  | 'unavailable'
  | 'crashed'
  | 'forbidden'
  | 'missing'
  | 'empty-body'
  | 'web-page'
  | 'off-topic'
  | 'empty-bundle'
  | 'empty-list'
  | 'empty-manifest';

/** A requirement with its judge and the faults that prove that it can fail. */
export interface Check extends Requirement {
  /** True, or in words why the row does not bind this payer. `{unknown}` = the version cannot be known: a miss is then a warning. */
  readonly applies?: (evidence: Evidence) => Bound;
  /** The scenarios in which what was judged took place, or the exchange of a failure, where that is known and fewer than those of the row. */
  readonly within?: (evidence: Evidence, exchange?: Exchange) => readonly Scenario[] | undefined;
  readonly judge: (evidence: Evidence) => Finding;
  /** Of a judge that reads rows of bulk files: the lines it must see wherever they stand. Absent: it cannot decide on a file of which only the beginning is stored. */
  readonly mustSee?: MustSee;
  readonly faults: NonEmpty<Fault>;
  /** Why every fault that spoils one answer and not the others of its kind breaks this row as well: it compares the answers of a whole run with each other. */
  readonly crosses?: string;
  /**
   * Losses of an answer that this very sentence is about, each with the reason: a verdict may then rest on them (`npm run laws` counts these exceptions).
   * `lost` = no answer came; `throttled` = 429 or 503; the others are what an answer may lack.
   */
  readonly about?: Readonly<Partial<Record<Loss, string>>>;
  /** Deliberately wrong requests this check needs; driven by the suite named in each. */
  readonly probes?: readonly Probe[];
}

/** A requirement that the wire cannot show. */
export interface Excluded {
  readonly id: string;
  readonly level: Level;
  readonly text: string;
  readonly reason: string;
}

/** How a probe must be answered; read by the error rubric. */
export interface Expected {
  /** Statuses the guide names, best first. */
  readonly status: NonEmpty<number>;
  /** Fitting issue.code or OAuth error values. */
  readonly codes: readonly string[];
  /** Words of which one should occur: the parameter, element, header, scope or member condition at fault. */
  readonly names: readonly string[];
  /** What the reader should do next. */
  readonly action: 'correct' | 'retry' | 'reauthenticate' | 'contact';
}

/** A deliberately wrong request. */
export interface Probe {
  readonly id: string;
  readonly step: Step;
  /** The suite that sends it. */
  readonly suite: string;
  readonly member?: MemberRole;
  /** Pure. A string says why it cannot be sent here. */
  readonly request: (known: Known) => RequestSpec | string;
  /** Absent when an ordinary answer is also right (the probe is then not scored by the rubric). */
  readonly expected?: Expected;
}
