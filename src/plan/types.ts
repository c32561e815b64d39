import type { Level, MemberRole, Run, Scenario, Step } from '../core/model.ts';

/** A plan: what a grade is bound to. Its schema is schemas/plan.schema.json; docs/plans.md explains it. */

/** Which editions of a guide count: `bind` is judged by, `accept` as well where the payer declares it, `expired` no longer makes a payer conformant. */
export interface GuideBinding {
  readonly bind: string;
  readonly accept?: readonly string[];
  readonly expired?: readonly string[];
}

/** A legal or other source. `read` is the day on which it was read, YYYY-MM-DD; `settled: false` marks what must be read again before the plan is in force. */
export interface Law {
  readonly cite: string;
  readonly read: string;
  readonly settled: boolean;
  readonly note?: string;
}

/** Facts that a plan may ask for (src/plan/facts.ts). */
export type FactName =
  | 'metadata'
  | 'https'
  | 'evidence'
  | 'decided'
  | 'answered'
  | 'export-finished'
  | 'claims-among-rows'
  | 'prior-authorizations'
  | 'declared-types'
  | 'declared-claims'
  | 'timed'
  | 'match-followed'
  | 'lines'
  | 'postconditions';

/** Without it the grade is incomplete. What the fact does not read is absent. */
export interface MustShow {
  readonly id: string;
  /** For people: completes "must show ...". */
  readonly what: string;
  readonly fact: FactName;
  /** Entry of the target file without which nobody can ask. */
  readonly needs?: string;
  /** Selectors, of `decided`. */
  readonly rows?: readonly string[];
  /** Fewest rows, answers or samples. Default 1. */
  readonly min?: number;
  readonly step?: Step;
  readonly variant?: string;
  readonly member?: MemberRole;
  readonly scenario?: Scenario;
}

/** What one value of a variant changes. */
export interface Overlay {
  readonly guides?: Readonly<Record<string, GuideBinding>>;
  readonly select?: readonly string[];
}

/** Target file entries that a plan refuses. `evidence:hashes` is the entry `evidence` with that value. */
export type Forbidden = 'expectedFailures' | 'minVerified' | 'evidence:hashes' | 'tls.relaxed';

export interface Plan {
  readonly plan: string;
  readonly edition: string;
  readonly status: 'draft' | 'trial' | 'in-force' | 'retired' | 'withdrawn';
  readonly title: string;
  /** Whom the plan grades: `client` = the client of an EHR or provider system, by what scripted payers heard of it. Absent: a payer. */
  readonly side?: 'client';
  /** Days on which the plan may be used, both included, YYYY-MM-DD. */
  readonly from?: string;
  readonly until?: string;
  /** How many days a grade is good for. */
  readonly gradeDays: number;
  /** False: the result word is "ran", never a certificate. */
  readonly certifies?: false;
  /** Plans of the same edition whose parts come first. */
  readonly extends?: readonly string[];
  readonly law: readonly Law[];
  readonly guides: Readonly<Record<string, GuideBinding>>;
  /** By name, then by value; the first value is the default. The values are part of the grade's name. */
  readonly variants?: Readonly<Record<string, Readonly<Record<string, Overlay>>>>;
  readonly select: readonly string[];
  /** Rows whose level goes up, by id, with the source that says so. */
  readonly raise?: Readonly<Record<string, { readonly to: Level; readonly law: string }>>;
  readonly mustShow: readonly MustShow[];
  readonly forbid: readonly Forbidden[];
  readonly limits?: NonNullable<Run['target']['agreement']>['limits'];
  readonly notCovered: readonly { readonly what: string; readonly why: string }[];
}

/** A row of the catalogue as the resolver reads it. */
export type Row = Pick<import('../core/model.ts').Requirement, 'id' | 'level' | 'holds' | 'scenarios'>;

/** A plan with its rows, frozen with the edition; what the grade reads. */
export interface Resolved {
  readonly plan: Plan;
  /** `name@edition`, with the variants that were chosen. */
  readonly name: string;
  readonly variants: Readonly<Record<string, string>>;
  readonly guides: Readonly<Record<string, GuideBinding>>;
  readonly rows: Readonly<Record<string, Level>>;
  /** SHA-256 of the plan file, hex. */
  readonly sha256: string;
  /** The other variants, where none was named: the payer's own documents decide (src/plan/variant.ts). */
  readonly open?: readonly Resolved[];
}

/** Beside the plan: the rows of the edition, by variants. Rows that come to the catalogue later do not creep in. */
export interface Lock {
  readonly plan: string;
  readonly edition: string;
  readonly sha256: string;
  readonly resolved: Readonly<Record<string, Readonly<Record<string, Level>>>>;
}

/** A row whose check turned out to be wrong: it decides nothing any more, in old packages either. */
export interface Retraction {
  readonly requirement: string;
  readonly since: string;
  readonly why: string;
}
