import { hash } from 'node:crypto';
import type { Exchange, WireResponse } from '../core/model.ts';
import { makeTwin } from '../core/twins.ts';
import { isPackable, packed, withBodyOf } from './packed.ts';

/** Shorter texts are not worth looking for, characters. */
const worthIt = 4096;

/**
 * Keeps equal bodies once, as text and as what is read of it: several exports of one group bring the same files, and each would be held anew. Long ones are
 * held packed.
 */
export function createShare(): (exchange: Exchange) => Exchange {
  const known = new Map<string, WireResponse>();
  return (exchange) => {
    const { response } = exchange;
    if (response === null || (response.body?.length ?? 0) < worthIt) return exchange;
    const packs = isPackable(response.body);
    // As a key the text itself would stay in memory.
    const key = packs ? hash('sha256', response.body) : response.body;
    const earlier = known.get(key);
    const shared = earlier === undefined ? (packs ? packed(response) : response) : withBodyOf(response, earlier);
    if (earlier === undefined) known.set(key, shared);
    else makeTwin(shared, earlier);
    return shared === response ? exchange : { ...exchange, response: shared };
  };
}
