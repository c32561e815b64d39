import type { Json } from './json.ts';
import type { Notes } from './notes.ts';
import type { RequestSpec } from './request.ts';
import type { Target } from './target.ts';
import type { Step } from './vocabulary.ts';

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
  /** The first request of each kind about a known member, or for a Group, that a good token has opened. */
  readonly opened?: Partial<Record<Step, RequestSpec>>;
  /** What areas hand on to each other. */
  readonly notes: Notes;
}
