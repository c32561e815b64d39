/** The nouns that join the four stages. Types only: nothing here runs. */
import type { BulkTarget } from './bulk-target.ts';
import type { TargetUdap, UdapJwtSpec } from './udap.ts';

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

/** Demographics and card data that the harness sends for one person. */
export interface TargetMember {
  /** FHIR Patient as the provider knows it. */
  readonly patient: { readonly [key: string]: Json };
  /** FHIR Coverage from the card. */
  readonly coverage: { readonly [key: string]: Json };
  /** The payer's logical id, when the operator knows it. */
  readonly patientId?: string;
  /** Ids per resource type that the payer holds for this member: ground truth for completeness. */
  readonly holds?: Readonly<Record<string, readonly string[]>>;
}

/** Limits of one operation, ms. */
export interface Limit {
  readonly p50?: number;
  readonly p90?: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly timeout?: number;
}

export type Operation =
  | 'discovery'
  | 'token'
  | 'match'
  | 'read'
  | 'search'
  | 'everything'
  | 'crd.warm'
  | 'crd.cold'
  | 'bulk.kickoff'
  | 'bulk.status'
  | 'bulk.job'
  | 'bulk.file'
  | 'bulk.delete';

export interface Agreement {
  readonly limits?: Readonly<Partial<Record<Operation, Limit>>>;
  /** Agreed sustained rate, requests per second. */
  readonly rate?: number;
  /** Highest error rate tolerated, 0-1. */
  readonly errorRate?: number;
  /** `sync` or `async` as declared to providers, per scenario (L5). */
  readonly mode?: Readonly<Partial<Record<Scenario, 'sync' | 'async' | 'both'>>>;
}

export interface SecretRef {
  readonly env?: string;
  readonly file?: string;
}

export interface ClientIdentity {
  readonly clientId: string;
  /** Private JWK or PKCS#8 PEM. */
  readonly key: SecretRef;
  readonly kid?: string;
  readonly alg?: 'RS384' | 'ES384';
  /** Where the payer can fetch our public keys, sent as `jku` when set. */
  readonly jwksUrl?: string;
  readonly scope?: string;
}

export interface ExpectedFailure {
  readonly requirement: string;
  readonly owner: string;
  readonly reason: string /** YYYY-MM-DD */;
  readonly expires: string;
}

/** What the operator knows of a coverage requirements discovery service. */
export interface CrdTarget {
  /** Guide version, when discovery does not declare it. */
  readonly version?: '2.0' | '2.1' | '2.2';
  /** How Coverage.payor names this payer. */
  readonly payer?: { readonly system: string; readonly value: string; readonly name: string };
  /** Hooks that the payer has decided not to offer, each with its statement. */
  readonly exceptions?: Readonly<Record<string, string>>;
  /** Names under which members know the insurer, and names that must not stand on a card. */
  readonly insurerNames?: readonly string[];
  readonly vendorNames?: readonly string[];
  /** Hosts of the payer's own portals. */
  readonly portalHosts?: readonly string[];
  /** Calls per hook for the percentile verdict; 0 or absent = not agreed, so not run. */
  readonly samples?: number;
  /** Codes to order: the first two go into one request. */
  readonly orders?: readonly { readonly system: string; readonly code: string; readonly display: string }[];
  /** A member whose coverage has ended. */
  readonly terminated?: TargetMember;
}

/** The target file, as every stage but the transport sees it: secrets are references, never values. */
export interface Target {
  readonly name: string;
  readonly directory?: {
    readonly base: string;
    readonly organization?: string;
    readonly identifier?: { readonly system: string; readonly value: string };
  };
  /** URL of the payer's davinci-configuration file, from set-up or X12 271. */
  readonly wellKnown?: { readonly url: string; readonly timeLimited?: { readonly issuedAt: string } };
  readonly fhir?: { readonly base: string };
  readonly cds?: { readonly base: string };
  readonly auth:
    | ({ readonly kind: 'smart-backend'; readonly tokenEndpoint?: string } & ClientIdentity)
    | { readonly kind: 'none' }
    /** Tokens come from the B2B flow of `udap`. */
    | { readonly kind: 'udap' }
    | { readonly kind: 'bearer'; readonly token: SecretRef };
  /** A second, separately registered client: another organisation. */
  readonly otherClient?: ClientIdentity;
  /** An access token that this payer issued once and that expired at least five minutes ago. */
  readonly expiredToken?: SecretRef;
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: SecretRef;
    readonly pfx?: string;
    readonly passphrase?: SecretRef;
    readonly relaxed?: boolean;
    readonly plainHttpPort?: number;
  };
  readonly udap?: TargetUdap;
  readonly bulk?: BulkTarget;
  readonly crd?: CrdTarget;
  readonly members: Readonly<Partial<Record<MemberRole, TargetMember>>>;
  /** Facts the operator knows and the wire does not show: claimed guide versions, deleted ids, a resource with non-ASCII text. */
  readonly claims?: Readonly<Record<string, string | boolean>>;
  readonly fixtures?: Readonly<Record<string, string>>;
  readonly agreement?: Agreement;
  /** Origins that may receive our tokens, besides the FHIR base and token endpoint. */
  readonly allowedOrigins?: readonly string[];
  /** Hosts under our control: the only non-loopback hosts that load may be sent to. */
  readonly ownedHosts?: readonly string[];
  /** What a run may do beyond reading. */
  readonly allow?: { readonly writes?: boolean; readonly registration?: boolean; readonly load?: boolean; readonly bruteForce?: boolean };
  readonly expectedFailures?: readonly ExpectedFailure[];
  /** Fewest requirements that must be verified (pass or fail) for the run to count. */
  readonly floor?: number;
  readonly evidence?: 'full' | 'pseudonymised' | 'hashes';
  readonly validation?: ValidationSettings;
}

/** Which packages judge payloads, and who applies them. */
export interface ValidationSettings {
  /** `id#version` in the package cache, besides base R4 and US Core 5.0.1, which are always there. */
  readonly packages?: readonly string[];
  /** Package cache folder; else PAYER_ASSAY_PACKAGES, else ~/.fhir/packages. */
  readonly cache?: string;
  /** The HL7 engine (tier 2): our own service where it is built, or the URL of a validator-wrapper; off by default. */
  readonly authority?: 'off' | 'local' | { readonly url: string };
  /** Most records of a bulk file that tier 2 sees; tier 1 sees them all. Default 100. */
  readonly sample?: number;
}

export interface Verdict {
  readonly requirement: string;
  readonly level: Level;
  readonly lines: readonly Line[];
  readonly scenarios: readonly Scenario[];
  readonly finding: Finding;
  /** Set when the target file expects this failure and the expectation has not expired. */
  readonly expected?: ExpectedFailure;
}

/** The whole of a run: everything the reports and `regrade` need. */
export interface Run {
  readonly format: 1;
  readonly tool: { readonly name: 'payer-assay'; readonly version: string; readonly node?: string };
  readonly target: Target;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly seed?: number;
  readonly exchanges: readonly Exchange[];
  readonly blocked: readonly Blocked[];
  /** What was not run and the one command that fixes it. */
  readonly notRun: readonly { readonly what: string; readonly why: string; readonly fix: string }[];
  readonly verdicts: readonly Verdict[];
  /** What judged payloads: package id#version, engine and version. */
  readonly validators?: readonly string[];
  readonly latency?: LatencyData;
}

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
