import type { Resource } from './fhir.ts';
import type { Target } from './target.ts';
import type { ExportName } from './variants.ts';
import type { WireRequest } from './wire.ts';

/** One file of an export, as far as it is known when its first line comes. */
export interface LinePlace {
  /** Name of the export. */
  readonly variant: ExportName;
  readonly kind: 'output' | 'deleted' | 'error';
  /** The type that the manifest gives the file. */
  readonly type: string;
  /** The kick-off, without its headers. */
  readonly request: Pick<WireRequest, 'method' | 'url' | 'body'>;
  readonly target: Target;
}

/**
 * Must the judge of a requirement see this line? True for every line that could make it fail. It is asked of each line of a file that is too large to store; the
 * lines it picks are stored behind the beginning of the file, so that the judge decides on what it sees, and knows that nothing else is against the payer.
 * Pure. `text` is the line itself.
 */
export type MustSee = (row: Resource, place: LinePlace, text: string) => boolean;

/** A line of a bulk file longer than this, bytes, is counted, not held: several times the largest resource seen in the wild. */
export const longestLine = 64 * 2 ** 20;
