import type { UdapAlgorithm } from '../client/udap/credentials.ts';
import type { Target, TargetMember } from '../core/model.ts';
import type { Offer } from './journeys.ts';
import type { Profile, Stage } from './profiles.ts';

/** Raw samples beside run.json: what parts of one load are joined from. */
export const samplesFile = 'load.ndjson';

/** How k6 gets its tokens; the key or token itself comes by environment. */
export type LoadAuth = BackendAuth | UdapAuth | { readonly kind: 'client-secret' } | { readonly kind: 'bearer' } | { readonly kind: 'none' };
export interface BackendAuth {
  readonly kind: 'smart-backend';
  readonly clientId: string;
  readonly kid: string;
  readonly alg: 'RS384' | 'ES384';
  readonly scope?: string;
}

/** The scope and the hl7-b2b extension follow from the target, as in a run. */
export interface UdapAuth {
  readonly kind: 'udap';
  readonly clientId: string;
  readonly alg: UdapAlgorithm;
  /** Base64 DER, leaf first. */
  readonly x5c: readonly string[];
}

/** What the broker hands to each virtual user. */
export interface Lent {
  readonly token: string;
  /** Epoch ms from which the next is to be had. */
  readonly renewAt: number;
}

/** What Node hands to k6: plain data in one file, because k6 knows neither target files nor `process`. */
export interface LoadPlan {
  readonly profile: Profile;
  readonly base: string;
  /** CDS Hooks base, where the target has one. */
  readonly cds?: string;
  /** Logical id of the roster to export. */
  readonly group?: string;
  /** Found in the SMART configuration when absent. */
  readonly tokenEndpoint?: string;
  /** Hosts (`name:port`) that may be asked; anything else is refused inside k6 too. */
  readonly hosts: readonly string[];
  readonly auth: LoadAuth;
  /** Who signs CDS Hooks calls, where that is another than `auth`; its key comes by environment, too. */
  readonly cdsClient?: Omit<BackendAuth, 'kind' | 'scope'>;
  /** What the payer declares of all that journeys ask for. */
  readonly offers: readonly Offer[];
  /** Members to ask about, in turn. */
  readonly members: readonly TargetMember[];
  /** Seen by the judges: no secret in it, only references. */
  readonly target: Target;
  /** ms after which a request counts as not answered. */
  readonly timeout: number;
}

/**
 * One request under load, as k6 hands it back: a line of JSON. Times in ms.
 * `j` = outcome of each judged requirement, one letter each (p pass, f fail, - neither), in the order of the `checks` line of this step.
 */
export interface SampleLine {
  readonly k: 'sample';
  readonly step: string;
  /** The hook, for CRD: what its limit depends on. */
  readonly hook?: string;
  /** Index into the profile's stages. */
  readonly g: number;
  /** Scenario and iteration: unique over all segments of a load. */
  readonly i: string;
  /** Epoch ms at which the request was due. */
  readonly at: number;
  readonly total: number;
  /** DNS, connect, TLS, first byte, body. */
  readonly ph: readonly [number, number, number, number, number];
  /** 0 = no answer; `late` tells a timeout from a broken connection. */
  readonly status: number;
  readonly late?: 1;
  /** The answer said when to come again. */
  readonly retry?: 1;
  readonly ok: 0 | 1;
  /** 1 = the answer is about somebody else. */
  readonly mixed?: 1;
  /** Entries fewer than without load. */
  readonly short?: number;
  readonly j?: string;
  /** The first failed requirement in words. */
  readonly why?: string;
}

/** Which requirements are judged at a step: those that held in an idle rehearsal just before. */
export interface ChecksLine {
  readonly k: 'checks';
  readonly checks: Readonly<Record<string, readonly string[]>>;
  /** What was refused to every member without load, and so was not asked under load. */
  readonly refused?: readonly { readonly offer: Offer; readonly status: number }[];
  /** The stages of the load, for whoever has the samples only. */
  readonly stages?: readonly Stage[];
}

/** The last line where no summary file is asked for, as in a cluster. */
export interface SummaryLine {
  readonly k: 'summary';
  readonly dropped: number;
}

export type LoadLine = SampleLine | ChecksLine | SummaryLine;
