import type { Exchange } from './exchange.ts';
import type { Finding } from './finding.ts';
import type { NonEmpty, Requirement } from './vocabulary.ts';
import type { WireRequest } from './wire.ts';

/** A defect of a client, as its requests show it. */
export interface ClientFault {
  readonly name: string;
  /** What leaves instead. Return the same object to leave a request alone. */
  readonly sends: (request: WireRequest) => WireRequest;
}

/** A requirement on a client of a payer, judged purely over what the payer's side recorded. */
export interface ClientRow extends Requirement {
  readonly judge: (recorded: readonly Exchange[]) => Finding;
  readonly faults: NonEmpty<ClientFault>;
}
