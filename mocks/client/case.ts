import type { Step } from '../../src/core/model.ts';
import type { MockReply, Rules } from '../kernel/payer.ts';

/** What a client is to do at a virtual payer. One healthy journey of the same kind brackets every case. */
export const journeys = ['record', 'bulk', 'bulk-again', 'roster', 'crd'] as const;
export type Journey = (typeof journeys)[number];

/** Where a case plays, and what is random in it. */
export interface Stage {
  readonly case: string;
  /** The root of this virtual payer as clients see it, without a slash at its end: `/fhir`, `/as/token` and `/cds` lie below. */
  readonly root: string;
  /** The same case at another origin, which records and serves only what the case says. */
  readonly canary: string;
  /** The same on plain http. */
  readonly plain: string;
  /** In the words of every answer that a person should read. */
  readonly word: string;
  /** So many seconds of the catalogue in this run: shortened, but one at least. */
  seconds(full: number): number;
  /** The share of the catalogue's times that this run uses. */
  readonly share: number;
}

/** A request at a listener; `path` is below the root of the case. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer that the payer's own routes do not know. */
export interface Told {
  readonly step: Step;
  readonly reply: MockReply;
}

/** How one virtual payer differs from a healthy one. */
export interface Serving {
  readonly rules?: Partial<Rules>;
  /** Another path that the payer's routes then see. */
  readonly rewrite?: (path: string) => string;
  readonly instead?: (asked: Asked) => Told | undefined;
  readonly canary?: (asked: Asked) => MockReply | undefined;
}

/** One case as data. */
export interface Case {
  readonly id: string;
  /** Run order of the catalogue, G0 to G14. */
  readonly group: string;
  readonly journey: Journey;
  /** What this payer does, in one line: for the run sheet. */
  readonly does: string;
  readonly serves?: (stage: Stage) => Serving;
}

/** A healthy payer. */
export const healthy = (id: string, journey: Journey): Case => ({ id, group: 'G1', journey, does: 'a healthy payer: the control' });
