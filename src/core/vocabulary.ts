import type { Guide } from './guides.ts';
/** The words that requirements, requests and verdicts share. */

/** How strongly a requirement binds. FAST = demanded by the use case itself, graded by rubric. */
export type Level = 'SHALL' | 'SHOULD' | 'MAY' | 'FAST';
/** The seven requirement lines of the use case: discovery, payload, trust, identity, mode, time, errors. */
export type Line = 'L1' | 'L2' | 'L3' | 'L4' | 'L5' | 'L6' | 'L7';
/** The six scenarios of the use case. Sets of them have names in steps.ts. */
export const scenarios = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'] as const;
/** One of the six scenarios of the use case. */
export type Scenario = (typeof scenarios)[number];

/** What was asked of the payer. The only joint of client, mock and check. */
export type Step =
  // discovery: where is the payer, and what does it speak
  | 'directory.metadata'
  | 'directory.organization'
  | 'directory.endpoint'
  | 'wellknown.davinci'
  | 'metadata'
  | 'versions'
  | 'smart.configuration'
  | 'udap.metadata'
  | 'plain-http'
  | 'tls'
  // trust
  | 'token'
  // where a person lets a client in: asked of the scripted payer only
  | 'authorize'
  | 'register'
  | 'udap.token'
  | 'introspect'
  | 'jwks'
  | 'crl'
  // identity
  | 'member-match'
  | 'match'
  | 'idi-match'
  // clinical and claims data, one member at a time
  | 'read'
  | 'vread'
  | 'search'
  | 'page'
  | 'everything'
  | 'docref'
  | 'binary'
  | 'document'
  | 'app-link'
  // a SMART app, launched in a browser: its page, what it asked of our EHR, and what stood on the screen in the end
  | 'app.page'
  | 'app.call'
  | 'app.seen'
  | 'care-gaps'
  | 'preflight'
  | 'operation'
  // coverage requirements discovery
  | 'cds.discovery'
  | 'cds.hook'
  | 'cds.feedback'
  | 'ehr.callback'
  // roster and bulk
  | 'group.search'
  | 'group.read'
  | 'group.operation'
  | 'bulk.kickoff'
  | 'bulk.status'
  | 'bulk.manifest'
  | 'bulk.file'
  | 'bulk.delete'
  // asked of the scripted payer where nothing is served: a canary, a path that nobody gave out
  | 'elsewhere';

/** Which of the target file's people a request is about. */
export type MemberRole = 'known' | 'unknown' | 'multipleMatch' | 'notAttributed' | 'optedOut' | 'noConsent' | 'largeRecord' | 'similar';

/** Where a requirement comes from: quoted in every report, so a certifier can defend the verdict. */
export interface Source {
  readonly ig: string;
  readonly version: string;
  readonly url: string;
  readonly section: string;
}

/** A guide for whose editions `from` to `to` (both included; absent: open) a row holds, and at which level where that differs from the row's own. */
export interface Holds {
  readonly ig: Guide;
  readonly from?: string;
  readonly to?: string;
  readonly level?: Level;
}

/** One sentence that a payer must meet, and where it is from. */
export interface Requirement {
  readonly id: string;
  readonly level: Level;
  readonly text: string;
  readonly source: Source;
  /** Guides that ask for it; one is enough. Absent or empty: it is asked of everybody, or `applies` says of whom. */
  readonly holds?: readonly Holds[];
  readonly lines: readonly Line[];
  readonly scenarios: readonly Scenario[];
  /** What a post-condition asks about, where the row measures just that: answers in time (P2), payloads that validate (P3). */
  readonly measures?: Measured;
}

/** What a row measures for a post-condition. */
export type Measured = 'answer time' | 'payload';

/** A list with at least one entry. */
export type NonEmpty<T> = readonly [T, ...T[]];
