import type { Facts, Timing, TransportError, WireResponse } from '../core/model.ts';

/** What one request brought, before redaction. Sizes in bytes, times in ms. */
export interface Sent {
  readonly response: WireResponse | null;
  readonly error?: TransportError;
  readonly startedAt: string;
  readonly timing: Timing;
  readonly size: { readonly sent: number; readonly received: number; readonly decoded: number };
  readonly facts: Facts;
  /** The head of an answer came, whatever became of its body: who asks again may then ask twice. */
  readonly begun?: true;
}
