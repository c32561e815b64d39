import type { Exchange, WireResponse } from '../core/model.ts';
import { makeTwin } from '../core/twins.ts';

/** Shorter texts are not worth looking for, characters. */
const worthIt = 4096;

/** Keeps equal bodies once, as text and as what is read of it: several exports of one group bring the same files, and each would be held anew. */
export function createShare(): (exchange: Exchange) => Exchange {
  const known = new Map<string, WireResponse>();
  return (exchange) => {
    const { response } = exchange;
    if (response === null || (response.body?.length ?? 0) < worthIt) return exchange;
    const earlier = known.get(response.body);
    if (earlier === undefined) {
      known.set(response.body, response);
      return exchange;
    }
    const shared = { ...response, body: earlier.body };
    makeTwin(shared, earlier);
    return { ...exchange, response: shared };
  };
}
