/** The nouns that join the four stages. Types only: nothing here runs. */
import type { RowQuestion } from './rows.ts';
import type { LatencyData } from './run.ts';
import type { Target } from './target.ts';
import type { UdapJwtSpec } from './udap.ts';

export type * from './run.ts';
export type * from './target.ts';

/** How strongly a requirement binds. FAST = demanded by the use case itself, graded by rubric. */
export type Level = 'SHALL' | 'SHOULD' | 'MAY' | 'FAST';
/** The seven requirement lines of the use case: discovery, payload, trust, identity, mode, time, errors. */
export type Line = 'L1' | 'L2' | 'L3' | 'L4' | 'L5' | 'L6' | 'L7';
export type Scenario = 'S1' | 'S2' | 'S3' | 'S4' | 'S5' | 'S6';

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
  | 'bulk.delete';

/** Which of the target file's people a request is about. */
export type MemberRole = 'known' | 'unknown' | 'twin' | 'foreign' | 'optedOut' | 'noConsent' | 'history' | 'nearMiss';

/** Where a requirement comes from: quoted in every report, so a certifier can defend the verdict. */
export interface Source {
  readonly ig: string;
  readonly version: string;
  readonly url: string;
  readonly section: string;
}

export interface Requirement {
  readonly id: string;
  readonly level: Level;
  readonly text: string;
  readonly source: Source;
  readonly lines: readonly Line[];
  readonly scenarios: readonly Scenario[];
}

export interface WireRequest {
  readonly method: string;
  /** Absolute URL. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WireResponse {
  readonly status: number;
  /** Lower-case names; repeated headers are joined with ', '. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded text, as far as it was kept. */
  readonly body: string;
}

/** Milliseconds. A phase is 0 when the connection was reused, absent when it was not measured. */
export interface Timing {
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  readonly firstByte?: number;
  readonly total: number;
}

/** Why no usable response came. `limit.*` are limits of ours and never a failure of the payer. */
export type TransportErrorCode =
  | 'dns'
  | 'refused'
  | 'reset'
  | 'tls'
  | 'timeout'
  | 'protocol'
  | 'limit.body'
  | 'limit.redirects'
  | 'limit.inflate'
  | 'origin.blocked'
  | 'aborted';

export interface TransportError {
  readonly code: TransportErrorCode;
  readonly message: string;
}

/** One payload problem found by a validation tier. */
export interface Issue {
  readonly severity: 'error' | 'warning' | 'information' | 'not-verifiable';
  readonly rule: string;
  readonly expression: string;
  readonly text: string;
  readonly tier: 0 | 1 | 2;
  /** The profile (canonical, with version where known) that was being applied. */
  readonly profile?: string;
  /** Line of the received body, from 1: in NDJSON the record, in JSON the element. */
  readonly line?: number;
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Facts that a pure judge cannot compute (signature valid, chain trusted, TLS version, C-CDA parsed), established in `enrich`.
 * Keys are dotted and owned by one enricher: `tls.protocol`, `jws.valid`, `ccda.recordTarget`.
 */
export type Facts = Readonly<Record<string, Json>>;

/** One request and what came of it. Does not say who we are: the mock records the same shape. */
export interface Exchange {
  /** Position in `Run.exchanges`; findings point here. */
  readonly index: number;
  readonly suite: string;
  readonly step: Step;
  /** What was deliberately wrong, e.g. `search.bad-date`; absent when the request was honest. */
  readonly probe?: string;
  /** Which honest form this was, e.g. `post`, `second-page`; free to each suite. */
  readonly variant?: string;
  readonly member?: MemberRole;
  /** Index of the exchange that led here (a next link, a poll, a retry). */
  readonly follows?: number;
  readonly request: WireRequest;
  readonly response: WireResponse | null;
  readonly error?: TransportError;
  /** ISO instant. */
  readonly startedAt: string;
  readonly timing: Timing;
  /** Bytes on the wire and after decompression. */
  readonly size: { readonly sent: number; readonly received: number; readonly decoded: number };
  readonly facts?: Facts;
  readonly issues?: readonly Issue[];
}

export type Finding =
  | { readonly outcome: 'pass'; readonly note?: string }
  | { readonly outcome: 'fail'; readonly expected: string; readonly actual: string; readonly exchange: number; readonly severity?: 'warning' }
  | { readonly outcome: 'not-testable' | 'not-applicable'; readonly reason: string };

/** What a judge may look at: the stored history and the target, both already redacted. */
export interface Evidence {
  readonly exchanges: readonly Exchange[];
  readonly target: Target;
  /** Why a suite stopped before its end. */
  readonly blocked: readonly Blocked[];
  /** Samples of a load, when one was made. */
  readonly latency?: LatencyData;
}

export interface Blocked {
  readonly suite: string;
  readonly reason: string;
}

/** A defect planted in the embedded payer to prove that a check can fail. */
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

export type NonEmpty<T> = readonly [T, ...T[]];

export interface Check extends Requirement {
  /** True, or in words why the row does not bind this payer. `{unknown}` = the version cannot be known: a miss is then a warning. */
  readonly applies?: (evidence: Evidence) => true | string | { readonly unknown: string };
  readonly judge: (evidence: Evidence) => Finding;
  /** Of a judge that reads rows of bulk files: the lines it must see wherever they stand. Absent: it cannot decide on a file of which only the beginning is stored. */
  readonly rows?: RowQuestion;
  readonly faults: NonEmpty<Fault>;
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

/** How a request shall be authorised. A name other than `none` is looked up in the session's tokens. */
export type TokenUse = 'none' | 'default' | (string & {});

/** A request before it is sent: pure data, built by the same functions in Node and in k6. */
export interface RequestSpec {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>>;
  readonly token?: TokenUse;
  /** A session token to put into `form.token`: introspection and revocation speak about a token. */
  readonly formToken?: TokenUse;
  /** Signed by the client and put into `form.client_assertion`. */
  readonly assertion?: AssertionSpec;
  /** Signed with a UDAP certificate and put into the JSON body or the form. */
  readonly udap?: UdapJwtSpec;
  /** CDS Hooks client JWT, signed by the client with the URL as its audience and sent as the bearer. */
  readonly clientJwt?: AssertionSpec;
}

/** A client assertion and what is wrong with it. Times in seconds relative to now. */
export interface AssertionSpec {
  readonly header?: Readonly<Record<string, Json | undefined>>;
  /** `undefined` removes the claim. */
  readonly claims?: Readonly<Record<string, Json | undefined>>;
  readonly iatOffset?: number;
  readonly expOffset?: number;
  /** `registered` = our key; `stranger` = another key under our kid; `none` = unsigned; `hmac` = HS256 with our public key; `same` = the last assertion again. */
  readonly sign?: 'registered' | 'stranger' | 'none' | 'hmac' | 'same';
  readonly alg?: 'RS384' | 'ES384' | 'RS256' | 'ES256';
  /** Whose key signs: `default` (when absent) or `other`. */
  readonly as?: string;
}

/** What the journey has learned so far. Suites fill it; probes and request builders read it. */
export interface Known {
  readonly target: Target;
  base?: string;
  tokenEndpoint?: string;
  smart?: Json;
  capability?: Json;
  /** Logical id of the known member's Patient. */
  patientId?: string;
  /** Logical ids learned by type, e.g. Condition. */
  ids: Record<string, readonly string[]>;
  /** Anything an area needs to hand on, under its own dotted key. */
  notes: Record<string, Json>;
}
