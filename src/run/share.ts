import type { Exchange } from '../core/model.ts';

/** Shorter texts are not worth looking for, characters. */
const worthIt = 4096;

/** Keeps equal bodies once: several exports of one group bring the same files, and each would be held anew. */
export function createShare(): (exchange: Exchange) => Exchange {
  const known = new Map<string, string>();
  return (exchange) => {
    const { response } = exchange;
    if (response === null || (response.body?.length ?? 0) < worthIt) return exchange;
    const body = known.get(response.body ?? '') ?? response.body ?? '';
    known.set(body, body);
    return { ...exchange, response: { ...response, body } };
  };
}
