import type { RawExchange } from '../core/model.ts';

/** Smaller ones are always kept: a run makes some thousand requests, and their heads must be there. */
const small = 16 * 2 ** 10;

export interface Budget {
  readonly admit: (exchange: RawExchange) => RawExchange;
  /** Characters that a further answer of a known kind may still have, and be kept. */
  readonly left: () => number;
}

/**
 * What a run keeps, by worth: the first answer of each kind (step, honest form or probe) may use all that is left, a further one only while half of it is
 * free. What is not kept is stored as an answer that we cut (`limit.evidence`), which decides nothing. Sizes in characters, as run.json writes them.
 */
export function createBudget(most: number): Budget {
  const seen = new Set<string>();
  let used = 0;
  const admit = (exchange: RawExchange): RawExchange => {
    const { step, variant, probe, request, response } = exchange;
    const size = written(request.body) + written(response?.body);
    const kind = JSON.stringify([step, variant, probe]);
    const first = !seen.has(kind);
    seen.add(kind);
    if (size <= small || used + size <= (first ? most : most / 2)) {
      used += size;
      return exchange;
    }
    const { body: _, ...asked } = request;
    const message = `it came (${size} characters), but the evidence of this run is full; raise limits.evidenceMB in the target file, or test less at once`;
    return { ...exchange, request: asked, response: null, error: { code: 'limit.evidence', message } };
  };
  return { admit, left: () => Math.max(0, most / 2 - used) };
}

/** A text of control characters is written at six times its length. */
const written = (text = ''): number => (text.length > small ? JSON.stringify(text).length - 2 : text.length);
