import type { Facts } from './facts.ts';
import type { Variant } from './variants.ts';
import type { MemberRole, Step } from './vocabulary.ts';
import type { Timing, TransportError, WireRequest, WireResponse } from './wire.ts';

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

/** An exchange as it happened, before redaction. Only the driver and the enrichers ever see one. */
export type RawExchange = Exchange;

/** One request and what came of it. Does not say who we are: the mock records the same shape. */
export interface Exchange {
  /** Position in `Run.exchanges`; findings point here. */
  readonly index: number;
  readonly suite: string;
  readonly step: Step;
  /** What was deliberately wrong, e.g. `search.bad-date`; absent when the request was honest. */
  readonly probe?: string;
  /** Which honest form this was, e.g. `post`, `paged`. */
  readonly variant?: Variant;
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
