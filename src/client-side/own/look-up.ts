import { asString, at } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';

/** What our own client does with a directory. */
export const honestLookUp = {
  /** Is this address in use, now? */
  inUse: (endpoint: Json): boolean =>
    at(endpoint, 'status') === 'active' && Date.parse(asString(at(endpoint, 'period', 'end')) ?? '9999-12-31') > Date.now(),
  /** Does it speak FHIR? */
  speaksFhir: (endpoint: Json): boolean => at(endpoint, 'connectionType', 'code') === 'hl7-fhir-rest',
  /** Out of so many organisations of one name; undefined = a person decides. */
  isPlan: (found: readonly Json[]): Json | undefined => (found.length === 1 ? found[0] : undefined),
  asksAll: (): boolean => false,
  /** Where it goes after a look-up. */
  goesTo: (fresh: string, _old: string | undefined): string => fresh,
  /** Search parameters beside the name of the plan. */
  alsoAsks: (_member: string): Readonly<Record<string, string>> => ({}),
};
