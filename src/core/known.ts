import type { Json } from './json.ts';
import type { Notes } from './notes.ts';
import type { Target } from './target.ts';

/** What the journey has learned so far. Suites fill it; probes and request builders read it. */
export interface Known {
  readonly target: Target;
  base?: string;
  tokenEndpoint?: string;
  smart?: Json;
  capability?: Json;
  /** Logical id of the known member's Patient. */
  patientId?: string;
  /** Logical ids learned by type, e.g. Condition. */
  ids: Record<string, readonly string[]>;
  /** What areas hand on to each other. */
  readonly notes: Notes;
}
