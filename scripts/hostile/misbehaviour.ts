import type { Turn } from './proxy.ts';

/** One way in which a payer misbehaves, and what an honest verdict on it looks like. */
export interface Misbehaviour {
  readonly id: string;
  readonly kind: string;
  /** Sentence without subject: "closes the socket". */
  readonly title: string;
  /** What of the catalogue is asked for: small runs, so that there can be many. */
  readonly args: readonly string[];
  /** Requests that it touches; a failure must point at one of them. */
  readonly at: RegExp;
  act(turn: Turn): Promise<void> | void;
  /** `lost`: no failure at all may come of it. `spoilt`: failures may point at what it touched. */
  readonly honest: 'lost' | 'spoilt';
  /** Seconds in which the run must have ended by itself. */
  readonly within: number;
}

/** Where a misbehaviour strikes, and the small run that goes there. */
export const places: Readonly<Record<string, { readonly at: RegExp; readonly args: readonly string[] }>> = {
  metadata: { at: /\/fhir\/metadata/, args: ['--grep', 'cc3.metadata.valid,cc3.metadata.fhir-version'] },
  token: { at: /\/token$/, args: ['--grep', 'cc2.token.no-store,cc2.token.response'] },
  read: { at: /\/fhir\/(Patient|Coverage|Practitioner|Organization)\/[^/$?]+$/, args: ['--grep', 'rest.read'] },
  search: { at: /\/fhir\/(Patient|Coverage|Condition|Observation)(\/_search)?(\?|$)/, args: ['--grep', 'rest.search'] },
};
