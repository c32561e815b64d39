import type { Misbehaviour } from '../../src/client-side/own/client.ts';
import type { WireRequest } from '../../src/core/model.ts';

/** Another way that is just as legal for a client. `id`: of the list of variations, several where they share a run. */
export interface Variation {
  readonly id: string;
  readonly text: string;
  readonly cases: readonly string[];
  readonly sends?: (request: WireRequest) => WireRequest;
  readonly differs?: Misbehaviour;
}
