import type { Json } from './json.ts';
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
  /** Anything an area needs to hand on, under its own dotted key. */
  notes: Record<string, Json>;
}
