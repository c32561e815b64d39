import type { Bounds } from './bounds.ts';
import type { BulkTarget } from './bulk-target.ts';
import type { Json } from './json.ts';
import type { SecretRef } from './secret.ts';
import type { KnownResources, Statements } from './statements.ts';
import type { TargetUdap } from './udap.ts';
import type { AppCase } from './variants.ts';
import type { MemberRole, Scenario } from './vocabulary.ts';

/** The target file as a type: one payer as the harness needs to know it. Its schema is schemas/target.schema.json. */

/** Demographics and card data that the harness sends for one person. */
export interface TargetMember {
  /** FHIR Patient as the provider knows it. */
  readonly patient: { readonly [key: string]: Json };
  /** FHIR Coverage from the card; absent: what stands on a card ($member-match, CRD) cannot be asked about this person. */
  readonly coverage?: { readonly [key: string]: Json };
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

/** What service levels are agreed for. */
export type Operation =
  | 'discovery'
  | 'token'
  | 'match'
  | 'read'
  | 'search'
  | 'everything'
  | 'crd.other'
  | 'crd.appointment-book'
  | 'bulk.kickoff'
  | 'bulk.status'
  | 'bulk.job'
  | 'bulk.file'
  | 'bulk.delete';

/** What payer and providers have agreed. */
export interface Agreement {
  readonly limits?: Readonly<Partial<Record<Operation, Limit>>>;
  /** Agreed sustained rate, requests per second. */
  readonly rate?: number;
  /** Highest error rate tolerated, 0-1. */
  readonly errorRate?: number;
  /** `sync` or `async` as declared to providers, per scenario (L5). */
  readonly mode?: Readonly<Partial<Record<Scenario, 'sync' | 'async' | 'both'>>>;
}

/** A client that is registered with the payer. */
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

/** A failure that is known and accepted for a time. */
export interface ExpectedFailure {
  readonly requirement: string;
  readonly owner: string;
  readonly reason: string /** YYYY-MM-DD */;
  readonly expires: string;
}

/** Something to order; a `ServiceRequest` unless `type` says otherwise. */
export interface TargetOrder {
  readonly system: string;
  readonly code: string;
  readonly display: string;
  readonly type?: 'ServiceRequest' | 'DeviceRequest' | 'MedicationRequest';
}

/** What the operator knows of a coverage requirements discovery service. */
export interface CrdTarget {
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
  readonly orders?: readonly TargetOrder[];
  /** A member whose coverage has ended. */
  readonly terminated?: TargetMember;
  /**
   * How the service reaches our EHR when it does not run on this machine: where we listen (default: a free port of the loopback), and the URL by which it is
   * reached from there, e.g. that of a tunnel.
   */
  readonly ehr?: { readonly listen?: { readonly host: string; readonly port: number }; readonly url?: string };
}

/** A link to an app, as a card or a document of this run holds it. */
export interface AppLink {
  readonly url: string;
  readonly appContext?: string | undefined;
  readonly scenario: 'S2' | 'S3';
}

/** A SMART app of the payer, to be launched in a browser by the EHR that we play (reached as `crd.ehr` says). */
export interface AppTarget {
  /** Launch URL; absent: those of the first card and of the first DocumentReference that link to an app, with their appContext. */
  readonly url?: string;
  /** client_id of the app at our EHR; absent: whatever it sends. */
  readonly clientId?: string;
  /** Where a clinician meets this app; absent: where its link was found, or wherever apps are. */
  readonly scenario?: Extract<Scenario, 'S2' | 'S3' | 'S4'>;
  /** Name of our EHR in `iss`, the same in every run, for apps that launch only from EHRs that are registered with them: `<crd.ehr.url>/<path>/fhir`. */
  readonly path?: string;
  /** What the link to this app says beside its URL. */
  readonly appContext?: string | undefined;
  /** Words that can be read once the app has understood appContext. */
  readonly shows?: string;
  /** Launches that are made besides the ordinary one; absent: all. */
  readonly cases?: readonly Exclude<AppCase, 'plain'>[];
  /** A module that passes the app's own login: `export default async (page) => { ... }`, with Playwright's page. */
  readonly login?: string;
}

/** A registered client that proves itself by a secret. */
export interface SecretClient {
  readonly clientId: string;
  readonly secret: SecretRef;
  readonly scope?: string;
}

/** The client that asks for tokens itself at a token endpoint; undefined where it brings one, needs none, or has them by UDAP. */
export const tokenClientOf = ({ auth }: Pick<Target, 'auth'>) => (auth.kind === 'smart-backend' || auth.kind === 'client-secret' ? auth : undefined);

/** The target file, as every stage but the transport sees it: secrets are references, never values. */
export interface Target {
  readonly name: string;
  readonly directory?: {
    readonly base: string;
    readonly organization?: string;
    readonly identifier?: { readonly system: string; readonly value: string };
  };
  /** URL of the payer's davinci-configuration file, from set-up or X12 271. */
  readonly wellKnown?: { readonly url: string; readonly timeLimited?: false | { readonly issuedAt: string } };
  readonly fhir?: { readonly base: string };
  /** The CDS Hooks service. `issuer` and `key`: who signs its client JWTs; absent: the SMART client, and where there is none, nobody. */
  readonly cds?: { readonly base: string; readonly issuer?: string } & Partial<Pick<ClientIdentity, 'key' | 'kid' | 'alg' | 'jwksUrl'>>;
  readonly auth:
    | ({ readonly kind: 'smart-backend'; readonly tokenEndpoint?: string } & ClientIdentity)
    | { readonly kind: 'none' }
    /** Tokens come from the B2B flow of `udap`. */
    | { readonly kind: 'udap' }
    /** A client id and a secret, by HTTP Basic or in the form as the endpoint's metadata say. */
    | ({ readonly kind: 'client-secret'; readonly tokenEndpoint?: string } & SecretClient)
    | { readonly kind: 'bearer'; readonly token: SecretRef };
  /** A second, separately registered client: another organisation. */
  readonly otherClient?: ClientIdentity | SecretClient | { readonly token: SecretRef };
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
  /** What the payer may cost us at most (src/core/bounds.ts). */
  readonly limits?: Partial<Bounds>;
  readonly bulk?: BulkTarget;
  readonly crd?: CrdTarget;
  /** SMART apps to launch; an empty list: none, on purpose. */
  readonly apps?: readonly AppTarget[];
  readonly members: Readonly<Partial<Record<MemberRole, TargetMember>>>;
  /** The form of $member-match to try first: which policy the Consent names, and whether CoverageToLink goes along. The other forms are tried when it is refused. */
  readonly memberMatch?: { readonly policy?: 'regular' | 'sensitive'; readonly coverageToLink?: boolean };
  /** Guides that the payer follows, by package id: the edition, `true` without one, `false` for a guide that it does not follow. */
  readonly guides?: Readonly<Record<string, string | boolean>>;
  /** What else the operator knows and the wire does not show. */
  readonly statements?: Statements;
  /** Resources with something to them: deleted, with non-ASCII text, free to be written. */
  readonly knownResources?: KnownResources;
  readonly agreement?: Agreement;
  /** Origins that may receive our tokens, besides the FHIR base and token endpoint. */
  readonly allowedOrigins?: readonly string[];
  /** Hosts under our control: the only non-loopback hosts that load may be sent to. */
  readonly ownedHosts?: readonly string[];
  /** What a run may do beyond reading. */
  readonly allow?: { readonly writes?: boolean; readonly registration?: boolean; readonly load?: boolean; readonly bruteForce?: boolean };
  readonly expectedFailures?: readonly ExpectedFailure[];
  /** Fewest requirements that must be verified (pass or fail) for the run to count. */
  readonly minVerified?: number;
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
  readonly hl7Validator?: 'off' | 'local' | { readonly url: string };
  /** Most records of a bulk file that tier 2 sees; tier 1 sees them all. Default 100. */
  readonly sample?: number;
  /** By what lines of bulk files are judged that are too large to store: the R4 schema (default), or the profiles they claim as well (ten times slower). */
  readonly bulk?: 'schema' | 'profiles';
}
